from __future__ import annotations

import time
from dataclasses import replace
from itertools import pairwise

import pytest

from tests.coding.samples import NOON, a_number, a_status
from tests.tray.icon_samples import PAUSED
from trayapp.coding.file_monitor import FileMonitorStatus, WatchedFolder
from trayapp.coding.goal import with_goal
from trayapp.coding.number import Goal, Number, Share
from trayapp.coding.status import DeliveryStatus, Problem, Status, status_at
from trayapp.errors import (
    BadAnswerError,
    KeyRefusedError,
    KeyringLockedError,
    SignedOutError,
    TrayappError,
    UnreachableError,
)
from trayapp.tray.menu import (
    LONGEST_LINE,
    LONGEST_NAME,
    MOST_SHARES,
    SEPARATOR,
    Action,
    Line,
    clock_time,
    label,
    lay_out,
    tooltip,
)

NUMBER = a_number()
ESTIMATE = replace(NUMBER, source="estimate")


def local() -> Status:
    return status_at(
        NOON,
        account=None,
        api_url=None,
        dashboard_url=None,
        number=None,
        error=SignedOutError("No account yet", "Sign in."),
    )


def outline(lines: tuple[Line, ...], indent: str = "") -> list[str]:
    """Show a menu as text: > before what opens, * before clicks; ( ) is a choice, [ ] a switch."""
    rows = []
    for line in lines:
        marks = {None: "", True: "(x) ", False: "( ) "}[line.chosen]
        marks += {None: "", True: "[x] ", False: "[ ] "}[line.on]
        click = "* " if line.action else "> " if line.children else ""
        rows.append(indent + click + marks + line.text)
        rows += outline(line.children, indent + "  ")
    return rows


def test_the_whole_menu() -> None:
    number = replace(
        with_goal(NUMBER, 3 * 3600),
        breakdowns={
            "projects": (Share("tray", 600), Share("site", 6900)),
            "languages": (Share("Python", 7500),),
            "editors": (Share("vim", 7500),),
        },
    )
    status = replace(a_status(number), accounts=("hackatime", "work"), can_sign_out=True)

    assert outline(lay_out(status, "12:00")) == [
        "* Today  2h 5m",
        "* Goal  69 % of 3h",
        "* Fresh",
        "---",
        "> Projects",
        "  * site  1h 55m",
        "  * tray  10m",
        "> Languages",
        "  * Python  2h 5m",
        "---",
        "* Add folder…",
        "---",
        "> Account",
        "  * (x) hackatime",
        "  * ( ) work",
        "  ---",
        "  * Sign out of hackatime",
        "* Open dashboard",
        "* Refresh now",
        "---",
        "* Quit",
    ]


def test_what_is_not_known_is_absent_not_empty() -> None:
    bare = a_status(replace(NUMBER, breakdowns={"projects": (), "languages": None}))

    assert outline(lay_out(bare, "12:00")) == [
        "* Today  2h 5m",
        "* Fresh",
        "---",
        "* Add folder…",
        "---",
        "* Open dashboard",
        "* Refresh now",
        "---",
        "* Quit",
    ]
    one_account = replace(bare, accounts=("hackatime",))
    assert outline(lay_out(one_account, "12:00")) == outline(lay_out(bare, "12:00"))
    assert outline(lay_out(local(), "12:00")) == [
        "* Today  -",
        "* Local: No account yet",
        "* Sign in.",
        "---",
        "* Add folder…",
        "---",
        "* Refresh now",
        "---",
        "* Quit",
    ]


@pytest.mark.parametrize(
    ("status", "time", "state"),
    [
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
        (a_status(ESTIMATE), "Today  ~2h 5m  (as of 12:00)", "Stale"),
        (replace(local(), number=ESTIMATE), "Today  ~2h 5m", "Local: No account yet"),
    ],
)
def test_the_menu_says_the_time_and_the_state_by_its_own_word(
    status: Status, time: str, state: str
) -> None:
    lines = lay_out(status, "12:00")

    assert [line.text for line in lines[:2]] == [time, state]
    assert lines[1].action is Action.REFRESH


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


