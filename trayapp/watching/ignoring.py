"""Decide which folders are never watched and which files never counted, each with its reason.

A folder is not watched when the prune list says that machines write it, when git's rules ignore it
and git tracks nothing in it, or when the person excludes it. The rules of a repository hold within
it: a nested repository starts afresh, and so does a folder that a person added where the rules
above would ignore it. Decisions are kept until `refresh` is told of a file that they came from.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from trayapp.watching.git_rules import RULES_NAME, GitRules, deciding_rule
from trayapp.watching.gitignore import RuleFile
from trayapp.watching.prune_list import (
    WITH_EVIDENCE,
    is_evidence,
    likely_reason,
    machine_file_reason,
    sure_reason,
)
from trayapp.watching.repository import git_at


@dataclass(frozen=True, slots=True)
class IgnoreReason:
    """Why something is left out; `source` and `line` are of the rule file that says so."""

    kind: Literal["machine", "gitignore", "excluded", "outside"]
    text: str
    source: str = ""
    line: int = 0

    def __str__(self) -> str:
        if self.kind == "gitignore":
            return f"ignored by git: {self.text} (line {self.line} of {self.source})"
        if self.kind == "excluded":
            return f"excluded by your pattern {self.text}"
        return self.text


@dataclass(frozen=True, slots=True)
class _Scope:
    """What holds in a folder; folders where the same holds share one.

    `files` are the rule files, the strongest first. `ignored` is set where git ignores the folder
    but it is watched all the same; `unwatched` where it is not.
    """

    repository: GitRules | None = None
    files: tuple[RuleFile, ...] = ()
    ignored: IgnoreReason | None = None
    unwatched: IgnoreReason | None = None


_GIT_CONFIG = os.sep + os.path.join(".git", "config")
"""git init makes it after .git itself, which is no repository until then."""

_OUTSIDE = _Scope(unwatched=IgnoreReason("outside", "in none of the folders to watch"))


class IgnoreRules:
    """Answer for every folder and file below the folders that a person added.

    Paths are absolute, normal (os.path.normpath) and lie where they say: no symbolic link is
    resolved here. `exclude` and `include` are searched for in the whole path, a folder's with and
    without a slash at its end; what both find is counted, as in wakatime-cli. `home` and
    `config_home` (~/.config) are where git looks for the person's own rules.

    In a repository whose top is the home folder itself, ignored folders are watched for the
    repositories in them: who keeps dotfiles in git ignores everything else.

    For one thread at a time: every answer may add to what is kept.
    """

    def __init__(
        self,
        roots: Collection[str],
        *,
        home: str,
        config_home: str,
        exclude: Sequence[re.Pattern[str]] = (),
        include: Sequence[re.Pattern[str]] = (),
    ) -> None:
        self._roots = frozenset(roots)
        self._home = os.path.realpath(home)
        self._config_home = config_home
        self._exclude = tuple(exclude)
        self._include = tuple(include)
        self._scopes: dict[str, _Scope] = {}
        self._repositories: dict[str, GitRules] = {}
        self._sources: dict[str, set[str]] = {}
        self._tracked_below: dict[str, tuple[GitRules, bool]] = {}

    def is_pruned_folder(self, path: str) -> bool:
        """Say whether a folder is not to be watched."""
        return self._scope(path).unwatched is not None

    def folder_reason(self, path: str) -> IgnoreReason | None:
        """Say why a folder is not watched, None where it is."""
        return self._scope(path).unwatched

    def is_ignored_file(self, path: str) -> bool:
        """Say whether a file is never counted."""
        return self.file_reason(path) is not None

    def file_reason(self, path: str) -> IgnoreReason | None:
        """Say why a file is never counted, None where it may be."""
        folder, name = os.path.split(path)
        scope = self._scope(folder)
        if scope.unwatched:
            return scope.unwatched
        excluded = self._excluded(path)
        if excluded:
            return excluded
        why = machine_file_reason(name)
        if why:
            return IgnoreReason("machine", why)
        repository = scope.repository
        if repository is None:
            return None
        below = repository.relative(path)
        ignored = scope.ignored or _ignored(scope, below, is_folder=False)
        if ignored and repository.index.tracked().has_file(below):
            return None
        return ignored

    def source_files(self) -> frozenset[str]:
        """Give the files so far known to matter beside those in the watched folders themselves."""
        return frozenset(self._sources)

    def source_files_at(self, folder: str) -> frozenset[str]:
        """Give those of one repository, by its top."""
        repository = self._repository_at(folder)
        return frozenset() if repository is None else repository.sources

    def matters(self, path: str) -> bool:
        """Say whether `refresh` wants to hear that this path was written, created or removed."""
        # Asked about every event.
        name = path[path.rfind(os.sep) + 1 :]
        return (
            name in {RULES_NAME, ".git"}
            or is_evidence(name)
            or path in self._sources
            or path.endswith(_GIT_CONFIG)
        )

    def refresh(self, path: str) -> frozenset[str]:
        """Forget what came from a changed file; give the folders to walk anew, often none."""
        folder, name = os.path.split(path)
        again: set[str] = set()
        if name in {RULES_NAME, ".git"}:
            again |= self._forget(folder)
        elif path.endswith(_GIT_CONFIG):
            again |= self._forget(os.path.dirname(folder))
        elif is_evidence(name):
            for candidate in (folder, *(os.path.join(folder, each) for each in WITH_EVIDENCE)):
                again |= self._decide_again(candidate)
        for top in tuple(self._sources.get(path, ())):
            repository = self._repositories.get(top)
            if repository is not None and path == repository.index.path:
                again |= self._compare_tracked(repository)
            else:
                again |= self._forget(top)
        return frozenset(again)

    def _scope(self, folder: str) -> _Scope:
        scope = self._scopes.get(folder)
        undecided: list[str] = []
        while scope is None:
            undecided.append(folder)
            if folder in self._roots:
                break
            above = os.path.dirname(folder)
            if above == folder:
                return _OUTSIDE
            folder = above
            scope = self._scopes.get(folder)
        for each in reversed(undecided):
            if scope is not None and scope.unwatched:
                return scope
            scope = self._root_scope(each) if scope is None else self._scope_below(scope, each)
            self._scopes[each] = scope
        return scope or _OUTSIDE

    def _root_scope(self, root: str) -> _Scope:
        """Look for the repository around a root, and for the rules between its top and the root."""
        between: list[str] = []
        folder = root
        repository = self._repository_at(folder)
        while repository is None:
            between.append(folder)
            above = os.path.dirname(folder)
            if above == folder:
                return _Scope()
            folder = above
            repository = self._repository_at(folder)
        scope = _top_scope(repository)
        for each in reversed(between):
            if _ignored(scope, repository.relative(each), is_folder=True):
                return _with_rules_in(root, _Scope(repository))
            scope = _with_rules_in(each, scope)
        return scope

    def _scope_below(self, above: _Scope, folder: str) -> _Scope:
        if self._exclude and not self._include:
            excluded = self._excluded(folder) or self._excluded(folder + "/")
            if excluded:
                return _Scope(unwatched=excluded)
        name = os.path.basename(folder)
        why = sure_reason(name)
        if why:
            return _Scope(unwatched=IgnoreReason("machine", why))
        nested = self._repository_at(folder)
        if nested is not None:
            return _top_scope(nested)
        repository = above.repository
        likely = likely_reason(folder, name)
        if likely and (likely[1] or repository is None or not self._tracks(repository, folder)):
            return _Scope(unwatched=IgnoreReason("machine", likely[0]))
        if repository is None:
            return above
        ignored = above.ignored or _ignored(above, repository.relative(folder), is_folder=True)
        if not ignored:
            return _with_rules_in(folder, above)
        if repository.top != self._home and not self._tracks(repository, folder):
            return _Scope(unwatched=ignored)
        return above if above.ignored else _Scope(repository, ignored=ignored)

    def _repository_at(self, folder: str) -> GitRules | None:
        known = self._repositories.get(folder)
        if known is not None or not os.access(f"{folder}/.git", os.F_OK):
            return known
        found = git_at(Path(folder))
        if found is None:
            return None
        rules = GitRules(found, home=self._home, config_home=self._config_home)
        self._repositories[folder] = rules
        for source in rules.sources:
            self._sources.setdefault(source, set()).add(folder)
        return rules

    def _tracks(self, repository: GitRules, folder: str) -> bool:
        answer = repository.tracks_below(folder)
        self._tracked_below[folder] = (repository, answer)
        return answer

    def _excluded(self, path: str) -> IgnoreReason | None:
        path = path.replace(os.sep, "/")
        for pattern in self._exclude:
            if pattern.search(path):
                if any(wanted.search(path) for wanted in self._include):
                    return None
                return IgnoreReason("excluded", pattern.pattern)
        return None

    def _forget(self, folder: str) -> frozenset[str]:
        inside = _inside(folder)
        for known in (self._scopes, self._repositories, self._tracked_below):
            for path in [each for each in known if each == folder or each.startswith(inside)]:
                del known[path]
        if self._is_below_a_root(folder):
            return frozenset([folder])
        return frozenset(root for root in self._roots if root.startswith(inside))

    def _decide_again(self, folder: str) -> frozenset[str]:
        """Forget one folder's decision if another would be made now."""
        before = self._scopes.get(folder)
        if before is None or folder in self._roots:
            return frozenset()
        now = self._scope_below(self._scope(os.path.dirname(folder)), folder)
        return frozenset() if now.unwatched == before.unwatched else self._forget(folder)

    def _compare_tracked(self, repository: GitRules) -> set[str]:
        """Forget the folders in which git has begun or ceased to track files."""
        again: set[str] = set()
        for folder, (asked, before) in tuple(self._tracked_below.items()):
            if asked is repository and repository.tracks_below(folder) != before:
                again |= self._forget(folder)
        return again

    def _is_below_a_root(self, folder: str) -> bool:
        return any(folder == root or folder.startswith(_inside(root)) for root in self._roots)


def _inside(folder: str) -> str:
    """Give what the paths of all in a folder begin with."""
    return folder if folder.endswith(os.sep) else folder + os.sep


def _ignored(scope: _Scope, path: bytes, *, is_folder: bool) -> IgnoreReason | None:
    found = deciding_rule(scope.files, path, is_folder=is_folder)
    if found is None:
        return None
    file, rule = found
    return IgnoreReason("gitignore", rule.text, file.source, rule.line)


def _top_scope(repository: GitRules) -> _Scope:
    return _with_rules_in(repository.top, _Scope(repository, repository.everywhere))


def _with_rules_in(folder: str, scope: _Scope) -> _Scope:
    """Put the folder's own .gitignore before the others, where it has one."""
    if scope.repository is None or not os.access(f"{folder}/{RULES_NAME}", os.F_OK):
        return scope
    own = scope.repository.rules_in(folder)
    return _Scope(scope.repository, (own, *scope.files)) if own else scope
