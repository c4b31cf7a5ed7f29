"""No log has a path in it, at debug level neither: a person may hide what it names."""

from __future__ import annotations

import errno
import logging
import os
from typing import Any

import pytest

from tests.watching.inotify.scene import Scene
from trayapp.watching.inotify import Condition


@pytest.fixture(autouse=True)
def _at_debug_level(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "trayapp")


def test_a_folder_that_cannot_be_read_is_not_named(
    scene: Scene, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    def refusing(path: str) -> Any:
        if path.rstrip("/").endswith("deep"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    scene.start()

    assert "a folder is left out: Permission denied" in caplog.text
    assert "deep" not in caplog.text
    assert str(scene.root) not in caplog.text


def test_a_folder_that_is_gone_again_is_not_named(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.extra_watches = lambda path: [f"{path}/src/telltale"]
    scene.start()

    assert "a folder is not watched: No such file or directory" in caplog.text
    assert "telltale" not in caplog.text


def test_a_mistake_is_logged_without_its_text(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(path: str) -> bool:
        raise ValueError(f"embedded null byte in {path}")

    scene.pruned = failing
    scene.start(Condition.FAILED)

    assert "ValueError (" in caplog.text
    assert "test_log.py:" in caplog.text
    for name in ("src", "docs", "node_modules", str(scene.root)):
        assert name not in caplog.text
