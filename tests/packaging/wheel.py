"""The built wheel, and an environment that it is installed in."""

from __future__ import annotations

import atexit
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]

HAS_SOURCES = (ROOT / "trayapp").is_dir()
"""False where the tests run against the wheel, which lies beside them."""

STEP_SECONDS = 50.0


def run(*command: str | Path) -> None:
    """Run one step, which says nothing where it goes well."""
    done = subprocess.run(
        [*map(str, command)], capture_output=True, text=True, timeout=STEP_SECONDS, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@cache
def wheel() -> Path:
    """Give the wheel, built once for all tests of this process."""
    if not HAS_SOURCES:
        (found,) = ROOT.glob("*.whl")
        return found
    folder = Path(tempfile.mkdtemp(prefix="trayapp-wheel-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return build("wheel", ROOT, folder)


def build(kind: str, sources: Path, folder: Path) -> Path:
    """Build a `wheel` or an `sdist` of these sources into an empty folder."""
    run(sys.executable, "-m", "build", "--no-isolation", f"--{kind}", "--outdir", folder, sources)
    (built,) = folder.iterdir()
    return built


def install_wheel(environment: Path) -> Path:
    """Make an environment with the wheel, whose dependencies are those of the tests; offline."""
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", environment)
    run(sys.executable, "-m", "venv", "--without-pip", environment)
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel())
    (packages,) = environment.glob("lib/python*/site-packages")
    # Where the tests run in such an environment there is one more.
    found = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    (packages / "dependencies.pth").write_text("\n".join(found) + "\n")
    return environment
