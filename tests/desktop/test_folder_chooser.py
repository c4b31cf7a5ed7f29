"""Asking for a folder: real dialogs driven by keys, and portals and programs that behave badly."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from jeepney import HeaderFields, Message, new_error, new_method_return

from trayapp.desktop import folder_chooser, folder_portal, folder_programs
from trayapp.desktop.folder_chooser import (
    TITLE,
    FolderChooser,
    FolderDialog,
    make_folder_chooser,
)
from trayapp.desktop.folder_portal import (
    REQUEST,
    PortalDialog,
    local_path,
    request_path,
)
from trayapp.desktop.folder_programs import kdialog, osascript, powershell, zenity
from trayapp.desktop.theme import PORTAL
from trayapp.errors import FolderDialogError, NoFolderDialogError

from .bus import PrivateBus, member
from .bus_service import Answer, BusService, returns, silent
from .folder_dialog import type_folder, window_shows, windows
from .harness import Desktop
from .processes import require_programs, wait_for

pytestmark = pytest.mark.desktop

PORTAL_PROGRAM = "/usr/libexec/xdg-desktop-portal"
BACKEND_PROGRAM = "/usr/libexec/xdg-desktop-portal-gtk"
BACKEND = "org.freedesktop.impl.portal.desktop.gtk"

KDE = {"XDG_CURRENT_DESKTOP": "KDE", "KDE_FULL_SESSION": "true", "KDE_SESSION_VERSION": "5"}


@contextmanager
def choosing(chooser: FolderChooser) -> Iterator[Future[Path | None]]:
    """Give what a choice will come to; one that is still open in the end is closed."""
    with ThreadPoolExecutor(1) as thread:
        try:
            yield thread.submit(chooser.choose)
        finally:
            chooser.stop()


class OtherDialog:
    """A dialog in which a person chooses at once."""

    name = "another"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def ask(self, _title: str, _limit: float) -> Path | None:
        return self.folder

    def close(self) -> None:
        pass


class TestARealDialog:
    @pytest.fixture(autouse=True)
    def _robot(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # xdotool cancels sooner than a person.
        monkeypatch.setattr(folder_chooser, "QUICKEST_ANSWER", 0)

    @pytest.fixture(params=["portal", "zenity", pytest.param("kdialog", marks=pytest.mark.heavy)])
    def dialog(self, request: pytest.FixtureRequest, desktop: Desktop) -> Iterator[FolderDialog]:
        if request.param != "portal":
            require_programs(request.param)
            program = {"zenity": zenity, "kdialog": kdialog}[request.param]
            yield program({**desktop.environ, **(KDE if program is kdialog else {})})
            return
        with real_portal(desktop, BACKEND_PROGRAM, PORTAL_PROGRAM):
            yield PortalDialog(desktop.environ)

    def test_gives_the_folder_that_is_chosen(
        self,
        desktop: Desktop,
        dialog: FolderDialog,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        folder = tmp_path / "my 100% code"
        folder.mkdir()
        monkeypatch.chdir(folder)

        with choosing(FolderChooser([dialog])) as chosen:
            window_shows(desktop)
            if dialog.name != "kdialog":  # It begins in the working folder.
                type_folder(desktop, folder)
            desktop.screenshot(f"folder-{dialog.name.removeprefix('the ')}")
            for _ in range(3):  # The first may only take up what was typed.
                if not chosen.done():
                    desktop.key("Return")
                    desktop.settled()

            assert chosen.result(10) == folder

    @pytest.mark.parametrize("key", ["Escape", "alt+c"])
    def test_may_be_cancelled(self, desktop: Desktop, dialog: FolderDialog, key: str) -> None:
        with choosing(FolderChooser([dialog])) as chosen:
            window_shows(desktop)
            desktop.key(key)

            assert chosen.result(10) is None

    def test_goes_when_the_app_ends(self, desktop: Desktop, dialog: FolderDialog) -> None:
        chooser = FolderChooser([dialog, OtherDialog(Path("/"))])
        with choosing(chooser) as chosen:
            window_shows(desktop)
            chooser.stop()

            assert chosen.result(10) is None
        wait_for(lambda: not windows(desktop), "the dialog is gone")

    def test_goes_when_nobody_answers(
        self, desktop: Desktop, dialog: FolderDialog, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(folder_chooser, "ANSWER_LIMIT", 3)
        with choosing(FolderChooser([dialog])) as chosen:
            window_shows(desktop)

            with pytest.raises(FolderDialogError, match="Nobody chose"):
                chosen.result(10)
        wait_for(lambda: not windows(desktop), "the dialog is gone")


def test_a_portal_without_a_backend_gives_way_to_zenity(
    desktop: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_programs("zenity")
    monkeypatch.setattr(folder_chooser, "QUICKEST_ANSWER", 30)
    chooser = make_folder_chooser(desktop.environ)
    with real_portal(desktop, PORTAL_PROGRAM), choosing(chooser) as chosen:
        window_shows(desktop)

        assert not chosen.done()


@contextmanager
def real_portal(desktop: Desktop, *programs: str) -> Iterator[None]:
    require_programs(*programs)
    names = {PORTAL_PROGRAM: PORTAL, BACKEND_PROGRAM: BACKEND}
    processes = []
    for program in programs:
        # What tells the portal to use the backend for GTK.
        processes.append(desktop.start([program], {"XDG_CURRENT_DESKTOP": "GNOME"}))
        wait_for(partial(desktop.bus.has_owner, names[program]), f"{program} is there")
    yield
    for process in reversed(processes):
        desktop.end(process)


def portal_answers(call: Message) -> Message:
    if member(call) == "Get":
        return new_method_return(call, "v", (("u", 3),))
    return new_method_return(call, "o", ("/org/example/unused",))


def portal_chooser(bus: PrivateBus, *others: FolderDialog) -> FolderChooser:
    return FolderChooser([PortalDialog({"DBUS_SESSION_BUS_ADDRESS": bus.address}), *others])


def path_of_request(portal: BusService) -> str:
    """Wait until the dialog would show, and give its request's path."""
    call = wait_for(lambda: portal.calls[1:], "the portal was asked")[0]
    return request_path(call.header.fields[HeaderFields.sender])


