"""`trayapp watch` as a service of the person's own systemd, for machines without a desktop.

Sources: systemd.unit(5), systemd.service(5), systemd.exec(5) of systemd 252.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from trayapp.desktop.autostart import AutostartStatus, Write
from trayapp.desktop.desktop_entry import THROUGH_SHELL
from trayapp.desktop.shared_places import not_writable, read_file, remove_link, user_folder
from trayapp.errors import AutostartError, ForeignEntryError

UNIT = "trayapp-watch.service"

OURS = "X-Trayapp=true"
"""The line by which trayapp knows its own unit; systemd passes over keys that begin so."""

SYSTEMCTL_SECONDS = 20.0

Systemctl = Callable[[Sequence[str]], bool]
"""Runs `systemctl --user` with these arguments and tells whether that went well."""

_UNIT_TEXT = """\
# Written by: trayapp autostart enable --service
[Unit]
Description=Turn saves into heartbeats (trayapp watch)
Documentation=man:trayapp(1)
{ours}

[Service]
Type=exec
{exec_start}
Restart=on-failure
RestartSec=60
# Wrong usage and a settings file that cannot be read do not pass by themselves.
RestartPreventExitStatus=2 103
UMask=0077
Nice=5
# What needs no namespaces of its own, so that every folder can be watched.
NoNewPrivileges=yes
LockPersonality=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
# What you set yourself belongs into a drop-in, which trayapp leaves alone. It is opened by
#   systemctl --user edit trayapp-watch
# The key, where no keyring is unlocked: put it into a file that only you can read, write
#   [Service]
#   LoadCredential=api_key:%h/.config/trayapp/api_key
# into the drop-in, and into ~/.wakatime.cfg, under [settings],
#   api_key_vault_cmd = systemd-creds cat api_key

