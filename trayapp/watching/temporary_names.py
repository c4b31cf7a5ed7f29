"""Names that only programs give to files: editors' temporary files, and lock files of packages."""

from __future__ import annotations

import re

_TEMPORARY = re.compile(
    r"""
      (?: \.\# | \# | ~\$ | \.~ | \.?flycheck_ | \.goutputstream- | ~syncthing~ | \.syncthing\.
        | \.unison\. | \.fuse_hidden | \.nfs[0-9a-f]{8} ) .*
    | .* (?: ~ | \.sw[a-z] | \.kate-swp | \.tmp | \.part | \.crdownload | ___jb_(?:tmp|old)___
        | _flymake\.\w+ )
    | 4913                                     # vim asks so whether it may write into a folder
    | sed[A-Za-z0-9]{6}
    """,
    re.VERBOSE,
)
_LOCK = re.compile(r".*\.lock|.*-lock\.(?:json|ya?ml)|npm-shrinkwrap\.json|go(?:\.work)?\.sum")


def is_temporary_name(name: str) -> bool:
    """Tell whether an editor or a sync client gives such a name to a file that it soon removes."""
    return _TEMPORARY.fullmatch(name) is not None


def is_lock_name(name: str) -> bool:
    """Tell whether a package manager writes a file of that name, and no person."""
    return _LOCK.fullmatch(name) is not None
