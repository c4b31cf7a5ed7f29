"""Where trayapp's files lie, and how private files and folders are made."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from trayapp.errors import ConfigError, TrayappError

APP_NAME = "trayapp"

_SOCKET = ".sock"
_OF_SENDER = "-sender.sock"

LONGEST_SOCKET_PATH = 103
"""Bytes: macOS has 104 in sockaddr_un with the closing NUL, Linux 108."""


class Locations(NamedTuple):
    """Every path trayapp uses; none of them need exist.

    `control_address` is a Unix socket's path, or a named pipe's on Windows; `home` is what a ~ in
    a settings file stands for.
    """

    home: Path
    config_file: Path
    wakatime_cfg: Path
    snapshot_file: Path
    log_dir: Path
    runtime_dir: Path
    lock_file: Path
    control_address: str

    @property
    def state_dir(self) -> Path:
        """The data directory: one resident runs per user and data directory."""
        return self.lock_file.parent

    @property
    def queue_file(self) -> Path:
        """Where heartbeats lie until every account has them."""
        return self.state_dir / "queue.db"

    @property
    def sender_address(self) -> str:
        """Where the process listens that sends, in the form of `control_address`."""
        return f"{self.control_address.removesuffix(_SOCKET)}{_OF_SENDER}"

    @property
    def sender_lock_file(self) -> Path:
        """Whose lock the process has that sends."""
        return self.state_dir / "sender.lock"


def find_locations(environment: Mapping[str, str]) -> Locations:
    """Give the locations that an environment leads to; makes nothing.

    On Linux they are those of platformdirs, computed here because it reads the process's own
    environment only.
    """
    home = home_folder(environment)
    config = _user_folder(environment, "XDG_CONFIG_HOME", home / ".config", "config")
    state = _user_folder(environment, "XDG_STATE_HOME", home / ".local" / "state", "state")
    own_log = sys.platform != "darwin" and sys.platform != "win32"
    runtime, address = _control(environment, state)
    return Locations(
        home=home,
        config_file=config / "config.toml",
        wakatime_cfg=wakatime_cfg_path(environment),
        snapshot_file=state / "today.json",
        log_dir=state / "log" if own_log else _platform_folder("log"),
        runtime_dir=runtime,
        lock_file=state / "resident.lock",
        control_address=address,
    )


def home_folder(environment: Mapping[str, str]) -> Path:
    """Give the home folder: HOME (USERPROFILE on Windows), else that of the account's entry."""
    given = environment.get("USERPROFILE" if sys.platform == "win32" else "HOME", "")
    if Path(given).is_absolute():
        return Path(given)
    try:
        if sys.platform == "win32":
            return Path.home()
        import pwd  # noqa: PLC0415 -- there is none on Windows

        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except (KeyError, RuntimeError) as error:
        raise ConfigError("There is no home folder", "Set HOME to an absolute path.") from error


def expand_home(text: str, home: Path) -> Path:
    """Read a path with a leading ~, which stands for `home`; ~user is not known."""
    if text == "~" or text.startswith(("~/", "~\\")):
        return home / text[2:]
    return Path(text)


def wakatime_cfg_path(environment: Mapping[str, str]) -> Path:
    """Give the path of `.wakatime.cfg`, in WAKATIME_HOME or else in the home folder."""
    home = home_folder(environment)
    folder = environment.get("WAKATIME_HOME", "")
    return (expand_home(folder, home).absolute() if folder else home) / ".wakatime.cfg"


def make_private_folder(path: Path) -> None:
    """Make a folder that only its owner can look into; one that exists becomes so.

    Raises OSError.
    """
    _make_missing(path)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        path.chmod(0o700)


