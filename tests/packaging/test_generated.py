"""packaging/ and assets/icons say what the running trayapp says."""

from __future__ import annotations

import plistlib
import subprocess
from io import BytesIO
from pathlib import Path

import pytest
from PIL import IcoImagePlugin, Image, ImageChops

from tests.desktop.processes import require_programs
from trayapp import __version__
from trayapp.coding.preferences import Scheme
from trayapp.desktop.autostart_xdg import FILE_NAME
from trayapp.desktop.integration import ACTIONS, METAINFO_NAME
from trayapp.tray.drawing import FRESH

from .generate import files
from .icons import HICOLOR, WINDOWS, mark, svg, symbolic_svg
from .wheel import HAS_SOURCES, ROOT

pytestmark = pytest.mark.skipif(not HAS_SOURCES, reason="packaging/ is not here, only the wheel")

LINUX = ROOT / "packaging" / "linux"

BLUE, WHITE = (colour[:3] for colour in (FRESH[Scheme.UNKNOWN].ground, (255, 255, 255, 255)))


def test_every_generated_file_is_what_the_constants_make_of_it() -> None:
    differ = [str(path) for path, content in files() if not is_same(path, content)]

    assert differ == [], "write them anew: make packaging"


def test_nothing_else_lies_among_the_icons() -> None:
    theme = ROOT / "assets" / "icons"
    there = {path.relative_to(ROOT) for path in theme.rglob("*") if path.is_file()}

    assert there == {path for path, _content in files() if path.parts[0] == "assets"}


@pytest.mark.parametrize(
    "check",
    [
        ["desktop-file-validate", FILE_NAME],
        ["appstreamcli", "validate", "--no-net", METAINFO_NAME],
    ],
    ids=lambda check: check[0],
)
def test_the_desktops_own_checks_are_content(check: list[str]) -> None:
    require_programs(check[0])

    done = subprocess.run(
        [*check[:-1], str(LINUX / check[-1])],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    said = "" if check[0] == "appstreamcli" else done.stdout + done.stderr
    assert (done.returncode, said) == (0, ""), done.stdout


def test_every_action_of_the_desktop_file_is_a_command_of_trayapp() -> None:
    from trayapp.cli.program import make_parser  # noqa: PLC0415 -- here only

    for _identifier, label, arguments in ACTIONS:
        assert make_parser().parse_args(arguments).command == arguments[0], label


@pytest.mark.parametrize("size", sorted({*HICOLOR, *WINDOWS}))
def test_the_mark_is_white_on_a_blue_badge_in_every_size(size: int) -> None:
    picture = mark(size)

    assert (picture.size, picture.mode) == ((size, size), "RGBA")
    assert colour_at(picture, 0.5, 0) == BLUE
    assert colour_at(picture, 0.5, 0.35) == WHITE, "the hand"
    assert colour_at(picture, 0.3, 0.4) == BLUE
    corner = picture.getpixel((0, 0))
    assert isinstance(corner, tuple)
    assert corner[3] < 128


@pytest.mark.parametrize("text", [svg(), symbolic_svg()], ids=["scalable", "symbolic"])
def test_the_vector_icon_looks_like_the_drawn_one(text: str, tmp_path: Path) -> None:
    require_programs("gdk-pixbuf-thumbnailer")
    source, shown = tmp_path / "icon.svg", tmp_path / "icon.png"
    source.write_text(text)
    command = ["gdk-pixbuf-thumbnailer", "--size=128", str(source), str(shown)]
    subprocess.run(command, check=True, capture_output=True, timeout=30)

    ours, theirs = mark(128).convert("RGBA"), Image.open(shown).convert("RGBA")

    assert theirs.size == (128, 128)
    if "evenodd" in text:
        # White is left out, and blue is the one colour that there is.
        for across, down, opaque in ((0.5, 0.05, True), (0.3, 0.3, False), (0.5, 0.35, True)):
            pixel = theirs.getpixel((int(across * 128), int(down * 128)))
            assert isinstance(pixel, tuple)
            assert (pixel[3] == 255) == opaque
    else:
        difference = ImageChops.difference(ours, theirs).convert("L").point(lambda far: far > 64)
        assert sum(difference.tobytes()) < 128 * 128 / 100


def test_the_launch_agent_and_the_bundle_are_of_one_program() -> None:
    macos = ROOT / "packaging" / "macos"
    agent = plistlib.loads((macos / "trayapp.plist").read_bytes())
    bundle = plistlib.loads((macos / "Info.plist").read_bytes())

    assert agent["RunAtLoad"]
    assert "KeepAlive" not in agent
    assert bundle["LSUIElement"]
    assert bundle["CFBundleShortVersionString"] == __version__


def is_same(path: Path, content: bytes) -> bool:
    written = (ROOT / path).read_bytes()
    # How well pictures are packed depends on the library.
    if path.suffix == ".png":
        return pixels(written) == pixels(content)
    if path.suffix == ".ico":
        return frames(written) == frames(content)
    return written == content


def pixels(content: bytes) -> tuple[tuple[int, int], bytes]:
    picture = Image.open(BytesIO(content)).convert("RGBA")
    return picture.size, picture.tobytes()


def frames(content: bytes) -> dict[tuple[int, int], bytes]:
    picture = Image.open(BytesIO(content))
    assert isinstance(picture, IcoImagePlugin.IcoImageFile)
    sizes = sorted(picture.info["sizes"])
    assert [width for width, _height in sizes] == list(WINDOWS)
    return {size: picture.ico.getimage(size).tobytes() for size in sizes}


def colour_at(picture: Image.Image, across: float, down: float) -> tuple[int, ...]:
    pixel = picture.getpixel((int(across * picture.width), int(down * picture.height)))
    assert isinstance(pixel, tuple)
    return pixel[:3]
