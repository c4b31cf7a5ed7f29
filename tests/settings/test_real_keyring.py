"""SystemKeyring with a session bus of its own: the real gnome-keyring, and services that fail."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desktop.bus import PrivateBus
from tests.desktop.processes import wait_for
from tests.settings.key_store_contract import KEY, USER, KeyStoreContract
from tests.settings.secret_services import GnomeKeyring, LockedService, SilentService
from trayapp.errors import KeyringLockedError, KeyringMissingError
from trayapp.settings.keyring_store import KeyStore, SystemKeyring

pytestmark = pytest.mark.desktop

LIMIT = 0.5

MARGIN = 3.0
"""Seconds beyond a limit that a busy machine may take."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "PYTHON_KEYRING_BACKEND"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def bus(
    home: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PrivateBus]:
    """A session bus with nobody on it and nothing to be started by it."""
    assert list(home.iterdir()) == []
    bus = PrivateBus(tmp_path_factory.mktemp("bus"))
    bus.start()
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
    yield bus
    bus.stop()


@pytest.fixture
def gnome_keyring(bus: PrivateBus, home: Path) -> Iterator[GnomeKeyring]:
    daemon = GnomeKeyring(bus, home)
    yield daemon
    daemon.close()


def keyring_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "keyring"]


class TestGnomeKeyring(KeyStoreContract):
    daemon: GnomeKeyring

    @pytest.fixture
    def store(self, gnome_keyring: GnomeKeyring) -> SystemKeyring:
        gnome_keyring.start(unlocked=True)
        self.daemon = gnome_keyring
        return SystemKeyring(person_seconds=20)

    def lock(self, store: KeyStore) -> None:
        assert isinstance(store, SystemKeyring)
        self.daemon.lock()

    def unlock(self, store: KeyStore) -> None:
        assert isinstance(store, SystemKeyring)
        self.daemon.unlock()

    def test_a_key_outlives_the_daemon_and_is_encrypted(
        self, store: SystemKeyring, home: Path
    ) -> None:
        store.set(USER, KEY)
        self.daemon.stop()
        written = b"".join(p.read_bytes() for p in home.rglob("*") if p.is_file())
        self.daemon.start(unlocked=True)

        assert store.get(USER) == KEY
        assert written
        assert KEY.reveal().encode() not in written

    def test_the_keyring_command_finds_the_entry_by_service_and_user(
        self, store: SystemKeyring
    ) -> None:
        store.set(USER, KEY)

        command = [sys.executable, "-m", "keyring", "get", "trayapp", USER]
        shown = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)

        assert shown.stdout.strip() == KEY.reveal()

    def test_a_password_that_nobody_is_there_to_type_is_a_locked_keyring(
        self, store: SystemKeyring
    ) -> None:
        """There is no prompter on this bus: the service dismisses its own prompt."""
        store.set(USER, KEY)
        self.lock(store)

        for ask in (
            lambda: store.get(USER, unlock=True),
            lambda: store.set(USER, KEY),
            lambda: store.delete(USER),
        ):
            with pytest.raises(KeyringLockedError):
                ask()

    def test_the_check_names_the_backend(self, store: SystemKeyring) -> None:
        assert store.check() == "SecretService Keyring"
        self.lock(store)
        with pytest.raises(KeyringLockedError):
            store.check()


class TestEmptyGnomeKeyring:
    """As on a machine whose log-in made no keyring."""

    def test_reading_makes_no_collection(self, gnome_keyring: GnomeKeyring) -> None:
        gnome_keyring.start(unlocked=False)
        store = SystemKeyring(read_seconds=20, person_seconds=20)

        assert store.get(USER) is None
        assert store.get(USER, unlock=True) is None
        assert store.delete(USER) is False
        assert "nothing stored" in store.check()

    def test_storing_asks_to_make_one(self, gnome_keyring: GnomeKeyring) -> None:
        gnome_keyring.start(unlocked=False)

        with pytest.raises(KeyringLockedError):
            SystemKeyring(person_seconds=20).set(USER, KEY)


