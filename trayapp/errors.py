"""What can go wrong, as one tree.

    TrayappError                       1    anything without a number of its own
    ├── UsageError                     2    the command line asks for what cannot be
    ├── ConfigError                  103    config.toml or ~/.wakatime.cfg cannot be read as meant
    ├── KeyProblemError              104    the API key
    │   ├── SignedOutError                  no source has a key for this account
    │   ├── KeyRefusedError                 the server does not accept the key
    │   │   └── KeyRefusedHereError         not at this address; elsewhere it may
    │   ├── AdministratorKeyError           only an administrator's key opens this
    │   ├── KeyHostError                    the key was not given for this host or for plain http
    │   └── KeyringError                    the system keyring cannot give the key
    │       ├── KeyringMissingError         there is no keyring here
    │       └── KeyringLockedError          it is locked, or nobody answered its prompt in time
    ├── ServerError                  102    the server or the network
    │   ├── UnreachableError                nothing answered: refused, no route, no such name
    │   ├── TimedOutError                   the server did not answer in time
    │   ├── CertificateError                its certificate is not trusted
    │   ├── ThrottledError                  429, or WakaTime's 302 in its place
    │   ├── RedirectError                   it points elsewhere; a key is never carried along
    │   ├── NoSuchEndpointError             404: not this kind of server, or an older one
    │   ├── UserNotShownError               no such user, or one whose time is not public
    │   ├── StillComputingError             202: it has nothing to show yet
    │   └── BadAnswerError                  any other status, or no sensible number
    │       ├── BeyondPlanError             402: not in the account's plan
    │       └── AnswerTooLargeError         more bytes than are taken at once
    ├── KeyNotStoredError              1    login found no keyring that would take the key
    ├── AutostartError                 1    what starts at login cannot be read or changed
    │   ├── ForeignEntryError               somebody else wrote the entry; it was left alone
    │   └── NotInstalledError               nothing is installed that could be started
    ├── NoDesktopError                 1    neither a session bus nor a display
    ├── FolderDialogError              1    a dialog did not give a folder that can be watched
    │   └── NoFolderDialogError             nothing here shows such a dialog
    ├── BusError                       1    the session bus, or who was asked on it, did not answer
    ├── ControlError                   1    the running trayapp did not answer
    └── QueueError                     1    the queue of what is to be sent
        ├── QueueFullError                  its disk takes nothing: full, or read-only
        ├── QueueBusyError                  another program holds it
        ├── QueueDamagedError               it is damaged, and could not be mended
        └── QueueVersionError               a newer trayapp wrote it

Each carries a title (what happened) and a hint (what to do next), ready for a person, and the exit
code that wakatime-cli's users know. No face formats an exception itself, and a secret never stands
in either text.
"""

from __future__ import annotations

from typing import ClassVar

MOST_CAUSES = 10


class TrayappError(Exception):
    """Say what happened and what to do next."""

    exit_code: ClassVar[int] = 1

    def __init__(self, title: str, hint: str = "") -> None:
        super().__init__(title)
        self.title = title
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.title}. {self.hint}" if self.hint else self.title

    def describe_cause(self) -> str:
        """Name the exceptions that led here, for whoever asks for details.

        Their own texts are left out but for the system's: a server may have put the key into them.
        """
        parts: list[str] = []
        cause = self.__cause__ or self.__context__
        while cause is not None and len(parts) < MOST_CAUSES:
            text = getattr(cause, "strerror", None) or getattr(cause, "verify_message", None)
            parts.append(f"{type(cause).__name__}: {text}" if text else type(cause).__name__)
            cause = cause.__cause__ or cause.__context__
        return ", from ".join(parts)


class UsageError(TrayappError):
    """The command line asks for what cannot be."""

    exit_code = 2


class ConfigError(TrayappError):
    """A settings file cannot be read as its writer meant it."""

    exit_code = 103


