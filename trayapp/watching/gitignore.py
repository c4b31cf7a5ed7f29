"""Match paths against the rules of one .gitignore file, exactly as git does.

Of several rules that match, the last one decides. What git looks at first, that a folder above is
ignored, is the caller's part (`ignoring.py`).
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from trayapp.watching.reading import read_head
from trayapp.watching.wildmatch import literal_length, translate

MOST_RULES_BYTES = 256 * 1024
"""Some 10,000 rules; GitHub's longest template has 400. Of a larger file the beginning counts."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One line that is a rule; `negated` means that what it matches is not ignored."""

    line: int
    text: str
    negated: bool
    folders_only: bool
    pattern: bytes


def parse_rules(data: bytes) -> list[Rule]:
    """Read rules as git does: a byte order mark, CRs and trailing blanks are no part of them."""
    rules: list[Rule] = []
    for number, whole in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        line = whole.removesuffix(b"\r").partition(b"\0")[0]
        if line.startswith(b"#"):
            continue
        text = _without_trailing_spaces(line)
        pattern = text.removeprefix(b"!")
        folders_only = pattern.endswith(b"/")
        if folders_only:
            pattern = pattern[:-1]
        if pattern:
            shown = text.decode("utf-8", "replace")
            rules.append(Rule(number, shown, text.startswith(b"!"), folders_only, pattern))
    return rules


def _without_trailing_spaces(line: bytes) -> bytes:
    r"""Cut spaces at the end; `\ ` keeps one, and so does every other escape."""
    end = 0
    at = 0
    while at < len(line):
        if line[at : at + 1] == b"\\":
            at += 1
        elif line[at : at + 1] == b" ":
            at += 1
            continue
        at += 1
        end = at
    return line[:end]


def read_rules(path: str, base: bytes, *, ignore_case: bool, linked: bool = False) -> RuleFile:
    """Read a rule file; one that is missing or cannot be read has no rules.

    git follows a symbolic link to the rules of a person (`linked`), and none inside a work tree:
    a cloned repository could point it anywhere.
    """
    data = b"" if not linked and os.path.islink(path) else read_head(Path(path), MOST_RULES_BYTES)
    data = data or b""
    if len(data) == MOST_RULES_BYTES:
        data = data[: data.rfind(b"\n") + 1]
    return RuleFile(path, data, base, ignore_case=ignore_case)


class RuleFile:
    """The rules of one file, ready to be asked.

    `base` is the folder whose rules they are, relative to the work tree: b"" or with a slash at
    its end.
    """

    def __init__(self, source: str, data: bytes, base: bytes, *, ignore_case: bool) -> None:
        self.source = source
        self._rules = parse_rules(data)
        self._base_length = len(base)
        self._ignore_case = ignore_case

    def __bool__(self) -> bool:
        """Say whether there is any rule."""
        return bool(self._rules)

    def find(self, path: bytes, *, is_folder: bool) -> Rule | None:
        """Give the rule that decides about a path below the base, relative to the work tree."""
        below = path[self._base_length :]
        if self._ignore_case:
            below = below.lower()
        number = (self._for_folders if is_folder else self._for_files).last_match(below)
        return None if number < 0 else self._rules[number]

    @cached_property
    def _for_folders(self) -> _Matcher:
        return _Matcher(list(enumerate(self._rules)), ignore_case=self._ignore_case)

    @cached_property
    def _for_files(self) -> _Matcher:
        if not any(rule.folders_only for rule in self._rules):
            return self._for_folders
        numbered = [pair for pair in enumerate(self._rules) if not pair[1].folders_only]
        return _Matcher(numbered, ignore_case=self._ignore_case)


class _Matcher:
    """Patterns sorted by how they can be tried: most are plain names or `*.ending`."""

    def __init__(self, numbered: list[tuple[int, Rule]], *, ignore_case: bool) -> None:
        self._names: dict[bytes, int] = {}
        self._endings: dict[bytes, int] = {}
        self._paths: dict[bytes, int] = {}
        name_globs: list[tuple[int, bytes]] = []
        path_globs: list[tuple[int, bytes]] = []
        for number, rule in numbered:
            pattern = rule.pattern
            if b"/" in pattern:
                pattern = pattern.removeprefix(b"/")
                if literal_length(pattern) == len(pattern):
                    self._paths[pattern.lower() if ignore_case else pattern] = number
                else:
                    path_globs.append((number, pattern))
            elif literal_length(pattern) == len(pattern):
                self._names[pattern.lower() if ignore_case else pattern] = number
            elif pattern.startswith(b"*") and literal_length(pattern[1:]) == len(pattern) - 1:
                self._endings[pattern[1:].lower() if ignore_case else pattern[1:]] = number
            else:
                name_globs.append((number, pattern))
        self._all_endings = tuple(self._endings)
        self._name_globs = _Globs(name_globs, in_path=False, ignore_case=ignore_case)
        self._path_globs = _Globs(path_globs, in_path=True, ignore_case=ignore_case)

    def last_match(self, path: bytes) -> int:
        """Give the highest number of a rule that matches, -1 for none."""
        name = path[path.rfind(b"/") + 1 :]
        found = max(self._names.get(name, -1), self._paths.get(path, -1))
        if name.endswith(self._all_endings):
            for ending, number in self._endings.items():
                if number > found and name.endswith(ending):
                    found = number
        for globs, text in ((self._name_globs, name), (self._path_globs, path)):
            if globs.fullmatch and (match := globs.fullmatch(text)):
                found = max(found, globs.numbers[(match.lastindex or 0) - 1])
        return found


class _Globs:
    """Globs as one expression, the last one first, so that its first alternative decides."""

    def __init__(self, globs: list[tuple[int, bytes]], *, in_path: bool, ignore_case: bool) -> None:
        self.numbers: list[int] = []
        written: list[bytes] = []
        for number, glob in reversed(globs):
            regex = translate(glob, in_path=in_path)
            if regex is not None:
                self.numbers.append(number)
                written.append(b"(" + regex + b")")
        flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
        self.fullmatch = re.compile(b"|".join(written), flags).fullmatch if written else None
