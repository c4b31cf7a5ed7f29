"""What desktops do with an autostart entry, by their documented rules."""

from __future__ import annotations

import pytest

from trayapp.desktop.autostart_rules import judge

ENTRY = "[Desktop Entry]\nType=Application\nExec=/usr/bin/trayapp\n"


@pytest.mark.parametrize(
    ("added", "desktop", "reason"),
    [
        ("", "XFCE", ""),
        ("", "", ""),
        ("Hidden=true\n", "XFCE", "Hidden"),
        ("Hidden=1\n", "XFCE", "Hidden"),
        ("Hidden=false\n", "XFCE", ""),
        ("NoDisplay=true\n", "XFCE", ""),
        ("OnlyShowIn=KDE;\n", "XFCE", "OnlyShowIn"),
        ("OnlyShowIn=KDE;\n", "", "OnlyShowIn"),
        ("OnlyShowIn=KDE;XFCE;\n", "XFCE", ""),
        ("OnlyShowIn=GNOME\n", "ubuntu:GNOME", ""),
        ("NotShowIn=GNOME;\n", "ubuntu:GNOME", "NotShowIn"),
        ("NotShowIn=KDE;\n", "XFCE", ""),
        ("NotShowIn=XFCE;\n", "", ""),
        ("OnlyShowIn=ubuntu;\nNotShowIn=GNOME;\n", "ubuntu:GNOME", ""),
        ("OnlyShowIn=GNOME;\nNotShowIn=ubuntu;\n", "ubuntu:GNOME", "NotShowIn"),
        ("TryExec=/usr/bin/trayapp\n", "XFCE", ""),
        ("TryExec=/gone/trayapp\n", "XFCE", "TryExec"),
        ("TryExec=trayapp\n", "XFCE", "TryExec"),
        ("X-GNOME-Autostart-enabled=false\n", "GNOME", "X-GNOME-Autostart-enabled"),
        ("X-GNOME-Autostart-enabled=false\n", "ubuntu:GNOME", "X-GNOME-Autostart-enabled"),
        ("X-GNOME-Autostart-enabled=false\n", "KDE", ""),
        ("X-GNOME-Autostart-enabled=false\n", "XFCE", ""),
        ("X-GNOME-Autostart-enabled=true\n", "GNOME", ""),
        ("X-GNOME-Autostart-enabled=0\n", "GNOME", "X-GNOME-Autostart-enabled"),
        ("X-GNOME-Autostart-enabled=\n", "GNOME", "X-GNOME-Autostart-enabled"),
        ("X-GNOME-Autostart-enabled=false\n", "MATE", ""),
        ("X-MATE-Autostart-enabled=false\n", "MATE", "X-MATE-Autostart-enabled"),
        ("X-MATE-Autostart-enabled=false\n", "GNOME", ""),
        ("OnlyShowIn=KDE;\nX-XFCE-Autostart-Override=true\n", "XFCE", ""),
        ("OnlyShowIn=KDE;\nX-XFCE-Autostart-Override=true\n", "LXQt", "OnlyShowIn"),
        ("NotShowIn=XFCE;\nX-XFCE-Autostart-Override=true\n", "XFCE", "NotShowIn"),
        ("RunHook=0\n", "XFCE", ""),
        ("RunHook=1\n", "XFCE", "RunHook"),
        ("RunHook=1\n", "KDE", ""),
        ("X-systemd-skip=true\n", "KDE", "X-systemd-skip"),
        ("X-systemd-skip=true\n", "niri", "X-systemd-skip"),
        ("X-systemd-skip=true\n", "GNOME", "GNOME since 49"),
        ("X-systemd-skip=true\n", "XFCE", ""),
        ("X-systemd-skip=false\n", "KDE", ""),
        ("X-GNOME-Autostart-Phase=Applications\n", "KDE", "before 254"),
        ("X-GNOME-Autostart-Phase=Application\n", "KDE", "before 254"),
        ("X-GNOME-Autostart-Phase=Panel\n", "ubuntu:GNOME", "GNOME since 49"),
        ("X-GNOME-Autostart-Phase=Application\n", "GNOME", ""),
        ("X-GNOME-Autostart-Phase=Panel\n", "MATE", ""),
        ("AutostartCondition=if-exists a\n", "GNOME", "(AutostartCondition=if-exists a)"),
        ("AutostartCondition=if-exists a\n", "MATE", "(AutostartCondition=if-exists a)"),
        ("AutostartCondition=if-exists a\n", "KDE", ""),
        ("AutostartCondition=if-exists a\n", "XFCE", ""),
        ("X-KDE-autostart-condition=a:b:c:true\n", "KDE", "(X-KDE-autostart-condition=a:b"),
        ("X-KDE-autostart-condition=a:b:c:true\n", "GNOME", ""),
    ],
)
def test_the_desktop_starts_it_or_says_which_key_keeps_it_from_that(
    added: str, desktop: str, reason: str
) -> None:
    verdict = judge(ENTRY + added, [*filter(None, desktop.split(":"))], "/usr/bin/trayapp".__eq__)

    assert verdict.starts == (reason == "")
    assert reason in verdict.reason
    assert verdict.command == ("/usr/bin/trayapp",)


