from __future__ import annotations

import sys

import pytest

if sys.platform != "linux":
    pytest.skip("gnome-keyring is Linux only", allow_module_level=True)

from tests.benchmarks.today import FROM_CFG, FROM_KEYRING, SCRIPTS, TARGET, main
from tests.desktop.processes import require_programs


def test_the_benchmark_runs_and_prints_both_ratios_beside_the_promise(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    require_programs("dbus-daemon", "gnome-keyring-daemon")
    monkeypatch.setattr("sys.argv", ["today", "1"])

    main()

    printed = capsys.readouterr().out
    assert all(name in printed for name in (*SCRIPTS, FROM_CFG, FROM_KEYRING, TARGET))
