from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.cli.logs import LARGEST_LOG_BYTES, LOG_FILES, log_to_file, redact


@pytest.fixture(autouse=True)
def _loggers() -> Iterator[None]:
    """Leave logging as it was."""
    ours, root, hook = logging.getLogger("trayapp"), logging.getLogger(), threading.excepthook
    before = (list(ours.handlers), list(root.handlers), ours.level, root.level, ours.propagate)
    yield
    for handler in {*ours.handlers, *root.handlers} - {*before[0], *before[1]}:
        handler.close()
    ours.handlers, root.handlers = before[0], before[1]
    ours.setLevel(before[2])
    root.setLevel(before[3])
    ours.propagate = before[4]
    threading.excepthook = hook


def test_three_files_of_a_megabyte_are_kept_and_no_more(tmp_path: Path) -> None:
    path = log_to_file(tmp_path, verbose=False)

    for number in range(4 * LARGEST_LOG_BYTES // 1000):
        logging.getLogger("trayapp.test").info("%06d %s", number, "x" * 950)

    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["trayapp.log", "trayapp.log.1", "trayapp.log.2"]
    assert len(files) == LOG_FILES
    assert all(file.stat().st_size <= LARGEST_LOG_BYTES for file in files)
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert path.read_text().rstrip().endswith("x")


def test_the_log_is_its_owners_alone_and_readable(tmp_path: Path) -> None:
    path = log_to_file(tmp_path, verbose=False)

    logging.getLogger("trayapp.resident").warning("nothing answers")

    assert path.stat().st_mode & 0o777 == 0o600
    assert "WARNING MainThread trayapp.resident: nothing answers" in path.read_text()


@pytest.mark.parametrize("verbose", [False, True])
def test_details_are_logged_only_when_wanted_and_libraries_details_never(
    tmp_path: Path, verbose: bool
) -> None:
    path = log_to_file(tmp_path, verbose=verbose)

    logging.getLogger("trayapp.test").debug("our details")
    logging.getLogger("httpcore").debug("their details")
    logging.getLogger("keyring").warning("their warning")

    text = path.read_text()
    assert ("our details" in text) == verbose
    assert "their details" not in text
    assert "their warning" in text


def test_a_thread_that_ends_by_a_mistake_is_in_the_log(tmp_path: Path) -> None:
    path = log_to_file(tmp_path, verbose=False)

    def fail() -> None:
        raise RuntimeError("nobody thought of this")

    thread = threading.Thread(target=fail, name="poller")
    thread.start()
    thread.join()

    assert "thread poller ended by a mistake" in path.read_text()
    assert "nobody thought of this" in path.read_text()


@given(st.uuids(version=4), st.sampled_from(["", "waka_", "waka_tok_"]), st.text(max_size=20))
def test_whatever_looks_like_a_key_is_masked(uuid: object, prefix: str, around: str) -> None:
    assert str(uuid) not in redact(f"{around}{prefix}{uuid}{around}")
    assert str(uuid) not in redact(f"key={prefix}{uuid}")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Authorization: Basic d2FrYV8xMjM0NTY3OA==", "Authorization: Basic [key]"),
        ("authorization: bearer abcdefgh12345678", "authorization: bearer [key]"),
        ("hka_0123456789abcdef", "[key]"),
        ("config.toml line 3 column 5", "config.toml line 3 column 5"),
    ],
)
def test_authorization_is_masked_and_ordinary_text_is_not(text: str, masked: str) -> None:
    assert redact(text) == masked


def test_a_key_in_an_exception_is_masked_too(tmp_path: Path) -> None:
    path = log_to_file(tmp_path, verbose=False)
    key = "11111111-2222-4333-8444-555555555555"

    try:
        int(key)
    except ValueError:
        logging.getLogger("trayapp.test").exception("it failed")

    assert "base 10: '[key]'" in path.read_text()
    assert key not in path.read_text()
