"""Hiding: what of a save may be told, by the rules of ~/.wakatime.cfg and config.toml.

A save is a Capture until it went through `hide`: a Capture shows nothing of itself, and only what
`hide` gives may be stored, sent, logged or printed.

The rules are wakatime-cli's (pkg/filter, pkg/heartbeat/sanitize.go, pkg/project), with these
differences, all of which hide more or write less. Each source is applied for itself and the
results are added up, so no source reveals what another hides. A hidden project's name is not given
away by its path either: that begins at the project's folder, and is HIDDEN where the name comes
again further down. The pseudonym is made from a secret, where wakatime-cli writes a random one into
a .wakatime-project file; a name out of such a file is told, as there, since that is where a person
chooses what to tell. hide_dependencies has nothing to do, since dependencies are never collected.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from trayapp.coding.patterns import Patterns

if TYPE_CHECKING:
    from trayapp.coding.heartbeat import Heartbeat

HIDDEN = "HIDDEN"

MOST_SIGNS = 8
"""What editors add to a name holds no more signs than this, before it or behind."""

_NOTHING = Patterns()

_ENDING = re.compile(r"[^/](\.[A-Za-z0-9_+-]{1,16})\Z")


class Excluded(StrEnum):
    """Why a save is not recorded, for people."""

    EXCLUDED = "excluded by a pattern"
    NO_PROJECT_FILE = "no .wakatime-project file above it"
    UNKNOWN_PROJECT = "its project is not known"


@dataclass(frozen=True, repr=False)
class Capture:
    """One save with all that was found out about it; its repr is empty on purpose.

    `path` and `project_folder` are absolute, with / on every system; an app's or a domain's `path`
    is its name. `has_project_file` says that project and branch come from a .wakatime-project file,
    and `found_project` what was found where a person named another. Otherwise as in Heartbeat.
    """

    path: str
    time: float
    user_agent: str
    machine: str
    project: str | None = None
    project_folder: str | None = None
    has_project_file: bool = False
    branch: str | None = None
    language: str | None = None
    lines: int | None = None
    project_root_count: int | None = None
    type: str = "file"
    category: str = "coding"
    is_write: bool = True
    found_project: str | None = None

    def __repr__(self) -> str:
        return "Capture(not shown)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Capture is not to be stored: hide it first")


class HideRules(NamedTuple):
    """What one source of settings hides and excludes."""

    exclude: Patterns = _NOTHING
    include: Patterns = _NOTHING
    include_only_with_project_file: bool = False
    exclude_unknown_project: bool = False
    hide_file_names: Patterns = _NOTHING
    hide_project_names: Patterns = _NOTHING
    hide_branch_names: Patterns = _NOTHING
    hide_project_folder: bool = False


class _Verdict(NamedTuple):
    """What all sources together hide of one save."""

    file: bool
    project: bool
    branch: bool
    folder: bool


def hide(capture: Capture, rules: Sequence[HideRules], secret: bytes) -> Heartbeat | Excluded:
    """Give what may be told of a save, or why nothing is.

    `secret` makes the pseudonyms of hidden projects: the same ones as long as it stays the same.
    """
    reason = _exclusion(capture, rules)
    if reason is not None:
        return reason
    verdict = _judge(capture, rules)
    project, branch = capture.project or None, capture.branch or None
    if verdict.branch or (verdict.project and _gives_away(branch or "", capture)):
        branch = None
    if verdict.project and project and not _is_from_file(capture):
        project = pseudonym(project, secret)
    bare = verdict.file or verdict.project
    from trayapp.coding.heartbeat import Heartbeat  # noqa: PLC0415 -- to read rules does without

    return Heartbeat(
        entity=_entity(capture, verdict),
        time=capture.time,
        project=project,
        branch=branch,
        language=capture.language,
        lines=None if bare else capture.lines,
        project_root_count=None if bare or verdict.folder else capture.project_root_count,
        user_agent=capture.user_agent,
        machine=capture.machine,
        is_write=capture.is_write,
        type=capture.type,
        category=capture.category,
    )


def shown_path(capture: Capture, rules: Sequence[HideRules]) -> str:
    """Give a path as a log or a person may see it, whatever becomes of it.

    More is hidden here than of a save: an editor's temporary file bears the name of the file that
    it is for, and a project that is gone again was taken for a part of the one around it.
    """
    namesakes = [replace(capture, path=path) for path in _namesakes(capture.path)]
    file = any(
        _exclusion(one, rules) is Excluded.EXCLUDED or _judge(one, rules).file for one in namesakes
    )
    verdict = _judge(capture, rules)
    around = [capture.path[:place] for place, sign in enumerate(capture.path) if sign == "/"]
    *folders, name = _within_project(capture).split("/")
    project = verdict.project or any(
        rule.hide_project_names.match(*folders, *around, f"{around[-1]}/") for rule in rules
    )
    if not file and not project:
        return _entity(capture, verdict)
    hidden = HIDDEN + _ending(capture.path)
    texts = (hidden,) if file else (name, hidden)
    safe = (text for text in texts if not (project and _gives_away(text, capture, *folders)))
    return next(safe, HIDDEN)


def pseudonym(project: str, secret: bytes) -> str:
    """Give the name under which a hidden project is told."""
    name = project.encode("utf-8", "surrogatepass")
    return f"Hidden {hmac.new(secret, name, hashlib.sha256).hexdigest()[:8]}"


def _exclusion(capture: Capture, rules: Sequence[HideRules]) -> Excluded | None:
    if any(r.exclude.match(capture.path) and not r.include.match(capture.path) for r in rules):
        return Excluded.EXCLUDED
    if not capture.has_project_file and any(r.include_only_with_project_file for r in rules):
        return Excluded.NO_PROJECT_FILE
    if not capture.project and any(r.exclude_unknown_project for r in rules):
        return Excluded.UNKNOWN_PROJECT
    return None


def _judge(capture: Capture, rules: Sequence[HideRules]) -> _Verdict:
    folder = capture.project_folder
    # With its slash too: people write patterns for what lies within.
    folders = () if folder is None else (folder, f"{folder}/")
    names = (capture.project, capture.found_project)
    file = project = branch = False
    for rule in rules:
        hides_file = rule.hide_file_names.match(capture.path, *folders)
        hides_project = rule.hide_project_names.match(*names, *folders)
        if rule.hide_branch_names.given:
            branch = branch or rule.hide_branch_names.match(capture.branch)
        else:
            branch = branch or hides_file or hides_project
        file, project = file or hides_file, project or hides_project
    return _Verdict(file, project, branch, folder=any(r.hide_project_folder for r in rules))


def _entity(capture: Capture, verdict: _Verdict) -> str:
    if capture.type != "file":
        hides = verdict.file or (verdict.project and _gives_away(capture.path, capture))
        return HIDDEN if hides else capture.path
    hidden = HIDDEN + _ending(capture.path)
    if verdict.file:
        return HIDDEN if verdict.project and _gives_away(hidden, capture) else hidden
    if not verdict.project:
        return _within_project(capture) if verdict.folder else capture.path
    paths = (_within_project(capture), hidden)
    return next((path for path in paths if not _gives_away(path, capture)), HIDDEN)


def _within_project(capture: Capture) -> str:
    """Give the path from the project's folder on, or the bare name outside of it."""
    folder = f"{(capture.project_folder or '').rstrip('/')}/"
    if capture.project_folder and capture.path.startswith(folder):
        return capture.path.removeprefix(folder)
    return capture.path.rpartition("/")[2]


