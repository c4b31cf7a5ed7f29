"""What systemd's own generator makes of autostart entries, as KDE Plasma and others have it do."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from trayapp.desktop.autostart_rules import judge
from trayapp.desktop.autostart_xdg import autostart_entry

from .processes import require_programs
from .test_desktop_entry import NASTY

pytestmark = pytest.mark.desktop

GENERATOR = "/usr/lib/systemd/user-generators/systemd-xdg-autostart-generator"
SECONDS = 20.0


class Systemd:
    """A person's systemd that reads one autostart entry."""

    def __init__(self, folder: Path) -> None:
        self.entry = folder / "config" / "autostart" / "trayapp.desktop"
        self.entry.parent.mkdir(parents=True)
        self.program = folder / "bin" / "kde-systemd-start-condition"
        put_program(self.program)
        self._units = folder / "units"
        self._environment = {
            "HOME": str(folder),
            "PATH": f"{self.program.parent}:/usr/bin:/bin",
            "XDG_CONFIG_DIRS": str(folder / "xdg"),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_RUNTIME_DIR": str(folder),
        }

    def unit(self, text: str) -> str:
        """Write the entry and give its unit, "" where systemd has none that it would start."""
        self.entry.write_text(text)
        self._units.mkdir()
        self._run(GENERATOR, *[str(self._units)] * 3)
        wanted = self._units / "xdg-desktop-autostart.target.wants"
        units = list(wanted.iterdir()) if wanted.exists() else []
        if not units:
            return ""
        done = self._run("systemd-analyze", "--user", "--man=no", "verify", str(units[0].resolve()))
        is_clean = (done.returncode, done.stdout + done.stderr) == (0, "")
        return units[0].read_text() if is_clean else ""

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )


@pytest.fixture
def systemd(tmp_path: Path) -> Systemd:
    require_programs(GENERATOR, "systemd-analyze")
    return Systemd(tmp_path)


@pytest.mark.parametrize("name", [*NASTY, 'it\'s "100 %" = a', "back`tick", "dollar$", "a\\b"])
def test_it_starts_our_program_wherever_it_lies_or_the_status_says_why_not(
    systemd: Systemd, tmp_path: Path, name: str
) -> None:
    program = tmp_path / name / "trayapp"
    put_program(program)
    text = autostart_entry((str(program),))

    command = exec_start(systemd.unit(text))
    verdict = judge(text, ["KDE"], lambda path: Path(path).exists())

    assert verdict.starts == (command[-1:] == [str(program)])
    assert verdict.starts == (not set(name) & set("$`\\"))
    assert verdict.starts or "misreads $, ` or \\" in verdict.reason
    assert verdict.command == (str(program),)
    assert judge(text, ["GNOME"], lambda path: Path(path).exists()).starts


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("Type=Application\nExec={}\n", True),
        ("Type=Application\nExec={}\nX-systemd-skip=true\n", False),
        ("Type=Application\nExec={}\nHidden=true\n", False),
        ("Type=Application\nExec={}\nTryExec=/gone\n", False),
        ("Type=Application\nExec=/gone\n", False),
        ("Type=Application\n", False),
        ("Exec={}\n", False),
        ("Type=Application\nExec={}\nX-GNOME-Autostart-enabled=false\n", True),
        ("Type=Application\nExec={}\nAutostartCondition=if-exists gone\n", True),
        ('Type=Application\nExec="{}" "\\\\$HOME"\n', False),
        ('Type=Application\nExec="{}" "a\\\\"b"\n', True),
        ('Type=Application\nExec=/bin/sh -c "exec \\\\"\\\\$0\\\\" \\\\"\\\\$@\\\\"" {}\n', False),
    ],
)
def test_the_status_follows_its_rules(systemd: Systemd, text: str, starts: bool) -> None:
    entry = f"[Desktop Entry]\nName=a\n{text.format(systemd.program)}"

    unit = systemd.unit(entry)

    assert ("ExecStart=" in unit) == starts
    assert "ExecCondition=" not in unit
    assert judge(entry, ["KDE"], lambda path: Path(path).exists()).starts == starts


@pytest.mark.parametrize("name", ["it's", 'a "quoted" one', "100 %"])
def test_a_program_with_a_quote_in_its_path_does_not_start_without_our_detour(
    systemd: Systemd, tmp_path: Path, name: str
) -> None:
    program = tmp_path / name / "trayapp"
    put_program(program)
    text = autostart_entry((str(program),)).replace("Exec=nice -n 0 ", "Exec=")

    assert systemd.unit(text) == ""
    assert "no quote or %" in judge(text, ["KDE"], lambda path: Path(path).exists()).reason


def test_of_kdes_condition_it_makes_one_of_its_own(systemd: Systemd) -> None:
    unit = systemd.unit(
        f"[Desktop Entry]\nType=Application\nName=a\nExec={systemd.program}\n"
        "X-KDE-autostart-condition=a:b:c:true\n"
    )

    assert f'ExecCondition={systemd.program} --condition "a:b:c:true"' in unit


def put_program(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)


def exec_start(unit: str) -> list[str]:
    """Read the words of ExecStart, by systemd.syntax and systemd.service: C's escapes, %% for %."""
    found = re.search(r"^ExecStart=:(.*)$", unit, re.MULTILINE)
    words = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', found[1]) if found else []
    escapes = {"n": "\n", "t": "\t"}
    return [
        re.sub(r"\\(.)", lambda escape: escapes.get(escape[1], escape[1]), quoted or plain).replace(
            "%%", "%"
        )
        for quoted, plain in words
    ]
