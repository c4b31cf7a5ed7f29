from __future__ import annotations

import pytest

from tests.coding.samples import NOON, a_number, a_status
from trayapp.coding.status import Status, status_at
from trayapp.errors import (
    BadAnswerError,
    KeyRefusedError,
    KeyringLockedError,
    SignedOutError,
    TrayappError,
    UnreachableError,
)
from trayapp.tray.menu import LONGEST_LINE, SEPARATOR, Action, lay_out, tooltip

NUMBER = a_number()


def local() -> Status:
    return status_at(
        NOON,
        account=None,
        api_url=None,
        dashboard_url=None,
        number=None,
        error=SignedOutError("No account yet", "Sign in."),
    )


@pytest.mark.parametrize(
    ("status", "time", "state"),
    [
        (a_status(NUMBER), "Today  2h 5m", "Fresh"),
        (a_status(a_number(0)), "Today  0m", "Fresh"),
        (a_status(), "Today  -", "Starting: no number of today yet"),
        (a_status(NUMBER, now=NOON + 700), "Today  2h 5m  (as of 12:00)", "Stale"),
        (
            a_status(NUMBER, BadAnswerError("server.example answered with error 500")),
            "Today  2h 5m  (as of 12:00)",
            "Stale: server.example answered with error 500",
        ),
        (
            a_status(NUMBER, UnreachableError("server.example cannot be reached")),
            "Today  2h 5m  (as of 12:00)",
            "Offline: server.example cannot be reached",
        ),
        (
            a_status(None, KeyRefusedError("server.example does not accept the API key")),
            "Today  -",
            "Refused: server.example does not accept the API key",
        ),
        (
            a_status(None, SignedOutError("There is no key")),
            "Today  -",
            "Signed-out: There is no key",
        ),
        (local(), "Today  -", "Local: No account yet"),
    ],
)
def test_the_menu_says_the_time_and_the_state_by_its_own_word(
    status: Status, time: str, state: str
) -> None:
    lines = lay_out(status, "12:00")

    assert [line.text for line in lines[:2]] == [time, state]
    assert lines[0].action is lines[1].action is None


@pytest.mark.parametrize(
    ("error", "tells"),
    [
        (SignedOutError("no key", "Sign in: trayapp login"), True),
        (KeyRefusedError("401", "Correct WAKATIME_API_KEY."), True),
        (KeyringLockedError("locked", "Unlock it."), True),
        (UnreachableError("x", "Check the network."), False),
    ],
)
def test_when_a_person_has_to_act_on_the_key_the_menu_says_how(
    error: TrayappError, tells: bool
) -> None:
    texts = [line.text for line in lay_out(a_status(None, error), "12:00")]

    assert (error.hint in texts) == tells
    assert "Sign in." in [line.text for line in lay_out(local(), "12:00")]


def test_the_actions_are_refresh_dashboard_and_quit_and_no_line_is_dead() -> None:
    lines = lay_out(a_status(NUMBER), "12:00")

    actions = [line.action for line in lines if line.action]
    assert actions == [Action.REFRESH, Action.OPEN_DASHBOARD, Action.QUIT]
    assert [line is SEPARATOR for line in lines].count(True) == 2


def test_without_an_account_there_is_no_dashboard_to_open() -> None:
    actions = [line.action for line in lay_out(local(), "12:00") if line.action]

    assert actions == [Action.REFRESH, Action.QUIT]


def test_a_long_reason_is_cut() -> None:
    lines = lay_out(a_status(None, UnreachableError("x" * 500)), "12:00")

    assert len(lines[1].text) == LONGEST_LINE
    assert lines[1].text.endswith("…")


def test_the_tooltip_is_one_line_with_the_time_and_the_reason() -> None:
    offline = a_status(NUMBER, UnreachableError("server.example cannot be reached"))

    assert tooltip(a_status(NUMBER), "12:00") == "Today  2h 5m"
    assert tooltip(offline, "12:00") == (
        "Today  2h 5m  (as of 12:00)  Offline: server.example cannot be reached"
    )
