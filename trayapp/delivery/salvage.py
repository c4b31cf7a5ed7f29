"""What can be read of a damaged queue, in a new file; the old one is kept under another name."""

from __future__ import annotations

import math
import os
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

from trayapp.delivery import leaf_pages
from trayapp.delivery.files import make_private_file, sync_folder
from trayapp.delivery.locks import is_busy, opened
from trayapp.delivery.rows import Content
from trayapp.delivery.schema import COLUMNS, HIGHEST_ID, PAGE_SIZE, addressees, create

GAP = 1_000_000
"""New ids begin so far beyond those that were read: an id that was lost is not given again."""

UNREADABLE = (sqlite3.Error, UnicodeDecodeError)
"""An error quotes what is damaged, which need not be text."""

HEADER_SIZE = 100

# https://www.sqlite.org/fileformat2.html, "The Database Header"; what never changes in ours.
_HEADER = {
    0: b"SQLite format 3\0" + PAGE_SIZE.to_bytes(2, "big") + bytes([1, 1, 0, 64, 32, 32]),
    32: bytes(8),  # No free pages: none are looked for.
    44: (4).to_bytes(4, "big"),
    52: bytes(4),
    56: (1).to_bytes(4, "big"),
}

STATES = ("waiting", "done", "dead", "set-aside", "dropped")


def damaged_files(path: Path) -> list[Path]:
    """Give the files that were set aside."""
    return sorted(path.parent.glob(f"{path.stem}-damaged-*"))


def mend(path: Path) -> str:
    """Set a damaged file aside and put what can be read of it into a new one; tell what was done.

    Raises sqlite3.Error and OSError, with nothing changed: the new file is complete before it takes
    the other's place, and at no moment is there none. Nobody else may use it meanwhile.
    """
    aside = _name_aside(path)
    new = path.with_name(f"{path.name}.new")
    for leftover in (new, Path(f"{new}-journal")):
        leftover.unlink(missing_ok=True)
    make_private_file(new)
    try:
        _undo_unfinished(path)
        data = path.read_bytes()
        with closing(sqlite3.connect(new, isolation_level=None)) as mended:
            with closing(_sql_of(data)) as readable:
                found = Salvage(data, readable)
            found.write(mended)
        _keep(path, aside, data)
        journal = Path(f"{path}-journal")
        if journal.exists():
            # It must not be there when the new file is: SQLite would undo that with it.
            journal.replace(f"{aside}-journal")
        new.replace(path)
        sync_folder(path.parent)
    finally:
        new.unlink(missing_ok=True)
    lost = f", {found.lost} could not be" if found.lost else ""
    return f"The queue was damaged: {found.saved} recordings were saved{lost}. It is now {aside}"


class Salvage:
    """What a damaged file holds still.

    A heartbeat counts if its seal is right. Its deliveries are looked for by SQL; where they are
    lost or in doubt it goes to all its receivers, who store it once.
    """

    def __init__(self, data: bytes, damaged: sqlite3.Connection) -> None:
        found, homeless = _sealed(data)
        new_id = max([*found, _sequence(damaged)], default=0) + GAP
        self._sequence = new_id + len(homeless)
        self._heartbeats = found | dict(enumerate(homeless, new_id))
        self.deliveries = {
            identity: _deliveries(damaged, identity, content)
            for identity, content in self._heartbeats.items()
        }
        self._window = _window(damaged)
        # All that has a body: nobody misses history.
        self.saved = sum(content.body is not None for content in self._heartbeats.values())
        self.lost = max(0, len(_unfinished(damaged) - found.keys()) - len(homeless))

    def write(self, mended: sqlite3.Connection) -> None:
        """Put all of it into a new file."""
        mended.execute("PRAGMA synchronous = FULL")
        mended.execute("PRAGMA secure_delete = ON")
        create(mended)
        mended.execute("BEGIN IMMEDIATE")
        for identity, content in self._heartbeats.items():
            _insert(mended, identity, content, self.deliveries[identity])
        if self._window is not None and self._window[3] in self._heartbeats:
            mended.execute("INSERT INTO coalescing_window VALUES (?, ?, ?, ?)", self._window)
        mended.execute("DELETE FROM sqlite_sequence")
        mended.execute("INSERT INTO sqlite_sequence VALUES ('heartbeats', ?)", (self._sequence,))
        mended.execute("COMMIT")


Delivery = tuple[str, str, int, float, str]


def _sealed(data: bytes) -> tuple[dict[int, Content], list[Content]]:
    """Give the heartbeats by id, and those without: an id that two claim is neither's."""
    claims: dict[int, list[Content]] = {}
    for identity, values in leaf_pages.rows(data, PAGE_SIZE):
        content = _content(values)
        if content is not None and content not in claims.setdefault(identity, []):
            claims[identity].append(content)
    found: dict[int, Content] = {}
    homeless: list[Content] = []
    for identity, contents in sorted(claims.items()):
        if len(contents) == 1 and 0 < identity <= HIGHEST_ID:
            found[identity] = contents[0]
        else:
            homeless += contents
    return found, homeless


