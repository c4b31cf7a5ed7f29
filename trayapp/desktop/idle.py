"""Whether nobody sits at the desktop, so that what is written then is nobody's save.

Any doubt counts for the person: what is not known is not idle. Not seen is who works here with
neither a session nor a terminal, through a browser or a file share, say.
"""

from __future__ import annotations

import logging
import math
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import NamedTuple, Protocol

from trayapp.desktop.session_bus import MessageBus

log = logging.getLogger(__name__)

IDLE_AFTER = 300.0
"""Seconds without input."""

ANSWER_LIMIT = 0.8
"""Seconds for an answer, however many have to be asked for it."""

SOURCE_LIMIT = 0.3
"""Seconds of these for each who may know how long the desktop has been idle."""

KEPT = 5.0
"""Seconds for which an answer is good for what was written before it: a storm asks once."""

LONGEST_IDLE = 2.0**31 / 1000
"""Seconds; a count of milliseconds beyond this is a -1, or has run over."""


class IdleSource(Protocol):
    """Who may know how long the desktop has been idle."""

    name: str

    def idle_seconds(self, until: float) -> float | None:
        """Give the seconds since the last input, None where nothing is said.

        Takes no longer than `until`, on time.monotonic().
        """


class Finding(NamedTuple):
    """What was found at a moment, in epoch seconds; who works here `besides` is words or ""."""

    at: float
    last_input: float = math.inf
    besides: str = ""


def is_good_for(finding: Finding, moment: float, now: float) -> bool:
    """Tell whether a finding may be used for a moment, rather than asking again.

    When the clock was set back it lies in the future.
    """
    return moment <= finding.at <= now <= finding.at + KEPT


def was_idle(finding: Finding, moment: float, idle_after: float) -> bool:
    """Tell whether nobody was there at a moment before the finding."""
    idle = moment - finding.last_input > idle_after
    return idle and moment <= finding.at and not finding.besides


class IdleGate:
    """Tell what was written while nobody was at the desktop, or anywhere else.

    The first source that answers is believed from then on. When it falls silent nothing is known,
    and the next question goes to all again. `typed` gives when somebody last typed in a terminal;
    `besides` says who may be working here without the desktop, "" for nobody. At rest nothing is
    held open, and no thread runs.
    """

    def __init__(
        self,
        sources: Sequence[IdleSource],
        typed: Callable[[], float],
        besides: Callable[[float], str],
        *,
        idle_after: float = IDLE_AFTER,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._sources = sources
        self._typed = typed
        self._besides = besides
        self._idle_after = idle_after
        self._clock = clock
        self._lock = threading.Lock()
        self._believed: IdleSource | None = None
        self._finding = Finding(-math.inf)

    def is_idle(self, at: float) -> bool:
        """Tell whether a moment in epoch seconds, just past, was an idle one.

        Asks the desktop, for a second at most. Never raises.
        """
        until = time.monotonic() + ANSWER_LIMIT
        if not self._lock.acquire(timeout=ANSWER_LIMIT):
            return False
        try:
            if not is_good_for(self._finding, at, self._clock()):
                self._finding = self._find(until)
            return was_idle(self._finding, at, self._idle_after)
        except Exception as error:  # noqa: BLE001 -- whatever a desktop answers
            # Neither does it end the watching, nor is it asked again for each write of a storm.
            self._finding = Finding(self._clock())
            _log_failure(error)
            return False
        finally:
            self._lock.release()

    def describe(self) -> str:
        """Tell who says how long the desktop has been idle, or why nothing is left out."""
        until = time.monotonic() + ANSWER_LIMIT
        with self._lock:
            answer = self._ask(until)
        if answer is None:
            return "no desktop says how long it has been idle"
        source, seconds = answer
        text = f"{source.name} says how long the desktop has been idle ({seconds:.0f} s now)"
        besides = self._besides(until)
        return f"{text}, but {besides}" if besides else text

    def _find(self, until: float) -> Finding:
        answer = self._ask(until)
        # Read after the answer, so that a slow one makes the idle time shorter.
        now = self._clock()
        if answer is None:
            return Finding(now)
        last_input = max(now - answer[1], self._typed())
        finding = Finding(now, last_input)
        if was_idle(finding, now, self._idle_after):
            return finding._replace(besides=self._besides(until))
        return finding

    def _ask(self, until: float) -> tuple[IdleSource, float] | None:
        believed, self._believed = self._believed, None
        for source in (believed,) if believed else self._sources:
            seconds = source.idle_seconds(min(until, time.monotonic() + SOURCE_LIMIT))
            if seconds is None or not 0 <= seconds < LONGEST_IDLE:
                continue
            # Some say 0 for ever; from one who has counted it is an answer.
            if seconds > 0 or source is believed:
                self._believed = source
                return source, seconds
        return None


def _log_failure(error: Exception) -> None:
    """Log a mistake without its text, which may have a path in it."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{PurePath(frame.filename).name}:{frame.lineno}"
    log.error(
        "whether the desktop is idle could not be found out: %s (%s)", type(error).__name__, place
    )


def idle_gate(environment: Mapping[str, str], session_bus: MessageBus | None = None) -> IdleGate:
    """Give the gate for this machine; without a bus it connects to the session's when asked."""
    if sys.platform == "win32":
        from trayapp.desktop.idle_windows import windows_gate  # noqa: PLC0415 -- there only

        return windows_gate(environment)
    if sys.platform == "darwin":
        from trayapp.desktop.idle_macos import macos_gate  # noqa: PLC0415 -- there only

        return macos_gate()
    from trayapp.desktop.idle_linux import linux_gate  # noqa: PLC0415 -- there only

    return linux_gate(environment, session_bus)
