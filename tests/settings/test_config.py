from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.coding.preferences import IconFace, Preferences, Scheme
from trayapp.errors import ConfigError
from trayapp.settings.config import Account, Config, is_account_name, parse_config, read_config

URL = "https://wakapi.dev/api"

FULL = f"""\
# mine
show = "work"

[accounts.home]
api_url = "https://Hackatime.hackclub.com/api/hackatime/v1/"

[accounts."at.work"]
api_url = "{URL}"

[accounts.work]
api_url = "http://wakapi.lan/api"   # the box in the cellar
key = "env"
dialect = "wakapi"
allow_http = true
receive = false
"""


def test_every_value_is_read_and_the_others_have_their_defaults() -> None:
    assert parse_config(FULL) == Config(
        "work",
        (
            Account("home", "https://hackatime.hackclub.com/api/hackatime/v1"),
            Account("at.work", URL),
            Account(
                "work", "http://wakapi.lan/api", "wakapi", "env", allow_http=True, receives=False
            ),
        ),
    )


def test_the_trays_settings_are_read_and_shown_as_they_are_written() -> None:
    config = parse_config('icon = "ring"\ngoal = "2h 30m"\ntheme = "light"\nlabel = true\n')

    assert config.preferences == Preferences(IconFace.RING, Scheme.LIGHT, label=True)
    assert config.goal_seconds == 9000
    assert config.tray_values == (
        ("icon", "ring"),
        ("goal", "2h 30m"),
        ("theme", "light"),
        ("label", "true"),
    )
    assert config.warnings == ()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('icon = "square"', 'icon must be one of "digits", "ring", "plain"'),
        ("icon = 3", "icon must be a text in quotes"),
        ('theme = "blue"', 'theme must be one of "auto", "dark", "light"'),
        ('label = "yes"', "label must be true or false"),
        ('goal = "soon"', 'goal must be a time such as "3h", "2h 30m" or "90m"'),
        ('goal = "0m"', "goal must be more than nothing and less than a day"),
        ("goal = 3", "goal must be a text in quotes"),
    ],
)
def test_a_wrong_setting_of_the_tray_is_told_with_its_place_and_costs_nothing_else(
    line: str, reason: str
) -> None:
    config = parse_config(f"# mine\n{line}\nshow = 'work'\n{FULL[FULL.index('[') :]}", "/a/c.toml")

    (warning,) = config.warnings
    assert warning.startswith("c.toml line 2 column ")
    assert warning.endswith(reason)
    assert (config.preferences, config.goal_seconds) == (Preferences(), None)
    assert config.show == "work"


@pytest.mark.parametrize("text", ["", "\n# nothing\n", "[accounts]\n", "accounts = {}"])
def test_a_file_without_accounts_has_none(text: str) -> None:
    assert parse_config(text) == Config()


