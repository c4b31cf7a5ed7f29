"""What macOS and Windows tell watchdog, played on Linux to watchdog's own code.

Nothing of this was recorded on those systems: the sequences are those of FSEvents.h and winnt.h,
of watchdog's sources and of its and others' issue threads. The fakes are no bigger than what
watchdog calls: `_watchdog_fsevents` of its own, and kernel32.
"""

from __future__ import annotations

import ctypes
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import pytest

from trayapp.watching.native_root import MakeEmitter

FAKED_IMPORTS = (
    "watchdog.observers.fsevents",
    "watchdog.observers.read_directory_changes",
    "watchdog.observers.winapi",
    "trayapp.watching.native_macos",
    "trayapp.watching.native_windows",
)


class System(Protocol):
    """Tells what somebody does on the disk, when `tell` is called."""

    emitter: MakeEmitter

    def wrote(self, path: str, *, is_new: bool) -> None: ...
    def made_folder(self, path: str) -> None: ...
    def renamed(self, old: str, new: str, *, replaced: bool) -> None: ...
    def removed(self, path: str, inode: int) -> None: ...
    def touched(self, path: str) -> None: ...
    def tell(self) -> None: ...
    def lose_events(self, root: str) -> None: ...
    def lose_root(self, root: str) -> None: ...


CREATED, REMOVED, META, RENAMED, MODIFIED = 0x100, 0x200, 0x400, 0x800, 0x1000
ROOT_CHANGED, DROPPED = 0x20, 0x2
FLAGS = {
    "is_created": CREATED,
    "is_removed": REMOVED,
    "is_inode_meta_mod": META,
    "is_renamed": RENAMED,
    "is_modified": MODIFIED,
    "is_root_changed": ROOT_CHANGED,
    "is_directory": 0x20000,
    "is_xattr_mod": 0,
    "is_owner_change": 0,
}


class NativeEvent:
    """FSEvents' one event, as watchdog's extension gives it."""

    def __init__(self, path: str, inode: int, flags: int, event_id: int) -> None:
        self.path, self.inode, self.event_id = path, inode, event_id
        for name, flag in FLAGS.items():
            setattr(self, name, bool(flags & flag))


@dataclass
class MacEvent:
    path: str
    inode: int
    flags: int


class Mac:
    """FSEvents: either all at once with the flags of each file joined, or each event alone."""

    def __init__(self, emitter: MakeEmitter, streams: list[Stream], *, joins: bool) -> None:
        self.emitter = emitter
        self._streams = streams
        self._joins = joins
        self._events: list[MacEvent] = []

    def wrote(self, path: str, *, is_new: bool) -> None:
        self._add(path, Path(path).stat().st_ino, MODIFIED | (CREATED if is_new else META))

    def made_folder(self, path: str) -> None:
        self._add(path, Path(path).stat().st_ino, CREATED | FLAGS["is_directory"])

    def renamed(self, old: str, new: str, *, replaced: bool) -> None:  # noqa: ARG002  not told
        folder = FLAGS["is_directory"] if Path(new).is_dir() else 0
        for path in (old, new):
            self._add(path, Path(new).stat().st_ino, RENAMED | folder)

    def removed(self, path: str, inode: int) -> None:
        self._add(path, inode, REMOVED)

    def touched(self, path: str) -> None:
        self._add(path, Path(path).stat().st_ino, META)

    def tell(self) -> None:
        batches = [self._events] if self._joins else [[event] for event in self._events]
        for batch in batches:
            for stream in self._streams:
                stream.call([one for one in batch if one.path.startswith(stream.path)])
        self._events = []

    def lose_events(self, root: str) -> None:
        self._add(root, 1, DROPPED)
        self.tell()

    def lose_root(self, root: str) -> None:
        self._add(root, 1, ROOT_CHANGED)
        self.tell()

    def _add(self, path: str, inode: int, flags: int) -> None:
        for event in self._events:
            if self._joins and (event.path, event.inode) == (path, inode):
                event.flags |= flags
                return
        self._events.append(MacEvent(path, inode, flags))


