from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from trayapp.errors import ConfigError, UsageError
from trayapp.settings.accounts import Account, KeySource, Settings, fingerprint, load_settings
from trayapp.settings.api_url import WAKATIME_API_URL
from trayapp.settings.locations import Locations, write_private

KEY = "11111111-2222-4333-8444-555555555555"
URL = "https://wakapi.dev/api"


def put(locations: Locations, config: str = "", cfg: str = "") -> None:
    if config:
        write_private(locations.config_file, config)
    if cfg:
        write_private(locations.wakatime_cfg, f"[settings]\n{cfg}\n")


def implied(api_url: str, source: KeySource) -> tuple[Account, ...]:
    return (Account("wakatime.cfg", api_url, None, source, implied=True),)


@pytest.mark.parametrize(
    ("cfg", "variable", "expected"),
    [
        ("", None, ()),
        ("", " ", ()),
        ("hostname = x", None, ()),
        ("api_key =\napi_url =", None, ()),
        (f"api_key = {KEY}", None, implied(WAKATIME_API_URL, "wakatime.cfg")),
        ("api_key_vault_cmd = get", None, implied(WAKATIME_API_URL, "wakatime.cfg")),
        (f"api_url = {URL}/", None, implied(URL, "wakatime.cfg")),
        (f"api_key = {KEY}\napi_url = {URL}", None, implied(URL, "wakatime.cfg")),
        ("", KEY, ()),
        ("", f"waka_{KEY}", implied(WAKATIME_API_URL, "env")),
        (f"api_url = {URL}", KEY, implied(URL, "wakatime.cfg")),
    ],
)
def test_an_account_is_implied_by_a_key_or_an_api_url(
    locations: Locations,
    environment: dict[str, str],
    cfg: str,
    variable: str | None,
    expected: tuple[Account, ...],
) -> None:
    put(locations, cfg=cfg)
    if variable is not None:
        environment["WAKATIME_API_KEY"] = variable

    settings = load_settings(locations, environment)

    assert settings.accounts == expected
    assert settings.showing == (expected[0] if expected else None)


def test_no_account_is_implied_beside_those_of_config_toml(
    locations: Locations, environment: dict[str, str]
) -> None:
    put(locations, f"[accounts.a]\napi_url = '{URL}'\n", f"api_key = {KEY}")
    environment["WAKATIME_API_KEY"] = KEY

    settings = load_settings(locations, environment)

    assert settings.accounts == (Account("a", URL),)
    assert settings.showing == Account("a", URL)


def test_the_account_that_shows_is_the_named_one_or_the_first(
    locations: Locations, environment: dict[str, str]
) -> None:
    two = f"[accounts.a]\napi_url = '{URL}'\n[accounts.b]\napi_url = '{URL}'\n"

    shown = []
    for show in ("", "show = 'b'\n"):
        put(locations, show + two)
        showing = load_settings(locations, environment).showing
        shown.append(showing and showing.name)

    assert shown == ["a", "b"]


def test_an_account_is_found_by_name() -> None:
    settings = Settings((Account("a", URL), Account("b", URL)))

    assert settings.account("b") == Account("b", URL)
    with pytest.raises(UsageError, match=r"no account called 'c'. There is: a, b"):
        settings.account("c")
    with pytest.raises(UsageError, match="trayapp login"):
        Settings().account("c")


def test_the_network_of_the_cfg_is_honoured_beside_config_toml(
    locations: Locations, environment: dict[str, str]
) -> None:
    put(
        locations,
        f"[accounts.a]\napi_url = '{URL}'\n",
        "proxy = http://u:hunter2@host:1\ntimeout = 7\nno_ssl_verify = true",
    )

    network = load_settings(locations, environment).network

    assert (network.proxy, network.verify) == ("http://u:hunter2@host:1", False)
    assert network.timeout_seconds == 7


@pytest.mark.parametrize(
    ("config", "cfg"),
    [
        ("show = = 1", ""),
        ("", "[settings"),
        ("", r"proxy = domain\\user:pass"),
        ("", "ssl_certs_file = missing.pem"),
        ("", "api_url = no url"),
    ],
)
def test_what_cannot_be_meant_is_a_103(
    locations: Locations, environment: dict[str, str], config: str, cfg: str
) -> None:
    put(locations, config, cfg)

    with pytest.raises(ConfigError) as caught:
        load_settings(locations, environment)
    assert caught.value.exit_code == 103


