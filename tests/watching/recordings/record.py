"""Record what inotify says while real programs save, check out, unpack and synchronise.

    python -m tests.watching.recordings.record [NAME…]

writes one text file for each name beside this script. A line is one event, tabs between its
fields: seconds since the start, kind, path, old path, and what lstat said of the path when the
event was read (size, mtime, ctime and atime in seconds since the start, `file`, `folder` or
`other`). What is missing is `-`. Paths are relative to the watched folder.
"""

from __future__ import annotations

import ctypes
import os
import pty
import select
import shlex
import shutil
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.desktop.editor import Editor
from tests.desktop.harness import Desktop

HERE = Path(__file__).parent
CLOSED, MOVED_FROM, MOVED_TO, CREATED, DELETED = 0x8, 0x40, 0x80, 0x100, 0x200
ONLY_FOLDERS, DONT_FOLLOW, IS_FOLDER = 0x01000000, 0x02000000, 0x40000000
MASK = CLOSED | MOVED_FROM | MOVED_TO | CREATED | DELETED | ONLY_FOLDERS | DONT_FOLLOW
HEAD = struct.Struct("iIII")
LONGEST_RUN_SECONDS = 20.0
ENVIRONMENT = {
    "HOME": "",
    "PATH": os.environ["PATH"],
    "TERM": "xterm",
    "LANG": "C.UTF-8",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}


class Recorder:
    """Watch every folder of a tree, but of a `.git` only those that hold an index."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = self._libc.inotify_init1(os.O_CLOEXEC)
        self._folders: dict[int, str] = {}
        self._moving: dict[int, str] = {}
        self._started = time.time()
        self._stop_reader, self._stop_writer = os.pipe()
        self.lines: list[str] = []
        self._watch(str(root))
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> list[str]:
        os.write(self._stop_writer, b"x")
        self._thread.join()
        for descriptor in (self._descriptor, self._stop_reader, self._stop_writer):
            os.close(descriptor)
        return self.lines

    def _watch(self, folder: str) -> None:
        number = self._libc.inotify_add_watch(self._descriptor, os.fsencode(folder), MASK)
        if number < 0:
            return
        self._folders[number] = folder
        for entry in os.scandir(folder):
            if entry.is_dir(follow_symlinks=False) and self._is_wanted(entry.path):
                self._watch(entry.path)

    def _is_wanted(self, folder: str) -> bool:
        inside = folder.partition("/.git/")[2].split("/")
        return inside == [""] or (inside[0] in {"worktrees", "modules"} and len(inside) < 3)

    def _run(self) -> None:
        while True:
            ready, _, _ = select.select([self._descriptor, self._stop_reader], [], [])
            if self._descriptor not in ready:
                return
            data = os.read(self._descriptor, 1 << 16)
            at = time.time()
            offset = 0
            while offset < len(data):
                number, mask, cookie, length = HEAD.unpack_from(data, offset)
                name = data[offset + HEAD.size : offset + HEAD.size + length].rstrip(b"\0")
                offset += HEAD.size + length
                self._take(number, mask, cookie, os.fsdecode(name), at)

    def _take(self, number: int, mask: int, cookie: int, name: str, at: float) -> None:
        path = f"{self._folders.get(number, '?')}/{name}"
        if mask & MOVED_FROM:
            self._moving[cookie] = path
            self._line(at, "MOVING", path, "")
        elif mask & MOVED_TO:
            old = self._moving.pop(cookie, "")
            if old:
                # The line of its first half is not one of its own.
                del self.lines[self._index_of_moving(old)]
            self._line(at, "MOVED" if old else "MOVED_IN", path, old)
        elif mask & CREATED:
            self._line(at, "CREATED", path, "")
            if mask & IS_FOLDER and self._is_wanted(path):
                self._watch(path)
        elif mask & DELETED:
            self._line(at, "DELETED", path, "")
        elif mask & CLOSED:
            self._line(at, "CLOSED", path, "")

    def _index_of_moving(self, path: str) -> int:
        name = os.path.relpath(path, self._root)
        return max(i for i, line in enumerate(self.lines) if f"\tMOVING\t{name}\t" in line)

    def _line(self, at: float, kind: str, path: str, old: str) -> None:
        fields = [f"{at - self._started:.6f}", kind, os.path.relpath(path, self._root)]
        fields.append(os.path.relpath(old, self._root) if old else "-")
        self.lines.append("\t".join([*fields, *self._status(path)]))

    def _status(self, path: str) -> list[str]:
        try:
            found = os.lstat(path)
        except OSError:
            return ["-"] * 5
        times = (found.st_mtime_ns, found.st_ctime_ns, found.st_atime_ns)
        kinds = {stat.S_IFREG: "file", stat.S_IFDIR: "folder"}
        return [
            str(found.st_size),
            *(f"{(nanoseconds - int(self._started * 1e9)) / 1e9:.9f}" for nanoseconds in times),
            kinds.get(stat.S_IFMT(found.st_mode), "other"),
        ]


def run(command: str, folder: Path) -> None:
    subprocess.run(
        ["/bin/bash", "-ec", command],
        cwd=folder,
        env=ENVIRONMENT | {"HOME": str(folder.parent)},
        check=True,
        timeout=LONGEST_RUN_SECONDS,
        capture_output=True,
    )


def type_into(command: str, keys: list[bytes], folder: Path) -> None:
    """Run an editor on a terminal and press keys, each after the screen has been still a while."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        words = shlex.split(command)
        os.execvpe(words[0], words, ENVIRONMENT | {"HOME": str(folder.parent)})
    try:
        for key in keys:
            _drain(terminal, 0.7)
            os.write(terminal, key)
        _drain(terminal, 1.5)
    finally:
        os.close(terminal)
        os.waitpid(process, 0)