class Stream:
    """FSEventStream, as watchdog's extension wraps it."""

    running: list[Stream]

    def __init__(self, paths: list[str], *, latency: float) -> None:
        assert latency < 1
        self.path = paths[0]
        self._ended = threading.Event()

    def run(self, callback: Callable[..., None], started: Callable[[], None]) -> None:
        self._callback = callback
        self.running.append(self)
        started()
        self._ended.wait()

    def stop(self) -> None:
        if self in self.running:
            self.running.remove(self)
        self._ended.set()

    def call(self, events: list[MacEvent]) -> None:
        if events:
            self._callback(
                [one.path for one in events],
                [one.inode for one in events],
                [one.flags for one in events],
                list(range(len(events))),
            )


ADDED, DELETED, CHANGED, OLD_NAME, NEW_NAME = 1, 2, 3, 4, 5
ABORTED, ACCESS_DENIED = 995, 5


@dataclass(frozen=True)
class WindowsEvent:
    path: str
    action: int
    is_attribute: bool = False


class Windows:
    """ReadDirectoryChangesExW on NTFS, with all that happened in one buffer."""

    def __init__(self, emitter: MakeEmitter, kernel: Kernel32) -> None:
        self.emitter = emitter
        self._kernel = kernel
        self._events: list[WindowsEvent] = []

    def wrote(self, path: str, *, is_new: bool) -> None:
        # Once for the size and once for the time, when it is closed.
        actions = (ADDED, CHANGED, CHANGED) if is_new else (CHANGED, CHANGED)
        self._add(*(WindowsEvent(path, action) for action in actions))

    def made_folder(self, path: str) -> None:
        self._add(WindowsEvent(path, ADDED))

    def renamed(self, old: str, new: str, *, replaced: bool) -> None:
        if replaced:
            self._add(WindowsEvent(new, DELETED))
        if Path(old).parent == Path(new).parent:
            self._add(WindowsEvent(old, OLD_NAME), WindowsEvent(new, NEW_NAME))
        else:
            self._add(WindowsEvent(old, DELETED), WindowsEvent(new, ADDED))

    def removed(self, path: str, inode: int) -> None:  # noqa: ARG002  macOS tells it
        self._add(WindowsEvent(path, DELETED))

    def touched(self, path: str) -> None:
        self._add(WindowsEvent(path, CHANGED, is_attribute=True))

    def tell(self) -> None:
        for folder in self._kernel.folders.values():
            inside = [
                (one, os.path.relpath(one.path, folder.path))
                for one in self._events
                if one.path.startswith(f"{folder.path}/")
                and (folder.is_recursive or str(Path(one.path).parent) == folder.path)
            ]
            if inside:
                folder.answers.put(_records(inside))
        self._events = []

    def lose_events(self, root: str) -> None:
        self._kernel.opened(root).answers.put(b"")

    def lose_root(self, root: str) -> None:
        self._kernel.opened(root).answers.put(ACCESS_DENIED)

    def _add(self, *events: WindowsEvent) -> None:
        for event in events:
            self._events.append(event)
            parent = str(Path(event.path).parent)
            if event.action != CHANGED:
                self._events.append(WindowsEvent(parent, CHANGED))