def test_a_missing_file_has_none(tmp_path: Path) -> None:
    assert read_config(tmp_path / "config.toml") == Config()


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b"\xef\xbb\xbf" + FULL.encode())

    assert read_config(tmp_path / "config.toml").show == "work"


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        # What is no TOML.
        ("show = = 'a'\n", "line 1 column 8", ""),
        ("\n[accounts.a\n", "line 2 column 12", ""),
        ("a = 1\na = 2\n", "line 2 column 6", ""),
        ("a = 'x", "line 1 column 7", ""),
        ("[a]\nb = 1\n[a.b]\nc = 1\n", "line 3 column 5", ""),
        ("a = 1\0\n", "line 1 column 6", ""),
        # Wrong types.
        ("show = 5\n", "line 1 column 8", "show must be a text"),
        ("# x\nshow = ['a']\n", "line 2 column 8", "show must be a text"),
        ("a = 1\n\n[show]\n", "line 3 column 1", "show must be a text"),
        ("accounts = 5\n", "line 1 column 12", "accounts must be a table"),
        ("x = 1\n[[accounts]]\nb = 1\n", "line 2 column 1", "accounts must be a table"),
        ("[accounts]\na = 1\n", "line 2 column 5", "accounts.a must be a table"),
        ("[accounts.a]\napi_url = 5\n", "line 2 column 11", "api_url must be a text"),
        ("accounts.a.api_url = 5\n", "line 1 column 22", "api_url must be a text"),
        ("accounts = {a = {api_url = 5}}\n", "line 1 column 28", "api_url must be a text"),
        ("accounts.a = {api_url = 5}\n", "line 1 column 25", "api_url must be a text"),
        (
            f"[accounts.a]\napi_url = '{URL}'\nallow_http = 'yes'\n",
            "line 3 column 14",
            "allow_http must be true or false",
        ),
        # Wrong values.
        ("[accounts.a]\napi_url = 'host'\n", "line 2 column 11", "must begin with https"),
        ("[accounts.a]\nkey = 'env'\n", "line 1 column 1", "accounts.a has no api_url"),
        (
            f"[accounts.a]\r\napi_url = '{URL}'\r\nkey = 'Env' # x\r\n",
            "line 3 column 7",
            'key must be one of "keyring", "wakatime.cfg", "env"',
        ),
        (
            f"[accounts.a]\napi_url='{URL}'\n[z]\n[accounts.b]\napi_url='{URL}'\ndialect = 'x'\n",
            "line 6 column 11",
            "dialect must be one of",
        ),
        ("[accounts.'a b']\n", "line 1 column 1", "cannot be the name"),
        ("[accounts.'wakatime.cfg']\n", "line 1 column 1", "cannot be the name"),
        (f"show = 'b'\n[accounts.a]\napi_url = '{URL}'\n", "line 1 column 8", "names no account"),
        ("x = 'ü'\nshow = 'b'\n", "line 2 column 8", "names no account"),
    ],
)
def test_a_fault_is_named_with_its_line_and_column(text: str, place: str, reason: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "f.toml")
    assert caught.value.title.startswith(f"f.toml {place}: ")
    assert reason in caught.value.title


def test_bytes_that_are_not_utf8_are_named_with_their_place(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes("# ü\nshow = '".encode() + b"\xfc'\n")

    with pytest.raises(ConfigError, match="line 2 column 9: not UTF-8"):
        read_config(tmp_path / "config.toml")


def test_brackets_without_end_are_an_error() -> None:
    with pytest.raises(ConfigError):
        parse_config("a = " + "[" * 100_000)


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("shwo = 'a'\n", "f line 1 column 8: shwo is not known, and left alone"),
        ("[hide]\nx = 1\n", "f line 1 column 1: hide is not known, and left alone"),
        (
            f"[accounts.a]\napi_url = '{URL}'\nallow-http = true\n",
            "f line 3 column 14: accounts.a.allow-http is not known, and left alone",
        ),
        (
            f"[accounts.a]\napi_url = '{URL}'\n[accounts.a.more]\nx = 1\n",
            "f line 3 column 1: accounts.a.more is not known, and left alone",
        ),
    ],
)
def test_an_unknown_key_is_warned_about(text: str, warning: str) -> None:
    assert parse_config(text, "f").warnings == (warning,)


def test_the_implied_account_may_be_shown_where_it_is_the_only_one() -> None:
    assert parse_config("show = 'wakatime.cfg'").show == "wakatime.cfg"


@pytest.mark.parametrize("name", ["a", "A-1_b.c", "x" * 64, "wakatime", "0"])
def test_good_names(name: str) -> None:
    assert is_account_name(name)


@pytest.mark.parametrize("name", ["", "wakatime.cfg", "a b", "a@b", "ü", "a\n", "x" * 65, "a/b"])
def test_bad_names(name: str) -> None:
    assert not is_account_name(name)


@given(st.text() | st.text("[]{}=\"'.#\n ax1,"))
def test_any_text_is_read_or_refused_as_a_config(text: str) -> None:
    try:
        parse_config(text)
    except ConfigError as error:
        assert "config.toml line " in error.title  # noqa: PT017
