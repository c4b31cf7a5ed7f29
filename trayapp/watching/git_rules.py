"""What one git work tree says of ignoring: its config, index and the rules that lie outside it."""

from __future__ import annotations

import os
from collections.abc import Sequence

from trayapp.watching.git_config import SYSTEM_CONFIG, expand_home, is_true, read_git_config
from trayapp.watching.git_index import GitIndex
from trayapp.watching.gitignore import Rule, RuleFile, read_rules
from trayapp.watching.repository import GitRepository

RULES_NAME = ".gitignore"


class GitRules:
    """One work tree's rules and tracked files, as they were when it was first looked at.

    `everywhere` are the rules of .git/info/exclude and of the person's own global file, the
    stronger first. `sources` are all files outside the tree that any of this came from, whether
    they exist or not.
    """

    def __init__(self, repository: GitRepository, *, home: str, config_home: str) -> None:
        self.top = str(repository.root)
        self._prefix = self.top if self.top.endswith(os.sep) else self.top + os.sep
        common_dir, git_dir = str(repository.common_dir), str(repository.git_dir)
        configs = [
            SYSTEM_CONFIG,
            os.path.join(config_home, "git", "config"),
            os.path.join(home, ".gitconfig"),
            os.path.join(common_dir, "config"),
            os.path.join(git_dir, "config.worktree"),
        ]
        config = read_git_config(configs, home=home)
        self.ignore_case = is_true(config.get("core.ignorecase"))
        is_sha256 = config.get("extensions.objectformat", "").lower() == "sha256"
        self.index = GitIndex(os.path.join(git_dir, "index"), hash_size=32 if is_sha256 else 20)
        exclude = os.path.join(common_dir, "info", "exclude")
        outside = [exclude]
        own = config.get("core.excludesfile", os.path.join(config_home, "git", "ignore"))
        if own:
            outside.append(os.path.join(self.top, expand_home(own, home)))
        rules = (
            read_rules(path, b"", ignore_case=self.ignore_case, linked=True) for path in outside
        )
        self.everywhere = tuple(filter(None, rules))
        self.sources = frozenset([self.index.path, *configs, *outside])

    def relative(self, path: str) -> bytes:
        """Give a path below the top as git writes it."""
        below = path[len(self._prefix) :]
        return os.fsencode(below if os.sep == "/" else below.replace(os.sep, "/"))

    def tracks_below(self, folder: str) -> bool:
        """Say whether git tracks anything in a folder."""
        return self.index.tracked().has_below(self.relative(folder))

    def rules_in(self, folder: str) -> RuleFile:
        """Read the .gitignore of one folder."""
        below = self.relative(folder)
        path = os.path.join(folder, RULES_NAME)
        return read_rules(path, below + b"/" if below else b"", ignore_case=self.ignore_case)


def deciding_rule(
    files: Sequence[RuleFile], path: bytes, *, is_folder: bool
) -> tuple[RuleFile, Rule] | None:
    """Give the rule that ignores a path, None where none does; the strongest file comes first."""
    for file in files:
        rule = file.find(path, is_folder=is_folder)
        if rule is not None:
            return None if rule.negated else (file, rule)
    return None
