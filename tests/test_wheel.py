from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.skipif(
    not (ROOT / "trayapp").is_dir(), reason="the source tree is not here, only the wheel"
)


def test_the_wheel_holds_the_package_and_its_artwork_and_nothing_else(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", tmp_path, ROOT],
        check=True,
        capture_output=True,
        timeout=50,
    )
    (wheel,) = tmp_path.glob("*.whl")

    names = zipfile.ZipFile(wheel).namelist()

    assert {name.split("/")[0] for name in names} - {"trayapp"} == {
        name.split("/")[0] for name in names if ".dist-info/" in name
    }
    sources = {str(path.relative_to(ROOT)) for path in (ROOT / "trayapp").rglob("*.py")}
    fonts = {f"trayapp/{path.relative_to(ROOT)}" for path in (ROOT / "assets/fonts").iterdir()}
    shipped = {name for name in names if name.startswith("trayapp/")}
    assert shipped == sources | fonts | {"trayapp/py.typed"}
