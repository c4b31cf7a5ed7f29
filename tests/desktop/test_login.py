"""Logging in: a real session starts what our entry says, and no longer once it is disabled."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest
from PIL import Image

from tests.coding.samples import a_number, a_status
from tests.packaging.wheel import install_wheel
from tests.server import Server
from tests.settings.secret_services import GnomeKeyring, SilentService
from trayapp.desktop import control
from trayapp.desktop.autostart_rules import judge
from trayapp.desktop.desktop_entry import entry_text, escaped, exec_value
from trayapp.desktop.single_instance import is_locked
from trayapp.errors import ControlError, SignedOutError
from trayapp.tray.drawing import draw_icon

from .app import WATCHER, App
from .harness import Desktop
from .processes import require_programs, wait_for
from .test_desktop_entry import NASTY
from .xfce import XfcePanel

pytestmark = pytest.mark.desktop

ROOT = Path(__file__).parents[2]
SIZE = 24

LOGIN_LIMIT = 30.0

SESSION = """<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-session" version="1.0">
  <property name="general" type="empty">
    <property name="FailsafeSessionName" type="string" value="Failsafe"/>
    <property name="SaveOnExit" type="bool" value="false"/>
  </property>
  <property name="sessions" type="empty">
    <property name="Failsafe" type="empty">
      <property name="IsFailsafe" type="bool" value="true"/>
      <property name="Count" type="int" value="1"/>
      <property name="Client0_Command" type="array">
        <value type="string" value="xfce4-panel"/>
      </property>
      <property name="Client0_Priority" type="int" value="25"/>
    </property>
  </property>
</channel>
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """trayapp, installed from its wheel where there are a blank and a quote in the path."""
    return install_wheel(tmp_path_factory.mktemp("installed") / "it's a place") / "bin" / "trayapp"


SIGNED_OUT = draw_icon(a_status(None, SignedOutError("x")), SIZE)


def fresh(seconds: float) -> Image.Image:
    return draw_icon(a_status(a_number(seconds)), SIZE)


class Session:
    """A person's log-ins on one machine."""

    def __init__(self, app: App, trayapp: Path) -> None:
        self.app = app
        self.trayapp = trayapp
        app.desktop.write_config("xfce4/xfconf/xfce-perchannel-xml/xfce4-session.xml", SESSION)
        # Nothing of the machine's own is to be started.
        app.environ["XDG_CONFIG_DIRS"] = str(app.home / "xdg")
        app.environ["XDG_CONFIG_HOME"] = app.desktop.environ["XDG_CONFIG_HOME"]
        self.entry = Path(app.environ["XDG_CONFIG_HOME"]) / "autostart" / "trayapp.desktop"
        app.environ["PATH"] = f"{trayapp.parent}:{os.environ['PATH']}"

    def log_in(self) -> subprocess.Popen[bytes]:
        return self.app.desktop.start(["xfce4-session"], self.app.environ)

    def log_out(self, session: subprocess.Popen[bytes]) -> None:
        """End the session, and what it started, as its end of the display does."""
        if is_locked(self.app.locations.lock_file):
            control.ask(self.app.locations.control_address, "quit")
            wait_for(lambda: not is_locked(self.app.locations.lock_file), "trayapp ends")
        self.app.desktop.end(session)
        wait_for(lambda: not self.app.desktop.bus.has_owner(WATCHER), "the panel ends")

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.trayapp, *arguments],
            env={**self.app.desktop.environ, **self.app.environ},
            capture_output=True,
            text=True,
            timeout=40,
            check=False,
        )


@pytest.fixture
def session(
    desktop: Desktop, xfce_panel: XfcePanel, server: Server, tmp_path: Path, installed: Path
) -> Session:
    require_programs("xfce4-session")
    return Session(App(desktop, xfce_panel, server, tmp_path), installed)


