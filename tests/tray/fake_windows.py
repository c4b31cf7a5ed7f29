# ruff: noqa: N802 -- Windows' own names
"""As much of Windows as pystray and trayapp call: windows, messages, menus, the taskbar's icons.

pystray's own code runs on it, with what ctypes has on Windows only put in place.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NamedTuple

import pytest
from PIL import Image
from PIL.IcoImagePlugin import IcoImageFile

from .fake_modules import imported_anew

MODULES = ("pystray._util.win32", "pystray._win32", "trayapp.tray.windows_icon")

WM_LBUTTONUP, WM_RBUTTONUP, WM_NOTIFY, WM_QUIT = 0x0202, 0x0205, 0x040B, 0x0012
WM_QUERYENDSESSION, WM_ENDSESSION = 0x0011, 0x0016
TASKBAR_CREATED = 0xC000
NIM_ADD, NIM_MODIFY, NIM_DELETE = 0, 1, 2
NIF_ICON, NIF_TIP, NIF_INFO = 2, 4, 16
MFS_CHECKED, MFS_DISABLED, MFS_DEFAULT = 0x8, 0x3, 0x1000
MFT_RADIOCHECK, MFT_SEPARATOR = 0x200, 0x800
MIIM_STRING = 0x40
SM_CXSMICON = 49
LIMIT = 5.0


class Post(NamedTuple):
    """A message in the thread's queue; or, while a menu is open, what is chosen there."""

    window: int
    message: int
    wparam: int = 0
    lparam: int = 0
    choice: int | None = None


@dataclass
class TaskbarIcon:
    """An icon that the taskbar shows, and the messages that it has shown beside it."""

    picture: Image.Image
    tooltip: str
    messages: list[tuple[str, str]] = field(default_factory=list)


class Function:
    """A function of a library, with the attributes that ctypes gives it."""

    errcheck: Callable[[Any, Any, Any], Any] | None = None
    argtypes: Any = None
    restype: Any = None

    def __init__(self, implementation: Callable[..., Any]) -> None:
        self._implementation = implementation

    def __call__(self, *arguments: Any) -> Any:
        result = self._implementation(*arguments)
        return result if self.errcheck is None else self.errcheck(result, self, arguments)


