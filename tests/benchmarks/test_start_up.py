from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.start_up import TARGETS, main


def test_the_benchmark_runs_and_prints_a_ratio_for_each_promise(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["start_up", "2"])

    main()

    printed = capsys.readouterr().out
    assert all(name in printed for name in TARGETS)
