"""The pipe that ends the loop's wait."""

from __future__ import annotations

import select
import signal
import threading

import pytest

from trayapp.tray.statusnotifier.wakeup import Wakeup


def is_readable(wakeup: Wakeup) -> bool:
    return bool(select.select([wakeup], [], [], 0)[0])


def test_it_wakes_every_time_and_only_when_asked() -> None:
    with Wakeup() as wakeup:
        assert not is_readable(wakeup)
        for _ in range(3):
            wakeup.wake()
            wakeup.wake()
            assert is_readable(wakeup)
            wakeup.clear()
            assert not is_readable(wakeup)


def test_a_signal_wakes_it_even_when_its_handler_does_not() -> None:
    """A handler may run just before the wait; what it changed would be seen only after it."""
    before = signal.signal(signal.SIGUSR1, lambda _number, _frame: None)
    try:
        with Wakeup() as wakeup:
            signal.raise_signal(signal.SIGUSR1)
            assert is_readable(wakeup)
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_the_descriptor_for_signals_is_given_back() -> None:
    with Wakeup():
        descriptor = signal.set_wakeup_fd(-1)
        signal.set_wakeup_fd(descriptor)
        with Wakeup():
            pass

        assert signal.set_wakeup_fd(descriptor) == descriptor


def test_another_thread_may_enter_it() -> None:
    """Signals are the main thread's; everything else works."""
    woken = []

    def work() -> None:
        with Wakeup() as wakeup:
            wakeup.wake()
            woken.append(is_readable(wakeup))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(5)

    assert woken == [True]
    assert signal.set_wakeup_fd(-1) == -1


def test_outside_it_waking_does_nothing() -> None:
    wakeup = Wakeup()
    wakeup.wake()
    with pytest.raises(ValueError, match="closed"):
        wakeup.fileno()
