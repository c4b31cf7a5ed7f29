"""Thousands of changes, with a panel that reads all of them.

TRAYAPP_SOAK=1 (`make soak`) makes 10,000 changes, in about two minutes; otherwise there are 900.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import pytest

from tests.desktop.bus import member

from .busy_process import BusyProcess

if TYPE_CHECKING:
    from tests.desktop.bus import Client, PrivateBus

    from .fake_watcher import FakeWatcher

CHANGES = 10_000 if os.environ.get("TRAYAPP_SOAK") else 900
PAUSE = 0.01

INTERVAL = 0.1
"""Seconds in which a signal may come once."""

SLACK = 512
"""KiB that may be gained after the first third. In the full count that is 80 bytes a change; some
300 KiB are needed for the 4,096 attribute names that CPython remembers, because Pillow makes up new
ones at every conversion."""

LATE = 0.5
"""Seconds by which a busy machine may deliver one signal later than another."""

ITEM = ("/StatusNotifierItem", "org.kde.StatusNotifierItem")
MENU = ("/StatusNotifierItem/Menu", "com.canonical.dbusmenu")


class Panel:
    """Reads again what a signal says has changed, as panels do, and notes when it came."""

    def __init__(self, client: Client, name: str) -> None:
        self.came: dict[str, list[float]] = defaultdict(list)
        self.read: Counter[str] = Counter()
        self._client = client
        self._name = name
        client.listen(name)

    def serve(self) -> None:
        """Take what has come within a moment."""
        self._client.receive(0.05)
        while self._client.signals:
            signal = member(self._client.signals.popleft())
            self.came[signal].append(time.monotonic())
            match signal:
                case "NewIcon":
                    self._get("IconPixmap")
                case "NewAttentionIcon":
                    self._get("AttentionIconPixmap")
                case "NewToolTip":
                    self._get("ToolTip")
                case "LayoutUpdated":
                    self._client.call(self._name, *MENU, "GetLayout", "iias", 0, -1, [])

    def _get(self, name: str) -> None:
        self._client.get(self._name, *ITEM, name)
        self.read[name] += 1


@pytest.mark.timeout(600)  # the full count takes two minutes where nothing else runs
def test_many_changes_cost_neither_memory_nor_descriptors_nor_a_storm_of_signals(
    bus: PrivateBus, watcher: FakeWatcher, client: Client
) -> None:
    with BusyProcess(bus, watcher) as busy:
        panel = Panel(client, busy.name)
        start = busy.memory()
        figures = []
        for _ in range(3):
            busy.change(CHANGES // 3, PAUSE)
            while not busy.has_done():
                panel.serve()
            figures.append((busy.memory(), busy.descriptors()))

    counts = {name: len(times) for name, times in panel.came.items()}
    sys.stdout.write(
        f"\n{CHANGES} changes; {start} KiB at the start, (KiB, descriptors) after each third "
        f"{figures}; signals {counts}\n"
    )
    (memory, descriptors), *_, (memory_after, descriptors_after) = figures
    assert memory_after <= memory + SLACK
    assert descriptors_after == descriptors
    assert panel.read["IconPixmap"] > CHANGES * PAUSE / INTERVAL / 2
    for name, times in panel.came.items():
        for first, last in zip(times, times[20:], strict=False):
            assert last - first > 20 * INTERVAL - LATE, name
