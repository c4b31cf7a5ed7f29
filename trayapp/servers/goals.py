"""The goals that are set on a server, whatever its kind."""

from __future__ import annotations

from trayapp.coding.history import ServerGoal
from trayapp.servers.client import Client
from trayapp.servers.dialects import Dialect
from trayapp.servers.wakatime_endpoints import WakatimeEndpoints
from trayapp.servers.wakatime_records import GoalAnswer


def ask_goals(client: Client) -> tuple[ServerGoal, ...]:
    """Ask for the goals; Hackatime's is one for the day.

    Raises NoSuchEndpointError where there are none (wakapi), and what Client does.
    """
    if client.find_dialect() is not Dialect.HACKATIME:
        answers = WakatimeEndpoints(client).goals()
        return tuple(_goal(answer) for answer in answers if answer.is_enabled)
    goal = client.today().answer.goal
    if goal is None:
        return ()
    status = "success" if goal.complete else "pending"
    return (ServerGoal("Daily goal", "day", goal.target_seconds, goal.tracked_seconds, status),)


def _goal(goal: GoalAnswer) -> ServerGoal:
    newest = goal.periods[-1] if goal.periods else None
    target = newest.goal_seconds if newest else None
    return ServerGoal(
        title=goal.title,
        delta=goal.delta,
        target_seconds=goal.seconds if target is None else target,
        tracked_seconds=newest.actual_seconds if newest else None,
        status=newest.status if newest and newest.status else goal.status,
        is_inverse=goal.is_inverse,
    )
