"""The wheel, installed by each of the installers, its dependencies from the package index."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.coding.samples import a_number, a_status
from tests.packaging.wheel import wheel
from tests.server import Server
from trayapp.tray.drawing import draw_icon

from .app import App
from .harness import Desktop
from .processes import require_modules, wait_for
from .xfce import XfcePanel

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(240)]

SIZE = 24
INSTALL_SECONDS = 180.0


def install_with_pip(folder: Path) -> Path:
    run([sys.executable, "-m", "venv", folder / "environment"])
    run([folder / "environment" / "bin" / "pip", "install", wheel()])
    return folder / "environment" / "bin"


def install_with_pipx(folder: Path) -> Path:
    require_modules("pipx")
    variables = {f"PIPX_{name}": str(folder / name) for name in ("HOME", "BIN_DIR", "MAN_DIR")}
    run([sys.executable, "-m", "pipx", "install", "--python", sys.executable, wheel()], variables)
    return folder / "BIN_DIR"


def install_with_uv(folder: Path) -> Path:
    require_modules("uv")
    variables = {f"UV_TOOL_{name}": str(folder / name) for name in ("DIR", "BIN_DIR")}
    variables |= {"UV_CACHE_DIR": str(folder / "cache"), "UV_NO_CONFIG": "1"}
    uv = [sys.executable, "-m", "uv", "tool", "install", "--python", sys.executable]
    run([*uv, wheel()], variables)
    return folder / "BIN_DIR"


INSTALLERS = {"pip": install_with_pip, "pipx": install_with_pipx, "uv": install_with_uv}


@pytest.fixture(scope="module")
def package_index(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skip where the package index is out of reach; with CI set in the environment, fail."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "jeepney"]
    try:
        run(command, folder=tmp_path_factory.mktemp("download"))
    except AssertionError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"the package index does not answer: {str(error)[-200:]}")


@pytest.fixture(params=INSTALLERS)
def app(
    request: pytest.FixtureRequest,
    package_index: None,  # noqa: ARG001 -- before anything is started
    desktop: Desktop,
    xfce_panel: XfcePanel,
    server: Server,
    tmp_path: Path,
) -> Iterator[App]:
    """Somebody who has installed trayapp so, and has it in PATH."""
    home = tmp_path / "home"
    home.mkdir()
    programs = INSTALLERS[request.param](tmp_path)
    app = App(desktop, xfce_panel, server, home, [str(programs / "trayapp")])
    app.environ["PATH"] = f"{programs}:{os.environ['PATH']}"
    desktop.move((300, 500))
    yield app
    if app.process is not None:
        app.end()


def test_what_is_installed_starts_draws_its_icon_and_finds_its_assets(app: App) -> None:
    app.panel.start()
    app.start()
    app.wait_for_icon(draw_icon(a_status(a_number()), SIZE))
    wait_for(lambda: app.labels()[0] == "Today  2h 5m", "the menu tells the time")

    integrated = app.command("integrate")

    assert (integrated.returncode, integrated.stderr) == (0, "")
    data = Path(app.desktop.environ["XDG_DATA_HOME"])
    # pipx and uv keep what is in PATH through upgrades.
    entry = (data / "applications" / "trayapp.desktop").read_text()
    assert f"\nTryExec={app.program[0]}\n" in entry
    assert (data / "icons/hicolor/scalable/apps/trayapp.svg").is_file()
    assert app.command("integrate", "--remove").returncode == 0
    assert app.command("doctor").returncode == 0
    assert app.end() == 0


def run(
    command: Sequence[str | Path],
    variables: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> None:
    done = subprocess.run(
        [*map(str, command)],
        env={**os.environ, **(variables or {})},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=INSTALL_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