def _drain(terminal: int, still_seconds: float) -> None:
    end = time.monotonic() + LONGEST_RUN_SECONDS
    while time.monotonic() < end and select.select([terminal], [], [], still_seconds)[0]:
        try:
            if not os.read(terminal, 1 << 16):
                return
        except OSError:
            return


REPOSITORY = """
git init -q -b main .
printf 'n = 1\\n' | tee a.py b.py c.py >/dev/null
git add . && git commit -qm one
git checkout -qb other
printf 'n = 2\\n' | tee a.py b.py c.py new.py >/dev/null
git add . && git commit -qm two
printf 'n = 3\\n' > b.py
git commit -qam three
git checkout -q main
printf 'm = 1\\n' > main.py
git add . && git commit -qm main
"""

Act = Callable[[Path], None]


def shell(command: str) -> Act:
    return lambda folder: run(command, folder)


def editor(command: str, *keys: bytes) -> Act:
    return lambda folder: type_into(command, list(keys), folder)


def window(command: str) -> Act:
    """Have an editor with a window change and save a.py."""

    def act(folder: Path) -> None:
        file = folder / "a.py"
        with Desktop() as desktop, closing(Editor(desktop, command, file)) as one:
            one.write()
            one.save(file)

    return act


VIM_KEYS = (b"Gox = 1\x1b", b":w\r", b":q\r")
FILE = "printf 'n = 1\\n' > a.py"
MANY = "mkdir -p src ../from/src && for n in {1..30}; do printf 'n\\n' > ../from/src/f$n.py; done;"
OLD_MANY = MANY + "touch -d '2 days ago' ../from/src/*;"
WRITE_WHILE_WAITING = "printf '%s\\n' '#!/bin/sh' 'printf \"x = 1\\n\" > a.py' 'printf 1 > made.py'"

