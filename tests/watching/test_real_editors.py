"""Each way in which real editors save is one save of the real file."""

from __future__ import annotations

import os
import pty
import select
import shlex
import signal
import subprocess
import termios
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.desktop.processes import require_programs, wait_for
from tests.watching.repositories import run, save
from tests.watching.running_monitor import RunningMonitor, running_monitor

pytestmark = pytest.mark.desktop

EDITOR_LIMIT = 15.0
CODE = "first = 0\nsecond_line = 1\n"
SHOWN = b"second_line"
"""Once the screen shows this the editor takes keys."""

WRITTEN = "typed = 1"

# vim and emacs make no backups below /tmp, where this may run, and so save in another way there.
VIM = "vim -u NONE -c 'set backupskip='"
BACKUPS = "--eval '(setq backup-enable-predicate (lambda (_) t))'"

# Each: the command, the keys that type and save, and those that quit.
EDITORS = {
    "vim": (f"{VIM} a.py", f"Go{WRITTEN}\x1b:w\r", ":q\r"),
    "vim with backupcopy": (
        f"{VIM} -c 'set backupcopy=yes' a.py",
        f"Go{WRITTEN}\x1b:w\r",
        ":q\r",
    ),
    "neovim": (
        "nvim -u NONE -c 'set backupskip=' a.py",
        f"Go{WRITTEN}\x1b:w\r",
        ":q\r",
    ),
    "nano": ("nano a.py", f"{WRITTEN}\r\x0f\r", "\x18"),
    "emacs": (f"emacs -nw -Q {BACKUPS} a.py", f"{WRITTEN}\r\x18\x13", "\x18\x03"),
    "emacs with the precious flag": (
        f"emacs -nw -Q {BACKUPS} --eval '(setq file-precious-flag t)' a.py",
        f"{WRITTEN}\r\x18\x13",
        "\x18\x03",
    ),
    "micro": ("micro a.py", f"{WRITTEN}\r\x13", "\x11"),
}

# What saves without a terminal: each its own file, and one outside of the folder.
COMMANDS = {
    "sed.py": f"sed -i 's/first = 0/{WRITTEN}/' sed.py",
    "perl.py": f"perl -pi -e 's/first = 0/{WRITTEN}/' perl.py",
    "appended.py": f"echo '{WRITTEN}' >> appended.py",
    "copied.py": "cp ../outside.py copied.py",
    "renamed.py": "mv ../outside.py renamed.py",
    "patched.py": f"printf '1c\\n{WRITTEN}\\n.\\nw\\nq\\n' | ed -s patched.py",
    "python.py": f'python3 -c \'open("python.py", "w").write("{WRITTEN}")\'',
}


