"""What a desktop on Linux does with an autostart entry, decided from its text.

Sources: the Desktop Application Autostart Specification 0.5; the Desktop Entry Specification 1.5;
gnome-session's gsm-autostart-app.c for the GNOME keys, systemd-xdg-autostart-generator(8) for the
others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from trayapp.desktop.desktop_entry import (
    exec_arguments,
    is_true,
    names,
    read_entry,
    unescaped,
)

GNOME_SESSIONS = ("GNOME", "GNOME-Classic", "GNOME-Flashback", "Unity", "X-Cinnamon", "Budgie")
"""Whose session reads X-GNOME-Autostart-enabled, by XDG_CURRENT_DESKTOP."""


@dataclass(frozen=True)
class Verdict:
    """Whether an entry is started, and if not why; one that is `wanted` nobody switched off."""

    starts: bool
    reason: str
    command: tuple[str, ...] | None = None
    wanted: bool = False


def judge(text: str, desktops: Sequence[str], exists: Callable[[str], bool]) -> Verdict:
    """Say whether a desktop starts what an entry names.

    `desktops` are the names in XDG_CURRENT_DESKTOP; `exists` finds a program, by path or in PATH.
    """
    entry = read_entry(text)
    if entry is None:
        return Verdict(starts=False, reason="it is no desktop entry")
    command = exec_arguments(entry.get("Exec", ""))
    off = _switched_off(entry, desktops)
    reason = off or _obstacle(entry, command, desktops, exists)
    return Verdict(not reason, reason, command, wanted=not off)


def _switched_off(entry: dict[str, str], desktops: Sequence[str]) -> str:
    """Say by which key a person switched an entry off, "" where nobody did."""
    if is_true(entry.get("Hidden")):
        return "it is switched off in it (Hidden=true)"
    gnome = next((name for name in desktops if name in GNOME_SESSIONS), None)
    if gnome is not None and entry.get("X-GNOME-Autostart-enabled") == "false":
        return f"it is switched off for {gnome} (X-GNOME-Autostart-enabled=false)"
    return ""


def _obstacle(
    entry: dict[str, str],
    command: tuple[str, ...] | None,
    desktops: Sequence[str],
    exists: Callable[[str], bool],
) -> str:
    """Say what keeps an entry from being started that is not switched off, "" for nothing."""
    only = names(entry.get("OnlyShowIn"))
    never = names(entry.get("NotShowIn"))
    # Of several names of a desktop the first that is in either list decides.
    named = next((name for name in desktops if name in only or name in never), None)
    tried = unescaped(entry.get("TryExec", ""))
    if entry.get("Type", "Application") != "Application":
        return "it is no application (Type)"
    if (only and named not in only) or named in never:
        here = ":".join(desktops) or "this desktop"
        return f"it is not for {here} (OnlyShowIn, NotShowIn)"
    if command is None:
        return "it names no command (Exec)"
    if tried and not exists(tried):
        return f"{tried} is not there (TryExec)"
    if not exists(command[0]):
        return f"{command[0]} is not there (Exec)"
    return ""
