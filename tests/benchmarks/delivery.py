"""What it costs that a save arrives: recorded on disk, sent, and reported by a script.

    python -m tests.benchmarks.delivery [--small]

The server is in this process; what is measured is in others, but for the latency. All is on the
file system of the temporary folder. Processor time is that of a whole process with all its threads,
user's and system's. `--small` makes few rounds.
"""

from __future__ import annotations

import json
import os
import queue
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.whole_processes import LIMIT, ratios, run_once
from tests.delivery.samples import heartbeat
from tests.desktop.processes import wait_for
from tests.server import Server
from trayapp.cli.parts import connect
from trayapp.coding.heartbeat import Heartbeat
from trayapp.delivery.queue import HeartbeatQueue
from trayapp.delivery.rows import Recording
from trayapp.delivery.seams import Listeners
from trayapp.delivery.sender import Sender
from trayapp.desktop.single_instance import InstanceLock
from trayapp.resident.clock import ManualClock, SystemClock
from trayapp.resident.delivery import Delivery, DeliveryEars
from trayapp.resident.file_monitor import Ears, FileMonitor
from trayapp.resident.receivers import make_receivers
from trayapp.settings.accounts import load_settings
from trayapp.settings.keyring_store import SystemKeyring
from trayapp.settings.locations import find_locations, make_private_folder
from trayapp.watching.saves import SETTLING_SECONDS

TARGETS = {
    "save to server's answer, in rounds": "under 2 ms",
    "save to disk": "median under 20 ms",
    "trayapp heartbeat": "under 100 ms CPU",
}
"""What was promised; this program prints and does not judge."""

SYNC_COUNT = 200
SAVE_PAUSE = 0.125
"""Seconds between saves: eight a second are no burst yet."""

LONE_PAUSE = 1.5
"""Seconds between saves of which each is sent by itself: requests are a second apart."""

LATENCY_PAUSE = 0.25

TELL_PEAK = "print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
"""What `peak_memory` reads, for a process that imports nothing."""


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    rows: int = 2_000
    saves: int = 200
    seconds_between_rounds: float = 30.0
    lone_saves: int = 20
    late_saves: int = 60
    scripts: int = 60


SMALL = Sizes(rows=120, saves=4, seconds_between_rounds=1.0, lone_saves=1, late_saves=2, scripts=1)


class Home:
    """Somebody's home folder and code, with an account of a test server."""

    def __init__(self, folder: Path, server: Server, seconds_between_rounds: float = 30.0) -> None:
        self.server = server
        self.code = folder / "code"
        self.code.mkdir(parents=True)
        (folder / ".wakatime.cfg").write_text(
            f"[settings]\napi_url = {server.api_url}\napi_key = {server.key}\n"
            f"heartbeat_rate_limit_seconds = {seconds_between_rounds:g}\n"
        )
        self.environment = {"HOME": str(folder), "PATH": os.environ["PATH"]}
        self.locations = find_locations(self.environment)
        make_private_folder(self.locations.state_dir)

    def save(self, number: int) -> Path:
        """Write a file of its own for each number, so that every save is recorded."""
        path = self.code / f"file{number}.py"
        path.write_text(f"number = {number}\n" * 50)
        return path

    def wait_until_stored(self, count: int) -> None:
        """Wait until the server has so many heartbeats, and they are marked here."""

        def marked() -> bool:
            rows = HeartbeatQueue(self.locations.queue_file)
            waiting = rows.counts(f"wakatime.cfg@{self.server.api_url}").waiting
            rows.close()
            return waiting == 0

        wait_for(lambda: len(self.server.heartbeats) >= count, f"{count} are stored", LIMIT)
        wait_for(marked, "they are marked", LIMIT)


def processor_seconds(process: int) -> float:
    """Give what a process has spent so far, threads that have ended too."""
    # CPUCLOCK_SCHED of another process, see clock_getcpuclockid(3).
    return time.clock_gettime(~process << 3 | 2)


def peak_memory() -> int:
    """Give the most memory that this process has had, in KB; ru_maxrss begins at its parent's."""
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])


# In a process of its own.