class TestThePortal:
    def test_is_asked_for_one_local_folder(self, bus: PrivateBus, tmp_path: Path) -> None:
        with (
            BusService(bus, PORTAL, portal_answers) as portal,
            choosing(portal_chooser(bus)) as chosen,
        ):
            path = path_of_request(portal)
            answer = (0, {"uris": ("as", [tmp_path.as_uri()])})
            portal.emit("/another/request", REQUEST, "Response", "ua{sv}", 1, {})
            portal.emit(path, REQUEST, "Response", "s", "nonsense")
            portal.emit(path, REQUEST, "Response", "ua{sv}", *answer)

            assert chosen.result(10) == tmp_path
        parent, title, options = portal.calls[1].body
        assert (parent, title) == ("", TITLE)
        assert options == {"directory": ("b", True), "handle_token": ("s", "trayapp")}
        assert path.endswith("/trayapp")

    @pytest.mark.parametrize("code", [1, 2, 77])
    @pytest.mark.parametrize("quickest", [0, 60])
    def test_that_ends_sooner_than_a_person_can_act_gives_way_to_another(
        self,
        bus: PrivateBus,
        tmp_path: Path,
        code: int,
        quickest: float,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(folder_chooser, "QUICKEST_ANSWER", quickest)
        with (
            BusService(bus, PORTAL, portal_answers) as portal,
            choosing(portal_chooser(bus, OtherDialog(tmp_path))) as chosen,
        ):
            portal.emit(path_of_request(portal), REQUEST, "Response", "ua{sv}", code, {})

            assert chosen.result(10) == (tmp_path if quickest else None)

    @pytest.mark.parametrize(
        ("results", "message"),
        [
            ({}, "named no folder"),
            ({"uris": ("as", [])}, "named no folder"),
            ({"uris": ("as", ["file:///tmp", "file:///usr"])}, "named no folder"),
            ({"uris": ("s", "file:///tmp")}, "named no folder"),
            ({"uris": ("ai", [1])}, "named no folder"),
            ({"uris": ("as", ["sftp://host/code"])}, "sftp://host/code is not on this machine"),
            ({"uris": ("as", ["file://host/code"])}, "file://host/code is not on this machine"),
            ({"uris": ("as", ["file:///no/such/folder"])}, "/no/such/folder is no folder"),
            ({"uris": ("as", ["file:///etc/passwd"])}, "/etc/passwd is no folder"),
            ({"uris": ("as", ["file:///tmp%00"])}, "is no folder"),
            ({"uris": ("as", [f"file:///{'x' * 300}"])}, "cannot be looked at"),
        ],
    )
    def test_that_gives_no_local_folder_is_an_error(
        self, bus: PrivateBus, results: dict[str, Any], message: str
    ) -> None:
        with (
            BusService(bus, PORTAL, portal_answers) as portal,
            choosing(portal_chooser(bus)) as chosen,
        ):
            portal.emit(path_of_request(portal), REQUEST, "Response", "ua{sv}", 0, results)

            with pytest.raises(FolderDialogError, match=message) as caught:
                chosen.result(10)
        assert "trayapp folders add DIR" in caught.value.hint

    @pytest.mark.parametrize(
        "answer",
        [
            silent,
            returns("v", ("u", 2)),
            returns("v", ("s", "3")),
            returns("u", 3),
            lambda call: new_error(call, "org.freedesktop.DBus.Error.InvalidArgs"),
            lambda call: portal_answers(call) if member(call) == "Get" else None,
            lambda call: (
                portal_answers(call)
                if member(call) == "Get"
                else new_error(call, "org.freedesktop.portal.Error.NotAllowed")
            ),
        ],
    )
    def test_that_cannot_show_a_dialog_gives_way_to_another(
        self, bus: PrivateBus, tmp_path: Path, answer: Answer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(folder_portal, "OPEN_LIMIT", 0.3)
        chooser = portal_chooser(bus, OtherDialog(tmp_path))
        with BusService(bus, PORTAL, answer), choosing(chooser) as chosen:
            assert chosen.result(10) == tmp_path

    def test_that_goes_away_is_an_error(
        self, bus: PrivateBus, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        portal = ExitStack()
        portal.enter_context(BusService(bus, PORTAL, portal_answers))
        with portal, choosing(portal_chooser(bus, OtherDialog(tmp_path))) as chosen:
            wait_for(lambda: "asks for a folder" in caplog.text, "the dialog would show")
            portal.close()

            with pytest.raises(FolderDialogError, match="went away"):
                chosen.result(10)

    def test_that_goes_with_its_bus_is_an_error(
        self, bus: PrivateBus, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        with BusService(bus, PORTAL, portal_answers), choosing(portal_chooser(bus)) as chosen:
            wait_for(lambda: "asks for a folder" in caplog.text, "the dialog would show")
            bus.stop()

            with pytest.raises(FolderDialogError, match="went away"):
                chosen.result(10)

    def test_leaves_nothing_behind(self, bus: PrivateBus, tmp_path: Path) -> None:
        before = threading.enumerate()
        with bus.client() as client:
            names = client.bus("ListNames")
            chooser = portal_chooser(bus, OtherDialog(tmp_path))
            assert threading.enumerate() == before

            assert chooser.choose() == tmp_path

            assert threading.enumerate() == before
            wait_for(lambda: client.bus("ListNames") == names, "its connection is closed")


@pytest.mark.parametrize("environ", [{}, {"PATH": "/nonexistent"}])
def test_without_any_dialog_the_error_names_the_command(environ: dict[str, str]) -> None:
    environ = {"PATH": "", **environ}

    with pytest.raises(NoFolderDialogError) as caught:
        make_folder_chooser(environ).choose()

    assert "trayapp folders add DIR" in caught.value.hint


def script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


class TestAProgram:
    @pytest.fixture(autouse=True)
    def _quick(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(folder_chooser, "QUICKEST_ANSWER", 0)

    @pytest.fixture
    def environ(self, tmp_path: Path) -> dict[str, str]:
        return {"PATH": str(tmp_path), "FOLDER": f"{tmp_path}/a b\n"}

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ('mkdir -p "$FOLDER"; printf \'%s\\n\' "$FOLDER"', "a b\n"),
            ("exit 1", None),
            ("exit 0", None),
        ],
    )
    def test_prints_the_folder_or_tells_by_its_status_that_it_was_cancelled(
        self, tmp_path: Path, environ: dict[str, str], text: str, expected: str | None
    ) -> None:
        script(tmp_path / "zenity", f"PATH=/bin\n{text}")

        chosen = FolderChooser([zenity(environ)]).choose()

        assert chosen == (tmp_path / expected if expected else None)

    @pytest.mark.parametrize("text", ["exit 255", "kill -ABRT $$", "echo /tmp; exit 5"])
    def test_that_fails_gives_way_to_another(
        self, tmp_path: Path, environ: dict[str, str], text: str
    ) -> None:
        script(tmp_path / "zenity", text)
        script(tmp_path / "kdialog", f"echo {tmp_path}")

        assert FolderChooser([zenity(environ), kdialog(environ)]).choose() == tmp_path

    def test_that_does_not_start_gives_way_to_another(
        self, tmp_path: Path, environ: dict[str, str]
    ) -> None:
        (tmp_path / "zenity").write_text("#!/no/such/interpreter\n")
        (tmp_path / "zenity").chmod(0o755)

        chooser = FolderChooser([zenity(environ), kdialog(environ), OtherDialog(tmp_path)])

        assert chooser.choose() == tmp_path

    @pytest.mark.parametrize("printed", ["nonsense", ".", "sftp://host/code", "/no/such/folder"])
    def test_that_prints_no_folder_is_an_error(
        self, tmp_path: Path, environ: dict[str, str], printed: str
    ) -> None:
        script(tmp_path / "zenity", f"echo {printed}")

        with pytest.raises(FolderDialogError, match="is no folder"):
            FolderChooser([zenity(environ)]).choose()

    def test_that_hangs_is_killed(
        self, tmp_path: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        script(tmp_path / "zenity", f"echo $$ >{tmp_path}/pid; exec /bin/sleep 100")
        monkeypatch.setattr(folder_chooser, "ANSWER_LIMIT", 1)

        with pytest.raises(FolderDialogError, match="Nobody chose"):
            FolderChooser([zenity(environ)]).choose()

        assert not Path("/proc", (tmp_path / "pid").read_text().strip()).exists()


Prepare = Callable[[Path, pytest.MonkeyPatch], tuple[FolderDialog, Path]]


def mac(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[FolderDialog, Path]:
    monkeypatch.setattr(folder_programs, "OSASCRIPT", str(tmp_path / "osascript"))
    return osascript({}), tmp_path / "osascript"


def windows_pc(tmp_path: Path, _monkeypatch: pytest.MonkeyPatch) -> tuple[FolderDialog, Path]:
    return powershell({"SYSTEMROOT": str(tmp_path)}), tmp_path / folder_programs.POWERSHELL


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (mac, ["-e", "activate", f'choose folder with prompt "{TITLE}"', "on error number -128"]),
        (windows_pc, ["-NoProfile", "-STA", "-Command", f"Description = '{TITLE}'"]),
    ],
)
class TestElsewhere:
    """macOS and Windows, by fakes of the very programs; neither has been run."""

    @pytest.fixture(autouse=True)
    def _quick(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(folder_chooser, "QUICKEST_ANSWER", 0)

    def test_the_program_is_asked_and_believed(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        prepare: Prepare,
        words: Sequence[str],
    ) -> None:
        dialog, program = prepare(tmp_path, monkeypatch)
        script(program, f'printf "%s\\n" "$@" >{tmp_path}/arguments; echo {tmp_path}/')

        assert FolderChooser([dialog]).choose() == tmp_path
        arguments = (tmp_path / "arguments").read_text()
        assert [word for word in words if word not in arguments] == []

    @pytest.mark.usefixtures("words")
    def test_nothing_printed_is_cancelled_and_a_failure_is_no_dialog(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prepare: Prepare
    ) -> None:
        dialog, program = prepare(tmp_path, monkeypatch)
        script(program, "exit 0")
        assert FolderChooser([dialog]).choose() is None

        script(program, "exit 1")
        with pytest.raises(NoFolderDialogError):
            FolderChooser([dialog]).choose()


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///home/ada/code", "/home/ada/code"),
        ("file:///home/ada/my%20c%C3%B6de%23%3F", "/home/ada/my cöde#?"),
        ("file://localhost/code", "/code"),
        ("file:///%FF", "/\udcff"),
        ("file:///", "/"),
        ("file://[/x", None),
        ("file://host/code", None),
        ("smb://host/code", None),
        ("/home/ada", None),
        ("", None),
    ],
)
def test_a_uri_names_a_local_path(uri: str, path: str | None) -> None:
    assert local_path(uri) == (None if path is None else Path(path))
