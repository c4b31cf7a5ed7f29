from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.settings.api_url import leaves_in_plain_text, normalise_api_url

HACKATIME = "https://hackatime.hackclub.com/api/hackatime/v1"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (HACKATIME, HACKATIME),
        (HACKATIME + "/", HACKATIME),
        (HACKATIME + "//", HACKATIME),
        (HACKATIME + "/users/current/heartbeats", HACKATIME),
        (HACKATIME + "/users/current/heartbeats/", HACKATIME),
        (HACKATIME + "/users/current/heartbeats.bulk", HACKATIME),
        (HACKATIME + "/heartbeats", HACKATIME),
        (HACKATIME + "/heartbeat", HACKATIME),
        ("HTTPS://Hackatime.HackClub.com:443/api/hackatime/v1", HACKATIME),
        ("https://wakapi.dev/API", "https://wakapi.dev/API"),
        ("http://localhost:3000/api", "http://localhost:3000/api"),
        ("http://localhost:80/api", "http://localhost/api"),
        ("https://[::1]:8443/api", "https://[::1]:8443/api"),
        ("https://[0:0::0:1]/", "https://[::1]"),
        ("https://host", "https://host"),
    ],
)
def test_one_api_url_has_one_spelling(written: str, expected: str) -> None:
    assert normalise_api_url(written) == expected


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "https://"),
        ("hackatime.hackclub.com/api", "https://"),
        ("ftp://host/", "https://"),
        ("file:///etc/passwd", "https://"),
        ("https://", "no host"),
        ("https:host/", "no host"),
        ("https:///api", "no host"),
        ("https://:443/", "no host"),
        ("https://[::1/", "no host"),
        ("https://[::1]evil/", "no host"),
        ("https://[fe80::1%25eth0]/", "no host"),
        ("https://[1.2.3.4]/", "no host"),
        ("https://host:0/", "no port"),
        ("https://host:99999/", "no port"),
        ("https://host:port/", "no host"),
        ("https://user@host/", "no user"),
        ("https://user:hunter2@host/", "no user"),
        ("https://good.example\\@evil.example/", "characters"),
        ("https://good.example\n.evil.example/", "characters"),
        ("https://ho st/", "characters"),
        ("https://höst/", "characters"),
        ("https://host%2eevil/", "no host"),
        ("https://host/api?api_key=hunter2", "neither"),
        ("https://host/api#", "neither"),
        ("https://host/api?", "neither"),
    ],
)
def test_what_is_no_api_url_is_refused_without_being_repeated(written: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as caught:
        normalise_api_url(written)
    assert "hunter2" not in str(caught.value)


paths = st.lists(
    st.sampled_from(["/", "/heartbeats", "/heartbeat", ".bulk", "/api", "/users/current"])
)


@given(
    st.text(max_size=60)
    | st.from_regex(r"https?://[a-zA-Z0-9.:\[\]@/?#%-]*", fullmatch=True)
    | paths.map(lambda parts: "https://host" + "".join(parts))
)
def test_normalising_twice_changes_nothing_more(written: str) -> None:
    try:
        once = normalise_api_url(written)
    except ValueError:
        return

    assert normalise_api_url(once) == once


@pytest.mark.parametrize(
    ("api_url", "expected"),
    [
        ("https://wakapi.dev/api", False),
        ("http://localhost:3000/api", False),
        ("http://127.0.0.1/api", False),
        ("http://127.9.8.7/api", False),
        ("http://[::1]:3000/api", False),
        ("http://wakapi.dev/api", True),
        ("http://192.168.1.5/api", True),
        ("http://0.0.0.0/api", True),
        ("http://localhost.evil.example/api", True),
        ("http://evil.localhost/api", True),
        ("http://127.0.0.1.evil.example/api", True),
        ("http://127.1/api", True),
        ("http://[::ffff:127.0.0.1]/api", True),
        ("http://[::2]/api", True),
    ],
)
def test_plain_http_is_for_this_machine(api_url: str, expected: bool) -> None:
    assert leaves_in_plain_text(normalise_api_url(api_url)) is expected
