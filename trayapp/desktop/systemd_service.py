"""`trayapp watch` as a service of the person's own systemd, for machines without a desktop.

Sources: systemd.unit(5), systemd.service(5), systemd.exec(5) of systemd 252.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from trayapp.desktop.autostart import AutostartStatus, Write
from trayapp.desktop.desktop_entry import THROUGH_SHELL
from trayapp.desktop.shared_places import not_writable, read_file, remove_link, user_folder
from trayapp.errors import ForeignEntryError

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
ExecStart={command}
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
# Where no keyring is unlocked the key can be a credential: put it into a file that only you can
# read, take the sign away from the next line, and write into ~/.wakatime.cfg, under [settings],
#   api_key_vault_cmd = systemd-creds cat api_key
#LoadCredential=api_key:%h/.config/trayapp/api_key

[Install]
WantedBy=default.target
"""


def unit_text(command: Sequence[str]) -> str:
    """Write the unit; systemd itself starts no program with quotes in its path."""
    words = [*THROUGH_SHELL, *command] if set(command[0]) & set("'\"\\$") else command
    return _UNIT_TEXT.format(ours=OURS, command=" ".join(map(_quoted, words)))


def unit_command(text: str) -> tuple[str, ...] | None:
    """Read the command back from a unit of ours, None where it names none."""
    lines = (line for line in text.split("\n") if line.startswith("ExecStart="))
    value = next(lines, "").removeprefix("ExecStart=")
    arguments: list[str] = []
    word, is_quoted, is_escaped = "", False, False
    for letter in f"{value} ":
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
    words = tuple(each.replace("%%", "%").replace("$$", "$") for each in arguments)
    return (words[3:] if words[:3] == THROUGH_SHELL else words) or None


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
    enabled starts at once, what is disabled ends.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        home: Path,
        write: Write,
        systemctl: Systemctl = run_systemctl,
    ) -> None:
        config = user_folder(environment, "XDG_CONFIG_HOME", home / ".config")
        self._unit = config / "systemd" / "user" / UNIT
        self._link = self._unit.parent / "default.target.wants" / UNIT
        self._write = write
        self._systemctl = systemctl

    def status(self) -> AutostartStatus:
        """Look at the unit and its link."""
        text = self._read()
        place = str(self._unit)
        if text is None:
            return AutostartStatus(starts=False, reason="there is no unit", place=place)
        command = unit_command(text)
        wanted = self._link.is_symlink()
        return AutostartStatus(
            starts=not (reason := self._obstacle(text, command, wanted=wanted)),
            reason=reason,
            place=place,
            command=command,
            wanted=wanted,
            is_foreign=OURS not in text,
        )

    def enable(self, command: tuple[str, ...], *, overwrite: bool = False) -> None:
        """Write the unit and its link, and start it."""
        self._guard(overwrite=overwrite)
        try:
            self._write(self._unit, unit_text(command))
            self._link.parent.mkdir(parents=True, exist_ok=True)
            if not self._link.is_symlink():
                self._link.symlink_to(Path("..") / UNIT)
        except OSError as error:
            raise not_writable(self._unit, error) from error
        if self._systemctl(["daemon-reload"]):
            self._systemctl(["restart", "--no-block", UNIT])

    def disable(self, *, overwrite: bool = False) -> None:
        """End it, and remove the unit and its link."""
        self._guard(overwrite=overwrite)
        self._systemctl(["stop", UNIT])
        try:
            self._link.unlink(missing_ok=True)
            self._unit.unlink(missing_ok=True)
        except OSError as error:
            raise not_writable(self._unit, error) from error
        # As systemctl does; others may have a link there, or there is no such folder.
        with suppress(OSError):
            self._link.parent.rmdir()
        self._systemctl(["daemon-reload"])

    def _obstacle(self, text: str, command: tuple[str, ...] | None, *, wanted: bool) -> str:
        if not text:
            return "it is masked"
        if not wanted:
            return "it is not enabled"
        if command is None:
            return "it names no command (ExecStart)"
        if shutil.which(command[0]) is None:
            return f"{command[0]} is not there (ExecStart)"
        return ""

    def _guard(self, *, overwrite: bool) -> None:
        text = self._read()
        if text is None or OURS in text:
            return
        if not overwrite:
            raise ForeignEntryError(
                f"{self._unit} was not written by trayapp, and was left alone",
                "trayapp autostart enable --service --yes replaces it, disable --service --yes"
                " removes it.",
            )
        remove_link(self._unit)

    def _read(self) -> str | None:
        content = read_file(self._unit)
        return None if content is None else content.decode(errors="replace")


def _quoted(word: str) -> str:
    text = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{text}"' if not text or set(text) & set(" \t'\"\\;") else text
