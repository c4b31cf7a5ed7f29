"""Importing another system's modules for the length of a test."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

# First: without it `import pystray` would choose a backend for itself.
import trayapp.tray.statusnotifier.pystray_base  # noqa: F401


@contextmanager
def imported_anew(names: Sequence[str]) -> Iterator[None]:
    """Let modules be imported within the block, against the fakes that are in place; forget them.

    Neither an earlier import nor this one is found by anybody else.
    """
    _forget(names)
    try:
        yield
    finally:
        _forget(names)


def _forget(names: Sequence[str]) -> None:
    for name in names:
        sys.modules.pop(name, None)
        package, _, module = name.rpartition(".")
        # `from package import module` looks there first.
        vars(importlib.import_module(package)).pop(module, None)
