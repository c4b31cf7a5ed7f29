from __future__ import annotations

import sys

import pytest

if sys.platform != "linux":
    pytest.skip("inotify is Linux only", allow_module_level=True)

from tests.benchmarks.delivery import TARGETS, main


def test_the_benchmark_runs_and_prints_what_was_promised(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["delivery", "--small"])

    main()

    printed = capsys.readouterr().out
    assert all(name in printed for name in (*TARGETS, "inserts", "drain", "python -c pass"))
