"""The package stands alone and is cheap to name."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import trayapp.tray.statusnotifier as package

EVERYTHING = """
import pkgutil, importlib
import trayapp.tray.statusnotifier as package
for module in pkgutil.iter_modules(package.__path__):
    importlib.import_module(f"{package.__name__}.{module.name}")
"""


def loaded_after(code: str, **environ: str) -> tuple[set[str], str]:
    """Return the modules loaded by some code in a new process, and its PYSTRAY_BACKEND."""
    ending = "; import os, sys; print(os.environ.get('PYSTRAY_BACKEND', '-'), *sys.modules)"
    process = subprocess.run(
        [sys.executable, "-c", code + ending.removeprefix("; ")],
        env={"PATH": os.environ["PATH"], **environ},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    backend, *modules = process.stdout.split()
    return set(modules), backend


def test_naming_it_loads_neither_library() -> None:
    modules, _backend = loaded_after("import trayapp.tray.statusnotifier\n")

    assert not modules & {"jeepney", "pystray", "PIL"}


@pytest.mark.parametrize("environ", [{}, {"PYSTRAY_BACKEND": "gtk"}])
def test_all_of_it_loads_without_a_display_and_without_pillow(environ: dict[str, str]) -> None:
    """Plain `import pystray` fails here, and the variable is inherited by child processes."""
    modules, backend = loaded_after(EVERYTHING, **environ)

    assert {"jeepney", "pystray", "trayapp.tray.statusnotifier.icon"} <= modules
    assert "PIL" not in modules
    assert "pystray._dummy" in modules
    assert backend == environ.get("PYSTRAY_BACKEND", "-")


def test_it_uses_nothing_of_the_application() -> None:
    modules, _backend = loaded_after(EVERYTHING)
    ours = {name for name in modules if name.split(".")[0] == "trayapp"}

    assert {name for name in ours if not name.startswith(package.__name__)} == {
        "trayapp",
        "trayapp.tray",
    }


def test_it_exports_what_it_says() -> None:
    assert package.__all__ == sorted(package.__all__)
    assert all(getattr(package, name) for name in package.__all__)
    with pytest.raises(AttributeError):
        _ = package.Nothing
