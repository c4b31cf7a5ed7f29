"""What watching a tree costs: ours beside watchdog's, watchfiles and a bare inotify loop.

    python -m tests.benchmarks.watching [--small]

Each watcher is a process of its own on the same tree, one after another, in rounds. Where
watchfiles is not installed it is left out. `--small` takes one round on the smallest tree.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

from watchdog.events import FileClosedEvent, FileMovedEvent, FileSystemEvent, FileSystemEventHandler
from watchdog.observers.inotify import InotifyObserver

from tests.benchmarks.at_rest import cost
from trayapp.watching.inotify import Hooks, PrunedObserver

PRUNED = frozenset({".git", "node_modules", "target"})
MASK = 0x0700_0DC8

TREES = {1_201: 100, 5_801: 500, 22_001: 2_000}
"""All folders, and how many of them are source."""

ROUNDS = 5
SETTLE = 3.0
"""Seconds in which watchfiles has certainly begun; not counted."""

QUIET = 0.5
"""Seconds without work after which a storm is over."""
STORM_LIMIT = 60.0

Report = dict[str, float]


class Counter(FileSystemEventHandler):
    """Count what is heard."""

    def __init__(self) -> None:
        self.events = 0

    def dispatch(self, _event: FileSystemEvent) -> None:
        self.events += 1


def is_pruned(path: str) -> bool:
    """Decide by name alone, so that no rules are measured."""
    return path.rpartition("/")[2] in PRUNED


def ours(root: str, counter: Counter) -> None:
    """Watch with the observer of trayapp."""
    ready = threading.Event()
    observer = PrunedObserver(Hooks(is_pruned, lambda _report: ready.set()), budget=100_000)
    observer.start()
    observer.schedule(counter, root, recursive=True)
    ready.wait()


def watchdog(root: str, counter: Counter) -> None:
    """Watch with watchdog's own observer, which takes a filter but cannot prune."""
    observer = InotifyObserver()
    observer.start()
    events: list[type[FileSystemEvent]] = [FileClosedEvent, FileMovedEvent]
    observer.schedule(counter, root, recursive=True, event_filter=events)


def watchfiles(root: str, counter: Counter) -> None:
    """Watch with watchfiles and its default filter."""
    import watchfiles  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415

    def count() -> None:
        for changes in watchfiles.watch(root):
            counter.events += len(changes)

    # What watch() does first, in the thread; it cannot be asked when it has done so.
    watchfiles.main.RustNotify([root], False, False, 0, True, False).close()
    threading.Thread(target=count, daemon=True).start()
    time.sleep(SETTLE)


def bare(root: str, counter: Counter) -> None:
    """Watch with the least that sees the same folders."""
    libc = ctypes.CDLL(None, use_errno=True)
    file = libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
    paths: dict[int, str] = {}

    def add(top: str) -> None:
        waiting = deque([top])
        while waiting:
            path = waiting.popleft()
            descriptor = libc.inotify_add_watch(file, os.fsencode(path), MASK)
            if descriptor < 0:
                continue
            paths[descriptor] = path
            with os.scandir(path) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False) and not is_pruned(entry.path):
                        waiting.append(entry.path)

    def read() -> None:
        poll = select.poll()
        poll.register(file, select.POLLIN)
        header = struct.Struct("iIII")
        while True:
            poll.poll()
            data, position = os.read(file, 0x40000), 0
            while position < len(data):
                descriptor, mask, _cookie, size = header.unpack_from(data, position)
                position += header.size
                name = os.fsdecode(data[position : position + size].rstrip(b"\0"))
                position += size
                path = f"{paths.get(descriptor, '')}/{name}"
                counter.events += 1
                if mask & 0x4000_0100 == 0x4000_0100 and not is_pruned(path):
                    add(path)

    add(root)
    threading.Thread(target=read, daemon=True).start()


WATCHERS: dict[str, Callable[[str, Counter], None]] = {
    "ours": ours,
    "bare inotify loop": bare,
    "watchdog, filtered": watchdog,
    "watchfiles": watchfiles,
}


def memory() -> float:
    """Give this process's resident memory in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def watches() -> int:
    """Give how many watches this process has in the kernel."""
    count = 0
    for information in Path("/proc/self/fdinfo").iterdir():
        try:
            count += information.read_text().count("inotify wd:")
        except FileNotFoundError:
            continue  # The listing's own.
    return count


def watch(name: str, root: str) -> None:
    """Watch, and answer each line of standard input with what it has cost so far."""
    if name == "watchfiles":
        import watchfiles  # type: ignore[import-not-found,unused-ignore]  # noqa: F401, PLC0415
    # What "modules imported" means for the one that imports late.
    PrunedObserver(Hooks(is_pruned, lambda _report: None)).stop()
    counter, before = Counter(), memory()
    start = time.perf_counter()
    WATCHERS[name](root, counter)
    seconds = time.perf_counter() - start - (SETTLE if name == "watchfiles" else 0)
    for _line in sys.stdin:
        report = {
            "seconds": seconds,
            "watches": watches(),
            "memory": memory() - before,
            "events": counter.events,
        }
        print(json.dumps(report), flush=True)


class Watcher:
    """A process that watches."""

    def __init__(self, name: str, root: Path) -> None:
        command = [sys.executable, "-m", "tests.benchmarks.watching", "--watch", name, str(root)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.kill()
        self._process.communicate()

    def ask(self) -> Report:
        """Give what it has cost so far."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        report: Report = json.loads(self._process.stdout.readline())
        return report

    def during(self, storm: Callable[[], object]) -> float:
        """Give the processor seconds that a storm costs."""
        before = cost(self._process.pid).seconds
        storm()
        deadline, last, since = time.monotonic() + STORM_LIMIT, -1.0, 0.0
        while time.monotonic() < deadline:
            cpu = cost(self._process.pid).seconds
            if cpu > last:
                last, since = cpu, time.monotonic()
            elif time.monotonic() - since > QUIET:
                break
            time.sleep(QUIET / 10)
        return last - before