[Install]
WantedBy=default.target
"""

_EXEC_START = re.compile(r"^ExecStart=(.*)$", re.MULTILINE)


def unit_text(command: Sequence[str]) -> str:
    """Write the unit."""
    return _UNIT_TEXT.format(ours=OURS, exec_start=_exec_start(command))


def renewed_text(text: str, command: Sequence[str]) -> str:
    """Write the command into a unit of ours, whose other lines stay; into a new one otherwise."""
    if OURS not in text or not _EXEC_START.search(text):
        return unit_text(command)
    return _EXEC_START.sub(lambda _: _exec_start(command), text, count=1)


def unit_command(text: str, home: str) -> tuple[str, ...] | None:
    """Read the command back from a unit, None where it names none."""
    found = _EXEC_START.search(text)
    arguments: list[str] = []
    word, is_quoted, is_escaped = "", False, False
    for letter in f"{found[1]} " if found else "":
        if is_escaped:
            word, is_escaped = word + letter, False
        elif letter == "\\":
            is_escaped = True
        elif letter == '"':
            is_quoted = not is_quoted
        elif letter == " " and not is_quoted:
            arguments += [word] if word else []
            word = ""
        else:
            word += letter
    meant = {"%%": "%", "%h": home, "$$": "$"}
    words = tuple(
        re.sub(r"%%|%h|\$\$", lambda sign: meant[sign[0]], argument) for argument in arguments
    )
    return (words[3:] if words[:3] == THROUGH_SHELL else words) or None


def unit_folders(environment: Mapping[str, str], home: Path, root: Path) -> tuple[Path, ...]:
    """Give where systemd looks for a person's units, the person's own folder first.

    Source: `systemd-analyze --user unit-paths`, without those that only systemd itself fills.
    """

    def named(variable: str, default: str) -> list[Path]:
        return list(map(Path, (environment.get(variable) or default).split(":")))

    parents = (
        user_folder(environment, "XDG_CONFIG_HOME", home / ".config"),
        *named("XDG_CONFIG_DIRS", f"{root / 'etc/xdg'}"),
        root / "etc",
        *named("XDG_RUNTIME_DIR", ""),
        root / "run",
        user_folder(environment, "XDG_DATA_HOME", home / ".local" / "share"),
        *named("XDG_DATA_DIRS", f"{root / 'usr/local/share'}:{root / 'usr/share'}"),
        root / "usr/local/lib",
        root / "usr/lib",
    )
    return tuple(parent / "systemd" / "user" for parent in parents if parent.is_absolute())


def why_no_systemd(environment: Mapping[str, str], root: Path) -> str:
    """Say why nothing starts here, whatever units there are; nothing where a systemd does."""
    if not _is_folder(root / "run/systemd/system"):
        return "no systemd runs here"
    runtime = Path(environment.get("XDG_RUNTIME_DIR", ""))
    if not (runtime.is_absolute() and _is_folder(runtime / "systemd")):
        return "no systemd of yours runs in this session ($XDG_RUNTIME_DIR/systemd)"
    return ""


def judge(
    text: str,
    command: tuple[str, ...] | None,
    *,
    is_enabled: bool,
    is_there: bool,
    no_systemd: str,
    no_work: str,
) -> str:
    """Say what keeps a unit from being started; nothing where it is.

    `is_there` tells of the command's program; `no_work` says why `trayapp watch`, which may be
    given folders, would end at once without.
    """
    if not text:
        return "it is masked"
    if not is_enabled:
        return "it is not enabled"
    if command is None:
        return "it names no command (ExecStart)"
    if not is_there:
        return f"{command[0]} is not there (ExecStart)"
    return no_systemd or (no_work if command[-1] == "watch" else "")


def run_systemctl(arguments: Sequence[str]) -> bool:
    """Ask the person's systemd, where one runs."""
    program = shutil.which("systemctl")
    if program is None:
        return False
    try:
        done = subprocess.run(  # noqa: S603 -- systemctl, and arguments of ours
            [program, "--user", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=SYSTEMCTL_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


class SystemdService:
    """Our unit, and the link that has it started with the person's systemd.

    The link is what `systemctl --user enable` makes. systemd itself is told where it runs: what is
    enabled starts at once, what is disabled ends. `why_no_work` says why `trayapp watch` would end
    at once, or nothing; `root` is the folder of the machine's own files.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        home: Path,
        write: Write,
        why_no_work: Callable[[], str],
        systemctl: Systemctl = run_systemctl,
        root: Path = Path("/"),
    ) -> None:
        self._environment = environment
        self._home = home
        self._write = write
        self._why_no_work = why_no_work
        self._systemctl = systemctl
        self._root = root
        self._folders = unit_folders(environment, home, root)
        self._unit = self._folders[0] / UNIT

    def status(self) -> AutostartStatus:
        """Judge the unit that systemd takes, by whatever links to it."""
        for unit in (folder / UNIT for folder in self._folders if _is_folder(folder)):
            if (text := _read(unit)) is not None:
                break
        else:
            reason = "there is no unit"
            drop_ins = self._unit.with_name(f"{UNIT}.d")
            if _is_folder(drop_ins):
                reason += f"; what you set yourself stays in {drop_ins}"
            return AutostartStatus(starts=False, reason=reason, place=str(self._unit))
        command = unit_command(text, str(self._home))
        is_enabled = any(map(_links, self._folders))
        reason = judge(
            text,
            command,
            is_enabled=is_enabled,
            is_there=command is not None and shutil.which(command[0]) is not None,
            no_systemd=why_no_systemd(self._environment, self._root),
            no_work=self._why_no_work(),
        )
        return AutostartStatus(
            starts=not reason,
            reason=reason,
            place=str(unit),
            command=command,
            wanted=bool(text) and is_enabled,
            # A distribution's is for its package to mend, though it has our line.
            is_foreign=unit != self._unit or OURS not in text,
        )

    def enable(self, command: tuple[str, ...], *, overwrite: bool = False) -> None:
        """Write the unit and its link, and start it; of a unit of ours only ExecStart is new."""
        self._guard(overwrite=overwrite)
        text = _read(self._unit) or ""
        try:
            self._write(self._unit, renewed_text(text, command))
            if not _links(self._unit.parent):
                link = self._unit.parent / "default.target.wants" / UNIT
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(Path("..") / UNIT)
        except OSError as error:
            raise not_writable(self._unit, error) from error
        if self._systemctl(["daemon-reload"]):
            self._systemctl(["restart", "--no-block", UNIT])

    def disable(self, *, overwrite: bool = False) -> None:
        """End it, and remove the unit and its links, but no drop-in: those are the person's.

        Raises AutostartError, too, where it is enabled by others, for everybody say.
        """
        self._guard(overwrite=overwrite)
        self._systemctl(["stop", UNIT])
        folder = self._unit.parent
        try:
            for link in _links(folder):
                link.unlink()
                _remove_empty(link.parent)
            self._unit.unlink(missing_ok=True)
        except OSError as error:
            raise not_writable(self._unit, error) from error
        _remove_empty(folder)
        _remove_empty(folder.parent)
        self._systemctl(["daemon-reload"])
        if self.status().wanted:
            links = (link for each in self._folders for link in _links(each))
            raise AutostartError(
                f"{next(links)} has it started still",
                f"Remove that link, or be left out: systemctl --user mask {UNIT}",
            )

    def _guard(self, *, overwrite: bool) -> None:
        text = _read(self._unit)
        if text is None or OURS in text:
            return
        if not overwrite:
            raise ForeignEntryError(
                f"{self._unit} was not written by trayapp, and was left alone",
                "trayapp autostart enable --service --yes replaces it, disable --service --yes"
                " removes it.",
            )
        remove_link(self._unit)


def _links(folder: Path) -> list[Path]:
    """Give what has our unit started with others, whether or not it leads anywhere."""
    if not _is_folder(folder):
        return []
    wanting = [*folder.glob("*.wants"), *folder.glob("*.requires")]
    return [each / UNIT for each in wanting if os.path.islink(each / UNIT)]  # noqa: PTH114 -- see below


def _is_folder(path: Path) -> bool:
    # Path raises where it may not look, as in the runtime folder of another person.
    return os.path.isdir(path)  # noqa: PTH112 -- as above


def _remove_empty(folder: Path) -> None:
    # Others may have something there, or there is no such folder.
    with suppress(OSError):
        folder.rmdir()


def _read(unit: Path) -> str | None:
    content = read_file(unit)
    return None if content is None else content.decode(errors="replace")


def _exec_start(command: Sequence[str]) -> str:
    # systemd itself starts no program with quotes in its path.
    words = [*THROUGH_SHELL, *command] if set(command[0]) & set("'\"\\$") else command
    return f"ExecStart={' '.join(map(_quoted, words))}"


def _quoted(word: str) -> str:
    text = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{text}"' if not text or set(text) & set(" \t'\"\\;") else text