def use_queue(count: int) -> None:
    """Record, then send without ever waiting, and print what both cost."""
    locations = find_locations(os.environ)
    settings = load_settings(locations, os.environ)
    rows = HeartbeatQueue(locations.queue_file)
    before = (time.perf_counter(), time.process_time())
    for number in range(count):
        one = heartbeat(number, time.time(), entity=f"/work/{number}.py")
        rows.record([Recording(one, settings.receivers, str(number).encode())])
    recorded = (time.perf_counter(), time.process_time())
    clock = ManualClock(now=time.time())
    sender = Sender(
        rows,
        clock,
        random.random,
        Listeners(lambda: None, lambda _name: None),
        InstanceLock(locations.sender_lock_file, "benchmark"),
    )
    sender.follow(make_receivers(settings, os.environ, SystemKeyring(), connect))
    # The first request brings what sending imports, and the connection.
    sender.attend()
    peak = peak_memory()
    sent = rows.counts(settings.receivers[0]).done
    began = (time.perf_counter(), time.process_time())
    while (wait := sender.attend()) is not None:
        clock.advance(wait)
    drained = (time.perf_counter(), time.process_time())
    counts = rows.counts(settings.receivers[0])
    print(
        json.dumps(
            {
                "inserts": count / (recorded[0] - before[0]),
                "insert_cpu": (recorded[1] - before[1]) / count,
                "drained": counts.done - sent,
                "drain_seconds": drained[0] - began[0],
                "drain_cpu": drained[1] - began[1],
                "growth": peak_memory() - peak,
                "left": counts.waiting,
            }
        )
    )
    sender.stop()


# What the parent measures.


def synced_writes(folder: Path) -> float:
    """Give how many writes of a page, each brought to disk, there are in a second."""
    with (folder / "page").open("wb") as stream:
        start = time.perf_counter()
        for _ in range(SYNC_COUNT):
            stream.seek(0)
            stream.write(b"a" * 4096)
            stream.flush()
            os.fsync(stream.fileno())
        return SYNC_COUNT / (time.perf_counter() - start)


def queue_rates(folder: Path, count: int) -> None:
    """Print inserts and drain per second, beside bare writes."""
    with Server("hackatime") as server:
        home = Home(folder, server)
        bare = synced_writes(folder)
        command = [sys.executable, "-m", "tests.benchmarks.delivery", "--queue", str(count)]
        answer = subprocess.run(
            command, env=home.environment, check=True, capture_output=True, timeout=LIMIT * 4
        )
        found: dict[str, Any] = json.loads(answer.stdout)
        assert found["left"] == 0
        assert len(server.heartbeats) == count
    drained, seconds = found["drained"], found["drain_seconds"]
    print(
        f"inserts             {found['inserts']:8.0f} a second, each on disk when it is over,"
        f" {found['insert_cpu'] * 1000:.2f} ms CPU each; bare write and fsync {bare:.0f} a second"
    )
    print(
        f"drain               {drained / seconds:8.0f} a second without the waits between requests,"
        f" {found['drain_cpu'] / drained * 1000:.2f} ms CPU each; {drained} of {count} rows,"
        f" memory {found['growth'] / 1000:+.1f} MB"
    )


def whole_process(
    folder: Path, name: str, count: int, pause: float, seconds_between_rounds: float
) -> None:
    """Print the processor time of `trayapp watch` for each heartbeat, save to server's answer.

    Counted is all that the process does from before the first save until the last row is marked as
    sent, at rest in between too. Not counted is its start, and the first heartbeat, with which it
    imports and connects.
    """
    with Server("hackatime") as server:
        home = Home(folder, server, seconds_between_rounds)
        said = folder / "said"
        with said.open("wb") as output:
            command = [sys.executable, "-m", "trayapp", "watch", str(home.code)]
            process = subprocess.Popen(command, env=home.environment, stderr=output)
        try:
            wait_for(lambda: "is watched" in said.read_text(), "it watches", LIMIT)
            home.save(0)
            home.wait_until_stored(1)
            requests = len(server.requests)
            before = processor_seconds(process.pid)
            for number in range(1, count + 1):
                home.save(number)
                time.sleep(pause)
            home.wait_until_stored(count + 1)
            spent = processor_seconds(process.pid) - before
            requests = len(server.requests) - requests
        finally:
            process.terminate()
            process.wait(LIMIT)
    target = f"   {TARGETS[name]}" if name in TARGETS else ""
    print(
        f"{name:<36} {spent / count * 1000:.2f} ms CPU each, {count} saves in {requests}"
        f" requests{target}"
    )