def test_what_is_late_or_refused_is_said_with_what_a_click_does() -> None:
    fares = DeliveryStatus(12, 1, Problem("The key is refused", "Copy it anew.", 104))
    lines = lay_out(replace(a_status(NUMBER), delivery=fares), "12:00")

    assert [(line.text, line.action) for line in lines[2:5]] == [
        ("12 heartbeats waiting", Action.SEND_NOW),
        ("1 heartbeat refused", Action.TELL_REFUSED),
        ("The key is refused", Action.TELL_DELIVERY),
    ]
    assert lay_out(a_status(NUMBER), "12:00")[2] is SEPARATOR


@pytest.mark.parametrize(
    ("status", "action"), [(a_status(NUMBER), Action.OPEN_DASHBOARD), (local(), Action.TELL)]
)
def test_a_click_on_the_icon_itself_opens_the_dashboard_or_tells_why_there_is_none(
    status: Status, action: Action
) -> None:
    default = [line for line in lay_out(status, "12:00") if line.default]

    assert [line.action for line in default] == [action]


@pytest.mark.parametrize("status", [a_status(NUMBER), local(), a_status()])
def test_no_line_that_can_be_clicked_is_dead(status: Status) -> None:
    actions = [line.action for line in lay_out(status, "12:00") if line.action]

    assert (Action.OPEN_DASHBOARD in actions) == (status.dashboard_url is not None)
    assert {Action.REFRESH, Action.QUIT} <= set(actions)


@pytest.mark.parametrize(
    ("goal", "text"),
    [
        (Goal(7200, 7200, 100, complete=True), "Goal  100 % of 2h"),
        (Goal(5400, 600, 11.9, complete=False), "Goal  11 % of 1h 30m"),
    ],
)
def test_the_goal_is_said_as_the_server_counts_it(goal: Goal, text: str) -> None:
    assert lay_out(a_status(a_number(goal=goal)), "12:00")[1].text == text


def many(count: int, name: str = "p") -> Number:
    shares = tuple(Share(f"{name}{index}", 60.0 * index) for index in range(count))
    return replace(NUMBER, breakdowns={"projects": shares})


def test_a_long_breakdown_names_the_largest_and_counts_the_others() -> None:
    menu = lay_out(a_status(many(MOST_SHARES + 3)), "12:00")
    (projects,) = (line for line in menu if line.text == "Projects")

    assert len(projects.children) == MOST_SHARES + 1
    assert projects.children[0].text == "p12  12m"
    assert projects.children[-1].text == "and 3 more"


def test_a_long_name_is_cut_and_its_time_is_not() -> None:
    menu = lay_out(a_status(many(2, "x" * 500)), "12:00")
    (projects,) = (line for line in menu if line.text == "Projects")

    assert projects.children[0].text == "x" * (LONGEST_NAME - 1) + "…  1m"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tray", "tray  14m"),
        ("\u202eevil gnp.exe", "evil gnp.exe  14m"),
        ("\u2066a\u200f", "a  14m"),
        ("\u0645\u0634\u0631\u0648\u0639", "\u2068\u0645\u0634\u0631\u0648\u0639\u2069  14m"),
        ("   ", "unknown  14m"),
    ],
)
def test_no_name_turns_its_time_round(name: str, text: str) -> None:
    number = replace(NUMBER, breakdowns={"projects": (Share(name, 840),)})
    (projects,) = (line for line in lay_out(a_status(number), "12:00") if line.children)

    assert projects.children[0].text == text


CODE = WatchedFolder("/home/a/code", 12)
SITE = WatchedFolder("/home/a/site", 0, "there is no such folder")
ADD = ["  ---", "  * Add folder…"]
PAUSES = ["> Pause", "  * 15 minutes", "  * 1 hour", "  * Until tomorrow"]


