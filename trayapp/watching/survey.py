"""What a folder holds for the watcher: how much is watched, and what is left out and why."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from trayapp.watching.file_status import JUNCTION
from trayapp.watching.ignoring import IgnoreReason, IgnoreRules
from trayapp.watching.language_names import is_code_name


@dataclass
class Survey:
    """What a walk found; `left_out` are folders below the root that are not entered."""

    watched: int = 0
    code_files: int = 0
    left_out: list[tuple[str, IgnoreReason]] = field(default_factory=list)


def survey(root: str, rules: IgnoreRules) -> Survey:
    """Walk a folder, a real path, as the watcher does: nothing that is left out is entered."""
    found = Survey()
    for folder, names in _walk(root, rules, found.left_out):
        found.watched += 1
        code = (os.path.join(folder, name) for name in names if is_code_name(name))
        found.code_files += sum(not rules.is_ignored_file(file) for file in code)
    return found


def _walk(
    root: str, rules: IgnoreRules, left_out: list[tuple[str, IgnoreReason]]
) -> Iterator[tuple[str, list[str]]]:
    for folder, folders, files in os.walk(root):
        kept = []
        for name in sorted(folders):
            inner = os.path.join(folder, name)
            if os.path.islink(inner) or is_junction(inner):
                continue
            reason = rules.folder_reason(inner)
            if reason is None:
                kept.append(name)
            else:
                left_out.append((inner, reason))
        folders[:] = kept
        yield folder, files


def is_junction(path: str) -> bool:
    """Tell whether a folder of Windows is a junction, which leads elsewhere as a link does."""
    try:
        tag = getattr(os.lstat(path), "st_reparse_tag", 0)
    except OSError:
        return False
    return bool(tag == JUNCTION)
