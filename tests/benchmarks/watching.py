"""What watching a tree costs: ours beside watchdog's, watchfiles and a bare inotify loop.

    python -m tests.benchmarks.watching [--small]

Each watcher is a process of its own on the same tree, one after another, in rounds of which the
least counts. Each has the same modules imported, so its memory is what watching alone takes. Where
watchfiles is not installed it is left out. `--small` takes one round on the smallest tree.

Watches are what the kernel has: the observer's also tell when a folder above the root is renamed,
and the monitor's what happens in .git and .git/info.
"""

from __future__ import annotations

import ctypes
import json
import os
import queue
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
from contextlib import ExitStack
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any, Self

from watchdog.events import FileClosedEvent, FileMovedEvent, FileSystemEvent, FileSystemEventHandler
from watchdog.observers.inotify import InotifyObserver

from tests.benchmarks.at_rest import Cost, cost
from trayapp.coding.hiding import Capture
from trayapp.watching.capture import Capturer, Identity
from trayapp.watching.ignoring import IgnoreRules
from trayapp.watching.inotify import Hooks, PrunedObserver
from trayapp.watching.monitor import Listeners, Monitor
from trayapp.watching.observed import Handler
from trayapp.watching.project import ProjectSettings
from trayapp.watching.saves import SETTLING_SECONDS

PRUNED = frozenset({".git", "node_modules", "target"})
MASK = 0x0700_0DC8

TREES = {1_201: 100, 5_801: 500, 22_001: 2_000}
"""All folders, and how many of them are source."""

ROUNDS = 5
STORM_ROUNDS = 3
SLOW = frozenset({"watchdog, filtered", "watchfiles"})
"""These go through the storms once."""

IDLE_SECONDS = 60.0
SAVES = 50
SAVE_PAUSE = 0.25
"""Seconds between saves, which so are no burst."""

SAVE_LIMIT = 30.0
SETTLE = 3.0
"""Seconds in which watchfiles has certainly begun; not counted."""

QUIET = 2.5
"""Seconds without work after which a storm is over, and the monitor has told what it was."""
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


def run_monitor(root: str, captured: Callable[[Capture], None]) -> Monitor:
    """Start all that `trayapp watch` runs: rules, git, bursts, what is known of each save."""
    ready = threading.Event()
    listeners = Listeners(captured, lambda _suppressed: None, lambda _report: ready.set())
    rules = IgnoreRules([root], home="/nonexistent", config_home="/nonexistent")
    capturer = Capturer([root], ProjectSettings(), Identity("trayapp", "machine"))
    monitor = Monitor(listeners, lambda _device: False)
    monitor.watch([root], rules, capturer)
    monitor.start()
    ready.wait()
    return monitor


