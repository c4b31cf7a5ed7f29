"""A process that saves files and delivers, until it is killed: python -m ... INSTRUCTIONS.

It saves real files, and each save goes the way of one that the file monitor found: capture, hide
rules, coalescing key, Delivery with its queue, a sender for each account, HTTP. Its clock goes
SPEED times as fast, so that windows end and rounds come within a second.

Before each save it prints it as a JSON line, and "done" once it is recorded. It ends when it was
told by SIGTERM and nothing waits any more.
"""

from __future__ import annotations

import json
import logging
import os
import random
import signal
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from trayapp.cli.parts import connect
from trayapp.coding.coalescing import QUARTER_SECONDS, coalescing_key
from trayapp.coding.heartbeat import Heartbeat
from trayapp.coding.hiding import hide
from trayapp.resident.capturing import make_capturer
from trayapp.resident.clock import SystemClock
from trayapp.resident.delivery import Delivery, DeliveryEars
from trayapp.settings.accounts import Account, Settings
from trayapp.settings.hiding_secret import read_hiding_secret
from trayapp.settings.key import Key
from trayapp.settings.keyring_store import MemoryKeyStore
from trayapp.settings.locations import find_locations, make_private_folder
from trayapp.watching.capture import Capturer
from trayapp.watching.saves import Save

SPEED = 100.0
DAY_SECONDS = 86_400
UP = "up"
DONE = "done"


@dataclass(frozen=True)
class Instructions:
    """What the process does: saves from `begin` on (epoch seconds), unless it only drains.

    `accounts` are name, api_url, dialect and key of each; the last of `files` lies in no
    repository.
    """

    home: str
    accounts: list[tuple[str, str, str, str]]
    files: list[str]
    begin: float
    seed: int
    drains: bool = False

    def text(self) -> str:
        """Give it as the process's argument."""
        return json.dumps(asdict(self))


class FastClock(SystemClock):
    """A clock that goes SPEED times as fast; its wall clock can be moved on, as by a sleep."""

    def __init__(self, begin: float) -> None:
        self._began = time.monotonic()
        self._begin = begin

    def time(self) -> float:
        return self._begin + self.monotonic()

    def monotonic(self) -> float:
        return SPEED * (time.monotonic() - self._began)

    def wait(self, wakeup: threading.Event, seconds: float) -> None:
        wakeup.wait(seconds / SPEED)

    def sleep(self, seconds: float) -> None:
        self._begin += seconds


class Coder:
    """Somebody who saves one file after another."""

    def __init__(self, told: Instructions) -> None:
        self.told = told
        self.chance = random.Random(told.seed)
        self.clock = FastClock(told.begin)
        self.locations = find_locations({"HOME": told.home})
        make_private_folder(self.locations.state_dir)
        accounts = [
            (Account(name, url, dialect=dialect), Key(key))
            for name, url, dialect, key in told.accounts
        ]
        keys = MemoryKeyStore({account.receiver: key for account, key in accounts})
        self.settings = Settings(
            accounts=tuple(account for account, _ in accounts), show=accounts[0][0].name
        )
        self.delivery = Delivery(
            self.locations,
            {},
            keys,
            connect,
            self.clock,
            self.chance.random,
            "coder",
            DeliveryEars(noted=_fail),
        )
        self.file = Path(told.files[0])
        self.is_told_to_end = threading.Event()

    def work(self) -> None:
        """Save until told to end, then deliver all."""
        _say(UP)
        secret = read_hiding_secret(self.locations.state_dir)
        self.delivery.follow(self.settings)
        capturer = make_capturer([str(Path(self.told.files[0]).parents[1])], self.settings.watching)
        while not self.told.drains and not self.is_told_to_end.is_set():
            self.pause()
            heartbeat, key = self.save(capturer, secret)
            _say(json.dumps([heartbeat.time, heartbeat.entity, heartbeat.branch]))
            self.delivery.record(heartbeat, key)
            _say(DONE)
        while self.delivery.waiting():
            time.sleep(0.01)
        self.delivery.stop()

    def pause(self) -> None:
        """Think for a moment, go for lunch, or work on until just before a midnight."""
        time.sleep(self.chance.random() * 0.006)
        dice = self.chance.random()
        now = self.clock.time()
        if dice < 0.1:
            self.clock.sleep(self.chance.uniform(5, 100))
        elif dice < 0.12:
            self.clock.sleep(self.chance.uniform(100, 2000))
        elif dice < 0.15:
            # Never back: two saves of one file at one moment could not be told apart.
            self.clock.sleep((QUARTER_SECONDS - 3 - now) % QUARTER_SECONDS)
        elif dice < 0.155:
            self.clock.sleep((DAY_SECONDS - 3 - now) % DAY_SECONDS)

    def save(self, capturer: Capturer, secret: bytes) -> tuple[Heartbeat, bytes]:
        """Write a file, now and then another one or on another branch."""
        if self.chance.random() < 0.15:
            self.file = Path(self.chance.choice(self.told.files))
        head = self.file.parent / ".git" / "HEAD"
        if head.exists() and self.chance.random() < 0.05:
            new = head.with_suffix(".new")
            new.write_text(f"ref: refs/heads/branch-{self.chance.randrange(3)}\n")
            new.replace(head)
        at = self.clock.time()
        self.file.write_text(f"saved = {at}\n" * self.chance.randrange(1, 9))
        capture = capturer.capture(Save(str(self.file), at))
        assert capture is not None
        heartbeat = hide(capture, self.settings.watching.hide_rules, secret)
        assert isinstance(heartbeat, Heartbeat)
        of_save = (capture.path, capture.project, capture.branch, capture.language)
        return heartbeat, coalescing_key(secret, *of_save, capture.category)


def _say(line: str) -> None:
    # One write for each line: a kill leaves all that was said before.
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


def _fail(sentence: str) -> None:
    _say(f"noted: {sentence}")


def main(text: str) -> None:
    # That servers fail is meant; mistakes are errors and are shown.
    logging.disable(logging.WARNING)
    coder = Coder(Instructions(**json.loads(text)))
    signal.signal(signal.SIGTERM, lambda *_: coder.is_told_to_end.set())
    coder.work()


if __name__ == "__main__":
    main(sys.argv[1])