def test_enabled_the_icon_is_there_after_the_login_and_switched_off_it_is_not(
    session: Session, tmp_path: Path
) -> None:
    # The session starts entries by their names: this one comes after ours.
    last = tmp_path / "last"
    session.app.desktop.write_config(
        "autostart/zz-last.desktop",
        f"[Desktop Entry]\nType=Application\nName=last\nExec=touch {last}\n",
    )
    enabled = session.command("autostart", "enable")
    assert (enabled.returncode, enabled.stderr) == (0, "")
    assert enabled.stdout.startswith("Starts at login: ")

    first = session.log_in()
    icon = session.app.wait_for_icon(fresh(7500), LOGIN_LIMIT)
    session.app.open_menu(icon)
    session.app.desktop.screenshot("login-menu")
    session.app.desktop.key("Escape")
    session.app.choose(icon, "Start at login")
    wait_for(lambda: not session.entry.exists(), "the entry goes")
    session.log_out(first)

    last.unlink()
    second = session.log_in()
    wait_for(lambda: session.app.desktop.bus.has_owner(WATCHER), "the panel is there", LOGIN_LIMIT)
    wait_for(last.exists, "the last entry is started", LOGIN_LIMIT)
    assert not is_locked(session.app.locations.lock_file)
    assert session.command("autostart").stdout.startswith("Does not start at login: there is no")
    session.log_out(second)


def test_an_entry_whose_program_has_moved_is_mended_by_the_next_start(session: Session) -> None:
    session.command("autostart", "enable")
    moved = session.entry.read_text().replace(str(session.trayapp), "/gone/trayapp")
    session.entry.write_text(moved)
    assert session.command("autostart").stdout.startswith("Does not start at login: /gone/trayapp")

    process = session.app.desktop.start([str(session.trayapp)], session.app.environ)
    wait_for(lambda: "/gone/" not in session.entry.read_text(), "the entry is mended", LOGIN_LIMIT)

    assert session.command("autostart").stdout.startswith("Starts at login: ")
    assert session.app.desktop.end(process) == 0
    session.command("autostart", "disable")


CASES = {
    **{f"[{name}]": (name, "", "") for name in [*NASTY, 'it\'s "100 %" = a']},
    "hidden by the system": ("a", "", "Hidden=true\n"),
    "not hidden by us, though by the system": ("a", "Hidden=false\n", "Hidden=true\n"),
    "for others, says the system": ("a", "", "OnlyShowIn=KDE;\n"),
    "not for XFCE, says the system": ("a", "", "NotShowIn=XFCE;\n"),
    "for the logout, says the system": ("a", "", "RunHook=1\n"),
    "for others, but the system overrides": (
        "a",
        "OnlyShowIn=KDE;\n",
        "X-XFCE-Autostart-Override=true\n",
    ),
    "on conditions of others": ("a", "X-systemd-skip=true\nAutostartCondition=no\n", ""),
}
"""A folder's name, what an entry has beyond its command, and what the system's of that name has."""


def test_a_session_starts_what_the_status_says(desktop: Desktop, tmp_path: Path) -> None:
    require_programs("xfce4-session")
    desktop.write_config("xfce4/xfconf/xfce-perchannel-xml/xfce4-session.xml", SESSION)
    system = tmp_path / "xdg" / "autostart"
    system.mkdir(parents=True)
    told = tmp_path / "told"
    told.mkdir()
    expected = {}
    for number, (case, (name, own, others)) in enumerate(CASES.items()):
        program = tmp_path / str(number) / name / "program"
        program.parent.mkdir(parents=True)
        program.write_text(f"#!/bin/sh\ntouch {told / str(number)}\n")
        program.chmod(0o755)
        values = {
            "Type": "Application",
            "Name": "program",
            "Exec": exec_value([str(program)]),
            "TryExec": escaped(str(program)),
        }
        entry = entry_text(values) + own
        desktop.write_config(f"autostart/{number:02}.desktop", entry)
        beneath = f"[Desktop Entry]\nType=Application\nName=other\nExec=false\n{others}"
        if others:
            (system / f"{number:02}.desktop").write_text(beneath)
        verdict = judge(entry, ["XFCE"], lambda path: Path(path).exists(), [beneath])
        expected[case] = verdict.starts
    last = entry_text({"Type": "Application", "Name": "last", "Exec": f"touch {told / 'last'}"})
    desktop.write_config("autostart/zz-last.desktop", last)

    session = desktop.start(["xfce4-session"], {"XDG_CONFIG_DIRS": str(tmp_path / "xdg")})
    wait_for((told / "last").exists, "the last entry is started", LOGIN_LIMIT)
    wait_for(lambda: len(list(told.iterdir())) > sum(expected.values()), "so are the others")
    started = {case: (told / str(number)).exists() for number, case in enumerate(CASES)}
    desktop.end(session)
    wait_for(lambda: not desktop.bus.has_owner(WATCHER), "the panel ends")

    assert started == expected