def test_an_api_url_that_nobody_uses_may_be_nonsense(
    locations: Locations, environment: dict[str, str]
) -> None:
    put(locations, f"[accounts.a]\napi_url = '{URL}'\n", f"api_url = no url\napi_key = {KEY}")

    assert load_settings(locations, environment).accounts == (Account("a", URL),)


def test_every_value_is_shown_with_its_source(
    locations: Locations, environment: dict[str, str]
) -> None:
    put(
        locations,
        f"show = 'a'\n[accounts.a]\napi_url = '{URL}'\nkey = 'wakatime.cfg'\n",
        f"api_key = {KEY}\nproxy = http://user:hunter2@host:1",
    )

    settings = load_settings(locations, environment)

    config, cfg = str(locations.config_file), str(locations.wakatime_cfg)
    assert [(v.name, v.shown, v.source) for v in settings.values] == [
        ("show", "a", config),
        ("a: api_url", URL, config),
        ("a: key", "wakatime.cfg", config),
        ("a: dialect", "found out", config),
        ("a: allow_http", "false", config),
        ("a: receive", "true", config),
        ("api_key", "set, not shown", f"{cfg} line 2"),
        ("proxy", "http://***@host:1", f"{cfg} line 3"),
        ("heartbeat_rate_limit_seconds", "30", "default"),
        ("history_days", "30", "default"),
    ]


def test_the_values_of_an_implied_account_come_from_the_cfg(
    locations: Locations, environment: dict[str, str]
) -> None:
    put(locations, cfg=f"api_key = {KEY}\ntimeout = 5\nno_ssl_verify = true")
    environment["WAKATIME_API_KEY"] = KEY

    settings = load_settings(locations, environment)

    cfg = str(locations.wakatime_cfg)
    assert [(v.name, v.shown, v.source) for v in settings.values] == [
        ("show", "wakatime.cfg", "default"),
        ("wakatime.cfg: api_url", WAKATIME_API_URL, "default"),
        ("wakatime.cfg: key", "wakatime.cfg", f"{cfg} line 2"),
        ("api_key", "set, not shown", f"{cfg} line 2"),
        ("no_ssl_verify", "true", f"{cfg} line 4"),
        ("timeout", "5 s", f"{cfg} line 3"),
        ("heartbeat_rate_limit_seconds", "30", "default"),
        ("history_days", "30", "default"),
        ("WAKATIME_API_KEY", "set, not shown", "environment"),
    ]


@pytest.mark.parametrize(
    ("line", "seconds", "warned"),
    [
        ("", 30, False),
        ("heartbeat_rate_limit_seconds = 120", 120, False),
        ("heartbeat_rate_limit_seconds = 0", 0, False),
        ("heartbeat_rate_limit_seconds = -5", 0, False),
        ("heartbeat_rate_limit_seconds = often", 30, True),
        ("heartbeat_rate_limit_seconds = nan", 30, True),
        ("heartbeat_rate_limit_seconds = 86401", 30, True),
    ],
)
def test_the_seconds_between_rounds_are_those_of_the_cfg(
    locations: Locations, environment: dict[str, str], line: str, seconds: float, warned: bool
) -> None:
    put(locations, cfg=f"timeout = 5\n{line}")

    settings = load_settings(locations, environment)

    assert settings.seconds_between_rounds == seconds
    assert [warning.partition(": ")[2] for warning in settings.warnings] == warned * [
        "heartbeat_rate_limit_seconds is no number of seconds up to 86400; the default is used"
    ]
    shown = {value.name: (value.shown, value.source) for value in settings.values}
    source = f"{locations.wakatime_cfg} line 3" if line else "default"
    assert shown["heartbeat_rate_limit_seconds"] == (f"{seconds}", source)


@pytest.mark.parametrize(
    ("line", "days", "warning"),
    [
        ("", 30, None),
        ("history_days = 0", 0, None),
        ("history_days = 7", 7, None),
        ("history_days = -1", 30, "history_days must be 0 to 36500"),
        ("history_days = true", 30, "history_days must be a whole number"),
        ("history_days = 1.5", 30, "history_days must be a whole number"),
    ],
)
def test_how_long_history_is_kept_is_said_in_config_toml(
    locations: Locations, environment: dict[str, str], line: str, days: int, warning: str | None
) -> None:
    put(locations, f"{line}\n")

    settings = load_settings(locations, environment)

    assert settings.history_days == days
    assert (settings.warnings != ()) == (warning is not None)
    assert warning is None or settings.warnings[0].endswith(warning)
    (value,) = (value for value in settings.values if value.name == "history_days")
    has_one = bool(line) and warning is None
    assert value.source == (str(locations.config_file) if has_one else "default")


