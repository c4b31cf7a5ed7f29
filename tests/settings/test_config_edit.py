from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.errors import ConfigError
from trayapp.settings.config import Account, parse_config
from trayapp.settings.config_edit import (
    edit_config,
    with_account,
    with_folder,
    with_show,
    with_watching,
    without_account,
    without_folder,
)
from trayapp.settings.locations import expand_home

URL = "https://wakapi.dev/api"
NEW = Account("new", "https://hackatime.hackclub.com/api/hackatime/v1")

LAYOUTS = [
    "",
    "# only a comment",
    'show = "a" # shown\n',
    f"""\
# top
show = "a"

# the first
[accounts.a]
api_url = "{URL}" # where
mine = 1
# the end of a

# about other
[other]
x = 1 # one
# tail
""",
    f'[accounts.a]\napi_url = "{URL}"\n\n[other]\nx = 1\n\n# late\n[accounts.b]\napi_url = "{URL}"',
    f'[accounts.b]\napi_url = "{URL}"\n# between\n[accounts.a]\napi_url="{URL}"\n[accounts.a.x]\n',
    f'[accounts]\n# inside\na = {{ api_url = "{URL}" }}\n\n[other]\n',
    f'[accounts]\na.api_url = "{URL}" # dotted\n\n[other]\n',
    f'accounts.a.api_url = "{URL}"\n[other]\n',
    f'accounts = {{ a = {{ api_url = "{URL}" }} }}\nx = nan\n',
    f'[accounts.a]\r\napi_url = "{URL}"\r\nkey = "env"\r\n# end\r\n',
    f'[ accounts . "a" ] # odd\n  api_url = """{URL}"""\n  key = \'env\'\n  dialect = "wakapi"\n',
    f'text = """\n[accounts.a]\n"""\n[accounts.a]\napi_url = "{URL}"\nlist = [\n["x"],\n]\n',
]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_another_account_shows_and_nothing_else_changes(layout: str) -> None:
    edited = with_show(layout, "b.2")

    assert values(edited) == values(layout) | {"show": "b.2"}
    assert comments(edited) == comments(layout)


def comments(text: str) -> list[str]:
    return re.findall(r"#[^\r\n]*", text)


def values(text: str) -> dict[str, Any]:
    found = tomllib.loads(text, parse_float=str)
    if not found.get("accounts"):
        found.pop("accounts", None)
    return found


@pytest.mark.parametrize("text", LAYOUTS)
class TestEveryLayout:
    def test_an_account_is_added_and_all_else_stays(self, text: str) -> None:
        edited = with_account(text, NEW)

        expected = tomllib.loads(text, parse_float=str)
        expected.setdefault("accounts", {})["new"] = {"api_url": NEW.api_url, "key": "keyring"}
        assert values(edited) == expected
        assert comments(edited) == comments(text)

    def test_an_account_that_was_added_and_removed_leaves_no_trace(self, text: str) -> None:
        edited = without_account(with_account(text, NEW), "new")

        assert values(edited) == values(text)
        assert comments(edited) == comments(text)

    def test_an_account_is_replaced_and_all_else_stays(self, text: str) -> None:
        account = Account("a", "http://box/api", "wakapi", "env", allow_http=True)

        edited = with_account(text, account)

        expected = tomllib.loads(text, parse_float=str)
        expected.setdefault("accounts", {}).setdefault("a", {}).update(
            api_url="http://box/api", key="env", dialect="wakapi", allow_http=True
        )
        assert values(edited) == expected
        assert comments(edited) == comments(text)

    def test_an_account_is_removed_and_all_else_stays(self, text: str) -> None:
        edited = without_account(text, "a")

        expected = values(text)
        expected.get("accounts", {}).pop("a", None)
        if "accounts" in values(text) and expected.get("show") == "a":
            del expected["show"]
        if not expected.get("accounts"):
            expected.pop("accounts", None)
        assert values(edited) == expected

    def test_doing_it_twice_changes_nothing_more(self, text: str) -> None:
        once = with_account(text, NEW)

        assert with_account(once, NEW) == once


def test_the_text_is_what_a_person_would_write() -> None:
    text = with_account("", Account("home", URL))
    text = with_account(text, Account("my.box", "http://box/api", "wakapi", allow_http=True))

    assert text == (
        f'[accounts.home]\napi_url = "{URL}"\nkey = "keyring"\n'
        '\n[accounts."my.box"]\napi_url = "http://box/api"\nkey = "keyring"\n'
        'dialect = "wakapi"\nallow_http = true\n'
    )


