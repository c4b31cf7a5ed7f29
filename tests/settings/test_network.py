from __future__ import annotations

import ssl
from pathlib import Path

import httpx
import pytest

from trayapp.errors import ConfigError
from trayapp.settings.network import Network, read_network
from trayapp.settings.wakatime_cfg import read_wakatime_cfg


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".wakatime.cfg"


def network(path: Path, text: str) -> tuple[Network, tuple[str, ...]]:
    path.write_text(f"[settings]\n{text}\n")
    return read_network(read_wakatime_cfg(path, path.parent), path.parent)


def test_an_empty_file_leaves_everything_at_its_default(path: Path) -> None:
    assert network(path, "") == (Network(None, True, None, None), ())


@pytest.mark.parametrize(
    ("written", "expected", "shown"),
    [
        ("http://host:8080", "http://host:8080", "http://host:8080"),
        ("https://user:hunter2@host:8080", None, "https://***@host:8080"),
        ("https://user:hun@ter2@host:8080", None, "https://***@host:8080"),
        ("socks5://user:hunter2@host:1080", None, "socks5://***@host:1080"),
        ("host:8080", "http://host:8080", "http://host:8080"),
        ("user:hunter2@host:8080", "http://user:hunter2@host:8080", "http://***@host:8080"),
        ("http://[::1]:8080", "http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_a_proxy_is_honoured_and_its_password_hidden(
    path: Path, written: str, expected: str | None, shown: str
) -> None:
    found, warnings = network(path, f"proxy = {written}")

    assert found.proxy == (expected or written)
    assert found.shown_proxy == shown
    assert "hun" not in repr(found)
    assert warnings == ()
    # httpx has a last word on what it can do.
    httpx.Client(proxy=found.proxy, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)).close()


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        (r"domain\\user:hunter2", "NTLM"),
        (r"domain\user:hunter2", "NTLM"),
        ("ftp://user:hunter2@host", "cannot be used"),
        ("socks4://user:hunter2@host", "cannot be used"),
        ("http://user:hunter2@", "cannot be used"),
        ("http://user:hunter2@host:port", "cannot be used"),
        ("http://user:hunter2@[::1", "cannot be used"),
        ("http://user:hunter2 @host", "cannot be used"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_an_error_without_its_password(
    path: Path, written: str, reason: str
) -> None:
    with pytest.raises(ConfigError, match=f"line 2: .*{reason}") as caught:
        network(path, f"proxy = {written}")
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("written", "verify", "warned"),
    [
        ("true", False, False),
        ("True", False, False),
        ("1", False, False),
        ("yes", False, False),
        ("false", True, False),
        ("0", True, False),
        ("", True, False),
        ("maybe", True, True),
    ],
)
def test_certificates_are_checked_unless_the_file_clearly_says_no(
    path: Path, written: str, verify: bool, warned: bool
) -> None:
    found, warnings = network(path, f"no_ssl_verify = {written}")

    assert found.verify is verify
    assert len(warnings) == warned


@pytest.mark.parametrize(
    ("written", "seconds", "warned"),
    [
        ("30", 30.0, False),
        ("0.5", 0.5, False),
        ("0", None, False),
        ("", None, False),
        ("-3", None, True),
        ("soon", None, True),
        ("nan", None, True),
        ("inf", None, True),
        ("1e9", None, True),
    ],
)
def test_a_timeout_is_a_number_of_seconds_or_the_default(
    path: Path, written: str, seconds: float | None, warned: bool
) -> None:
    found, warnings = network(path, f"timeout = {written}")

    assert found.timeout_seconds == seconds
    assert [note.startswith(f"{path} line 2: timeout") for note in warnings] == [True] * warned


@pytest.mark.parametrize("written", ["ca.pem", "~/ca.pem", "{folder}/ca.pem"])
def test_a_certificates_file_is_found_beside_the_cfg_or_at_home(path: Path, written: str) -> None:
    (path.parent / "ca.pem").touch()

    found, _ = network(path, f"ssl_certs_file = {written.format(folder=path.parent)}")

    assert found.certificates_file == str(path.parent / "ca.pem")


def test_a_missing_certificates_file_is_an_error(path: Path) -> None:
    with pytest.raises(ConfigError, match=r"line 2: ssl_certs_file .*ca.pem cannot be read: No"):
        network(path, "ssl_certs_file = ca.pem")


def test_a_certificates_file_that_is_a_folder_is_an_error(path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        network(path, "ssl_certs_file = /")


def test_without_verification_no_certificates_file_is_asked_for(path: Path) -> None:
    found, _ = network(path, "ssl_certs_file = missing.pem\nno_ssl_verify = true")

    assert found.certificates_file is None