def latency(folder: Path, count: int) -> None:
    """Print how long after a save it is on disk, beyond the time that a save settles."""
    on_disk: queue.SimpleQueue[tuple[str, float]] = queue.SimpleQueue()
    ready: queue.SimpleQueue[str] = queue.SimpleQueue()
    with Server("hackatime") as server:
        home = Home(folder, server)
        settings = load_settings(home.locations, home.environment)
        delivery = Delivery(
            home.locations,
            home.environment,
            SystemKeyring(),
            connect,
            SystemClock(),
            random.random,
            "benchmark",
            DeliveryEars(),
        )

        def record(one: Heartbeat, key: bytes, only: str | None) -> None:
            delivery.record(one, key, only)
            on_disk.put((one.entity, time.perf_counter()))

        ears = Ears(record, ready.put, lambda: None, lambda: None)
        monitor = FileMonitor(
            home.locations, home.environment, "benchmark", lambda _at: False, ears
        )
        delivery.follow(settings)
        monitor.follow(settings.watching, [str(home.code)])
        ready.get(timeout=LIMIT)
        saved = {}
        for number in range(count):
            time.sleep(LATENCY_PAUSE)
            path = home.save(number)
            saved[str(path.resolve())] = time.perf_counter()
        recorded = dict(on_disk.get(timeout=LIMIT) for _ in saved)
        monitor.stop()
        delivery.stop()
    late = sorted((recorded[path] - at - SETTLING_SECONDS) * 1000 for path, at in saved.items())
    print(
        f"save to disk, beyond the {SETTLING_SECONDS:g} s that a save settles, {count} saves:"
        f" median {median(late):.1f} ms, 95 % {late[int(len(late) * 0.95)]:.1f} ms"
        f"   {TARGETS['save to disk']}"
    )


def script(folder: Path, rounds: int) -> None:
    """Print what one heartbeat from a script costs, beside a bare Python, in turns."""
    with Server("hackatime") as server:
        home = Home(folder, server)
        reported = ["heartbeat", "--entity", str(home.save(0)), "--write"]
        trayapp = str(Path(sys.executable).with_name("trayapp"))
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "trayapp heartbeat": [trayapp, *reported],
        }
        costs: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(rounds + 1):
            for name, command in commands.items():
                costs[name].append(run_once(command, home.environment))
        told = f"import sys; sys.argv[1:] = {reported!r}; from trayapp.cli import main; main()"
        peaks = {
            name: int(
                subprocess.check_output(
                    [sys.executable, "-c", f"{code}; {TELL_PEAK}"],
                    env=home.environment,
                    timeout=LIMIT,
                )
            )
            for name, code in {"python -c pass": "pass", "trayapp heartbeat": told}.items()
        }
    for name, values in costs.items():
        # The first round warmed the caches.
        seconds, spent = zip(*values[1:], strict=True)
        base_seconds, base_spent = zip(*costs["python -c pass"][1:], strict=True)
        target = f"   {TARGETS[name]}" if name in TARGETS else ""
        print(
            f"{name:<20}"
            f"{min(seconds) * 1000:6.1f} ms at least, {median(seconds) * 1000:6.1f} median,"
            f" {median(ratios(seconds, base_seconds)):5.2f} x;"
            f" CPU {min(spent) * 1000:6.1f} ms at least, {median(spent) * 1000:6.1f} median,"
            f" {median(ratios(spent, base_spent)):5.2f} x;"
            f" {peaks[name] / 1000:5.1f} MB, {peaks[name] / peaks['python -c pass']:4.2f} x{target}"
        )


def main() -> None:
    """Measure and print."""
    if sys.argv[1:2] == ["--queue"]:
        use_queue(int(sys.argv[2]))
        return
    sizes = SMALL if "--small" in sys.argv[1:] else Sizes()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place).resolve()
        queue_rates(folder / "queue", sizes.rows)
        whole_process(
            folder / "rounds",
            "save to server's answer, in rounds",
            sizes.saves,
            SAVE_PAUSE,
            sizes.seconds_between_rounds,
        )
        whole_process(
            folder / "alone",
            "save to server's answer, each alone",
            sizes.lone_saves,
            LONE_PAUSE,
            0.0,
        )
        latency(folder / "latency", sizes.late_saves)
        script(folder / "script", sizes.scripts)


if __name__ == "__main__":
    main()