def test_comments_stay_with_what_they_are_about() -> None:
    text = (
        f'# the first\n[accounts.a]\napi_url = "{URL}" # where\n\n# about other\n[other]\nx = 1\n'
    )

    changed = with_account(text, Account("a", "https://b/api", "wakapi"))
    removed = without_account(text, "a")

    assert changed == (
        '# the first\n[accounts.a]\nkey = "keyring"\ndialect = "wakapi"\n'
        'api_url = "https://b/api" # where\n\n# about other\n[other]\nx = 1\n'
    )
    assert removed == "# the first\n\n# about other\n[other]\nx = 1\n"


def test_an_account_of_one_line_goes_alone() -> None:
    text = f'[accounts]\n# inside\na = {{ api_url = "{URL}" }}\n\n[other]\n'

    edited = without_account(with_account(text, NEW), "a")

    assert edited.startswith("[accounts]\n# inside\n\n[other]\n")
    assert parse_config(edited).accounts == (NEW,)


def test_an_account_that_receives_nothing_stays_so_until_it_does_again() -> None:
    quiet = Account("a", URL, receives=False)
    text = with_account("", quiet)

    assert parse_config(text).accounts == (quiet,)
    assert "receive" not in with_account(text, Account("a", URL))


def test_a_dialect_and_allow_http_that_no_longer_hold_are_removed() -> None:
    text = with_account("", Account("a", "http://box/api", "wakapi", "env", allow_http=True))

    assert parse_config(with_account(text, Account("a", URL))).accounts == (Account("a", URL),)


def test_the_account_that_shows_takes_show_with_it() -> None:
    text = with_account('show = "a"\n', Account("a", URL))

    assert without_account(with_account(text, NEW), "new") == text
    assert without_account(text, "a").strip() == ""


def test_removing_what_is_not_there_changes_nothing() -> None:
    assert without_account(LAYOUTS[3], "z") == LAYOUTS[3]


@pytest.mark.parametrize("name", ["wakatime.cfg", "a b", ""])
def test_a_name_that_cannot_be_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be called"):
        with_account("", Account(name, URL))


names = st.from_regex(r"[A-Za-z0-9_.-]{1,8}", fullmatch=True)
accounts = st.builds(
    Account,
    name=names.filter(lambda name: name != "wakatime.cfg"),
    api_url=st.sampled_from([URL, "http://box/api", 'https://h/"quoted"']),
    dialect=st.sampled_from([None, "hackatime", "wakatime", "wakapi"]),
    key_source=st.sampled_from(["keyring", "wakatime.cfg", "env"]),
    allow_http=st.booleans(),
    implied=st.just(value=False),
    receives=st.booleans(),
)


@given(
    st.sampled_from(LAYOUTS),
    st.lists(st.tuples(st.sampled_from(["put", "remove"]), accounts), max_size=6),
)
def test_any_edits_end_in_what_was_wanted(text: str, edits: list[tuple[str, Account]]) -> None:
    expected = {account.name: account for account in _accounts_of(text)}
    kept = comments(without_account(text, "a"))
    for what, account in edits:
        if what == "put":
            text = with_account(text, account)
            expected[account.name] = account
        else:
            text = without_account(text, account.name)
            expected.pop(account.name, None)

    assert {account.name: account for account in _accounts_of(text)} == expected
    assert [note for note in kept if note not in comments(text)] == []


def _accounts_of(text: str) -> tuple[Account, ...]:
    # "a" is shown by some layouts that do not have it.
    return parse_config(text.replace('show = "a"', "")).accounts


HOME = Path("/home/a")

WATCH_LAYOUTS = [
    *LAYOUTS,
    "[watch]\n",
    "[watch] # what is watched\nidle_gate = false # mine\n\n# about other\n[other]\nx = 1\n",
    '[watch]\nfolders = ["/b"] # mine\n# the end\n',
    "[watch]\nfolders = [] # none yet\n",
    '[watch]\nfolders = [\n  "/b", # the first\n  "~/c" # the last\n]\n# the end\n[other]\n',
    '[watch]\nfolders = [\n  # in front\n  "/b",\n  "~/c", # the last\n]\n',
    'watch = { folders = ["/b"] } # inline\n',
    'watch.folders = ["/b"] # dotted\n[other]\n',
    "watch.idle_gate = false # dotted\n[other]\n",
    '[other]\ntext = """\n[watch]\n"""\n[watch]\nfolders = ["/b"]\n',
    '[watch]\r\nfolders = ["/b"] # mine\r\n# end\r\n',
]


