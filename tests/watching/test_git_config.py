from __future__ import annotations

from pathlib import Path

import pytest

from tests.watching.ignoring_home import Home, write
from trayapp.watching.git_config import expand_home, is_true, parse_git_config, read_git_config

TEXTS = [
    "[core]\n\texcludesFile = ~/.ignore\n",
    "[Core]\nExcludesFile=a b   c  ; comment\n",
    '[core] excludesfile = "a # b" c\\t"d;\\"" # x\n\tignorecase\n',
    "[core]\n a = one \\\n   two\n b = \\\\x\n",
    '[remote "Or\\"igin"]\n url = x\n[branch "Main"]\nrebase = true\n',
    "# nothing\n; here\n\n[a.b]\nc = 1\r\n[a]\nc=\n",
    '[core]\n a = " x "\n b = x" "y\n',
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_config_says_what_git_reads_in_it(tmp_path: Path, text: str) -> None:
    path = write(tmp_path / "config", text)
    home = Home(tmp_path)

    listed = home.git(tmp_path, "config", "--file", path, "--null", "--list").decode()
    pairs = [entry.partition("\n") for entry in listed.split("\0")[:-1]]

    assert [(key, value if separator else "true") for key, separator, value in pairs] == [
        (_without_escapes(key), value) for key, value in parse_git_config(text)
    ]


def _without_escapes(key: str) -> str:
    return key.replace('\\"', '"')


@pytest.mark.parametrize(
    "text", ["", "[", "[core", "a = b", "[core]\n= x\n[]\n\\", '[core]\na = "']
)
def test_nonsense_is_survived(text: str) -> None:
    parse_git_config(text)


def test_later_files_win_and_includes_are_followed(tmp_path: Path) -> None:
    write(tmp_path / "more" / "included", "[core]\nexcludesfile = theirs\n[x]\ny = 1\n")
    first = write(
        tmp_path / "first", "[core]\nexcludesfile = mine\n[include]\npath = more/included\n"
    )
    second = write(tmp_path / "second", "[x]\ny = 2\n[include]\npath = ~/second\n")

    found = read_git_config([str(first), str(tmp_path / "none"), str(second)], home=str(tmp_path))

    assert found["core.excludesfile"] == "theirs"
    assert found["x.y"] == "2"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("true", True),
        ("Yes", True),
        ("on", True),
        ("1", True),
        ("false", False),
        ("", False),
        (None, False),
    ],
)
def test_booleans(value: str | None, *, expected: bool) -> None:
    assert is_true(value) is expected


def test_the_home_folder_is_put_in() -> None:
    assert expand_home("~/x", "/home/me") == "/home/me/x"
    assert expand_home("/x/~/y", "/home/me") == "/x/~/y"
