"""Preferences: how a person wants the tray to look, as every face is told."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class IconFace(StrEnum):
    """What the icon draws: the time in digits, a ring that fills with the goal, a plain mark."""

    DIGITS = "digits"
    RING = "ring"
    PLAIN = "plain"


class Scheme(StrEnum):
    """What the icon stands on: a dark panel, a light one, or one that nobody has described."""

    DARK = "dark"
    LIGHT = "light"
    UNKNOWN = "unknown"


class Preferences(NamedTuple):
    """What config.toml says of the tray.

    `scheme` overrides what the desktop says unless it is UNKNOWN; `label` asks for the time as text
    beside the icon.
    """

    icon: IconFace = IconFace.DIGITS
    scheme: Scheme = Scheme.UNKNOWN
    label: bool = False
