"""The freedesktop Secret Service behind the keyring library, without its two surprises.

keyring 25.7 unlocks a locked collection whenever it is read, which pops up a password box, and
waits for ever for a service that does not answer.
https://specifications.freedesktop.org/secret-service/latest/
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

BACKEND_MODULE = "keyring.backends.SecretService"


class NothingStoredError(Exception):
    """There is no collection yet, so that nothing can be stored in it."""


class SecretServiceCall:
    """One call, on a bus connection of its own that another thread can cut.

    `unlock` lets the service ask the person for a password, `create` make the first collection.
    """

    def __init__(self, *, unlock: bool, create: bool) -> None:
        self._unlock = unlock
        self._create = create
        self._connection: Any = None
        self._cut = threading.Event()

    def prepare(self, backend: KeyringBackend) -> KeyringBackend:
        """Make a Secret Service backend ask in our way; another stays as it is."""
        if type(backend).__module__ != BACKEND_MODULE:
            return backend
        return backend.with_properties(
            get_preferred_collection=lambda: self._collection(backend), unlock=self._open
        )

    def cut(self) -> None:
        """End the call from another thread, whatever it waits for."""
        self._cut.set()
        connection = self._connection
        if connection is not None:
            # It may just have ended by itself.
            with suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    def _collection(self, backend: KeyringBackend) -> Any:
        """Open the collection that keys are in; the backend closes its connection after use."""
        import secretstorage  # noqa: PLC0415 -- Linux only

        connection = secretstorage.dbus_init()
        self._connection = connection
        try:
            if self._cut.is_set():
                # It came before there was a connection to cut.
                self.cut()
            collection = self._find(connection, backend)
            self._open(collection)
        except BaseException:
            connection.close()
            raise
        return collection

    def _find(self, connection: Any, backend: KeyringBackend) -> Any:
        import secretstorage  # noqa: PLC0415 -- Linux only

        preferred = getattr(backend, "preferred_collection", None)
        if preferred is not None:
            return secretstorage.Collection(connection, preferred)
        try:
            return secretstorage.Collection(connection)
        except secretstorage.ItemNotFoundException as error:
            if not self._create:
                raise NothingStoredError from error
            return secretstorage.create_collection(connection, "Default", "default")

    def _open(self, locked_object: Any) -> None:
        """Unlock a collection or an item if that is allowed and necessary."""
        import secretstorage  # noqa: PLC0415 -- Linux only

        if not locked_object.is_locked():
            return
        if not self._unlock:
            raise secretstorage.LockedException("locked")
        if locked_object.unlock() or locked_object.is_locked():
            raise secretstorage.PromptDismissedException("the prompt was dismissed")
