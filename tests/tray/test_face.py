from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.desktop.processes import wait_for
from tests.resident.scene import ACCOUNT, USER, Scene
from trayapp.coding.preferences import IconFace, Preferences, Scheme
from trayapp.coding.status import Status
from trayapp.desktop.notifications import RememberingNotifier
from trayapp.errors import ConfigError, KeyRefusedError, KeyringLockedError, UnreachableError
from trayapp.settings.accounts import Account, Settings
from trayapp.tray.backends import Appearance, Item
from trayapp.tray.drawing import Artwork, draw_icons
from trayapp.tray.face import Face
from trayapp.tray.fake_backend import FakeBackend

OTHER = Account("work", "https://wakapi.example/api")


class Watched:
    """A face on a backend that shows nothing, and a resident that lives when told to."""

    def __init__(self, folder: Path) -> None:
        self.scene = Scene(folder)
        self.backend = FakeBackend()
        self.notifier = RememberingNotifier()
        self.pages: list[str] = []
        self.face = Face(self.scene.resident, self.backend, self.pages.append, self.notifier)

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
    watched.scene.files.edit(settings)
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
    watched.scene.files.edit(settings)
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
    watched.scene.files.edit(Settings())
    watched.scene.attend()
    (default,) = (item for item in watched.shown().items if item.default)

    assert default.activate is not None
    default.activate()

    assert watched.told() == [
        "There is no account yet. To sign in, run in a terminal: trayapp login"
    ]


def test_an_account_is_chosen_and_signed_out_by_clicks(watched: Watched) -> None:
    watched.scene.files.edit(Settings(accounts=(ACCOUNT, OTHER), show=OTHER.name))
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