class TestNoService:
    @pytest.mark.usefixtures("bus")
    def test_a_bus_without_a_service_is_a_missing_keyring(self) -> None:
        store = SystemKeyring()

        for ask in (
            lambda: store.get(USER),
            lambda: store.set(USER, KEY),
            lambda: store.delete(USER),
            store.check,
        ):
            with pytest.raises(KeyringMissingError):
                ask()

    def test_no_bus_is_a_missing_keyring(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(home))

        with pytest.raises(KeyringMissingError):
            SystemKeyring().get(USER)

    def test_a_bus_that_is_gone_is_a_missing_keyring(
        self, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={home / 'gone'}")

        with pytest.raises(KeyringMissingError):
            SystemKeyring().get(USER)

    def test_a_service_that_starts_later_is_found(self, gnome_keyring: GnomeKeyring) -> None:
        """At log-in the keyring may start after the app."""
        store = SystemKeyring(person_seconds=20)
        with pytest.raises(KeyringMissingError):
            store.get(USER)

        gnome_keyring.start(unlocked=True)
        store.set(USER, KEY)

        assert store.get(USER) == KEY


class TestLockedService:
    def test_in_the_background_nothing_is_unlocked(self, bus: PrivateBus) -> None:
        with LockedService(bus) as service:
            with pytest.raises(KeyringLockedError, match="is locked"):
                SystemKeyring().get(USER)

            assert set(service.asked) == {"Get Label", "Get Locked"}

    def test_a_person_is_asked_and_given_until_the_limit(self, bus: PrivateBus) -> None:
        with LockedService(bus) as service:
            begun = time.monotonic()
            with pytest.raises(KeyringLockedError, match=r"did not answer within 0.5 s"):
                SystemKeyring(person_seconds=LIMIT).set(USER, KEY)

            assert time.monotonic() - begun < LIMIT + MARGIN
            assert service.asked[-2:] == ["Unlock", "Prompt"]
            wait_for(lambda: not keyring_threads(), "the thread ends")


class TestSilentService:
    def test_nobody_waits_longer_than_the_limit(self, bus: PrivateBus) -> None:
        with SilentService(bus):
            store = SystemKeyring(read_seconds=LIMIT, person_seconds=LIMIT)
            for ask in (
                lambda: store.get(USER),
                lambda: store.get(USER, unlock=True),
                lambda: store.set(USER, KEY),
                lambda: store.delete(USER),
            ):
                begun = time.monotonic()
                with pytest.raises(KeyringLockedError, match="did not answer"):
                    ask()
                assert time.monotonic() - begun < LIMIT + MARGIN
                wait_for(lambda: not keyring_threads(), "the thread ends")

    def test_a_service_that_comes_to_itself_is_asked_again(
        self, bus: PrivateBus, gnome_keyring: GnomeKeyring
    ) -> None:
        now = 0.0
        store = SystemKeyring(
            read_seconds=LIMIT, person_seconds=20, hold_off_seconds=300, clock=lambda: now
        )
        with SilentService(bus), pytest.raises(KeyringLockedError):
            store.get(USER)
        gnome_keyring.start(unlocked=True)

        with pytest.raises(KeyringLockedError, match="a while ago"):
            store.get(USER)
        now = 300.0
        assert store.get(USER) is None

    def test_the_process_can_end_while_a_call_hangs(self, bus: PrivateBus) -> None:
        """Even where the call is not cut, as with other backends."""
        code = f"""
import sys, threading, time
from trayapp.errors import KeyringLockedError
from trayapp.settings.keyring_store import SystemKeyring
from trayapp.settings.secret_service import SecretServiceCall
SecretServiceCall.cut = lambda self: None
try:
    SystemKeyring(read_seconds=2).get({USER!r})
except KeyringLockedError:
    print([t.name for t in threading.enumerate()], flush=True)
"""
        with SilentService(bus):
            process = subprocess.Popen(
                [sys.executable, "-W", "error", "-c", code],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env={"PATH": os.environ["PATH"], "DBUS_SESSION_BUS_ADDRESS": bus.address},
            )
            assert process.stdout is not None
            said = process.stdout.readline()
            begun = time.monotonic()
            _, errors = process.communicate(timeout=20)

        assert said == "['MainThread', 'keyring']\n"
        assert (process.returncode, errors) == (0, "")
        assert time.monotonic() - begun < MARGIN
