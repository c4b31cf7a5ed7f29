# ruff: noqa: N802 -- AppKit's own names
"""As much of macOS as pystray and trayapp call; every call but `callAfter` on the main thread.

The main thread is the one that asked for the application first. pystray's own code runs on it.
"""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from types import ModuleType
from typing import Any, ClassVar, Self

import pytest
from PIL import Image

from .fake_modules import imported_anew

MODULES = ("pystray._darwin", "trayapp.tray.macos_icon")
LIMIT = 5.0
ACCESSORY = 1
IMAGE_LEFT = 2


class FakeMac:
    """One session: the menu bar's items, the run loop, the signals that it handles."""

    def __init__(self) -> None:
        self.main_thread: int | None = None
        self.items: list[Any] = []
        self.policy: int | None = None
        self.signals: dict[int, Callable[[int], object]] = {}
        self._calls: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self._stopping = False

    def call_after(self, function: Callable[[], object]) -> None:
        """Stand for AppHelper.callAfter."""
        self._calls.put(function)

    def check_thread(self) -> None:
        assert self.main_thread == threading.get_ident(), "AppKit touched on another thread"

    def run(self) -> None:
        self.check_thread()
        self._stopping = False
        while not self._stopping:
            self._calls.get(timeout=LIMIT)()

    def stop(self) -> None:
        self.check_thread()
        self._stopping = True

    def set_signal(self, number: int, handler: Callable[[int], object]) -> None:
        self.signals[number] = handler


class NSObject:
    """Setters keep their values in `values`; anything else has to be defined."""

    mac: ClassVar[FakeMac]
    SETTERS: ClassVar[set[str]] = set()

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    @classmethod
    def alloc(cls) -> Self:
        cls.mac.check_thread()
        return cls()

    def init(self) -> Self:
        return self

    def __getattr__(self, name: str) -> Callable[[Any], None]:
        if name not in type(self).SETTERS:
            raise AttributeError(name)

        def set_value(value: Any) -> None:
            self.mac.check_thread()
            self.values[name] = value

        return set_value


class NSApplication(NSObject):
    @classmethod
    def sharedApplication(cls) -> Self:
        if cls.mac.main_thread is None:
            cls.mac.main_thread = threading.get_ident()
        return cls()

    def setActivationPolicy_(self, policy: int) -> None:
        self.mac.check_thread()
        self.mac.policy = policy

    def run(self) -> None:
        self.mac.run()

    def stop_(self, _sender: Any) -> None:
        self.mac.stop()

    def postEvent_atStart_(self, _event: Any, _at_start: bool) -> None:
        self.mac.check_thread()


class NSEvent:
    @staticmethod
    def otherEventWithType_location_modifierFlags_timestamp_windowNumber_context_subtype_data1_data2_(  # noqa: E501
        *_arguments: Any,
    ) -> object:
        return object()


class NSButton(NSObject):
    SETTERS: ClassVar[set[str]] = {
        *("setTarget_", "setAction_", "setHidden_", "setToolTip_", "setImage_"),
        *("setTitle_", "setImagePosition_", "setAccessibilityLabel_"),
    }


class NSStatusItem(NSObject):
    SETTERS: ClassVar[set[str]] = {"setMenu_"}

    def __init__(self) -> None:
        super().__init__()
        self.the_button = NSButton()

    def button(self) -> NSButton:
        self.mac.check_thread()
        return self.the_button


class NSStatusBar(NSObject):
    @classmethod
    def systemStatusBar(cls) -> Any:
        cls.mac.check_thread()
        return cls()

    def statusItemWithLength_(self, _length: int) -> Any:
        self.mac.check_thread()
        self.mac.items.append(NSStatusItem())
        return self.mac.items[-1]

    def removeStatusItem_(self, item: Any) -> None:
        self.mac.check_thread()
        self.mac.items.remove(item)


class NSData:
    @staticmethod
    def dataWithBytes_length_(data: bytes, length: int) -> bytes:
        assert len(data) == length
        return data


class NSImage(NSObject):
    SETTERS: ClassVar[set[str]] = {"setSize_", "setTemplate_"}

    def initWithData_(self, data: bytes) -> Self:
        with Image.open(io.BytesIO(data)) as image:
            self.picture = image.copy()
        return self


class NSMenu(NSObject):
    SETTERS: ClassVar[set[str]] = {"setAutoenablesItems_", "setDelegate_"}

    def initWithTitle_(self, _title: str) -> Self:
        self.items: list[Any] = []
        return self

    def addItem_(self, item: Any) -> None:
        self.mac.check_thread()
        self.items.append(item)

    def removeAllItems(self) -> None:
        self.mac.check_thread()
        self.items.clear()


class NSMenuItem(NSObject):
    SETTERS: ClassVar[set[str]] = {
        *("setAction_", "setTarget_", "setTag_", "setState_", "setEnabled_", "setSubmenu_"),
    }
    separator = False
    title = ""

    @classmethod
    def separatorItem(cls) -> Any:
        item = cls.alloc()
        item.separator = True
        return item

    def initWithTitle_action_keyEquivalent_(self, title: str, action: bytes, key: str) -> Self:
        assert key == ""
        self.title = title
        self.values["setAction_"] = action
        return self

    def tag(self) -> int:
        return int(self.values["setTag_"])


def named_selector(name: bytes) -> Callable[[Any], Any]:
    def give(function: Any) -> Any:
        function.selector = name
        return function

    return give


def _modules(mac: FakeMac) -> dict[str, ModuleType]:
    signals = _module("PyObjCTools.MachSignals", signal=mac.set_signal)
    helper = _module("PyObjCTools.AppHelper", callAfter=mac.call_after)
    return {
        "AppKit": _module(
            "AppKit",
            NSApplication=NSApplication,
            NSStatusBar=NSStatusBar,
            NSImage=NSImage,
            NSMenu=NSMenu,
            NSMenuItem=NSMenuItem,
            NSEvent=NSEvent,
            NSPoint=lambda x, y: (x, y),
            NSApplicationDefined=15,
            NSApplicationActivationPolicyAccessory=ACCESSORY,
            NSImageLeft=IMAGE_LEFT,
            NSVariableStatusItemLength=-1,
            NSOnState=1,
            NSOffState=0,
        ),
        "Foundation": _module("Foundation", NSObject=NSObject, NSData=NSData),
        "PyObjCTools": _module("PyObjCTools", MachSignals=signals, AppHelper=helper),
        "PyObjCTools.MachSignals": signals,
        "PyObjCTools.AppHelper": helper,
        "objc": _module("objc", namedSelector=named_selector),
    }


def _module(name: str, **contents: Any) -> ModuleType:
    module = ModuleType(name)
    vars(module).update(contents)
    return module


@contextmanager
def on_macos(fake: FakeMac) -> Iterator[None]:
    """Let pystray's backend and ours be imported on it."""
    with pytest.MonkeyPatch.context() as patch, imported_anew(MODULES):
        patch.setattr(NSObject, "mac", fake, raising=False)
        for name, module in _modules(fake).items():
            patch.setitem(sys.modules, name, module)
        yield