def test_every_account_receives_that_is_not_told_otherwise(
    locations: Locations, environment: dict[str, str]
) -> None:
    quiet = f"[accounts.b]\napi_url = '{URL}'\nreceive = false\n"
    put(locations, f"[accounts.a]\napi_url = '{URL}'\n{quiet}[accounts.c]\napi_url = '{URL}/c'\n")

    settings = load_settings(locations, environment)

    assert settings.receivers == (f"a@{URL}", f"c@{URL}/c")
    assert settings.receivers_of("/home/a/x.py") == settings.receivers
    assert Settings().receivers_of("/home/a/x.py") == ()
    nobody = Settings(accounts=(Account("b", URL, receives=False),))
    assert nobody.receivers_of("/home/a/x.py") is None


def test_a_claimed_file_goes_to_that_account_only(
    locations: Locations, environment: dict[str, str]
) -> None:
    put(locations, f"[accounts.a]\napi_url = '{URL}'\n", f"[api_urls]\n/Work/ = {URL}/b|{KEY}")

    settings = load_settings(locations, environment)

    own, claimed = settings.receivers
    assert own == f"a@{URL}"
    assert claimed.startswith("api_urls:")
    assert claimed.endswith(f"@{URL}/b")
    assert settings.receivers_of("/home/a/work/x.py") == (claimed,)
    assert settings.receivers_of("/home/a/play/x.py") == (own,)


def test_what_is_claimed_for_nobody_known_goes_to_nobody(
    locations: Locations, environment: dict[str, str]
) -> None:
    put(locations, f"[accounts.a]\napi_url = '{URL}'\n", f"[api_urls]\n/work/ = {KEY}")

    settings = load_settings(locations, environment)

    assert settings.receivers == (f"a@{URL}",)
    with pytest.raises(ConfigError, match="line 3 claims it"):
        settings.receivers_of("/home/a/work/x.py")


def test_no_secret_is_in_the_repr(locations: Locations, environment: dict[str, str]) -> None:
    put(
        locations,
        "unknown = 1\n",
        f"api_key = {KEY}\nproxy = http://u:hunter2@host:1\napi_key_vault_cmd = get hunter2",
    )

    shown = repr(load_settings(locations, environment))

    assert "unknown is not known" in shown
    assert KEY not in shown
    assert "hunter2" not in shown


class TestFingerprint:
    def test_it_stays_while_nothing_is_edited(
        self, locations: Locations, environment: dict[str, str]
    ) -> None:
        put(locations, f"[accounts.a]\napi_url = '{URL}'\n", f"api_key = {KEY}")
        before = fingerprint(locations)

        load_settings(locations, environment)

        assert fingerprint(locations) == before

    @pytest.mark.parametrize(
        "edit",
        [
            lambda at: write_private(at.config_file, "# new"),
            lambda at: at.config_file.unlink(),
            lambda at: at.config_file.write_text("# abc"),
            lambda at: at.config_file.chmod(0o640),
            lambda at: at.wakatime_cfg.write_text("[settings"),
            lambda at: at.wakatime_cfg.unlink(),
            lambda at: (at.home / "other.cfg").write_text("timeout = 6"),
            lambda at: (at.home / "other.cfg").unlink(),
        ],
    )
    def test_every_edit_changes_it(
        self, locations: Locations, edit: Callable[[Locations], object]
    ) -> None:
        put(locations, "# one", "import_cfg = ~/other.cfg")
        (locations.home / "other.cfg").write_text("timeout = 5")
        for path in (locations.config_file, locations.wakatime_cfg, locations.home / "other.cfg"):
            os.utime(path, (1, 1))
        before = fingerprint(locations)

        edit(locations)

        assert fingerprint(locations) != before

    def test_a_broken_file_has_one_too(self, locations: Locations) -> None:
        put(locations, cfg="[settings")
        before = fingerprint(locations)

        put(locations, cfg="timeout = 5")

        assert fingerprint(locations) != before

    def test_missing_files_have_one(self, locations: Locations) -> None:
        assert fingerprint(locations) == fingerprint(locations)


def test_a_relative_import_is_noticed_too(tmp_path: Path) -> None:
    locations = _locations(tmp_path)
    put(locations, cfg="import_cfg = other.cfg")
    before = fingerprint(locations)

    (tmp_path / "other.cfg").touch()

    assert fingerprint(locations) != before


def _locations(home: Path) -> Locations:
    from trayapp.settings.locations import find_locations  # noqa: PLC0415

    return find_locations({"HOME": str(home)})
