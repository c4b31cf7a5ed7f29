from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from tests.desktop.processes import wait_for
from tests.resident.scene import ACCOUNT, USER, Scene
from trayapp.coding.file_monitor import FileMonitorStatus, WatchedFolder
from trayapp.coding.preferences import IconFace, Preferences, Scheme
from trayapp.coding.status import DeliveryStatus, Problem, Status
from trayapp.desktop.autostart import AutostartStatus
from trayapp.desktop.notifications import RememberingNotifier
from trayapp.desktop.start_at_login import StartAtLogin
from trayapp.errors import (
    AutostartError,
    ConfigError,
    FolderDialogError,
    KeyRefusedError,
    KeyringLockedError,
    UnreachableError,
)
from trayapp.settings.accounts import Account, Settings
from trayapp.settings.watching import WatchingSettings
from trayapp.tray.backends import Appearance, Item
from trayapp.tray.drawing import Artwork, draw_icons
from trayapp.tray.face import Desk, Face, pause_end
from trayapp.tray.fake_backend import FakeBackend
from trayapp.tray.menu import UNTIL_TOMORROW, clock_time

OTHER = Account("work", "https://wakapi.example/api")


class MemoryAutostart:
    """An autostart that is kept in memory, of a desktop that may refuse."""

    def __init__(self) -> None:
        self.command: tuple[str, ...] | None = None
        self.refusal: AutostartError | None = None

    def status(self) -> AutostartStatus:
        starts = self.command is not None
        return AutostartStatus(starts, "", "memory", self.command, wanted=starts)

    def enable(self, command: tuple[str, ...], *, overwrite: bool = False) -> None:
        del overwrite
        if self.refusal is not None:
            raise self.refusal
        self.command = command

    def disable(self, *, overwrite: bool = False) -> None:
        del overwrite
        self.command = None


class Watched:
    """A face on a backend that shows nothing, and a resident that lives when told to."""

    def __init__(self, folder: Path) -> None:
        self.scene = Scene(folder)
        self.backend = FakeBackend()
        self.notifier = RememberingNotifier()
        self.pages: list[str] = []
        self.chosen: Path | FolderDialogError | None = None
        self.choose: Callable[[], Path | None] = self._choose
        self.opened: list[str] = []
        self.autostart = MemoryAutostart()
        self.login = StartAtLogin(self.autostart, lambda: ("/usr/bin/trayapp",))
        self.face = Face(
            self.scene.resident,
            self.backend,
            self.notifier,
            Desk(
                self.pages.append,
                self.opened.append,
                lambda: self.choose(),  # noqa: PLW0108 -- a test puts another in its place
                self.login,
                "/home/a",
            ),
        )

    def _choose(self) -> Path | None:
        if isinstance(self.chosen, FolderDialogError):
            raise self.chosen
        return self.chosen

    def watch(self, *folders: Path, enabled: bool = True) -> None:
        """Have the settings say so."""
        watching = WatchingSettings(enabled=enabled, folders=folders)
        settings = Settings(accounts=(ACCOUNT,), show=ACCOUNT.name, watching=watching)
        self.scene.edit(settings)
        self.scene.attend()

    def watching(self) -> WatchingSettings:
        """Give what the settings say of watching by now."""
        settings = self.scene.files.settings
        assert isinstance(settings, Settings)
        return settings.watching

    def shown(self) -> Appearance:
        assert self.backend.appearance is not None
        return self.backend.appearance

    def item(self, *path: str) -> Item:
        """Find an item by its text, and by those of the submenus above it."""
        items = self.face.appearance(self.scene.status()).items
        for text in path[:-1]:
            items = next(item for item in items if item.text == text).children
        return next(item for item in items if item.text == path[-1])

    def click(self, *path: str) -> None:
        activate = self.item(*path).activate
        assert activate is not None
        activate()

    def told(self) -> list[str]:
        return [f"{note.title}. {note.body}" for note in self.notifier.notifications]


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    watched = Watched(tmp_path)
    is_shown = threading.Event()
    thread = threading.Thread(target=watched.face.run, args=(is_shown.set,))
    thread.start()
    assert is_shown.wait(10)
    watched.scene.attend()
    yield watched
    watched.face.stop()
    thread.join(10)