def whole_monitor(root: str, counter: Counter) -> None:
    """Watch as `trayapp watch` does, and count saves."""

    def captured(_capture: Capture) -> None:
        counter.events += 1

    run_monitor(root, captured)


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
    "ours, whole monitor": whole_monitor,
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
    Handler(lambda _event: None, "")
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

    def spent(self) -> Cost:
        """Give what its threads have spent so far."""
        return cost(self._process.pid)

    def during(self, storm: Callable[[], object]) -> float:
        """Give the processor seconds that a storm costs."""
        before = self.spent().seconds
        storm()
        deadline, last, since = time.monotonic() + STORM_LIMIT, -1.0, 0.0
        while time.monotonic() < deadline:
            cpu = self.spent().seconds
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
    """Print what starting costs, beside the bare loop and watchdog."""
    reports: dict[str, list[Report]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            with Watcher(name, root) as watcher:
                reports[name].append(watcher.ask())
    least = {
        name: {key: min(report[key] for report in values) for key in values[0]}
        for name, values in reports.items()
    }
    bare, other = least["bare inotify loop"], least["watchdog, filtered"]
    for name, report in least.items():
        seconds = report["seconds"]
        print(
            f"  {name:<20} start {seconds * 1000:7.1f} ms {seconds / bare['seconds']:7.2f} x bare"
            f" {seconds / other['seconds']:6.2f} x watchdog  {report['watches']:6.0f} watches"
            f"  memory {report['memory'] - bare['memory']:+5.1f} MB beside bare"
        )


def rest(root: Path, names: list[str], seconds: float) -> None:
    """Print what watching costs while nothing happens."""
    with ExitStack() as stack:
        watchers = {name: stack.enter_context(Watcher(name, root)) for name in names}
        for watcher in watchers.values():
            watcher.ask()
        time.sleep(QUIET)
        before = {name: watcher.spent() for name, watcher in watchers.items()}
        time.sleep(seconds)
        after = {name: watcher.spent() for name, watcher in watchers.items()}
    print(f"  at rest for {seconds:g} s")
    for name in names:
        wakeups = after[name].wakeups - before[name].wakeups
        spent = (after[name].seconds - before[name].seconds) * 1000
        print(f"    {name:<20} {wakeups:6} wakeups {spent:7.1f} ms CPU")


def latency(root: Path, count: int) -> None:
    """Print how long after a save its capture is told, beyond the time that a save settles."""
    told: queue.SimpleQueue[tuple[str, float]] = queue.SimpleQueue()
    running = run_monitor(str(root), lambda capture: told.put((capture.path, time.perf_counter())))
    saved = {}
    for path in sorted(root.glob("src/**/*.py"))[:count]:
        time.sleep(SAVE_PAUSE)
        path.write_text(path.read_text() + "pass\n")
        saved[str(path)] = time.perf_counter()
    heard = dict(told.get(timeout=SAVE_LIMIT) for _ in saved)
    running.stop()
    late = sorted((heard[path] - at - SETTLING_SECONDS) * 1000 for path, at in saved.items())
    print(
        f"  save to capture, beyond the {SETTLING_SECONDS:g} s that a save settles, {count} saves:"
        f" median {median(late):.1f} ms, 95 % {late[int(len(late) * 0.95)]:.1f} ms"
    )


def storms(root: Path, names: list[str]) -> None:
    """Print what five storms cost, as ratios to the bare loop."""
    git(root, "add", ".")
    git(root, "commit", "-m", "before")
    git(root, "checkout", "-b", "after")
    rewrite(root)
    git(root, "commit", "-a", "-m", "after")
    costs: dict[str, dict[str, float]] = {name: {} for name in names}
    memories = dict.fromkeys(names, 0.0)
    for number in range(STORM_ROUNDS):
        for name in names if number == 0 else [one for one in names if one not in SLOW]:
            with Watcher(name, root) as watcher:
                for storm, work in STORMS.items():
                    spent = watcher.during(partial(work, root))
                    costs[name][storm] = min(spent, costs[name].get(storm, spent))
                memories[name] = max(memories[name], watcher.ask()["memory"])
            shutil.rmtree(root / "target")
            git(root, "checkout", "--force", "after")
    for storm, base in costs["bare inotify loop"].items():
        print(f"  {storm}")
        for name in names:
            spent = costs[name][storm]
            ratio = f"{spent / base:7.2f} x bare" if base >= 0.001 else "  bare costs nothing"
            print(f"    {name:<20} {spent * 1000:8.1f} ms CPU {ratio}")
    print("  memory after all of them, beside bare")
    for name in names:
        print(f"    {name:<20} {memories[name] - memories['bare inotify loop']:+6.1f} MB")


STORMS: dict[str, Callable[[Path], object]] = {
    "git checkout of 20,000 files": lambda root: git(root, "checkout", "before"),
    "rewrite of 500 files": lambda root: rewrite(root, 500),
    "3,000 objects built": build,
    "grep -r": lambda root: subprocess.run(["grep", "-rq", "nowhere", root], check=False),
    "npm install": install,
}


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
            git(root, "init", "-b", "before")
            (root / ".gitignore").write_text("node_modules\ntarget\n")
            print(f"{folders:,} folders, {sources + 1:,} of them not pruned", flush=True)
            compare(root, names, 1 if is_small else ROUNDS)
            if folders == min(trees):
                rest(root, names, 3 if is_small else IDLE_SECONDS)
                latency(root, 5 if is_small else SAVES)
            if folders == max(TREES):
                storms(root, names)


if __name__ == "__main__":
    main()