@pytest.mark.parametrize("text", WATCH_LAYOUTS)
class TestFolders:
    def test_a_folder_is_added_last_and_all_else_stays(self, text: str) -> None:
        edited = with_folder(text, Path("/new/ü'\"\\"), HOME)

        expected = values(text)
        expected.setdefault("watch", {}).setdefault("folders", []).append("/new/ü'\"\\")
        assert values(edited) == expected
        assert comments(edited) == comments(text)

    def test_a_folder_that_was_added_and_removed_leaves_an_empty_list_at_most(
        self, text: str
    ) -> None:
        edited = without_folder(with_folder(text, Path("/new"), HOME), Path("/new"), HOME)

        watch = values(edited).pop("watch")
        before = values(text).pop("watch", {})
        assert watch == {"folders": []} | before
        assert comments(edited) == comments(text)

    def test_a_folder_is_removed_and_the_others_stay(self, text: str) -> None:
        before = values(text).get("watch", {}).get("folders", [])
        edited = without_folder(text, Path("/b"), HOME)

        assert values(edited).get("watch", {}).get("folders", []) == [
            folder for folder in before if folder != "/b"
        ]
        others = [line for line in text.split("\n") if '"/b"' not in line]
        assert [note for note in comments("\n".join(others)) if note not in edited] == []

    def test_adding_it_twice_changes_nothing_more(self, text: str) -> None:
        once = with_folder(text, Path("/new"), HOME)

        assert with_folder(once, Path("/new"), HOME) == once


def test_a_folder_written_with_the_home_sign_is_the_same_folder() -> None:
    text = '[watch]\nfolders = ["~/c"]\n'

    assert with_folder(text, Path("/home/a/c"), HOME) == text
    assert without_folder(text, Path("/home/a/c"), HOME) == "[watch]\nfolders = []\n"
    assert without_folder(text, Path("/home/b/c"), HOME) == text


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("/home/a/c d", "~/c d"),
        ("/home/a", "~"),
        ("/home/a/~", "~/~"),
        ("/home/ab", "/home/ab"),
        ("/home", "/home"),
        ("/home/a\\b", "/home/a\\b"),
    ],
)
def test_a_folder_in_the_home_folder_is_written_with_its_sign(path: str, written: str) -> None:
    text = with_folder('[watch]\nfolders = ["/b"] # mine\n', Path(path), HOME)

    assert tomllib.loads(text)["watch"]["folders"] == ["/b", written]
    assert _folders_of(text) == [Path("/b"), Path(path)]
    assert comments(text) == ["# mine"]


def test_the_first_folder_is_written_as_a_person_would() -> None:
    text = with_folder("# mine\n", Path("/a"), HOME)

    assert text == '# mine\n\n[watch]\nfolders = ["/a"]\n'
    assert with_folder(text, Path("/b"), HOME) == text.replace('"/a"', '"/a", "/b"')
    assert with_folder("[watch]\nidle_gate = false\n", Path("/a"), HOME) == (
        '[watch]\nfolders = ["/a"]\nidle_gate = false\n'
    )


@pytest.mark.parametrize(
    "text", ["watch = 5\n", "[watch]\nfolders = '/a'\n", "watch.folders = [5]"]
)
@pytest.mark.parametrize("edit", [with_folder, without_folder])
def test_folders_that_are_no_list_of_paths_are_left_alone(
    text: str, edit: Callable[[str, Path, Path], str]
) -> None:
    with pytest.raises(ConfigError, match="no list of paths") as caught:
        edit(text, Path("/a"), HOME)
    assert "folders = []" in caught.value.hint


folders = st.sampled_from(["/a", "/b", "/c d", "/home/a/c", "/home/a", "/ü"]).map(Path)


@given(
    st.sampled_from(WATCH_LAYOUTS),
    st.lists(st.tuples(st.sampled_from(["put", "remove"]), folders), max_size=6),
)
def test_any_edits_of_folders_end_in_what_was_wanted(
    text: str, edits: list[tuple[str, Path]]
) -> None:
    expected = _folders_of(text)
    for what, folder in edits:
        if what == "put":
            text = with_folder(text, folder, HOME)
            expected += [folder] if folder not in expected else []
        else:
            text = without_folder(text, folder, HOME)
            expected = [other for other in expected if other != folder]

    assert _folders_of(text) == expected


