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
    """Hand on each event of a watched folder, with the time at which it was read.

    `inner` are folders in it, each with a separator behind, that are watched for themselves: what
    happens there is told by their own handlers.
    """

    def __init__(self, tell: Callable[[RawEvent], None], folder: str) -> None:
        self._tell = tell
        self._folder = folder
        self.inner: tuple[str, ...] = ()

    def dispatch(self, event: FileSystemEvent) -> None:
        """Take one event, on the observer's thread."""
        told = raw_event(event, time.time(), self._folder)
        if told is not None and not (self.inner and told.path.startswith(self.inner)):
            self._tell(told)


def raw_event(event: FileSystemEvent, at: float, watch: str) -> RawEvent | None:
    """Turn watchdog's event into ours; None for one that tells nothing of saves."""
    if isinstance(event, OverflowEvent):
        return RawEvent(Kind.OVERFLOW, "", "", False, at, watch)
    source = os.fsdecode(event.src_path)
    if event.event_type == "moved":
        kind = Kind.MOVED if source else Kind.MOVED_IN
        path = os.fsdecode(event.dest_path)
        return RawEvent(kind, path, source, event.is_directory, at, watch)
    told = _KINDS.get(event.event_type)
    return None if told is None else RawEvent(told, source, "", event.is_directory, at, watch)
