"""The ordinary user to whom a session belongs that refuses root."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

from .processes import require_programs

if TYPE_CHECKING:
    from pathlib import Path

NAME = "trayapp-tests"
"""As in tests/setup/ordinary-user."""

COMMAND_LIMIT = 30.0


def find_user() -> pwd.struct_passwd:
    """Return the account that runs the tests, or for root one that is made for it."""
    if os.getuid() != 0:
        return pwd.getpwuid(os.getuid())
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        require_programs("useradd")
        subprocess.run(["useradd", "--create-home", NAME], check=True, timeout=COMMAND_LIMIT)
        return pwd.getpwnam(NAME)


def popen_options(user: pwd.struct_passwd) -> dict[str, Any]:
    """Return what makes subprocess.Popen start a program as this user."""
    if os.getuid() != 0:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def give(directory: Path, user: pwd.struct_passwd) -> None:
    """Make a directory and all in it the user's."""
    if os.getuid() == 0:
        for path in (directory, *directory.rglob("*")):
            shutil.chown(path, user.pw_uid, user.pw_gid)