class KeyProblemError(TrayappError):
    """The API key is missing, refused, or out of reach."""

    exit_code = 104


class SignedOutError(KeyProblemError):
    """No source has a key for this account."""


class KeyRefusedError(KeyProblemError):
    """The server does not accept the key (401, or 403 in the dialect's own JSON)."""


class KeyRefusedHereError(KeyRefusedError):
    """The server does not accept the key at this address; elsewhere it may."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"{host} does not accept the API key here",
            "The key may be right (trayapp whoami tells) and not be allowed this, or the account "
            "is banned or about to be deleted.",
        )


class AdministratorKeyError(KeyProblemError):
    """The server takes an administrator's key here, and no other."""


class KeyHostError(KeyProblemError):
    """The key was not given for this host, or would travel over plain http."""


class KeyringError(KeyProblemError):
    """The system keyring cannot give, take or remove the key."""


class KeyringMissingError(KeyringError):
    """There is no usable keyring on this machine."""


class KeyringLockedError(KeyringError):
    """The keyring is locked, or nobody answered its prompt in time."""


class ServerError(TrayappError):
    """The server or the network failed."""

    exit_code = 102


class UnreachableError(ServerError):
    """Nothing answered: connection refused, no route, no such name."""


class TimedOutError(ServerError):
    """The server did not answer within the time limit."""


class CertificateError(ServerError):
    """The server's certificate is not trusted."""


class ThrottledError(ServerError):
    """The server asked for fewer requests.

    `retry_after` is in seconds, None where the server does not say.
    """

    def __init__(self, title: str, hint: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(title, hint)
        self.retry_after = retry_after


class RedirectError(ServerError):
    """The server points elsewhere; a key is never carried along."""


class NoSuchEndpointError(ServerError):
    """The server has no such endpoint: another kind of server, or an older one."""


class UserNotShownError(ServerError):
    """The server knows no such user, or that user's time is not public."""


class StillComputingError(ServerError):
    """The server is still adding up, and has nothing to show meanwhile (202)."""


class BadAnswerError(ServerError):
    """Any other status, or an answer that holds no sensible number."""


class BeyondPlanError(BadAnswerError):
    """The account's plan does not go so far (402)."""


class AnswerTooLargeError(BadAnswerError):
    """The server answered with more bytes than are taken at once."""


class KeyNotStoredError(TrayappError):
    """No keyring would take the key; nothing was stored."""


class NoDesktopError(TrayappError):
    """There is neither a session bus nor a display to show an icon on."""


class AutostartError(TrayappError):
    """What starts at login cannot be read or changed."""


class ForeignEntryError(AutostartError):
    """Somebody else wrote the entry of our name; nothing was changed."""


class NotInstalledError(AutostartError):
    """Nothing is installed that could be started at login."""


class FolderDialogError(TrayappError):
    """A dialog did not give a folder that can be watched."""

    def __init__(self, title: str) -> None:
        super().__init__(title, "The same in a terminal: trayapp folders add DIR")


class NoFolderDialogError(FolderDialogError):
    """Nothing here shows a dialog that asks for a folder."""


class BusError(TrayappError):
    """The message bus, or who was asked on it, did not answer as agreed.

    `name` is the error's name on the bus, "" where the answer was none.
    """

    def __init__(self, title: str, hint: str = "", *, name: str = "") -> None:
        super().__init__(title, hint)
        self.name = name


class ControlError(TrayappError):
    """The running trayapp did not answer over the control channel."""


class QueueError(TrayappError):
    """The queue of what is to be sent cannot be read or written."""


class QueueFullError(QueueError):
    """Its disk takes nothing: full, or read-only."""


class QueueBusyError(QueueError):
    """Another program holds it for longer than a transaction takes."""


class QueueDamagedError(QueueError):
    """It is damaged, and setting it aside did not help."""


class QueueVersionError(QueueError):
    """A newer trayapp wrote it; nothing of it was touched."""
