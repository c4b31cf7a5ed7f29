"""`trayapp run`: the composition root, which joins resident, tray and control channel."""

from __future__ import annotations

import logging
import random
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial

from trayapp import __version__
from trayapp.cli import complain
from trayapp.cli.autostart import login_autostart, mend_service
from trayapp.cli.delivering import make_delivery
from trayapp.cli.file_settings import FileSettings
from trayapp.cli.logs import log_to_file
from trayapp.cli.parts import make_asker
from trayapp.cli.signals import handled
from trayapp.coding.preferences import Scheme
from trayapp.desktop.browser import open_folder, open_page
from trayapp.desktop.control import ControlListener, ask
from trayapp.desktop.folder_chooser import make_folder_chooser
from trayapp.desktop.idle import idle_gate
from trayapp.desktop.installed_command import installed_command
from trayapp.desktop.keyring_watcher import KeyringWatcher
from trayapp.desktop.network import NetworkWatcher
from trayapp.desktop.notifications import DesktopNotifier, Notifier
from trayapp.desktop.session_bus import SessionBus
from trayapp.desktop.single_instance import InstanceLock
from trayapp.desktop.sleep import SleepWatcher
from trayapp.desktop.start_at_login import StartAtLogin
from trayapp.desktop.theme import ThemeWatcher, panel_scheme
from trayapp.errors import ControlError, TrayappError
from trayapp.resident.clock import SystemClock
from trayapp.resident.commands import follow
from trayapp.resident.delivery import DeliveryEars
from trayapp.resident.file_monitor import Ears, FileMonitor
from trayapp.resident.resident import Resident
from trayapp.resident.snapshot_store import SnapshotStore
from trayapp.settings.keyring_store import SystemKeyring
from trayapp.settings.locations import (
    Locations,
    find_locations,
    make_private_folder,
    make_runtime_folder,
)
from trayapp.tray.backends import Backend, describe_tray, make_backend
from trayapp.tray.face import Desk, Face

log = logging.getLogger(__name__)


def run(environment: Mapping[str, str], *, verbose: bool) -> int:
    """Show the icon and stay until somebody quits; a second start only asks the first.

    Raises NoDesktopError where no icon can be shown, TrayappError where its folders cannot be made.
    """
    locations = find_locations(environment)
    backend = make_backend(environment)
    lock = _take_lock(locations)
    if lock is None:
        return _ask_first(locations)
    with ExitStack() as parts:
        parts.enter_context(lock)
        log_file = log_to_file(locations.log_dir, verbose=verbose)
        log.info("trayapp %s starts, Python %s", __version__, sys.version.split()[0])
        store = SnapshotStore(locations.snapshot_file)
        # Of one only it can be told to both who use it that it answers again.
        keyring = SystemKeyring()
        asker = make_asker(environment, store, keyring)
        settings = FileSettings(locations, environment)
        resident = Resident(settings, asker, store, SystemClock(), random.random)
        parts.callback(resident.stop)
        bus = SessionBus(environment)
        _employ_parts(resident, locations, environment, bus, keyring)
        chooser = make_folder_chooser(environment)
        parts.callback(chooser.stop)
        notifier = _make_notifier(backend, bus)
        home = str(locations.home)
        login = StartAtLogin(login_autostart(environment), partial(installed_command, environment))
        desk = Desk(open_page, open_folder, chooser.choose, login, home)
        face = Face(resident, backend, notifier, desk)
        interrupted = parts.enter_context(_stop_on_signals(face))
        listener = ControlListener(locations.control_address)
        try:
            listener.start(partial(follow, resident))
        except OSError as error:
            # The icon is what matters; doctor and login say that nobody listens.
            log.warning("no control channel at %s: %s", locations.control_address, error)
        parts.callback(listener.stop)
        if sys.platform == "linux":
            sleep = SleepWatcher(resident.woke)
            sleep.start()
            parts.callback(sleep.stop)
            _follow_theme(bus, face, environment)
            KeyringWatcher(bus, partial(_look_for_key, keyring, resident)).start()
            bus.start()
            parts.callback(bus.stop)
        network = NetworkWatcher(resident.woke)
        network.start()
        parts.callback(network.stop)
        complain(f"The tray icon is starting; the log is {log_file}")
        face.run(partial(_begin, resident, login, environment))
        log.info("trayapp ends")
    return 130 if interrupted else 0