def _records(events: list[tuple[WindowsEvent, str]]) -> bytes:
    """Fill a buffer as the system does; the structure's numbers are longer on Linux."""
    from watchdog.observers.winapi import FileNotifyExtendedInformation  # noqa: PLC0415  as faked

    data = b""
    for number, (event, path) in enumerate(events, start=1):
        name = path.encode("utf-16-le")
        offset = FileNotifyExtendedInformation.FileName.offset
        size = -(-(offset + len(name)) // 8) * 8
        record = FileNotifyExtendedInformation(
            NextEntryOffset=0 if number == len(events) else size,
            Action=event.action,
            LastModificationTime=10,
            LastChangeTime=11 if event.is_attribute else 10,
            FileNameLength=len(name),
        )
        data += (bytes(record)[:offset] + name).ljust(size, b"\0")
    return data


class Opened:
    """A folder that is open in kernel32; an answer is a buffer, or the number of an error."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.is_recursive = True
        self.answers: queue.SimpleQueue[bytes | int] = queue.SimpleQueue()


class Kernel32:
    """What watchdog calls of kernel32; anything else is a function that is never called."""

    def __init__(self) -> None:
        self.folders: dict[int, Opened] = {}
        self._number = 0

    def __getattr__(self, name: str) -> Function:
        function = Function(getattr(type(self), f"_{name}", None), self)
        setattr(self, name, function)
        return function

    def opened(self, path: str) -> Opened:
        return next(one for one in self.folders.values() if one.path == path)

    def _CreateFileW(self, path: str, *_rest: object) -> int:  # noqa: N802  Windows' names
        self._number += 1
        self.folders[self._number] = Opened(path)
        return self._number

    def _CloseHandle(self, handle: int) -> bool:  # noqa: N802
        return self.folders.pop(handle, None) is not None

    def _CancelIoEx(self, handle: int, _overlapped: None) -> bool:  # noqa: N802
        self.folders[handle].answers.put(ABORTED)
        return True

    def _GetFinalPathNameByHandleW(self, *_rest: object) -> int:  # noqa: N802
        return 0

    def _ReadDirectoryChangesExW(  # noqa: N802
        self,
        handle: int,
        buffer: Any,
        _size: int,
        is_recursive: bool,
        _flags: int,
        count: Any,
        *_rest: object,
    ) -> bool:
        folder = self.folders[handle]
        folder.is_recursive = is_recursive
        answer = folder.answers.get()
        if isinstance(answer, int):
            error = OSError(answer, "as Windows says")
            error.winerror = answer  # type: ignore[attr-defined]  # Windows has it
            raise error
        ctypes.memmove(buffer._obj, answer, len(answer))
        count._obj.value = len(answer)
        return True


class Function:
    """A function of a library, to which ctypes lets one say its types."""

    def __init__(self, function: Callable[..., object] | None, kernel: Kernel32) -> None:
        self._function = function
        self._kernel = kernel

    def __call__(self, *arguments: object) -> object:
        assert self._function is not None
        return self._function(self._kernel, *arguments)


@contextmanager
def played_system(name: str) -> Iterator[System]:
    """Give "macos", "macos apart" or "windows", with watchdog's code for it imported."""
    with pytest.MonkeyPatch.context() as patch:
        for module in FAKED_IMPORTS:
            patch.delitem(sys.modules, module, raising=False)
        try:
            yield _windows(patch) if name == "windows" else _mac(patch, joins=name == "macos")
        finally:
            for module in FAKED_IMPORTS:
                sys.modules.pop(module, None)


def _mac(patch: pytest.MonkeyPatch, *, joins: bool) -> Mac:
    extension = ModuleType("_watchdog_fsevents")
    patch.setattr(Stream, "running", [], raising=False)
    vars(extension).update(Stream=Stream, NativeEvent=NativeEvent)
    patch.setitem(sys.modules, "_watchdog_fsevents", extension)
    from trayapp.watching.native_macos import MacEmitter  # noqa: PLC0415  as faked

    return Mac(MacEmitter, Stream.running, joins=joins)


def _windows(patch: pytest.MonkeyPatch) -> Windows:
    kernel = Kernel32()
    patch.setattr(ctypes, "WinDLL", lambda _name: kernel, raising=False)
    from trayapp.watching.native_windows import WindowsEmitter  # noqa: PLC0415  as faked

    return Windows(WindowsEmitter, kernel)
