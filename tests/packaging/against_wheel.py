"""Run tests against the built wheel: python -m tests.packaging.against_wheel PYTEST-ARGUMENTS.

They run in a folder that has all of the project but the package itself, so that none of its files
can stand in for one that the wheel lacks.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .wheel import ROOT, install_wheel, wheel

COPIED = ("tests", "packaging", "assets", "README.md", "CHANGELOG.md", "pyproject.toml")


def main(arguments: list[str]) -> int:
    """Run pytest with these arguments, and give its exit code."""
    with tempfile.TemporaryDirectory(prefix="trayapp-against-wheel-") as folder:
        python = install_wheel(Path(folder, "environment")) / "bin" / "python"
        place = Path(folder, "project")
        place.mkdir()
        for name in COPIED:
            source, target = ROOT / name, place / name
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        shutil.copy(wheel(), place)
        # The pictures are to be looked at afterwards.
        (ROOT / "artifacts").mkdir(exist_ok=True)
        (place / "artifacts").symlink_to(ROOT / "artifacts")
        pytest = [str(python), "-m", "pytest", "-p", "no:cacheprovider", *arguments]
        return subprocess.run(pytest, cwd=place, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
