"""Signs: one small glyph for each state and flag, so that none is told by colour alone."""

from __future__ import annotations

from trayapp.coding.status import Flag, State, Status

STATE_SIGNS = {
    State.STARTING: "…",
    State.FRESH: "",
    State.STALE: "⧗",
    State.OFFLINE: "x",
    State.REFUSED: "!",
    State.SIGNED_OUT: "?",
    State.LOCAL: "⌂",
}

FLAG_SIGNS = {
    Flag.DEAD: "†",
    Flag.PAUSED: "‖",
    Flag.WAITING: "↑",
    Flag.ESTIMATE: "~",
    Flag.GOAL_REACHED: "✓",
}


def signs_of(status: Status) -> str:
    """Give the signs of a status, the most urgent first; empty when it is fresh and no flag holds.

    The state comes first: what it says of the number matters more than any flag. Only that a number
    is estimated says more than that it is old, or that there is no account.
    """
    flags = list(status.flags)
    first = ""
    if Flag.ESTIMATE in flags and status.state in (State.STALE, State.LOCAL):
        flags.remove(Flag.ESTIMATE)
        first = FLAG_SIGNS[Flag.ESTIMATE]
    return first + STATE_SIGNS[status.state] + "".join(FLAG_SIGNS[flag] for flag in flags)
