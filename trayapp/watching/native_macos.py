"""watchdog's emitter for FSEvents, which also tells when events were lost."""

from __future__ import annotations

from watchdog.observers.fsevents import FSEventsEmitter

from trayapp.watching.inotify.translation import OverflowEvent

MUST_SCAN = 0x1
USER_DROPPED = 0x2
KERNEL_DROPPED = 0x4
"""What FSEvents.h says of an event that stands for others that were not kept."""


class MacEmitter(FSEventsEmitter):
    """Tell of lost events by an OverflowEvent, of which watchdog says nothing."""

    def events_callback(
        self, paths: list[bytes], inodes: list[int], flags: list[int], ids: list[int]
    ) -> None:
        """Take what the system tells, on the stream's thread."""
        for path, flag in zip(paths, flags, strict=True):
            if flag & (MUST_SCAN | USER_DROPPED | KERNEL_DROPPED):
                self.queue_event(OverflowEvent(path))
        super().events_callback(paths, inodes, flags, ids)