def folder_lines(name: str) -> list[str]:
    return [f"  > {name}", "    * Open", "    * Watch no longer"]


def monitor_lines(monitor: FileMonitorStatus) -> list[str]:
    """Give the menu's group about the file monitor."""
    rows = outline(lay_out(replace(a_status(NUMBER), monitor=monitor), "12:00"))
    groups = "\n".join(rows).split("\n---\n")
    (group,) = (group for group in groups if "Add folder" in group)
    return group.split("\n")


@pytest.mark.parametrize(
    ("monitor", "rows"),
    [
        (FileMonitorStatus(), ["* Add folder…"]),
        (FileMonitorStatus(enabled=True, paused_until=NOON), ["* Add folder…"]),
        (
            FileMonitorStatus(enabled=True, folders=(CODE,)),
            ["* [x] File monitor", *PAUSES, "> 1 folder", *folder_lines(CODE.path), *ADD],
        ),
        (
            FileMonitorStatus(enabled=True, folders=(CODE, SITE)),
            [
                "* [x] File monitor",
                *PAUSES,
                "* /home/a/site: there is no such folder",
                "> 2 folders",
                *folder_lines(CODE.path),
                *folder_lines(SITE.path),
                *ADD,
            ],
        ),
        (
            FileMonitorStatus(enabled=True, folders=(CODE,), paused_until=NOON),
            [
                "* [x] File monitor",
                f"* Paused until {clock_time(NOON)}: go on",
                "> 1 folder",
                *folder_lines(CODE.path),
                *ADD,
            ],
        ),
        (
            FileMonitorStatus(enabled=False, folders=(CODE, SITE), paused_until=NOON),
            [
                "* [ ] File monitor",
                "> 2 folders",
                *folder_lines(CODE.path),
                *folder_lines(SITE.path),
                *ADD,
            ],
        ),
    ],
    ids=["no folders", "paused without any", "a folder", "a problem", "paused", "switched off"],
)
def test_the_file_monitor_has_lines_for_what_can_be_done_about_it(
    monitor: FileMonitorStatus, rows: list[str]
) -> None:
    assert monitor_lines(monitor) == rows


def test_a_pause_until_midnight_says_that_this_is_tomorrow() -> None:
    midnight = time.mktime((2026, 11, 23, 0, 0, 0, 0, 0, -1))
    rows = monitor_lines(FileMonitorStatus(enabled=True, folders=(CODE,), paused_until=midnight))

    assert "* Paused until tomorrow: go on" in rows


def test_folders_in_the_home_folder_are_shown_with_its_sign() -> None:
    folders = (CODE, SITE, WatchedFolder("/home/a"), WatchedFolder("/home/ab"))
    status = replace(a_status(NUMBER), monitor=FileMonitorStatus(enabled=True, folders=folders))

    lines = lay_out(status, "12:00", "/home/a")

    (submenu,) = (line for line in lines if line.text == "4 folders")
    names = [line.text for line in submenu.children]
    assert names[:4] == ["~/code", "~/site", "~", "/home/ab"]
    assert "~/site: there is no such folder" in [line.text for line in lines]
    arguments = {line.argument for line in flat(lines) if line.action is Action.OPEN_FOLDER}
    assert arguments == {folder.path for folder in folders}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/srv/" + "x" * 100, "…" + "x" * (LONGEST_NAME - 1)),
        ("/srv/" + "\u0645" * 4, "\u2068/srv/" + "\u0645" * 4 + "\u2069"),
        ("/srv/" + "\u0645" * 100, "\u2068…" + "\u0645" * (LONGEST_NAME - 1) + "\u2069"),
        ("/srv/\u202egnp", "/srv/gnp"),
    ],
    ids=["long", "right-to-left", "long and right-to-left", "turned round"],
)
def test_a_folders_name_is_cut_in_front_and_turns_nothing_round(path: str, name: str) -> None:
    folder = WatchedFolder(path, 0, "the folder may not be read")
    monitor = FileMonitorStatus(enabled=True, folders=(folder,))

    rows = monitor_lines(monitor)

    assert f"* {name}: the folder may not be read" in rows
    assert f"  > {name}" in rows
    lines = lay_out(replace(a_status(NUMBER), monitor=monitor), "12:00")
    arguments = {line.argument for line in flat(lines) if line.action is Action.REMOVE_FOLDER}
    assert arguments == {path}


