"""Rows of a table out of the bytes of a SQLite file, whatever else of it is lost.

Through SQL one damaged page hides all that lies below it. Each leaf of a table says by itself what
it holds (https://www.sqlite.org/fileformat2.html, "B-tree Pages"), so all that need be whole is the
leaf, and the further pages of a value that is longer than a page. Every page is read as a leaf:
what kind a page is may be damaged too. Which table a row is of, and whether it is whole or a row at
all, is for the caller to find out.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

Value = bytes | str | int | float | None


def rows(data: bytes, page_size: int) -> Iterator[tuple[int, list[Value]]]:
    """Give id and values of each row that can be read, page by page."""
    for start in range(0, len(data), page_size):
        page = data[start : start + page_size].ljust(page_size, b"\0")
        # The first page begins with the header of the file.
        header = 100 if start == 0 else 0
        count, first = struct.unpack_from(">HH", page, header + 3)
        places = range(header + 8, min(header + 8 + 2 * count, page_size - 1), 2)
        offsets = [struct.unpack_from(">H", page, place)[0] for place in places]
        # What points to a row may be damaged too; but where one ends another begins.
        offsets.append(first)
        tried = set()
        for offset in offsets:
            if offset in tried:
                continue
            tried.add(offset)
            try:
                identity, values, end = _row(data, page, offset)
            except (IndexError, struct.error, ValueError):
                continue
            offsets.append(end)
            yield identity, values


def _row(data: bytes, page: bytes, offset: int) -> tuple[int, list[Value], int]:
    """Give id and values, and where the row ends on its page."""
    size, offset = _varint(page, offset)
    identity, offset = _varint(page, offset)
    payload, end = _payload(data, page, offset, size)
    header_size, place = _varint(payload, 0)
    kinds = []
    while place < header_size:
        kind, place = _varint(payload, place)
        kinds.append(kind)
    values: list[Value] = []
    for kind in kinds:
        value, place = _value(payload, place, kind)
        values.append(value)
    return identity, values, end


def _payload(data: bytes, page: bytes, offset: int, size: int) -> tuple[bytes, int]:
    """Give the bytes of a row; the rest of a long one is a chain of further pages."""
    page_size = len(page)
    if size > len(data):
        raise ValueError("longer than the file")
    most, least = page_size - 35, (page_size - 12) * 32 // 255 - 23
    here = size
    if size > most:
        fitting = least + (size - least) % (page_size - 4)
        here = fitting if fitting <= most else least
    parts = [page[offset : offset + here]]
    missing, place = size - here, offset + here
    end = place + 4 if missing else place
    source = page
    while missing > 0:
        (number,) = struct.unpack_from(">I", source, place)
        source, place = data[(number - 1) * page_size : number * page_size], 0
        if number == 0 or len(source) <= 4:
            raise ValueError("the chain of pages is broken")
        parts.append(source[4 : 4 + missing])
        missing -= len(parts[-1])
    return b"".join(parts), end


def _varint(data: bytes, place: int) -> tuple[int, int]:
    number = 0
    for byte in data[place : place + 8]:
        place += 1
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            return number, place
    return number << 8 | data[place], place + 1


def _value(payload: bytes, place: int, kind: int) -> tuple[Value, int]:
    lengths = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 7: 8, 8: 0, 9: 0}
    length = lengths[kind] if kind in lengths else (kind - 12) // 2
    raw = payload[place : place + length]
    if length < 0 or len(raw) < length:
        raise ValueError("a value goes beyond its row")
    place += length
    if kind == 0:
        return None, place
    if kind == 7:
        return struct.unpack(">d", raw)[0], place
    if kind in (8, 9):
        return kind - 8, place
    if kind <= 6:
        return int.from_bytes(raw, "big", signed=True), place
    return (raw.decode("utf-8", errors="replace") if kind % 2 else raw), place
