from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.watching.inotify.scene import Scene

if sys.platform != "linux":
    pytest.skip("inotify is Linux only", allow_module_level=True)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """Give a tree of a few folders, not started."""
    root = tmp_path / "root"
    for folder in ("src/deep", "node_modules/package", "docs"):
        (root / folder).mkdir(parents=True)
    (root / "src/kept.py").write_text("1")
    with Scene(root) as scene:
        yield scene
