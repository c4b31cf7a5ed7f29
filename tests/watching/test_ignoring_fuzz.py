"""What git itself says of random trees: `git check-ignore` and `git status`."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.watching.ignoring_home import Home
from trayapp.watching.gitignore import RuleFile

TREES = 12
"""Each takes a tenth of a second; set IGNORING_FUZZ for more."""

NAMES = ["a", "b", "src", "lib", "x.py", "y.py", "x.log", "tmp", "É", "A", "data"]
RULES = [
    *("a", "b/", "*.py", "*.log", "/src", "src/", "!x.py", "!a/", "**/tmp", "lib/*", "!lib/x.py"),
    *("a/**", "*", "!*/", "/*", "!/src", "tmp/", "data/**/x.py", "[a-b]", "A", "é", "É", "?"),
    *("src/*.py", "a/b", " # c", "\\!x", "/data/a/", "!src/", "s**c", "a*/**/x.py"),
]
PIECES = [
    *("a", "b", "foo", "x", "é", "*", "**", "***", "?", "/", "/", "**/", "/**", "*/", "?/", "*."),
    *(
        "[ab]",
        "[!a]",
        "[^b-x]",
        "[a-]",
        "[]a]",
        "[[:alpha:]]",
        "[[:digit:]x]",
        "[[:foo:]]",
        "[a/b]",
    ),
    *("[", "]", "[\\]]", "[a-\\b]", "[:a]", "[[a]", "[[:]", "[b-a]", "[é]", "[!/]"),
    *(
        "\\",
        "\\*",
        "\\/",
        "\\ ",
        "!",
        " ",
        "  ",
        "#",
        ".",
        "-",
        "\r",
        "\t",
        "a{2}",
        "+",
        "(",
        "^",
        "$",
    ),
]
LETTERS = [*"abxA1.-!# []*\\\r", "é", "foo"]


def seeds(default: int) -> range:
    return range(int(os.environ.get("IGNORING_FUZZ", default)))


@pytest.mark.parametrize("seed", seeds(TREES))
def test_a_random_tree_is_ignored_as_git_ignores_it(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    (tmp_path / "home").mkdir()
    home = Home(tmp_path / "home")
    top = home.repository(tmp_path / "work")
    files, folders = grow(top, chance)
    tracked = [path for path in files if chance.random() < 0.25]
    if tracked:
        home.git(top, "add", "-f", *tracked)
    version = chance.choice(["--split-index", "--index-version=2", "--index-version=4"])
    home.git(top, "update-index", *version.split("="))
    for folder in folders:
        if chance.random() < 0.3:
            write_rules(folder / ".gitignore", chance)
    write_rules(top / ".git/info/exclude", chance)
    write_rules(home.path / ".config/git/ignore", chance)

    names = b"\0".join(bytes(path.relative_to(top)) for path in [*files, *folders] if path != top)
    answer = home.git(top, "check-ignore", "-z", "--stdin", given=names)
    ignored = {top / os.fsdecode(name) for name in answer.split(b"\0") if name}
    status = home.git(top, "status", "--porcelain", "-uall", "-z").split(b"\0")
    untracked = {top / os.fsdecode(line[3:]) for line in status if line.startswith(b"?? ")}
    watched = {folder for path in tracked for folder in path.parents}
    rules = home.rules(top)

    assert {path for path in files if rules.is_ignored_file(str(path))} == ignored & set(files)
    assert {path for path in folders if rules.is_pruned_folder(str(path))} == (
        ignored & set(folders) - watched
    )
    counted = {path for path in files if not rules.is_ignored_file(str(path))}
    assert counted - set(tracked) == untracked & set(files)


def grow(top: Path, chance: random.Random) -> tuple[list[Path], list[Path]]:
    files: list[Path] = []
    folders = [top]
    for _ in range(30):
        path = chance.choice(folders) / chance.choice(NAMES)
        if path.exists():
            continue
        if chance.random() < 0.45:
            path.mkdir()
            folders.append(path)
        else:
            path.touch()
            files.append(path)
    return files, folders


def write_rules(path: Path, chance: random.Random) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(chance.choices(RULES, k=chance.randint(0, 4))), encoding="utf-8")


@pytest.mark.parametrize("seed", seeds(TREES))
def test_random_rules_match_line_by_line_what_git_matches(tmp_path: Path, seed: int) -> None:
    """`git check-ignore --verbose` names the line that decides about each path."""
    chance = random.Random(seed)
    home = Home(tmp_path)
    top = home.repository(tmp_path / "work")
    for _ in range(10):
        lines = ["".join(chance.choices(PIECES, k=chance.randint(1, 6))) for _ in range(3)]
        data = "\n".join(lines).encode()
        (top / ".gitignore").write_bytes(data)
        paths = [path for path in (random_path(chance) for _ in range(60)) if path]
        answer = home.git(
            *(top, "check-ignore", "--no-index", "--verbose", "--non-matching", "-z", "--stdin"),
            given=b"\0".join(paths),
        ).split(b"\0")
        rules = RuleFile("", data, b"", ignore_case=False)

        theirs = {answer[at + 3]: answer[at + 1] for at in range(0, len(answer) - 1, 4)}

        assert theirs == {path: deciding_line(rules, path) for path in theirs}, data


def random_path(chance: random.Random) -> bytes:
    parts = [
        "".join(chance.choices(LETTERS, k=chance.randint(1, 3)))
        for _ in range(chance.randint(1, 4))
    ]
    return b"" if {".", ".."} & set(parts) else "/".join(parts).encode()


def deciding_line(rules: RuleFile, path: bytes) -> bytes:
    parts = path.split(b"/")
    for depth in range(1, len(parts)):
        rule = rules.find(b"/".join(parts[:depth]), is_folder=True)
        if rule and not rule.negated:
            return str(rule.line).encode()
    rule = rules.find(path, is_folder=False)
    return str(rule.line).encode() if rule else b""