RECORDINGS: dict[str, tuple[str, Act]] = {
    "vim": (FILE, editor("vim a.py", *VIM_KEYS)),
    "vim_new_file": (FILE, editor("vim n.py", *VIM_KEYS)),
    "vim_backupcopy": (FILE, editor("vim -c 'set backupcopy=yes' a.py", *VIM_KEYS)),
    "neovim": (FILE, editor("nvim a.py", *VIM_KEYS)),
    "emacs": (FILE, editor("emacs -nw -Q a.py", b"x = 1\r", b"\x18\x13", b"\x18\x03")),
    "emacs_precious": (
        FILE,
        editor(
            "emacs -nw -Q --eval '(setq file-precious-flag t)' a.py",
            b"x = 1\r",
            b"\x18\x13",
            b"\x18\x03",
        ),
    ),
    "nano": (FILE, editor("nano a.py", b"x = 1\r", b"\x0f\r", b"\x18")),
    "micro": (FILE, editor("micro a.py", b"x = 1\r", b"\x13", b"\x11")),
    "micro_open_only": (FILE, editor("micro a.py", b"\x11")),
    "geany": (FILE, window("geany --new-instance --no-session")),
    "gedit": (FILE, window("gedit --standalone")),
    "kate": (FILE, window("kate --startanon")),
    "mousepad": (FILE, window("mousepad --disable-server")),
    "append": (FILE, shell("echo 'x = 1' >> a.py")),
    "copy_over": (FILE, shell("echo 'x = 1' > ../b.py; cp ../b.py a.py")),
    "sed": (FILE, shell("sed -i s/1/2/ a.py")),
    "perl": (FILE, shell("perl -pi -e s/1/2/ a.py")),
    "rename_in": (FILE, shell("echo 'x = 1' > ../b.py; mv ../b.py a.py")),
    "touch": (FILE, shell("touch a.py")),
    "touch_new": (FILE, shell("touch new.py")),
    "chmod": (FILE, shell("chmod 600 a.py")),
    "read": (FILE, shell("cat a.py; grep n a.py; wc a.py")),
    "rename": (FILE, shell("mv a.py b.py")),
    "made_in_new_folder": (FILE, shell("mkdir -p deep/down; sleep 0.1; echo 1 > deep/down/a.py")),
    "git_checkout": (REPOSITORY, shell("git checkout -q other")),
    "git_checkout_path": (REPOSITORY + "echo > a.py", shell("git checkout -q -- a.py")),
    "git_restore": (REPOSITORY + "echo > a.py", shell("git restore a.py")),
    "git_reset": (REPOSITORY + "echo > a.py", shell("git reset -q --hard")),
    "git_merge": (REPOSITORY, shell("git merge -q other -m merged")),
    "git_rebase": (REPOSITORY, shell("git rebase -q main other")),
    "git_stash": (REPOSITORY + "echo > a.py", shell("git stash -q")),
    "git_stash_pop": (REPOSITORY + "echo > a.py; git stash -q", shell("git stash pop -q")),
    "git_cherry_pick": (REPOSITORY, shell("git cherry-pick other~1")),
    "git_pull": (
        REPOSITORY + "git clone -q . ../far; cd ../far; git checkout -q main; echo 1 > far.py;"
        "git add .; git commit -qm far; cd -; git remote add far ../far",
        shell("git pull -q far main"),
    ),
    "git_status": (REPOSITORY + "touch a.py", shell("git status; sleep 0.1; echo 1 > a.py")),
    "git_move": (REPOSITORY, shell("git mv a.py moved.py")),
    "git_commit_editor": (
        REPOSITORY + WRITE_WHILE_WAITING + " 'echo m > $1' > ../e; chmod +x ../e; echo > b.py",
        shell("GIT_EDITOR=$PWD/../e git commit -qa"),
    ),
    "git_commit_hook": (
        REPOSITORY + WRITE_WHILE_WAITING + " > .git/hooks/pre-commit;"
        "chmod +x .git/hooks/pre-commit; echo > b.py",
        shell("git commit -qam hooked"),
    ),
    "git_clone": (
        "mkdir ../from; cd ../from;" + REPOSITORY,
        shell("git clone -q ../from cloned"),
    ),
    "git_worktree": (
        REPOSITORY,
        shell("git worktree add -q tree other; sleep 0.3; git -C tree checkout -q --detach main"),
    ),
    "git_submodule": (
        "mkdir ../from; cd ../from;" + REPOSITORY + "cd -;" + REPOSITORY,
        shell(
            "git -c protocol.file.allow=always submodule --quiet add ../from sub; sleep 0.3;"
            "git -C sub checkout -q other"
        ),
    ),
    "git_init_and_save": (FILE, shell("git init -q .; echo 1 > n.py")),
    "tar": (OLD_MANY + "tar -C ../from -cf ../t.tar src", shell("tar -xf ../t.tar")),
    "tar_three": (
        OLD_MANY + "tar -C ../from -cf ../t.tar src/f1.py src/f2.py src/f3.py",
        shell("tar -xf ../t.tar"),
    ),
    "rsync": (OLD_MANY, shell("rsync -a ../from/ .")),
    "rsync_again": (
        OLD_MANY + "rsync -a ../from/ .; for n in 1 2 3; do echo mm > ../from/src/f$n.py; done;"
        "touch -d '1 day ago' ../from/src/f[123].py",
        shell("rsync -a ../from/ ."),
    ),
    "copy_many": (MANY, shell("cp -r ../from/src/. src")),
}


def record(name: str) -> None:
    prepare, act = RECORDINGS[name]
    # Not /tmp: vim makes no backup there, so it would save in another way than at home.
    with tempfile.TemporaryDirectory(prefix="recording-", dir="/var/tmp") as temporary:
        root = Path(temporary, "root")
        root.mkdir()
        run(prepare, root)
        # Older than any tolerance: what is not written must not look as if it were.
        time.sleep(6.5)
        recorder = Recorder(root)
        act(root)
        time.sleep(0.3)
        lines = [line.replace("\tMOVING\t", "\tDELETED\t") for line in recorder.stop()]
    (HERE / f"{name}.txt").write_text("".join(line + "\n" for line in lines))
    print(name, len(lines))  # noqa: T201  a script by hand


if __name__ == "__main__":
    names = sys.argv[1:] or list(RECORDINGS)
    missing = [n for n in ("vim", "nvim", "emacs", "nano", "micro", "rsync") if not shutil.which(n)]
    if missing:
        sys.exit(f"not installed: {', '.join(missing)}")
    for chosen in names:
        record(chosen)
