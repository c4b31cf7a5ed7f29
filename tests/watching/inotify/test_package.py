"""The package stands alone and is cheap to name."""

from __future__ import annotations

import pytest

import trayapp.watching.inotify as package
from tests.tray.statusnotifier.test_package import loaded_after

EVERYTHING = """
import pkgutil, importlib
import trayapp.watching.inotify as package
for module in pkgutil.iter_modules(package.__path__):
    importlib.import_module(f"{package.__name__}.{module.name}")
"""


def test_naming_it_loads_neither_watchdog_nor_ctypes() -> None:
    modules, _backend = loaded_after("import trayapp.watching.inotify\n")

    assert not modules & {"watchdog", "ctypes", "logging"}


def test_it_uses_nothing_of_the_application() -> None:
    modules, _backend = loaded_after(EVERYTHING)
    ours = {name for name in modules if name.split(".")[0] == "trayapp"}

    assert {name for name in ours if not name.startswith(package.__name__)} == {
        "trayapp",
        "trayapp.watching",
    }


def test_it_exports_what_it_says() -> None:
    assert package.__all__ == sorted(package.__all__)
    assert all(getattr(package, name) for name in package.__all__)
    with pytest.raises(AttributeError):
        _ = package.Nothing
