"""The system's keyring, which may be missing, locked, or never answer."""

from __future__ import annotations

import math
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

from trayapp.errors import KeyringError, KeyringLockedError, KeyringMissingError
from trayapp.settings import secret_service
from trayapp.settings.key import Key, read_key
from trayapp.settings.secret_service import NothingStoredError, SecretServiceCall
from trayapp.settings.time_limit import call_with_limit

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "trayapp"

READ_SECONDS = 5.0
"""For a read in the background, which asks nobody anything."""

PERSON_SECONDS = 120.0
"""For what a person has asked for, and may have to type a password for."""

HOLD_OFF_SECONDS = 300.0
"""After a call that ran out of time none is made in the background for so long."""

_LOCKED = {"KeyringLocked", "LockedException", "PromptDismissedException"}

_MAC_LIBRARIES = "keyring.backends.macOS.api"

_ASKS_UNASKED = {"keyring.backends.kwallet", "keyring.backends.libsecret"}

T = TypeVar("T")


class KeyStore(Protocol):
    """Keeps keys by the name of a user, NAME@api_url. Every method raises KeyringError."""

    def get(self, user: str, *, unlock: bool = False) -> Key | None:
        """Give a key, None if there is none; with `unlock` the person may be asked for a password.

        Raises KeyProblemError too, for an entry that is no key.
        """

    def set(self, user: str, key: Key) -> None:
        """Store a key in place of any earlier one; the person may be asked for a password."""

    def delete(self, user: str) -> bool:
        """Remove a key and tell whether there was one; the person may be asked for a password."""


@dataclass
class MemoryKeyStore:
    """A keyring that is not there any more when the process ends, for tests.

    `locked` and `missing` make it fail as a real one does; asking the person always unlocks it.
    """

    keys: dict[str, Key] = field(default_factory=dict)
    locked: bool = False
    missing: bool = False

    def get(self, user: str, *, unlock: bool = False) -> Key | None:
        """Give a key."""
        self._open(unlock=unlock)
        return self.keys.get(user)

    def set(self, user: str, key: Key) -> None:
        """Store a key."""
        self._open(unlock=True)
        self.keys[user] = key

    def delete(self, user: str) -> bool:
        """Remove a key."""
        self._open(unlock=True)
        return self.keys.pop(user, None) is not None

    def _open(self, *, unlock: bool) -> None:
        if self.missing:
            raise missing("there is none")
        if self.locked and not unlock:
            raise locked("is locked")
        self.locked = False