def _folders_of(text: str) -> list[Path]:
    written = tomllib.loads(text).get("watch", {}).get("folders", [])
    return [expand_home(folder, HOME) for folder in written]


SWITCH_LAYOUTS = [
    *WATCH_LAYOUTS,
    "[watch]\nenabled = true # for now\n# the end\n",
    "[watch]\n# in front\nenabled=false\nfolders = []\n",
    "watch = { enabled = true } # inline\n",
    "watch = {} # inline\n",
    "watch.enabled = false # dotted\n[other]\n",
    "[watch]\r\nenabled = true # for now\r\n# end\r\n",
    "[watch]\nenabled = 'maybe' # wrong\n",
    "[watch.mine]\nx = 1 # of a table within\n",
]


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("text", SWITCH_LAYOUTS)
def test_the_file_monitor_is_switched_and_all_else_stays(text: str, enabled: bool) -> None:
    edited = with_watching(text, enabled=enabled)

    expected = values(text)
    expected.setdefault("watch", {})["enabled"] = enabled
    assert values(edited) == expected
    assert comments(edited) == comments(text)
    assert with_watching(edited, enabled=enabled) == edited
    back = with_watching(with_watching(edited, enabled=not enabled), enabled=enabled)
    assert back == edited


def test_the_switch_is_written_as_a_person_would() -> None:
    assert with_watching("", enabled=False) == "[watch]\nenabled = false\n"
    assert with_watching('[watch]\nfolders = ["/a"] # mine\n', enabled=False) == (
        '[watch]\nenabled = false\nfolders = ["/a"] # mine\n'
    )
    assert with_watching("[watch]\nenabled = false # why\n", enabled=True) == (
        "[watch]\nenabled = true # why\n"
    )


def test_a_switch_where_watch_is_no_table_is_left_alone() -> None:
    with pytest.raises(ConfigError, match="no table"):
        with_watching("watch = 5\n", enabled=True)


class TestFile:
    def test_it_is_made_private_in_a_private_folder(self, tmp_path: Path) -> None:
        path = tmp_path / "trayapp" / "config.toml"

        edit_config(path, lambda text: with_account(text, NEW))

        assert parse_config(path.read_text()).accounts == (NEW,)
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700

    def test_a_symlink_is_written_through_and_keeps_its_mode(self, tmp_path: Path) -> None:
        (tmp_path / "real").write_text("# mine\n")
        (tmp_path / "real").chmod(0o644)
        path = tmp_path / "config.toml"
        path.symlink_to("real")

        edit_config(path, lambda text: with_account(text, NEW))

        assert path.is_symlink()
        assert path.read_text().startswith("# mine\n")
        assert path.stat().st_mode & 0o777 == 0o644

    @pytest.mark.parametrize("text", ["show = = 1\n", "show = 5\n", "[accounts.a]\n"])
    def test_a_broken_file_is_never_overwritten(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "config.toml"
        path.write_text(text)

        with pytest.raises(ConfigError, match="line 1 column"):
            edit_config(path, lambda text: with_account(text, NEW))
        assert path.read_text() == text
        assert list(tmp_path.iterdir()) == [path]

    def test_line_ends_stay_as_they_are(self, tmp_path: Path) -> None:
        path = tmp_path / "config.toml"
        path.write_bytes(b"# one\r\n# two\r\n")

        edit_config(path, lambda text: with_account(text, NEW))

        assert path.read_bytes().startswith(b"# one\r\n# two\r\n")

    @pytest.mark.ordinary_user
    def test_a_folder_that_cannot_be_written_is_told(self, tmp_path: Path) -> None:
        path = tmp_path / "config.toml"
        path.write_text("")
        tmp_path.chmod(0o500)

        with pytest.raises(ConfigError, match="cannot be written: Permission denied"):
            edit_config(path, lambda text: with_account(text, NEW))
        tmp_path.chmod(0o700)


def test_an_edit_that_could_not_be_read_again_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text := f'[accounts.a]\napi_url = "{URL}"\n')

    with pytest.raises(ConfigError, match="names no account"):
        edit_config(path, lambda before: with_show(before, "gone"))

    assert path.read_text() == text