def _content(values: list[leaf_pages.Value]) -> Content | None:
    # The id lies beside the row, and its column is empty.
    if len(values) != 1 + len(COLUMNS.split(",")):
        return None
    _, body, machine, user_agent, at, project, language, receivers, seal = values
    if isinstance(at, int):
        # SQLite stores whole numbers so.
        at = float(at)
    # The seal tells whether the kinds are right.
    content = Content(body, machine, user_agent, at, project, language, receivers, seal)  # type: ignore[arg-type]
    return content if content.is_whole() else None


def _deliveries(damaged: sqlite3.Connection, identity: int, content: Content) -> list[Delivery]:
    """Give the deliveries of a heartbeat, as waiting those that cannot be read or contradict."""
    waiting = {} if content.body is None else {one[0]: one for one in _all_waiting(content)}
    found: dict[str, Delivery] = {}
    with suppress(*UNREADABLE):
        for heartbeat, receiver, state, tries, at, reason in damaged.execute(
            "SELECT heartbeat, receiver, state, tries, at, reason FROM deliveries"
            " WHERE heartbeat = ?",
            (identity,),
        ):
            sound = (
                # Where the order of rows is broken SQLite gives others than it was asked for.
                heartbeat == identity
                and isinstance(receiver, str)
                and (receiver in waiting or (content.body is None and state == "done"))
                and state in STATES
                and isinstance(tries, int)
                and isinstance(at, float)
                and math.isfinite(at)
                and isinstance(reason, str)
            )
            one = (receiver, state, tries, at, reason)
            if sound and found.setdefault(receiver, one) != one and receiver in waiting:
                found[receiver] = waiting[receiver]
    return list((waiting | found).values())


def _all_waiting(content: Content) -> list[Delivery]:
    return [(name, "waiting", 0, 0.0, "") for name in sorted(addressees(content.receivers))]


def _insert(
    mended: sqlite3.Connection, identity: int, content: Content, deliveries: list[Delivery]
) -> None:
    mended.execute(
        f"INSERT INTO heartbeats (id, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 -- a constant
        (identity, *content.values()),
    )
    mended.executemany(
        "INSERT INTO deliveries (heartbeat, receiver, state, tries, at, reason)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [(identity, *one) for one in deliveries],
    )


def _window(damaged: sqlite3.Connection) -> tuple[bytes, float, float, int] | None:
    with suppress(*UNREADABLE):
        row = damaged.execute(
            "SELECT key, started_at, held_at, held FROM coalescing_window"
        ).fetchone()
        kinds = (bytes, float, float, int)
        if row and all(isinstance(value, kind) for value, kind in zip(row, kinds, strict=True)):
            return (row[0], row[1], row[2], row[3])
    return None


def _unfinished(damaged: sqlite3.Connection) -> set[int]:
    """Give the ids to which deliveries still belong."""
    with suppress(*UNREADABLE):
        return {
            identity
            for (identity,) in damaged.execute(
                "SELECT heartbeat FROM deliveries WHERE state IN ('waiting', 'dead', 'set-aside')"
            )
        }
    return set()


def _sequence(damaged: sqlite3.Connection) -> int:
    with suppress(*UNREADABLE):
        (number,) = damaged.execute("SELECT max(seq) FROM sqlite_sequence").fetchone()
        if isinstance(number, int) and 0 < number <= HIGHEST_ID:
            return number
    return 0


def _sql_of(data: bytes) -> sqlite3.Connection:
    """Open a copy in memory whose header is as it must be: without it nothing could be read."""
    header = bytearray(data[:HEADER_SIZE].ljust(HEADER_SIZE, b"\0"))
    for place, known in _HEADER.items():
        header[place : place + len(known)] = known
    header[28:32] = (len(data) // PAGE_SIZE).to_bytes(4, "big")
    # It counts only if these two agree.
    header[92:96] = header[24:28]
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.text_factory = lambda text: text.decode("utf-8", errors="replace")
    connection.deserialize(bytes(header) + data[HEADER_SIZE:])
    return connection


def _undo_unfinished(path: Path) -> None:
    """Undo what a killed process left half done; raises sqlite3.Error if somebody uses the file."""
    with closing(opened(path)) as damaged:
        for statement in ("PRAGMA journal_mode = DELETE", "BEGIN EXCLUSIVE"):
            try:
                damaged.execute(statement)
            except UNREADABLE as error:
                if isinstance(error, sqlite3.Error) and is_busy(error):
                    raise


def _name_aside(path: Path) -> Path:
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    names = [path.with_name(f"{path.stem}-damaged-{stamp}{path.suffix}")]
    while names[-1].exists():
        names.append(path.with_name(f"{path.stem}-damaged-{stamp}-{len(names) + 1}{path.suffix}"))
    return names[-1]


def _keep(path: Path, aside: Path, data: bytes) -> None:
    """Give the file a second name; it keeps its own."""
    try:
        os.link(path, aside)
    except OSError:
        # No hard links here.
        make_private_file(aside)
        try:
            aside.write_bytes(data)
        except OSError:
            aside.unlink()
            raise