class FakeWindows:
    """One session: its methods named as Windows' functions are those functions.

    `refused` is how many icons the taskbar does not take, as before Explorer is ready. `wrongs` is
    what nobody may do, kept because pystray swallows what is raised there.
    """

    def __init__(self, small_icon_side: int = 16) -> None:
        self.taskbar: dict[int, TaskbarIcon] = {}
        self.refused = 0
        self.posted_to_nobody = 0
        self.tried = 0
        self.added = 0
        self.dpi_aware = False
        self.icon_files: list[Path] = []
        self.icons: dict[int, Image.Image] = {}
        self.menus: dict[int, list[Any]] = {}
        self.open_menu: int | None = None
        self.wrongs: list[str] = []
        self.small_icon_side = small_icon_side
        self._numbers = count(1)
        self._procedures: dict[int, Any] = {}
        self._windows: dict[int, Any] = {}
        self._queue: SimpleQueue[Post] = SimpleQueue()

    def library(self, _name: str) -> Any:
        """Stand for ctypes.WinDLL; one object for all libraries."""
        windows = self

        class Library:
            def __getattr__(self, name: str) -> Function:
                function = Function(getattr(windows, name))
                setattr(self, name, function)
                return function

        return Library()

    # What a person and the system do.

    def send(self, message: int, wparam: int = 0, lparam: int = 0) -> None:
        """Send a message to the window that has an icon."""
        self._queue.put(Post(next(iter(self._windows)), message, wparam, lparam))

    def ask(self, message: int) -> int:
        """Send a message, and give the window's answer."""
        return self.dispatch(Post(next(iter(self._windows)), message))

    def choose(self, identifier: int) -> None:
        """Choose in the open menu; 0 closes it."""
        self._queue.put(Post(0, 0, choice=identifier))

    # kernel32, shcore and the metrics.

    def GetModuleHandleW(self, _name: None) -> int:
        return 1

    def SetProcessDpiAwareness(self, awareness: int) -> int:
        assert awareness == 1
        assert not self._windows
        self.dpi_aware = True
        return 0

    def GetSystemMetrics(self, metric: int) -> int:
        assert metric == SM_CXSMICON
        assert self.dpi_aware
        return self.small_icon_side

    # Windows and messages.

    def RegisterWindowMessageW(self, _name: str) -> int:
        return TASKBAR_CREATED

    def RegisterClassExW(self, description: Any) -> int:
        atom = next(self._numbers)
        self._procedures[atom] = description.lpfnWndProc
        return atom

    def UnregisterClassW(self, atom: int, _module: int) -> bool:
        return self._procedures.pop(atom, None) is not None

    def CreateWindowExW(self, _style: int, atom: int, *_rest: Any) -> int:
        assert self.dpi_aware
        window = next(self._numbers)
        self._windows[window] = self._procedures[atom]
        return window

    def DestroyWindow(self, window: int) -> bool:
        return self._windows.pop(window, None) is not None

    def ChangeWindowMessageFilterEx(self, *_arguments: Any) -> bool:
        return True

    def DefWindowProcW(self, *_arguments: Any) -> int:
        return 0

    def PeekMessageW(self, *_arguments: Any) -> bool:
        return False

    def PostMessageW(self, window: int, message: int, wparam: int, lparam: int) -> bool:
        if window not in self._windows:
            self.posted_to_nobody += 1
            return False
        self._queue.put(Post(window, message, wparam, lparam))
        return True

    def PostQuitMessage(self, _code: int) -> None:
        self._queue.put(Post(0, WM_QUIT))

    def GetMessageW(self, pointer: Any, *_filter: Any) -> int:
        post = self._queue.get(timeout=LIMIT)
        message = pointer._obj
        message.hWnd, message.message = post.window, post.message
        message.wParam, message.lParam = post.wparam, post.lparam
        return int(post.message != WM_QUIT)

    def TranslateMessage(self, _pointer: Any) -> bool:
        return False

    def DispatchMessageW(self, pointer: Any) -> int:
        message = pointer._obj
        return self.dispatch(Post(message.hWnd, message.message, message.wParam, message.lParam))

    def dispatch(self, post: Post) -> int:
        procedure = self._windows.get(post.window)
        return int(procedure(*post[:4])) if procedure else 0

    # Icons and the taskbar.

    def LoadImageW(
        self, _module: None, path: str, kind: int, width: int, height: int, flags: int
    ) -> int:
        assert (kind, flags) == (1, 0x10)
        self.icon_files.append(Path(path))
        with Image.open(path) as file:
            assert isinstance(file, IcoImageFile)
            handle = next(self._numbers)
            self.icons[handle] = file.ico.getimage((width, height)).copy()
        return handle

    def DestroyIcon(self, handle: int) -> bool:
        return self.icons.pop(handle, None) is not None

    def Shell_NotifyIconW(self, code: int, data: Any) -> bool:
        if code == NIM_DELETE:
            return self.taskbar.pop(data.hWnd, None) is not None
        if code == NIM_ADD:
            self.tried += 1
            if self.refused:
                self.refused -= 1
                return False
            if data.hWnd in self.taskbar:
                return False
            self.added += 1
            self.taskbar[data.hWnd] = TaskbarIcon(self.icons[data.hIcon], data.szTip)
        icon = self.taskbar.get(data.hWnd)
        if icon is None:
            return False
        if data.uFlags & NIF_ICON:
            icon.picture = self.icons[data.hIcon]
        if data.uFlags & NIF_TIP:
            icon.tooltip = data.szTip
        if data.uFlags & NIF_INFO:
            icon.messages.append((data.szInfoTitle, data.szInfo))
        return True

    # Menus.

    def CreatePopupMenu(self) -> int:
        handle = next(self._numbers)
        self.menus[handle] = []
        return handle

    def InsertMenuItemW(self, menu: int, place: int, _by_place: bool, item: Any) -> bool:
        self.menus[menu].insert(place, item._obj)
        return True

    def DestroyMenu(self, menu: int) -> bool:
        if menu == self.open_menu:
            self.wrongs.append("an open menu was destroyed")
        items = self.menus.pop(menu, None)
        for item in items or ():
            if item.hSubMenu:
                self.DestroyMenu(item.hSubMenu)
        return items is not None

    def SetForegroundWindow(self, _window: int) -> bool:
        return True

    def GetCursorPos(self, _point: Any) -> bool:
        return True

    def TrackPopupMenuEx(self, menu: int, *_rest: Any) -> int:
        """Show a menu until something is chosen, with a loop of its own for all messages."""
        self.open_menu = menu
        try:
            while (post := self._queue.get(timeout=LIMIT)).choice is None:
                if post.message == WM_QUIT:
                    self._queue.put(post)
                    return 0
                self.dispatch(post)
        finally:
            self.open_menu = None
        return post.choice


@contextmanager
def on_windows(fake: FakeWindows) -> Iterator[None]:
    """Let pystray's backend and ours be imported on it."""
    with pytest.MonkeyPatch.context() as patch, imported_anew(MODULES):
        patch.setattr(ctypes, "WinDLL", fake.library, raising=False)
        patch.setattr(ctypes, "WINFUNCTYPE", ctypes.CFUNCTYPE, raising=False)
        patch.setattr(ctypes, "HRESULT", ctypes.c_long, raising=False)
        patch.setattr(ctypes, "WinError", OSError, raising=False)
        yield
