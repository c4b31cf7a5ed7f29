"""Editors with a window, used by keys: what the file monitor tells of them."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from tests.watching.repositories import save
from tests.watching.running_monitor import running_monitor

from .editor import WRITTEN, Editor
from .harness import Desktop

pytestmark = pytest.mark.desktop

# Each in a process of its own, so that to end it is to end the editor.
GEANY = pytest.param("geany --new-instance --no-session", id="geany")
GEDIT = pytest.param("gedit --standalone", id="gedit")
MOUSEPAD = pytest.param("mousepad --disable-server", id="mousepad")
# Two hundred megabytes where there is no Plasma.
KATE = pytest.param("kate --startanon", id="kate", marks=pytest.mark.heavy)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return save(tmp_path / "code" / "a.py", "first = 0\n")


@pytest.mark.parametrize("command", [GEANY, GEDIT, KATE, MOUSEPAD])
def test_an_editor_saves_once_and_its_opening_is_no_save(
    command: str, desktop: Desktop, file: Path
) -> None:
    with running_monitor(file.parent) as monitor, closing(Editor(desktop, command, file)) as editor:
        monitor.wait_for_saves([])

        editor.write()
        editor.save(file)

        monitor.wait_for_saves(["a.py"])
    assert WRITTEN in file.read_text()


# Geany has no key for it.
@pytest.mark.parametrize("command", [GEDIT, KATE, MOUSEPAD])
def test_a_file_saved_under_a_new_name_is_one_save_of_that(
    command: str, desktop: Desktop, file: Path
) -> None:
    with running_monitor(file.parent) as monitor, closing(Editor(desktop, command, file)) as editor:
        editor.write()
        editor.save_as(file.with_name("b.py"))

        monitor.wait_for_saves(["b.py"])
    assert WRITTEN in file.with_name("b.py").read_text()
