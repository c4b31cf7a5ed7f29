"""Durations as a person reads them.

This module imports nothing: the cheap commands use it.
"""

NOT_KNOWN = "-"
"""What every face shows in place of a number that is not known; never 0."""

ESTIMATE_SIGN = "~"
"""Stands before a number that is not the server's own."""


def format_duration(seconds: float) -> str:
    """Format seconds as `2h 5m`, or `47m` under an hour, in whole minutes, rounded down."""
    hours, minutes = hours_and_minutes(seconds)
    return f"{hours}h {minutes}m" if hours else f"{minutes}m"


def format_goal(seconds: float) -> str:
    """Format a goal as `3h`, `2h 30m` or `45m`."""
    return format_duration(seconds).removesuffix(" 0m")


def hours_and_minutes(seconds: float) -> tuple[int, int]:
    """Split seconds into whole hours and the whole minutes left."""
    return divmod(int(seconds) // 60, 60)
