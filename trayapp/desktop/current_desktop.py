"""Which desktop this is, by its own word."""

from __future__ import annotations

from collections.abc import Mapping


def is_desktop(environment: Mapping[str, str], *names: str) -> bool:
    """Tell whether $XDG_CURRENT_DESKTOP has one of these names, such as in `ubuntu:GNOME`."""
    own = environment.get("XDG_CURRENT_DESKTOP", "").lower().split(":")
    return any(name.lower() in own for name in names)