def _look_for_key(keyring: SystemKeyring, resident: Resident) -> None:
    keyring.answers_again()
    resident.keyring_changed()


def _employ_parts(
    resident: Resident,
    locations: Locations,
    environment: Mapping[str, str],
    bus: SessionBus,
    keyring: SystemKeyring,
) -> None:
    """Have the resident watch the folders of its settings, and deliver what it finds."""
    heard = DeliveryEars(resident.part_changed, resident.delivered, resident.recorded, log.warning)
    delivery = make_delivery(locations, environment, "trayapp", heard, keyring)
    ears = Ears(
        recorded=delivery.record,
        noted=log.info,
        changed=resident.part_changed,
        settings_edited=resident.reload,
    )
    gate = idle_gate(environment, bus if sys.platform == "linux" else None)
    monitor = FileMonitor(locations, environment, "trayapp", gate.is_idle, ears)
    resident.employ(monitor, delivery)


def _make_notifier(backend: Backend, bus: SessionBus) -> Notifier:
    """Make what shows notifications here: the session bus, or the icon itself."""
    if sys.platform != "linux":
        from trayapp.tray.native import NativeBackend, NativeNotifier  # noqa: PLC0415 -- here only

        if isinstance(backend, NativeBackend):
            return NativeNotifier(backend)
    notifier = DesktopNotifier(bus)
    notifier.start()
    return notifier


def _follow_theme(bus: SessionBus, face: Face, environment: Mapping[str, str]) -> None:
    """Have the icon drawn for a dark or a light panel, as the desktop tells."""

    def stand_on(portal: Scheme) -> None:
        face.stand_on(panel_scheme(portal, environment))

    stand_on(Scheme.UNKNOWN)
    ThemeWatcher(bus, stand_on).start()


def _begin(resident: Resident, login: StartAtLogin, environment: Mapping[str, str]) -> None:
    """Start asking for the number, and tell whoever waits for an icon in vain."""
    resident.start()
    login.mend()
    mend_service(environment)
    tray = describe_tray(environment)
    log.info("tray: %s", tray.found)
    if not tray.shows:
        complain(f"No icon shows yet. Tray: {tray.found} {tray.advice}")


def _take_lock(locations: Locations) -> InstanceLock | None:
    """Make the folders and take the lock, None when another trayapp has it."""
    lock = InstanceLock(locations.lock_file)
    try:
        make_private_folder(locations.state_dir)
        make_private_folder(locations.log_dir)
        make_runtime_folder(locations.runtime_dir)
        return lock if lock.acquire() else None
    except OSError as error:
        raise TrayappError(
            f"{error.filename or locations.state_dir} cannot be written ({error.strerror})",
            "Make that folder writable for yourself.",
        ) from error


def _ask_first(locations: Locations) -> int:
    """Ask the trayapp that runs already to refresh and show itself."""
    try:
        ask(locations.control_address, "refresh", show=True)
    except ControlError as error:
        raise ControlError(
            "trayapp is running already, but it does not answer", "End it and start it again."
        ) from error
    complain("It is running already; it was asked to refresh and to show itself.")
    return 0


@contextmanager
def _stop_on_signals(face: Face) -> Iterator[list[int]]:
    """Let SIGINT, SIGTERM and SIGHUP end the app in order; gives the list of interrupts."""
    interrupts: list[int] = []

    def stop(number: int) -> None:
        if number == signal.SIGINT:
            interrupts.append(number)
        face.stop()

    with handled(stop, "SIGINT", "SIGTERM", "SIGHUP"):
        yield interrupts
