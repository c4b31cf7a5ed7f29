"""`trayapp whoami`, `user` and `lookup`: who is who on the server."""

from __future__ import annotations

import re
from collections.abc import Mapping

from trayapp.cli.charts import draw_breakdowns, draw_facts, draw_note
from trayapp.cli.questions import Asking, asking, print_json
from trayapp.cli.terminal import make_console
from trayapp.coding.counted import counted
from trayapp.coding.duration import format_duration
from trayapp.coding.history import add_breakdowns
from trayapp.coding.snapshot import breakdown_document
from trayapp.errors import NoSuchEndpointError, RedirectError, UsageError, UserNotShownError
from trayapp.servers.dialects import Dialect, dashboard_url
from trayapp.servers.hackatime_answers import LONGEST_STREAK_DAYS, NativeStats
from trayapp.servers.hackatime_endpoints import HackatimeEndpoints
from trayapp.servers.wakatime_endpoints import WakatimeEndpoints

_SLACK_UID = re.compile(r"[UW][A-Z0-9]{5,}", re.ASCII)


def whoami(environment: Mapping[str, str], *, account: str | None, as_json: bool) -> int:
    """Print whose the account's key is."""
    with asking(environment, account) as asked:
        user = WakatimeEndpoints(asked.client).user()
        dialect = asked.client.find_dialect()
        dashboard = _dashboard(asked, dialect)
    facts = {
        "name": user.name,
        "username": user.username or None,
        "id": user.id or None,
        "email": user.email or None,
        "timezone": user.timezone or None,
        "plan": user.plan or None,
        "dialect": str(dialect),
        "dashboard_url": dashboard,
    }
    if as_json:
        print_json({**asked.document(), **facts})
        return 0
    shown = {
        "Name": user.name or "",
        "User name": user.username,
        "E-mail": user.email,
        "Time zone": user.timezone,
        "Plan": user.plan,
        "Account": f"{asked.account.name} at {asked.account.api_url}, {dialect}",
        "Dashboard": dashboard,
    }
    draw_facts(make_console(environment), shown)
    return 0


def user(environment: Mapping[str, str], name: str, *, account: str | None, as_json: bool) -> int:
    """Print the trust that Hackatime has in somebody, and their time where that is public."""
    with asking(environment, account) as asked:
        hackatime = HackatimeEndpoints(asked.client)
        trust = hackatime.trust_factor(name)
        stats: NativeStats | None
        try:
            stats = hackatime.stats(name)
        except UserNotShownError:
            # There is such a user, as the trust shows.
            stats = None
    languages = add_breakdowns([stats.languages]) if stats else None
    projects = add_breakdowns([stats.projects]) if stats else None
    if as_json:
        print_json(
            {
                **asked.document(),
                "user": name,
                "trust_level": trust.level,
                "trust_value": trust.value,
                "is_public": stats is not None,
                "total_seconds": stats.total_seconds if stats else None,
                "streak_days": stats.streak_days if stats else None,
                "languages": breakdown_document(languages),
                "projects": breakdown_document(projects),
            }
        )
        return 0
    console = make_console(environment)
    shown = {"User": name, "Trust": trust.level}
    if stats is not None:
        shown["Total"] = format_duration(stats.total_seconds)
        if stats.streak_days is not None:
            more = " or more" if stats.streak_days >= LONGEST_STREAK_DAYS else ""
            shown["Streak"] = counted(stats.streak_days, "day") + more
    draw_facts(console, shown)
    if stats is None:
        draw_note(console, "Their time is not public.")
        return 0
    breakdowns = {"languages": languages, "projects": projects}
    draw_breakdowns(console, breakdowns, stats.total_seconds)
    return 0


def lookup(environment: Mapping[str, str], who: str, *, account: str | None, as_json: bool) -> int:
    """Print the number of the user with an e-mail address or a Slack user id."""
    if "@" not in who and not _SLACK_UID.fullmatch(who):
        raise UsageError(
            f"{who!r} is neither an e-mail address nor a Slack user id",
            "Example: trayapp lookup ada@example.org, or: trayapp lookup U0123ABCD",
        )
    with asking(environment, account) as asked:
        hackatime = HackatimeEndpoints(asked.client)
        look_up = hackatime.lookup_email if "@" in who else hackatime.lookup_slack_uid
        found = look_up(who)
    if as_json:
        print_json({**asked.document(), "user_id": found.user_id})
    else:
        print(found.user_id)
    return 0


def _dashboard(asked: Asking, dialect: Dialect) -> str:
    if dialect is Dialect.HACKATIME:
        try:
            return HackatimeEndpoints(asked.client).dashboard()
        except (NoSuchEndpointError, RedirectError):
            # It does not say: then it is where it is elsewhere.
            pass
    return dashboard_url(asked.account.api_url, dialect)