PANEL_AT, KEYRING_AT, NETWORK_AT = 20.0, 30.0, 40.0
"""Seconds after the start."""

NETWORK = """
link set lo up
link add wire type veth peer name far
link set far up
link set wire up
addr add 10.0.0.2/24 dev wire
route add default via 10.0.0.1
"""


def test_a_panel_a_keyring_and_a_network_that_come_late_are_waited_for_in_peace(
    desktop: Desktop,
    xfce_panel: XfcePanel,
    server: Server,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    require_programs("unshare", "nsenter", "ip")
    port = 47_561
    app = App(desktop, xfce_panel, server, tmp_path)
    (tmp_path / ".wakatime.cfg").unlink()
    with closing(GnomeKeyring(desktop.bus, tmp_path)) as keyring:
        keyring.start(unlocked=True)
        address = f"http://127.0.0.1:{port}/api/hackatime/v1"
        done = app.command("login", "--no-verify", "--api-url", address, stdin=server.key)
        assert done.returncode == 0, done.stderr
        keyring.lock()
        process = desktop.start(
            ["unshare", "--user", "--map-current-user", "--net", sys.executable, "-m", "trayapp"],
            app.environ,
        )
        began = time.monotonic()

        def wait_until(seconds: float) -> None:
            wait_for(lambda: time.monotonic() - began > seconds, f"{seconds:g} s pass", 60)

        def state() -> str:
            document = control.ask(app.locations.control_address, "status")["status"]
            return f"{document['state']}: {document['error']['title']}"

        wait_until(PANEL_AT)
        assert "locked" in state()
        xfce_panel.start()
        app.wait_for_icon(SIGNED_OUT)

        wait_until(KEYRING_AT)
        keyring.unlock()
        wait_for(lambda: state().startswith("offline"), "the key is found")

        wait_until(NETWORK_AT)
        space = ["nsenter", "--target", str(process.pid), "--user", "--net"]
        ip = [*space, "--preserve-credentials", "ip", "-batch", "-"]
        subprocess.run(ip, input=NETWORK.encode(), check=True, timeout=10)
        serve = [sys.executable, "-m", "tests.server", "--port", str(port), "--key", server.key]
        desktop.start([*space, "--preserve-credentials", *serve], cwd=ROOT)
        came = time.monotonic()
        app.wait_for_icon(fresh(7500))
        record_property("seconds after the last of the three", time.monotonic() - came)

        desktop.screenshot("login-late")
        assert desktop.end(process) == 0
    log = "".join(path.read_text() for path in app.locations.log_dir.iterdir())
    told = [line for line in log.splitlines() if "WARNING" in line or "ERROR" in line]
    assert len(told) <= 3, told


def test_a_keyring_that_did_not_answer_at_first_is_asked_again_once_it_is_heard_of(
    desktop: Desktop, xfce_panel: XfcePanel, server: Server, tmp_path: Path
) -> None:
    """Who did not answer is left in peace for five minutes otherwise."""
    app = App(desktop, xfce_panel, server, tmp_path)
    (tmp_path / ".wakatime.cfg").unlink()

    def title() -> str:
        with suppress(ControlError):  # It only begins to listen.
            document = control.ask(app.locations.control_address, "status")["status"]
            return str((document["error"] or {}).get("title"))
        return ""

    with closing(GnomeKeyring(desktop.bus, tmp_path)) as keyring:
        keyring.start(unlocked=True)
        done = app.command("login", "--no-verify", "--api-url", server.api_url, stdin=server.key)
        assert done.returncode == 0, done.stderr
        keyring.stop()
        with SilentService(desktop.bus):
            process = desktop.start([sys.executable, "-m", "trayapp"], app.environ)
            wait_for(lambda: "did not answer" in title(), "it gives up", LOGIN_LIMIT)
        keyring.start(unlocked=True)

        xfce_panel.start()
        app.wait_for_icon(fresh(7500))
        assert desktop.end(process) == 0