def _namesakes(path: str) -> Iterator[str]:
    """Give a path and those that its name may be made from: a.py for .a.py.swp and #a.py#."""
    folder, slash, name = path.rpartition("/")
    signs = [place for place, sign in enumerate(name) if not sign.isalnum()]
    for start in (0, *(place + 1 for place in signs[:MOST_SIGNS])):
        for end in (*signs[-MOST_SIGNS:], len(name)):
            if start < end:
                yield folder + slash + name[start:end]


def _ending(path: str) -> str:
    found = _ENDING.search(path)
    return found[1] if found else ""


def _gives_away(text: str, capture: Capture, *others: str) -> bool:
    """Tell whether a text has the name of the project, of its folder or another in it."""
    names = [(capture.project_folder or "").rstrip("/").rpartition("/")[2], *others]
    if not _is_from_file(capture):
        names += [capture.project or "", capture.found_project or ""]
    # my-app is my_app and MyApp: packages and branches are often spelt otherwise.
    pairs = [(name, text) for name in names] + [(_letters(n), _letters(text)) for n in names]
    return any(name and name in within for name, within in pairs)


def _is_from_file(capture: Capture) -> bool:
    """Tell whether the project's name is one that a .wakatime-project file has."""
    return capture.has_project_file and capture.found_project is None


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