def test_what_changes_while_the_icon_is_made_is_not_lost(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    first = watched.face.appearance

    def slowly(status: Status) -> Appearance:
        watched.face.appearance = first  # type: ignore[method-assign]
        made = first(status)
        watched.face.stand_on(Scheme.LIGHT)
        return made

    watched.face.appearance = slowly  # type: ignore[method-assign]
    is_shown = threading.Event()
    thread = threading.Thread(target=watched.face.run, args=(is_shown.set,))
    thread.start()
    assert is_shown.wait(10)

    light = draw_icons(watched.scene.status(), Scheme.LIGHT, Artwork.PANEL)
    assert watched.shown().images == light
    watched.face.stop()
    thread.join(10)


def test_each_new_status_is_shown(watched: Watched) -> None:
    watched.scene.total_seconds = 60
    watched.scene.resident.refresh()
    watched.scene.attend()

    assert watched.shown().tooltip == "Today  1m"
    assert watched.shown().label == ""


def test_the_settings_decide_on_face_ground_and_label(watched: Watched) -> None:
    preferences = Preferences(IconFace.RING, Scheme.LIGHT, label=True)
    settings = Settings(accounts=(ACCOUNT,), show=ACCOUNT.name, preferences=preferences)
    watched.scene.edit(settings)
    watched.scene.attend()

    shown = watched.shown()
    status = watched.scene.status()
    assert shown.images == draw_icons(status, Scheme.LIGHT, Artwork.PANEL)
    assert shown.label == "2h 5m"


@pytest.mark.parametrize(
    ("icon", "label"), [(IconFace.DIGITS, "2h 5m"), (IconFace.RING, ""), (IconFace.PLAIN, "")]
)
def test_on_macos_the_digits_stand_beside_the_icon(
    watched: Watched, icon: IconFace, label: str
) -> None:
    watched.backend.artwork = Artwork.TEMPLATE
    status = replace(watched.scene.status(), preferences=Preferences(icon))

    assert watched.face.appearance(status).label == label


@pytest.mark.parametrize("desktop", [Scheme.DARK, Scheme.LIGHT])
@pytest.mark.parametrize("setting", Scheme)
def test_the_desktop_says_what_the_icon_stands_on_unless_a_setting_does(
    watched: Watched, desktop: Scheme, setting: Scheme
) -> None:
    settings = Settings(
        accounts=(ACCOUNT,), show=ACCOUNT.name, preferences=Preferences(scheme=setting)
    )
    watched.scene.edit(settings)
    watched.scene.attend()

    watched.face.stand_on(desktop)

    expected = desktop if setting is Scheme.UNKNOWN else setting
    images = draw_icons(watched.scene.status(), expected, Artwork.PANEL)
    assert watched.shown().images == images


@pytest.mark.parametrize(
    ("failure", "attention"), [(KeyRefusedError("401"), True), (UnreachableError("x"), False)]
)
def test_only_what_a_person_must_mend_asks_for_attention(
    watched: Watched, failure: Exception, attention: bool
) -> None:
    watched.scene.failure = failure
    watched.scene.resident.refresh()
    watched.scene.attend()

    assert watched.shown().attention is attention


def test_clicks_reach_the_resident_and_the_browser(watched: Watched) -> None:
    watched.click("Refresh now")
    watched.scene.attend()
    watched.click("Open dashboard")
    watched.click("Today  2h 5m")

    assert len(watched.scene.asked) == 2
    assert watched.pages == ["https://hackatime.example/"] * 2


def test_without_a_dashboard_a_click_on_the_icon_tells_what_to_do(watched: Watched) -> None:
    watched.scene.edit(Settings())
    watched.scene.attend()
    (default,) = (item for item in watched.shown().items if item.default)

    assert default.activate is not None
    default.activate()

    assert watched.told() == [
        "There is no account yet. To sign in, run in a terminal: trayapp login"
    ]


def test_an_account_is_chosen_and_signed_out_by_clicks(watched: Watched) -> None:
    watched.scene.edit(Settings(accounts=(ACCOUNT, OTHER), show=OTHER.name))
    watched.scene.attend()
    assert watched.item("Account", "work").checked is True
    assert watched.item("Account", "home").checked is False
    assert watched.item("Account", "home").radio

    watched.click("Account", "home")
    watched.scene.attend()
    assert watched.item("Account", "home").checked is True

    watched.click("Account", "Sign out of home")
    wait_for(lambda: watched.scene.keys.get(USER) is None, "the key has gone")


def test_a_click_that_waits_for_a_password_holds_nothing_up(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The keyring may ask for it for two minutes."""
    answered = threading.Event()
    asked: list[str] = []

    def ask(user: str) -> bool:
        asked.append(user)
        return answered.wait(10)

    monkeypatch.setattr(watched.scene.keys, "delete", ask)

    watched.click("Account", "Sign out of home")
    watched.click("Account", "Sign out of home")
    watched.click("Quit")

    wait_for(lambda: asked, "the keyring is asked")
    assert asked == [USER]
    answered.set()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            KeyringLockedError("The keyring is locked", "Unlock it."),
            "The keyring is locked. Unlock it.",
        ),
        (ConfigError("config.toml is broken", "Mend it."), "config.toml is broken. Mend it."),
        (ZeroDivisionError(), "trayapp made a mistake. Its log says more."),
    ],
)
def test_a_click_that_fails_is_told_and_the_menu_lives_on(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, error: Exception, told: str
) -> None:
    def fail(_name: str) -> None:
        raise error

    monkeypatch.setattr(watched.scene.resident, "use_account", fail)

    watched.click("Account", "home")

    assert watched.told() == [told]
    watched.click("Refresh now")


def test_a_second_start_is_told_with_the_time(watched: Watched) -> None:
    watched.scene.resident.show()

    assert watched.told() == ["trayapp is running. Today  2h 5m"]
    (note,) = watched.notifier.notifications
    assert note.pixels is not None
    assert len(note.pixels.rgba) == note.pixels.width * note.pixels.height * 4


CODE = Path("/home/a/code")
SITE = Path("/home/a/site")


def test_a_click_switches_the_file_monitor_and_the_next_one_back(watched: Watched) -> None:
    watched.watch(CODE)
    assert watched.item("File monitor").checked is True
    assert not watched.item("File monitor").radio

    watched.click("File monitor")
    watched.scene.attend()
    assert watched.item("File monitor").checked is False
    assert watched.scene.watcher.settings == watched.watching()
    assert not watched.watching().enabled

    watched.click("File monitor")
    assert watched.watching().enabled
    assert watched.told() == []


@pytest.mark.parametrize(("text", "seconds"), [("15 minutes", 900), ("1 hour", 3600)])
def test_a_pause_ends_after_its_time(watched: Watched, text: str, seconds: float) -> None:
    watched.watch(CODE)
    before = time.time()

    watched.click("Pause", text)

    assert before + seconds <= watched.scene.watcher.paused_until <= time.time() + seconds


def test_a_pause_is_shown_with_its_end_and_a_click_goes_on(watched: Watched) -> None:
    watched.watch(CODE)
    watched.click("Pause", "Until tomorrow")
    until = watched.scene.watcher.paused_until
    midnight = datetime.fromtimestamp(until).astimezone()
    assert (midnight.hour, midnight.minute, midnight.second) == (0, 0, 0)
    # The scene's clock stands elsewhere.
    until = watched.scene.watcher.paused_until = watched.scene.clock.time() + 600
    watched.scene.attend()

    watched.click(f"Paused until {clock_time(until)}: go on")

    assert watched.scene.watcher.paused_until == 0
    watched.scene.attend()
    assert watched.item("Pause").children


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(
    ("choice", "now", "end"),
    [
        ("900", "2026-03-29 01:50:00+01:00", "2026-03-29 03:05:00+02:00"),
        ("3600", "2026-10-25 02:30:00+02:00", "2026-10-25 02:30:00+01:00"),
        (UNTIL_TOMORROW, "2026-11-21 12:00:00+01:00", "2026-11-22 00:00:00+01:00"),
        (UNTIL_TOMORROW, "2026-11-21 00:00:00+01:00", "2026-11-22 00:00:00+01:00"),
        (UNTIL_TOMORROW, "2026-11-21 23:59:59+01:00", "2026-11-22 00:00:00+01:00"),
        # Summer time begins, and ends: a day of 23 hours, and one of 25.
        (UNTIL_TOMORROW, "2026-03-29 00:30:00+01:00", "2026-03-30 00:00:00+02:00"),
        (UNTIL_TOMORROW, "2026-03-28 12:00:00+01:00", "2026-03-29 00:00:00+01:00"),
        (UNTIL_TOMORROW, "2026-10-25 00:30:00+02:00", "2026-10-26 00:00:00+01:00"),
        (UNTIL_TOMORROW, "2026-12-31 12:00:00+01:00", "2027-01-01 00:00:00+01:00"),
    ],
)
def test_a_pause_ends_by_the_clock_on_the_wall(choice: str, now: str, end: str) -> None:
    ends = pause_end(choice, datetime.fromisoformat(now).timestamp())

    assert ends == datetime.fromisoformat(end).timestamp()


def test_a_folder_is_opened_and_removed_by_clicks(watched: Watched) -> None:
    watched.watch(CODE, SITE)

    watched.click("2 folders", "~/site", "Open")
    watched.click("2 folders", "~/code", "Watch no longer")
    watched.scene.attend()

    assert watched.opened == [str(SITE)]
    assert watched.watching().folders == (SITE,)
    assert watched.item("1 folder", "~/site").children


@pytest.mark.parametrize(
    ("enabled", "told"),
    [
        (True, "~/site was added. Save often."),
        (
            False,
            "~/site was added, but the file monitor is switched off. Save often.",
        ),
    ],
)
def test_a_folder_that_is_chosen_is_added_and_told_with_advice(
    watched: Watched, enabled: bool, told: str
) -> None:
    watched.watch(CODE, enabled=enabled)
    watched.chosen = SITE

    watched.click("1 folder", "Add folder…")

    wait_for(watched.told, "it is told")
    assert watched.told() == [told]
    assert watched.watching().folders == (CODE, SITE)


def test_the_first_folder_is_added_in_the_menu_itself(watched: Watched) -> None:
    watched.chosen = CODE

    watched.click("Add folder…")

    wait_for(watched.told, "it is told")
    watched.scene.attend()
    assert watched.item("File monitor").checked is True
    assert watched.item("1 folder").children[0].text == "~/code"


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        (None, []),
        (
            FolderDialogError("That is no folder"),
            ["That is no folder. The same in a terminal: trayapp folders add DIR"],
        ),
    ],
)
def test_a_folder_that_is_not_chosen_is_not_added(
    watched: Watched, chosen: FolderDialogError | None, told: list[str]
) -> None:
    watched.watch(CODE)
    watched.chosen = chosen
    before = threading.active_count()

    watched.click("1 folder", "Add folder…")

    wait_for(lambda: threading.active_count() == before, "the click is done")
    assert watched.told() == told
    assert watched.watching().folders == (CODE,)


def test_one_dialog_at_a_time_and_the_menu_lives_on(watched: Watched) -> None:
    closed = threading.Event()
    asked: list[None] = []

    def choose() -> None:
        asked.append(None)
        closed.wait(10)

    watched.choose = choose

    watched.click("Add folder…")
    wait_for(lambda: asked, "it is asked for")
    watched.click("Add folder…")
    watched.click("Refresh now")

    assert len(asked) == 1
    closed.set()


def test_start_at_login_is_switched_by_a_click_and_shows_what_is_so(watched: Watched) -> None:
    assert not watched.item("Start at login").checked

    watched.click("Start at login")
    assert watched.autostart.status().command == ("/usr/bin/trayapp",)
    assert watched.item("Start at login").checked

    watched.click("Start at login")
    assert watched.autostart.status().command is None
    assert not watched.item("Start at login").checked


def test_what_the_desktops_own_settings_switched_is_seen_when_the_menu_opens(
    watched: Watched,
) -> None:
    watched.autostart.command = ("/usr/bin/trayapp",)
    assert not watched.item("Start at login").checked

    watched.backend.open_menu()

    wait_for(lambda: watched.item("Start at login").checked, "it is seen")


def test_a_desktop_that_cannot_start_it_at_login_is_told(watched: Watched) -> None:
    watched.autostart.refusal = AutostartError("It is not writable", "Make it so.")

    watched.click("Start at login")

    assert watched.told() == ["It is not writable. Make it so."]
    assert not watched.item("Start at login").checked


def test_what_is_wrong_with_a_folder_is_told_with_what_to_do(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = WatchedFolder(str(CODE), 0, "the folder may not be read", "Make it readable.")
    status = FileMonitorStatus(enabled=True, folders=(problem,))
    monkeypatch.setattr(watched.scene.watcher, "status", lambda _now: status)
    watched.scene.resident.part_changed()
    watched.scene.attend()

    watched.click("~/code: the folder may not be read")

    assert watched.told() == ["~/code: the folder may not be read. Make it readable."]


def test_a_folder_that_is_well_again_before_the_click_is_told_as_such(watched: Watched) -> None:
    watched.scene.watcher.problem = "the folder may not be read"
    watched.watch(CODE)
    activate = watched.item("~/code: the folder may not be read").activate
    assert activate is not None
    watched.scene.watcher.problem = ""
    watched.scene.attend()

    activate()

    assert watched.told() == ["~/code: all is well. "]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("enable_watching", ["File monitor"]),
        ("remove_folder", ["1 folder", "~/code", "Watch no longer"]),
    ],
)
def test_settings_that_cannot_be_written_are_told(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, method: str, path: list[str]
) -> None:
    def fail(*_arguments: object, **_named: object) -> None:
        raise ConfigError("config.toml cannot be written", "Make it writable.")

    watched.watch(CODE)
    monkeypatch.setattr(watched.scene.files, method, fail)

    watched.click(*path)

    assert watched.told() == ["config.toml cannot be written. Make it writable."]


def test_what_is_late_or_refused_is_sent_or_told_by_a_click(watched: Watched) -> None:
    deliverer = watched.scene.deliverer
    deliverer.fares = DeliveryStatus(12, 1, Problem("The key is refused", "Copy it anew.", 104))
    watched.scene.resident.part_changed()
    watched.scene.attend()
    deliverer.calls.clear()

    watched.click("12 heartbeats waiting")
    watched.click("1 heartbeat refused")
    watched.click("The key is refused")

    assert deliverer.calls == ["send"]
    assert watched.told() == [
        "1 heartbeat refused by the server. To see why: trayapp queue",
        "The key is refused. Copy it anew.",
    ]
    assert watched.shown().attention