class Terminal:
    """An editor on a terminal of its own."""

    def __init__(self, command: str, folder: Path, home: Path) -> None:
        home.mkdir(exist_ok=True)
        environment = {
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "PATH": os.environ["PATH"],
            "TERM": "xterm",
        }
        self.shown = b""
        self._terminal, inner = pty.openpty()
        termios.tcsetwinsize(inner, (24, 80))
        self._process = subprocess.Popen(
            ["setsid", "--ctty", *shlex.split(command)],
            cwd=folder,
            env=environment,
            stdin=inner,
            stdout=inner,
            stderr=inner,
        )
        os.close(inner)

    def wait_until_shown(self, text: bytes) -> None:
        """Wait until the editor has drawn this."""
        wait_for(lambda: self._read() and text in self.shown, f"{text!r} is shown", EDITOR_LIMIT)

    def press(self, keys: str) -> None:
        """Type keys."""
        os.write(self._terminal, keys.encode())

    def wait_until_written(self, *files: Path, size: int = len(CODE)) -> None:
        """Wait until the editor has saved what was typed, in files of that size before.

        They are not read: read at once, a saved file has the times of a touched one.
        """
        wait_for(
            lambda: self._read() and all(_is_longer(file, size) for file in files),
            f"{files} are written",
            EDITOR_LIMIT,
        )

    def wait_for_end(self) -> None:
        """Wait until the editor has quit."""
        wait_for(lambda: self._read() and self._process.poll() == 0, "it quits", EDITOR_LIMIT)

    def close(self) -> None:
        """End the editor if it still runs."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(EDITOR_LIMIT)
        os.close(self._terminal)

    def _read(self) -> bool:
        """Take what was drawn, so that the editor never waits for us; always True."""
        deadline = time.monotonic() + EDITOR_LIMIT
        while time.monotonic() < deadline and select.select([self._terminal], [], [], 0)[0]:
            try:
                self.shown += os.read(self._terminal, 1 << 16)
            except OSError:  # It has quit.
                break
        return True


def _is_longer(file: Path, size: int) -> bool:
    try:
        return file.stat().st_size >= size + len(WRITTEN)
    except FileNotFoundError:  # Not there yet, or renamed to be the backup.
        return False


def edit(name: str, file: Path, home: Path, *, saving: bool = True) -> None:
    """Open a file in an editor, type and save, and quit."""
    command, saving_keys, quitting_keys = EDITORS[name]
    with closing(Terminal(command, file.parent, home)) as terminal:
        terminal.wait_until_shown(SHOWN)
        if saving:
            size = file.stat().st_size
            terminal.press(saving_keys)
            terminal.wait_until_written(file, size=size)
        terminal.press(quitting_keys)
        terminal.wait_for_end()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return save(tmp_path / "code" / "a.py", CODE)


def known(monitor: RunningMonitor, file: Path) -> None:
    """Have the monitor know a file, which was made too shortly ago to look old."""
    save(file, CODE + "known = 1\n")
    monitor.wait_for_saves(["a.py"])


@pytest.mark.parametrize("name", [name for name in EDITORS if name != "micro"])
def test_an_editor_saves_once(name: str, tmp_path: Path, file: Path) -> None:
    require_programs(EDITORS[name][0].split()[0])
    with running_monitor(file.parent) as monitor:
        edit(name, file, tmp_path / "home")

        monitor.wait_for_saves(["a.py"])
    assert WRITTEN in file.read_text()


def test_micro_saves_once_and_its_opening_for_writing_is_no_save(
    tmp_path: Path, file: Path
) -> None:
    require_programs("micro")
    with running_monitor(file.parent) as monitor:
        known(monitor, file)
        edit("micro", file, tmp_path / "home", saving=False)
        monitor.wait_for_saves([])

        edit("micro", file, tmp_path / "home")

        monitor.wait_for_saves(["a.py"])
    assert WRITTEN in file.read_text()


def test_each_command_that_changes_a_file_saves_once(tmp_path: Path) -> None:
    require_programs("ed", "perl")
    folder = tmp_path / "code"
    for name in COMMANDS:
        save(folder / name, CODE)
    with running_monitor(folder) as monitor:
        for command in COMMANDS.values():
            save(tmp_path / "outside.py", WRITTEN)
            run("sh", "-c", command, at=folder)

        monitor.wait_for_saves([*COMMANDS])
    assert all(WRITTEN in (folder / name).read_text() for name in COMMANDS)


def test_a_new_file_in_a_new_folder_is_one_save(tmp_path: Path, file: Path) -> None:
    require_programs("vim")
    with running_monitor(file.parent) as monitor:
        with closing(Terminal(f"{VIM} new/deep/n.py", file.parent, tmp_path / "home")) as vim:
            # The name is shown before vim takes keys, the signs of lines that are not there later.
            vim.wait_until_shown(b"~")
            vim.press(f"i{WRITTEN}")
            vim.wait_until_shown(WRITTEN.encode())
            vim.press("\x1b:call mkdir('new/deep', 'p')\r")
            wait_for((file.parent / "new" / "deep").is_dir, "the folder is made", EDITOR_LIMIT)
            vim.press(":w\r")
            vim.wait_until_written(file.parent / "new" / "deep" / "n.py", size=0)

        monitor.wait_for_saves(["new/deep/n.py"])


def test_a_new_file_is_one_save_and_its_opening_none(tmp_path: Path, file: Path) -> None:
    require_programs("vim")
    with running_monitor(file.parent) as monitor:
        with closing(Terminal(f"{VIM} n.py", file.parent, tmp_path / "home")) as vim:
            vim.wait_until_shown(b"n.py")
            monitor.wait_for_saves([])

            vim.press(f"i{WRITTEN}\x1b:w\r")
            vim.wait_until_written(file.with_name("n.py"), size=0)

        monitor.wait_for_saves(["n.py"])


def test_all_files_saved_at_once_are_a_save_each(tmp_path: Path, file: Path) -> None:
    require_programs("vim")
    files = [file, *(save(file.with_name(name), CODE) for name in ("b.py", "c.py"))]
    with running_monitor(file.parent) as monitor:
        command = f"{VIM} -c 'set hidden' a.py b.py c.py"
        with closing(Terminal(command, file.parent, tmp_path / "home")) as vim:
            vim.wait_until_shown(SHOWN)
            vim.press(f":argdo normal Go{WRITTEN}\r:wa\r")
            vim.wait_until_written(*files)

        monitor.wait_for_saves(["a.py", "b.py", "c.py"])


def test_touch_chmod_opening_and_reading_are_no_saves(file: Path) -> None:
    never_saved = save(file.parent / "b.py", CODE)
    with running_monitor(file.parent) as monitor:
        known(monitor, file)

        run("touch", "a.py", "b.py", at=file.parent)
        run("chmod", "600", "a.py", "b.py", at=file.parent)
        # Looked at before they are read: reading changes the time by which a touch is known.
        monitor.wait_for_saves([])

        run("cat", "a.py", "b.py", at=file.parent)
        run("grep", "-r", "first", ".", at=file.parent)
        file.open("r+").close()
        never_saved.open().close()

        monitor.wait_for_saves([])
