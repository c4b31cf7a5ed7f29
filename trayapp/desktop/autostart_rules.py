"""What a desktop on Linux does with an autostart entry, decided from its text.

Sources: the Desktop Application Autostart Specification 0.5; the Desktop Entry Specification 1.5;
gnome-session's gsm-autostart-app.c (43) and gsm-app.c (49), and mate-session's, for their keys;
xfce4-session's xfsm-global.c for those of XFCE; systemd's xdg-autostart-service.c (252 to 256).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from trayapp.desktop.desktop_entry import (
    exec_arguments,
    exec_words,
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

CONDITIONS = {**dict.fromkeys(SWITCHES, "AutostartCondition"), "KDE": "X-KDE-autostart-condition"}
"""Whose session looks at which condition. systemd makes nothing of GNOME's, for the program that
would judge it came with no gnome-session."""

GNOME = "GNOME"
PHASE = "X-GNOME-Autostart-Phase"
XFCE = "XFCE"

STARTED_BY_SYSTEMD = ("KDE", "COSMIC", "niri")
"""Whose session leaves the entries to systemd, by xdg-desktop-autostart.target.

GNOME's does not: up to gnome-session 50 it starts them itself.
"""
SYSTEMD_READS = "systemd reads the entries of this desktop, and"

_MISREAD_BY_SYSTEMD = re.compile(r'\\[^"]')
"""What systemd's generator does not read as it is meant: any other character after a backslash."""
_NO_PROGRAM_OF_SYSTEMD = re.compile(r"""["'%\x00-\x1f\x7f]""")


@dataclass(frozen=True)
class Verdict:
    """Whether an entry is started, and if not why; one that is `wanted` nobody switched off."""

    starts: bool
    reason: str
    command: tuple[str, ...] | None = None
    wanted: bool = False


def judge(
    text: str,
    desktops: Sequence[str],
    exists: Callable[[str], bool],
    beneath: Sequence[str] = (),
) -> Verdict:
    """Say whether a desktop starts what an entry names.

    `desktops` are the names in XDG_CURRENT_DESKTOP; `exists` finds a program, by path or in PATH;
    `beneath` are the system's entries of the same name, the first first.
    """
    entry = read_entry(text)
    if entry is None:
        return Verdict(starts=False, reason="it is no desktop entry")
    verdict = _judge(entry, desktops, exists)
    if XFCE not in desktops:
        return verdict
    # XFCE takes each key that an entry leaves out from the next one of its name.
    for other in beneath:
        entry = {**(read_entry(other) or {}), **entry}
    merged = _judge(entry, desktops, exists)
    if verdict.starts and not merged.starts:
        return replace(merged, reason=f"{merged.reason}, says the system's entry of that name")
    return merged


def _judge(
    entry: dict[str, str], desktops: Sequence[str], exists: Callable[[str], bool]
) -> Verdict:
    command = exec_arguments(entry.get("Exec", ""))
    off = _switched_off(entry, desktops)
    reason = off or _obstacle(entry, command, desktops, exists) or _doubt(entry, desktops)
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
    return "" if set(desktops).isdisjoint(STARTED_BY_SYSTEMD) else _obstacle_to_systemd(entry)


def _obstacle_to_systemd(entry: dict[str, str]) -> str:
    """Say what keeps systemd's generator from making a unit that can be started, "" for nothing."""
    if is_true(entry.get("X-systemd-skip")):
        return f"{SYSTEMD_READS} leaves this one out (X-systemd-skip=true)"
    if "Type" not in entry:
        return f"{SYSTEMD_READS} wants an application (Type)"
    if PHASE in entry:
        return f"{SYSTEMD_READS} before 254 it starts none with a phase ({PHASE})"
    value = entry["Exec"]
    if _MISREAD_BY_SYSTEMD.search(unescaped(value)):
        return f"{SYSTEMD_READS} misreads $, ` or \\ in a command (Exec)"
    if _NO_PROGRAM_OF_SYSTEMD.search(exec_words(value)[0]):
        return f"{SYSTEMD_READS} takes no quote or % in a program's path (Exec)"
    return ""


def _doubt(entry: dict[str, str], desktops: Sequence[str]) -> str:
    """Say on what it depends whether an entry is started, "" for nothing."""
    if GNOME in desktops and entry.get(PHASE, "Application") != "Application":
        return f"GNOME since 49 starts none with a phase ({PHASE})"
    if GNOME in desktops and is_true(entry.get("X-systemd-skip")):
        return "GNOME since 49 leaves it out (X-systemd-skip=true)"
    for name in desktops:
        key = CONDITIONS.get(name)
        if key in entry:
            return f"it starts only on a condition ({key}={entry[key]})"
    return ""