def test_what_is_in_doubt_was_not_switched_off() -> None:
    text = f"{ENTRY}AutostartCondition=if-exists a\n"

    verdict = judge(text, ["GNOME"], "/usr/bin/trayapp".__eq__)

    assert (verdict.starts, verdict.wanted) == (False, True)


@pytest.mark.parametrize(
    ("own", "system", "desktop", "reason"),
    [
        ("", "Hidden=true\n", "XFCE", "Hidden=true), says the system's"),
        ("Hidden=false\n", "Hidden=true\n", "XFCE", ""),
        ("", "Hidden=true\n", "KDE", ""),
        ("", "OnlyShowIn=KDE;\n", "XFCE", "(OnlyShowIn, NotShowIn), says the system's"),
        ("OnlyShowIn=XFCE;\n", "OnlyShowIn=KDE;\n", "XFCE", ""),
        ("", "NotShowIn=XFCE;\n", "XFCE", "(OnlyShowIn, NotShowIn), says the system's"),
        ("", "RunHook=1\n", "XFCE", "(RunHook), says the system's"),
        ("", "RunHook=1\n", "GNOME", ""),
        (
            "",
            "Exec=/gone\nTryExec=/gone\n",
            "XFCE",
            "/gone is not there (TryExec), says the system's",
        ),
        ("", "Exec=/gone\n", "XFCE", ""),
        ("OnlyShowIn=KDE;\n", "X-XFCE-Autostart-Override=true\n", "XFCE", ""),
        ("NotShowIn=XFCE;\n", "RunHook=1\n", "XFCE", "(OnlyShowIn, NotShowIn)"),
        ("", "no entry", "XFCE", ""),
    ],
)
def test_on_xfce_what_an_entry_leaves_out_comes_from_the_systems(
    own: str, system: str, desktop: str, reason: str
) -> None:
    beneath = [f"[Desktop Entry]\n{system}", ENTRY]

    verdict = judge(ENTRY + own, [desktop], "/usr/bin/trayapp".__eq__, beneath)

    assert verdict.starts == (reason == "")
    assert reason in verdict.reason
    assert verdict.command == ("/usr/bin/trayapp",)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no desktop entry"),
        ("[Other]\nExec=/usr/bin/trayapp\n", "no desktop entry"),
        ("[Desktop Entry]\nType=Application\n", "no command"),
        ("[Desktop Entry]\nExec=/gone/trayapp\n", "/gone/trayapp is not there"),
        ("[Desktop Entry]\nType=Link\nExec=/usr/bin/trayapp\n", "no application"),
    ],
)
def test_what_cannot_be_started_is_said(text: str, reason: str) -> None:
    verdict = judge(text, ["XFCE"], "/usr/bin/trayapp".__eq__)

    assert not verdict.starts
    assert reason in verdict.reason
