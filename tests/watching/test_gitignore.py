from __future__ import annotations

import os
from pathlib import Path

import pytest

from trayapp.watching.gitignore import MOST_RULES_BYTES, RuleFile, parse_rules, read_rules


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (b"\n  \n# x\n\r\n", []),
        (b"a\n\nb", [(1, b"a"), (3, b"b")]),
        (b"\xef\xbb\xbfa\r\nb\r", [(1, b"a"), (2, b"b")]),
        (
            b"a  \nb\\ \nc\\\\ \nd e\n\tf\t\n",
            [(1, b"a"), (2, rb"b\ "), (3, rb"c\\"), (4, b"d e"), (5, b"\tf\t")],
        ),
        (b"!a/\n!\n/\n", [(1, b"a")]),
        (b"\\#a\n", [(1, rb"\#a")]),
        (b"a\0b\n", [(1, b"a")]),
        (b"\xff\xfe\n", [(1, b"\xff\xfe")]),
    ],
)
def test_lines_are_read_as_git_reads_them(data: bytes, expected: list[tuple[int, bytes]]) -> None:
    assert [(rule.line, rule.pattern) for rule in parse_rules(data)] == expected


@pytest.mark.parametrize(
    ("data", "path", "is_folder", "line"),
    [
        (b"*.py\n!x.py\n", b"x.py", False, 2),
        (b"!x.py\n*.py\n", b"x.py", False, 2),
        (b"x.py\nx.*\n*.py\nx.py\n", b"x.py", False, 4),
        (b"*.py\n*.y\n*y\n", b"x.py", False, 3),
        (b"a/b\n/a/b\n", b"a/b", False, 2),
        (b"b/\n", b"b", False, None),
        (b"b/\n", b"b", True, 1),
        (b"b/\nb\n", b"b", False, 2),
        (b"/b\n", b"a/b", False, None),
        (b"b\n", b"a/b", False, 1),
        (b"B\n", b"b", False, None),
        (b"?\n[b]\na/?\n", b"a/b", False, 3),
        (b"[b]\n!?\n", b"b", False, 2),
        (b"[\n", b"[", False, None),
    ],
)
def test_the_last_rule_that_matches_decides(
    data: bytes, path: bytes, *, is_folder: bool, line: int | None
) -> None:
    rule = RuleFile("", data, b"", ignore_case=False).find(path, is_folder=is_folder)

    assert (rule.line if rule else None) == line


@pytest.mark.parametrize("pattern", [b"Build", b"/X/Build", b"*UILD", b"b?ILD", b"x/b*LD"])
def test_case_can_be_ignored(pattern: bytes) -> None:
    rules = RuleFile("", pattern, b"", ignore_case=True)

    assert rules.find(b"x/bUiLd", is_folder=False)


def test_rules_of_a_folder_hold_from_there() -> None:
    rules = RuleFile("", b"/b\nc/d\n", b"a/", ignore_case=False)

    assert rules.find(b"a/b", is_folder=False)
    assert rules.find(b"a/c/d", is_folder=False)
    assert not rules.find(b"a/x/b", is_folder=False)


def test_of_a_huge_file_the_whole_lines_at_its_beginning_count(tmp_path: Path) -> None:
    path = tmp_path / ".gitignore"
    path.write_bytes(b"first\n" + b"#" * (MOST_RULES_BYTES - 10) + b"\nlast\n")

    rules = read_rules(str(path), b"", ignore_case=False)

    assert rules.find(b"first", is_folder=False)
    assert not rules.find(b"la", is_folder=False)
    assert not rules.find(b"last", is_folder=False)


def test_what_is_no_file_has_no_rules(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "real").write_bytes(b"x\n")
    (tmp_path / "link").symlink_to("real")

    for name in ("folder", "fifo", "link", "missing"):
        assert not read_rules(str(tmp_path / name), b"", ignore_case=False)
    assert read_rules(str(tmp_path / "link"), b"", ignore_case=False, linked=True)
