from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tests.coding.samples import a_number, a_status
from trayapp.resident.asking import ZoneNote
from trayapp.resident.snapshot_store import SnapshotStore

API_URL = "https://hackatime.example/api/hackatime/v1"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "today.json"


def test_a_number_is_given_back_to_its_own_account_and_server_only(path: Path) -> None:
    store = SnapshotStore(path)
    store.save(a_status(a_number()), show=True)

    found = store.number("hackatime", API_URL)
    assert found is not None
    assert found.total_seconds == 7500
    assert store.number("hackatime", "https://other.example/api") is None
    assert store.number("other", API_URL) is None


def test_zones_are_kept_between_runs(path: Path) -> None:
    notes = {f"hackatime@{API_URL}": ZoneNote("Europe/Berlin", 5.0), "x@y": ZoneNote(None, 6.0)}
    SnapshotStore(path).save(a_status(), show=True, zones=notes)

    assert SnapshotStore(path).zones() == notes


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b'{"schema": 2, "accounts": {}, "zones": {}}',
        b'{"schema": 1, "accounts": [], "zones": {}}',
        b'{"schema": 1, "accounts": {"hackatime": 3}, "zones": {"x@y": {}}}',
    ],
)
def test_a_file_that_cannot_be_read_counts_as_none_and_is_written_anew(
    path: Path, content: bytes
) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    store = SnapshotStore(path)
    assert store.number("hackatime", API_URL) is None
    assert store.zones() == {}

    store.save(a_status(a_number()), show=True)

    assert store.number("hackatime", API_URL) is not None


def test_a_file_that_cannot_be_written_is_a_logged_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    caplog.set_level(logging.WARNING, "trayapp")

    SnapshotStore(tmp_path / "file" / "today.json").save(a_status(), show=True)

    assert "cannot be written" in caplog.text