def flat(lines: tuple[Line, ...]) -> list[Line]:
    return [each for line in lines for each in (line, *flat(line.children))]


def test_a_long_name_from_right_to_left_is_cut_within_what_isolates_it() -> None:
    menu = lay_out(a_status(many(2, "\u0645" * 100)), "12:00")
    (projects,) = (line for line in menu if line.text == "Projects")

    kept = "\u0645" * (LONGEST_NAME - 1)
    assert projects.children[0].text == f"\u2068{kept}…\u2069  1m"


def test_what_is_wrong_with_a_folder_is_cut_and_its_name_is_not() -> None:
    folder = WatchedFolder("/srv/" + "x" * 100, 0, "y" * 100)
    rows = monitor_lines(FileMonitorStatus(enabled=True, folders=(folder,)))

    (told,) = (row for row in rows if "yyy" in row)
    assert told.removeprefix("* ").startswith("…" + "x" * (LONGEST_NAME - 1) + ": y")
    assert len(told.removeprefix("* ")) == LONGEST_LINE


def test_what_is_wrong_with_the_settings_is_told_though_they_serve() -> None:
    status = replace(a_status(NUMBER), notice="config.toml line 1 column 8: icon must be one of")

    assert "* config.toml line 1 column 8: icon must be one of" in outline(lay_out(status, "12:00"))


def test_a_number_that_grows_old_changes_texts_and_no_lines() -> None:
    """An open menu on LXQt closes when its lines change."""
    offline = a_status(NUMBER, UnreachableError("server.example cannot be reached"))

    assert len(lay_out(a_status(NUMBER), "12:00")) == len(lay_out(offline, "12:00"))


def test_a_long_reason_is_cut() -> None:
    lines = lay_out(a_status(None, UnreachableError("x" * 500)), "12:00")

    assert len(lines[1].text) == LONGEST_LINE
    assert lines[1].text.endswith("…")


def test_the_tooltip_says_every_flag_by_its_own_word() -> None:
    status = replace(
        a_status(with_goal(NUMBER, 3600)), monitor=PAUSED, delivery=DeliveryStatus(12, 1)
    )
    estimate = replace(a_status(ESTIMATE), state=status.state)

    assert tooltip(status, "12:00") == (
        "Today  2h 5m  dead (1), paused, waiting (12), goal-reached"
    )
    assert tooltip(estimate, "12:00") == "Today  ~2h 5m  estimate"


def test_the_tooltip_is_one_line_with_the_time_and_the_reason() -> None:
    offline = a_status(NUMBER, UnreachableError("server.example cannot be reached"))

    assert tooltip(a_status(NUMBER), "12:00") == "Today  2h 5m"
    assert tooltip(offline, "12:00") == (
        "Today  2h 5m  (as of 12:00)  Offline: server.example cannot be reached"
    )


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (a_status(NUMBER), "2h 5m"),
        (a_status(ESTIMATE), "~2h 5m (stale)"),
        (a_status(NUMBER, UnreachableError("x")), "2h 5m (offline)"),
        (a_status(), "- (starting)"),
    ],
)
def test_the_label_is_the_time_and_a_state_that_is_not_fresh(status: Status, text: str) -> None:
    assert label(status) == text


def test_separators_stand_only_between_groups() -> None:
    for status in (a_status(NUMBER), local(), a_status()):
        separators = [line is SEPARATOR for line in lay_out(status, "12:00")]

        assert not separators[0]
        assert not separators[-1]
        assert not any(a and b for a, b in pairwise(separators))