def make_runtime_folder(path: Path) -> None:
    """Make the folder for the control socket, or raise TrayappError if another user owns it."""
    try:
        # What is there already, a folder or not, is looked at below.
        with suppress(FileExistsError):
            _make_missing(path)
        status = path.lstat()
    except OSError as error:
        raise TrayappError(
            f"{path} cannot be made: {error.strerror}", "Set XDG_RUNTIME_DIR to a folder of yours."
        ) from error
    if sys.platform != "win32" and (
        not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid()
    ):
        raise TrayappError(
            f"{path} is no folder of yours",
            "Set XDG_RUNTIME_DIR to a folder that only you can open, or remove it.",
        )
    if stat.S_IMODE(status.st_mode) & 0o077:
        path.chmod(0o700)


def write_private(
    path: Path, content: str | bytes, *, keep_mode: bool = False, durable: bool = True
) -> None:
    """Write a whole file or nothing of it, readable by its owner only; raises OSError.

    A symlink is written through. What is no ordinary file stays, and is an OSError: a rename would
    put a file in the place of a device. `keep_mode` leaves the mode of a file that exists. What is
    `durable` survives a power cut; a cache that is written every minute need not wake the disk.
    """
    import tempfile  # noqa: PLC0415 -- reading settings does without, and it costs as much

    target = Path(os.path.realpath(path))
    _make_missing(target.parent)
    there = target.stat().st_mode if target.exists() else stat.S_IFREG | 0o600
    if not stat.S_ISREG(there):
        raise OSError(errno.EINVAL, "it is no ordinary file", str(path))
    mode = stat.S_IMODE(there) if keep_mode else 0o600
    # mkstemp makes it 0600. In the same folder, since a rename is atomic within one file system.
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content.encode() if isinstance(content, str) else content)
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
        if mode != 0o600:
            Path(name).chmod(mode)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    if durable:
        _sync_folder(target.parent)


def _user_folder(environment: Mapping[str, str], variable: str, default: Path, kind: str) -> Path:
    # A relative path counts as unset: https://specifications.freedesktop.org/basedir-spec
    given = environment.get(variable, "")
    if sys.platform != "win32" and Path(given).is_absolute():
        return Path(given) / APP_NAME
    if sys.platform in ("darwin", "win32"):
        return _platform_folder(kind)
    return default / APP_NAME


def _platform_folder(kind: str) -> Path:
    import platformdirs  # noqa: PLC0415 -- Linux does without

    folders = platformdirs.PlatformDirs(APP_NAME, appauthor=False)
    return {
        "config": folders.user_config_path,
        "state": folders.user_state_path,
        "log": folders.user_log_path,
    }[kind]


def _control(environment: Mapping[str, str], state: Path) -> tuple[Path, str]:
    """Choose the runtime folder and the control address, which belongs to one data directory."""
    owner = hashlib.sha256(os.fsencode(os.path.realpath(state))).hexdigest()[:12]
    if sys.platform == "win32":
        return state / "run", rf"\\.\pipe\{APP_NAME}-{owner}"
    candidates = [state / "run"]
    session = environment.get("XDG_RUNTIME_DIR", "")
    if _is_own_folder(session):
        candidates.insert(0, Path(session) / APP_NAME)
    for folder in candidates:
        if len(os.fsencode(folder / f"{owner}{_OF_SENDER}")) <= LONGEST_SOCKET_PATH:
            return folder, str(folder / f"{owner}{_SOCKET}")
    # Others can write where this lies: make_runtime_folder checks whose it is.
    folder = Path("/tmp") / f"{APP_NAME}-{os.geteuid()}"  # noqa: S108 -- short, and checked
    return folder, str(folder / f"{owner}{_SOCKET}")


def _is_own_folder(folder: str) -> bool:
    """Tell whether XDG_RUNTIME_DIR is ours: `su` hands on that of another user."""
    if sys.platform == "win32" or not Path(folder).is_absolute():
        return False
    try:
        status = Path(folder).stat()
    except OSError:
        return False
    return (
        stat.S_ISDIR(status.st_mode)
        and status.st_uid == os.geteuid()
        and not status.st_mode & 0o022
    )


def _make_missing(path: Path) -> None:
    # The mode is that of the last folder only; those above it are left to the umask.
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def _sync_folder(path: Path) -> None:
    """Make a rename survive a power cut."""
    if sys.platform == "win32":
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
