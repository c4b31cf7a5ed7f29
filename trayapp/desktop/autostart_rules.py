"""What a desktop on Linux does with an autostart entry, decided from its text.

Sources: the Desktop Application Autostart Specification 0.5; the Desktop Entry Specification 1.5;
gnome-session's gsm-autostart-app.c and mate-session's for their keys, xfce4-session's
xfsm-global.c for those of XFCE.
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

SWITCHES = {
    **dict.fromkeys(
        ("GNOME", "GNOME-Classic", "GNOME-Flashback", "Unity", "X-Cinnamon", "Budgie"),
        "X-GNOME-Autostart-enabled",
    ),
    "MATE": "X-MATE-Autostart-enabled",
}
"""Whose session reads which key as a switch of its own, by XDG_CURRENT_DESKTOP."""

XFCE = "XFCE"


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
    for desktop in desktops:
        key = SWITCHES.get(desktop)
        if key in entry and not is_true(entry[key]):
            return f"it is switched off for {desktop} ({key}={entry[key]})"
    return ""


def _obstacle(
    entry: dict[str, str],
    command: tuple[str, ...] | None,
    desktops: Sequence[str],
    exists: Callable[[str], bool],
) -> str:
    """Say what keeps an entry from being started that is not switched off, "" for nothing."""
    on_xfce = XFCE in desktops
    only = names(entry.get("OnlyShowIn"))
    if on_xfce and is_true(entry.get("X-XFCE-Autostart-Override")):
        only = []
    never = names(entry.get("NotShowIn"))
    # Of several names of a desktop the first that is in either list decides.
    named = next((name for name in desktops if name in only or name in never), None)
    tried = unescaped(entry.get("TryExec", ""))
    if entry.get("Type", "Application") != "Application":
        return "it is no application (Type)"
    if (only and named not in only) or named in never:
        here = ":".join(desktops) or "this desktop"
        return f"it is not for {here} (OnlyShowIn, NotShowIn)"
    if on_xfce and entry.get("RunHook", "0") != "0":
        return "it is not for the login (RunHook)"
    if command is None:
        return "it names no command (Exec)"
    if tried and not exists(tried):
        return f"{tried} is not there (TryExec)"
    if not exists(command[0]):
        return f"{command[0]} is not there (Exec)"
    return ""