class SystemKeyring:
    """The keyring of the desktop, the Mac or Windows, through the keyring library.

    It reads DBUS_SESSION_BUS_ADDRESS and PYTHON_KEYRING_BACKEND of the process itself. The limits
    are in seconds.
    """

    def __init__(
        self,
        *,
        read_seconds: float = READ_SECONDS,
        person_seconds: float = PERSON_SECONDS,
        hold_off_seconds: float = HOLD_OFF_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read_seconds = read_seconds
        self._person_seconds = person_seconds
        self._hold_off_seconds = hold_off_seconds
        self._clock = clock
        self._quiet_until = -math.inf
        self._signs_of_life = 0
        self._returned = threading.Event()
        self._returned.set()

    def get(self, user: str, *, unlock: bool = False) -> Key | None:
        """Give a key; in the background a locked keyring stays locked."""
        text = self._call(lambda backend: backend.get_password(SERVICE, user), unlock=unlock)
        return None if text is None else read_key(text, "the system keyring")

    def set(self, user: str, key: Key) -> None:
        """Store a key; where there is no collection yet, the desktop asks to make one."""
        self._call(
            lambda backend: backend.set_password(SERVICE, user, key.reveal()),
            unlock=True,
            create=True,
        )

    def delete(self, user: str) -> bool:
        """Remove a key."""

        def remove(backend: KeyringBackend) -> bool:
            # Backends raise the same error for a missing entry as for a failure.
            if backend.get_password(SERVICE, user) is None:
                return False
            backend.delete_password(SERVICE, user)
            return True

        return bool(self._call(remove, unlock=True))

    def check(self) -> str:
        """Read without asking anybody, and give the name of the keyring that answered."""

        def name(backend: KeyringBackend) -> str:
            backend.get_password(SERVICE, "doctor")
            return backend.name

        return self._call(name, unlock=False) or "Secret Service, with nothing stored yet"

    def answers_again(self) -> None:
        """Hold nobody off any more: the keyring came, or was unlocked; from any thread."""
        self._signs_of_life += 1
        self._quiet_until = -math.inf

    def _call(
        self, work: Callable[[KeyringBackend], T], *, unlock: bool, create: bool = False
    ) -> T | None:
        """Let a thread work on the keyring within the limit; None where nothing is stored yet."""
        if not unlock and (self._clock() < self._quiet_until or not self._returned.is_set()):
            raise locked("did not answer a while ago")
        call = SecretServiceCall(unlock=unlock, create=create)
        returned = threading.Event()

        def run() -> T:
            try:
                return work(call.prepare(choose_backend(unlock=unlock)))
            finally:
                returned.set()

        seconds = self._person_seconds if unlock else self._read_seconds
        signs = self._signs_of_life
        try:
            future = call_with_limit(run, seconds, "keyring")
        except TimeoutError as error:
            if self._signs_of_life == signs:
                self._quiet_until = self._clock() + self._hold_off_seconds
            # Whatever cannot be cut, a dialog of the Mac's for one, is not asked a second time.
            self._returned = returned
            call.cut()
            raise locked(f"did not answer within {seconds:g} s") from error
        # It answers again, whatever became of a call that did not return.
        self._quiet_until = -math.inf
        self._returned = returned
        failure = future.exception()
        if isinstance(failure, NothingStoredError):
            return None
        if failure is not None:
            raise map_error(failure) from failure
        return future.result()


def choose_backend(*, unlock: bool) -> KeyringBackend:
    """Choose what keeps the keys; raises KeyringError if nothing here is fit to.

    Of several the desktop's Secret Service comes first: only it can be asked, without asking the
    person, whether it is locked. The same backends as for the `keyring` command otherwise.
    """
    from keyring import backend, core  # noqa: PLC0415 -- 200 ms that most commands do without

    if sys.platform != "darwin":
        # Else it looks for the Mac's libraries, for which ctypes runs ldconfig, gcc and ld.
        sys.modules[_MAC_LIBRARIES] = None  # type: ignore[assignment] # "there is none", for import
    chosen = core.load_env() or core.load_config()
    if chosen is None:
        # This loads the backends' modules. What it returns is kept for ever, but at log-in the
        # keyring may start later than the app.
        backend.get_all_keyring()
        candidates = [kind() for kind in backend.KeyringBackend.get_viable_backends()]
    else:
        candidates = getattr(chosen, "backends", [chosen])
    fit = [candidate for candidate in candidates if is_fit(candidate)]
    if not fit:
        raise missing(f"{chosen.name} would not keep the key safe" if chosen else "there is none")
    best = max(fit, key=lambda one: (_module(one) == secret_service.BACKEND_MODULE, one.priority))
    if not unlock and _module(best) in _ASKS_UNASKED:
        raise locked("may be locked, and reading it would ask for its password")
    return best


def is_fit(backend: KeyringBackend) -> bool:
    """Tell whether a backend keeps keys, and not in plain text."""
    # The chainer only repeats the others.
    if _module(backend).startswith(("keyring.backends.chainer", "keyrings.alt")):
        return False
    # keyring recommends from 1; its null and fail backends are below.
    return "plain" not in type(backend).__name__.lower() and backend.priority >= 1


def map_error(error: BaseException) -> KeyringError:
    """Turn whatever a backend can raise into one of our errors.

    Backends let those of their libraries through: secretstorage, jeepney, pywintypes, Rust's panics
    in cryptography. The only question for us is whether a password would help.
    """
    if isinstance(error, KeyringError):
        return error
    names = set[str]()
    link: BaseException | None = error
    while link is not None:
        names.update(kind.__name__ for kind in type(link).__mro__)
        link = link.__cause__
    if names & _LOCKED or "Error.IsLocked" in str(error):
        return locked("is locked")
    text = " ".join(str(error).split())[:200]
    return missing(f"{type(error).__name__}: {text}" if text else type(error).__name__)


def missing(reason: str) -> KeyringMissingError:
    """Make the error for a keyring that is not there; the hint names what can be used instead."""
    return KeyringMissingError(
        f"The system keyring cannot be used ({reason})",
        "Give the key by WAKATIME_API_KEY, or by api_key or api_key_vault_cmd in ~/.wakatime.cfg.",
    )


def locked(reason: str) -> KeyringLockedError:
    """Make the error for a keyring that needs the person."""
    return KeyringLockedError(
        f"The system keyring {reason}",
        "Unlock it, or choose Refresh in the tray's menu, which asks for its password.",
    )


def _module(backend: KeyringBackend) -> str:
    return type(backend).__module__
