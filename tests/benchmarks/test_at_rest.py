from __future__ import annotations

import pytest

from tests.benchmarks.at_rest import TARGETS, main


@pytest.mark.desktop
def test_the_benchmark_runs_and_prints_the_tray_at_rest(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["at_rest", "1"])

    main()

    printed = capsys.readouterr().out
    assert all(f"{name}  " in printed for name in TARGETS)
    assert "voluntary context switches" in printed
