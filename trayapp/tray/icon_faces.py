"""The three faces of the icon, each as ink on a grid of square cells.

They are pixel art, drawn for the grid they are given: scaled type turns grey (desktop.md 2). Ink is
a set of cells, (0, 0) at the top left.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TypeAlias

from trayapp.coding.duration import NOT_KNOWN, hours_and_minutes
from trayapp.coding.preferences import IconFace
from trayapp.coding.status import Flag, Status
from trayapp.tray.pixel_font import PixelFont, load_font
from trayapp.tray.signs import FLAG_SIGNS, signs_of

Ink: TypeAlias = set[tuple[int, int]]

LINE_GAP = 2
GLYPHS_A_LINE = 3
"""How many glyphs fit beside each other into the smallest icon."""

GRIDS = (16, 20, 22, 24)
"""The sides of the grids that are drawn for, in cells."""


def draw_face(status: Status, face: IconFace, side: int) -> Ink:
    """Draw a face on a grid so many cells wide and high, one of GRIDS."""
    font = load_font("digits-4x7" if side < 20 else "digits-5x8")
    if face is IconFace.DIGITS:
        return _set_lines(icon_text(status), font, side)
    signs = signs_of(status)[:1]
    if face is IconFace.RING:
        return _ring(_progress(status), side) | _set_lines((signs,), font, side)
    return _clock(side, font, signs)


def icon_text(status: Status) -> tuple[str, ...]:
    """Give the icon's one or two lines: `3h` over `21`, `47m`, or a dash; signs where they fit."""
    signs = signs_of(status)
    if status.number is None:
        lines = [NOT_KNOWN, ""]
    else:
        hours, minutes = hours_and_minutes(status.number.total_seconds)
        lines = [f"{hours}h", f"{minutes:02}"] if hours else [f"{minutes}m", ""]
    estimate = FLAG_SIGNS[Flag.ESTIMATE]
    if estimate in signs and len(lines[0]) < GLYPHS_A_LINE:
        lines[0] = estimate + lines[0]
        signs = signs.replace(estimate, "")
    lines[1] += signs[: GLYPHS_A_LINE - len(lines[1])]
    return tuple(line for line in lines if line)


def _set_lines(lines: Iterable[str], font: PixelFont, side: int) -> Ink:
    """Set lines of text in the middle of the grid."""
    texts = [line for line in lines if line]
    top = (side - len(texts) * font.height - (len(texts) - 1) * LINE_GAP) // 2
    ink: Ink = set()
    for text in texts:
        rows = font.rows(text)
        ink |= _placed(rows, (side - len(rows[0])) // 2, top)
        top += font.height + LINE_GAP
    return ink


def _placed(rows: Iterable[str], left: int, top: int) -> Ink:
    return {
        (left + x, top + y)
        for y, row in enumerate(rows)
        for x, mark in enumerate(row)
        if mark == "#"
    }


def _progress(status: Status) -> float | None:
    """Give how much of the goal is done, 0 to 1; None without a goal or a number."""
    goal = status.number.goal if status.number else None
    if goal is None:
        return None
    return 1.0 if goal.complete else min(goal.tracked_seconds / goal.target_seconds, 1.0)


def _ring(progress: float | None, side: int) -> Ink:
    """Draw a thin ring, thick as far as the goal is done, from the top with the clock.

    Without a goal every other step of it is left out, so that it does not look like an empty one.
    """
    centre = (side - 1) / 2
    outer, thick, thin = side / 2 - 1, side / 8 + 1, 1.2
    ink: Ink = set()
    for x in range(side):
        for y in range(side):
            across, down = x - centre, y - centre
            inward = outer - math.hypot(across, down)
            turn = math.atan2(across, -down) / math.tau % 1
            done = progress is not None and (turn < progress or progress == 1)
            dotted = progress is None and int(turn * 24) % 2 == 1
            if -0.3 <= inward < (thick if done else thin) and not dotted:
                ink.add((x, y))
    return ink


def _clock(side: int, font: PixelFont, sign: str) -> Ink:
    """Draw the plain mark, a clock; a sign takes its lower right corner."""
    centre = (side - 1) / 2
    outer = side / 2 - 1
    ink = {
        (x, y)
        for x in range(side)
        for y in range(side)
        if -0.3 <= outer - math.hypot(x - centre, y - centre) < 1.8
    }
    middle = side // 2
    ink |= {(x, y) for x in (middle - 1, middle) for y in range(side // 4, middle + 1)}
    ink |= {(x, y) for x in range(middle, side - side // 4) for y in (middle - 1, middle)}
    if not sign:
        return ink
    rows = font.rows(sign)
    left, top = side - len(rows[0]) - 1, side - font.height - 1
    ink = {(x, y) for x, y in ink if x < left - 1 or y < top - 1}
    return ink | _placed(rows, left, top)
