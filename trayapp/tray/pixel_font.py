"""Pixel fonts: glyphs as rows of `#` and `.`, shipped in assets/fonts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable


@dataclass(frozen=True)
class PixelFont:
    """Glyphs of one height; each is a tuple of rows of equal length."""

    height: int
    glyphs: dict[str, tuple[str, ...]]

    def rows(self, text: str) -> tuple[str, ...]:
        """Set a text as rows of `#` and `.`, one blank column between glyphs."""
        glyphs = [self.glyphs[character] for character in text]
        return tuple(".".join(parts) for parts in zip(*glyphs, strict=True))


def parse_font(text: str) -> PixelFont:
    """Read a font: blocks apart by blank lines, each a character and its rows; `;` comments."""
    lines = [line for line in text.splitlines() if not line.startswith(";")]
    glyphs = {}
    for block in "\n".join(lines).strip().split("\n\n"):
        character, *rows = block.split("\n")
        glyphs[character] = tuple(rows)
    return PixelFont(len(next(iter(glyphs.values()))), glyphs)


@cache
def load_font(name: str) -> PixelFont:
    """Load one of the shipped fonts, such as `digits-4x7`."""
    return parse_font((assets() / "fonts" / f"{name}.txt").read_text("utf-8"))


def assets() -> Traversable:
    """Find the shipped artwork: inside an installed wheel, at the top level of a source tree."""
    package = files("trayapp")
    installed = package / "assets"
    return installed if installed.is_dir() else package / ".." / "assets"
