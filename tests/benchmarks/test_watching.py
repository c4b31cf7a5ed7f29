from __future__ import annotations

import sys

import pytest

if sys.platform != "linux":
    pytest.skip("inotify is Linux only", allow_module_level=True)

from tests.benchmarks.watching import WATCHERS, main


def test_the_benchmark_runs_and_prints_each_watcher_and_what_was_promised(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["watching", "--small"])

    main()

    printed = capsys.readouterr().out
    assert all(name in printed for name in WATCHERS if name != "watchfiles")
    assert all(word in printed for word in ("x bare", "x watchdog", "watches", "memory", "wakeups"))
    assert "save to capture" in printed
