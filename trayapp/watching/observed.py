"""What watchdog calls with each event; apart, so that naming the monitor does not cost watchdog."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from watchdog.events import FileSystemEvent, FileSystemEventHandler

from trayapp.watching.events import Kind, RawEvent
from trayapp.watching.inotify import OverflowEvent

_KINDS = {"created": Kind.CREATED, "closed": Kind.CLOSED, "deleted": Kind.DELETED}


class Handler(FileSystemEventHandler):
    """Hand on each event with the time at which it was read."""

    def __init__(self, tell: Callable[[RawEvent], None]) -> None:
        self._tell = tell

    def dispatch(self, event: FileSystemEvent) -> None:
        """Take one event, on the observer's thread."""
        told = raw_event(event, time.time())
        if told is not None:
            self._tell(told)


def raw_event(event: FileSystemEvent, at: float) -> RawEvent | None:
    """Turn watchdog's event into ours; None for one that tells nothing of saves."""
    if isinstance(event, OverflowEvent):
        return RawEvent(Kind.OVERFLOW, "", "", False, at)
    source = os.fsdecode(event.src_path)
    if event.event_type == "moved":
        kind = Kind.MOVED if source else Kind.MOVED_IN
        return RawEvent(kind, os.fsdecode(event.dest_path), source, event.is_directory, at)
    told = _KINDS.get(event.event_type)
    return None if told is None else RawEvent(told, source, "", event.is_directory, at)