def make_tree(root: Path, folders: int, sources: int) -> None:
    """Make a tree of so many folders, the root among them; ten files in each of source."""
    for number in range(sources - 1):
        folder = (
            root / f"src/{number // 50}/{number}" if number % 50 else root / f"src/{number // 50}"
        )
        folder.mkdir(parents=True)
        for file in range(10):
            (folder / f"file{file}.py").write_text("pass\n")
    packages = folders - sources - 2
    for number in range(packages):
        top = root / f"node_modules/package{number // 20}"
        folder = top / f"lib{number}" if number % 20 else top
        folder.mkdir(parents=True)
        for file in range(4):
            (folder / f"index{file}.js").write_text("pass\n")


def git(root: Path, *arguments: str) -> None:
    """Run git, with a name for commits."""
    names = ["-c", "user.name=nobody", "-c", "user.email=nobody@localhost", "-c", "gc.auto=0"]
    subprocess.run(["git", *names, *arguments], cwd=root, check=True, capture_output=True)


def rewrite(root: Path, count: int | None = None) -> None:
    """Write source files in place."""
    for path in sorted(root.glob("src/**/*.py"))[:count]:
        path.write_text(path.read_text() + "pass\n")


def install(root: Path) -> None:
    """Remove all packages and unpack others, like npm."""
    shutil.rmtree(root / "node_modules")
    for number in range(6_000):
        folder = root / f"node_modules/new{number // 20}/lib{number}"
        folder.mkdir(parents=True)
        for file in range(8):
            (folder / f"index{file}.js").write_text("pass\n")


def build(root: Path) -> None:
    """Write objects to where nothing is watched."""
    (root / "target").mkdir()
    for number in range(3_000):
        (root / f"target/{number}.o").write_bytes(b"object")


def compare(root: Path, names: list[str], rounds: int) -> None:
    """Print what starting costs, as ratios to the bare loop."""
    reports: dict[str, list[Report]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            with Watcher(name, root) as watcher:
                reports[name].append(watcher.ask())
    base = min(report["seconds"] for report in reports["bare inotify loop"])
    for name, values in reports.items():
        seconds = min(report["seconds"] for report in values)
        megabytes = min(report["memory"] for report in values)
        print(
            f"  {name:<20} start {seconds * 1000:8.1f} ms {seconds / base:7.2f} x bare"
            f"   {values[0]['watches']:6.0f} watches   +{megabytes:5.1f} MB"
        )


def storms(root: Path, names: list[str]) -> None:
    """Print what five storms cost, as ratios to the bare loop."""
    git(root, "init", "-b", "before")
    (root / ".gitignore").write_text("node_modules\ntarget\n")
    git(root, "add", ".")
    git(root, "commit", "-m", "before")
    git(root, "checkout", "-b", "after")
    rewrite(root)
    git(root, "commit", "-a", "-m", "after")
    costs: dict[str, dict[str, float]] = {}
    memories: dict[str, float] = {}
    for name in names:
        with Watcher(name, root) as watcher:
            costs[name] = {
                "git checkout": watcher.during(lambda: git(root, "checkout", "before")),
                "rewrite of 500 files": watcher.during(lambda: rewrite(root, 500)),
                "3,000 objects built": watcher.during(lambda: build(root)),
                "grep -r": watcher.during(
                    lambda: subprocess.run(["grep", "-rq", "nowhere", root], check=False)
                ),
                "npm install": watcher.during(lambda: install(root)),
            }
            memories[name] = watcher.ask()["memory"]
        shutil.rmtree(root / "target")
        git(root, "checkout", "--force", "after")
    for storm, base in costs["bare inotify loop"].items():
        print(f"  {storm}")
        for name in names:
            spent = costs[name][storm]
            ratio = f"{spent / base:7.2f} x bare" if base >= 0.005 else "  bare costs nothing"
            print(f"    {name:<20} {spent:6.2f} s CPU {ratio}")
    print("  memory after all of them")
    for name in names:
        print(f"    {name:<20} +{memories[name]:6.1f} MB")


def main() -> None:
    """Measure and print."""
    arguments: list[Any] = sys.argv[1:]
    if arguments[:1] == ["--watch"]:
        watch(arguments[1], arguments[2])
        return
    is_small = "--small" in arguments
    names = [name for name in WATCHERS if name != "watchfiles" or find_spec("watchfiles")]
    trees = dict([next(iter(TREES.items()))]) if is_small else TREES
    for folders, sources in trees.items():
        with tempfile.TemporaryDirectory() as place:
            root = Path(place).resolve() / "tree"
            root.mkdir()
            make_tree(root, folders, sources)
            print(f"{folders:,} folders, {sources:,} and the root not pruned")
            compare(root, names, 1 if is_small else ROUNDS)
            if folders == max(TREES):
                storms(root, names)


if __name__ == "__main__":
    main()
