"""Every way in which a server or the network fails, and what a person is told.

One table for the client, for `trayapp today` and for the resident.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.server import Misbehaviour, misbehaviours
from trayapp.errors import (
    BadAnswerError,
    KeyRefusedError,
    NoSuchEndpointError,
    RedirectError,
    ServerError,
    ThrottledError,
    TimedOutError,
    TrayappError,
)

ELSEWHERE = "https://elsewhere.example"


@dataclass(frozen=True)
class Failure:
    """A misbehaviour, the error it becomes, and the words that stand in the sentence."""

    name: str
    misbehaviour: Callable[[], Misbehaviour]
    error: type[TrayappError]
    words: str
    state: str = "stale"
    """The state of a face that has a number of today."""

    dialects: tuple[str, ...] = field(default=("hackatime", "wakatime", "wakapi"))

    @property
    def exit_code(self) -> int:
        """What `trayapp today` exits with."""
        return self.error.exit_code


FAILURES = [
    Failure("401", lambda: misbehaviours.status(401), KeyRefusedError, "not accept", "refused"),
    Failure(
        "403 in JSON",
        lambda: misbehaviours.status(403),
        KeyRefusedError,
        "not accept",
        "refused",
        dialects=("hackatime", "wakatime"),
    ),
    Failure("403 page", misbehaviours.forbidden_page, BadAnswerError, "blocked from here"),
    Failure("404", lambda: misbehaviours.status(404), NoSuchEndpointError, "does not know"),
    Failure("429 60 s", lambda: misbehaviours.throttled(60), ThrottledError, "alone for 60 s"),
    Failure("429 bare", lambda: misbehaviours.throttled(None), ThrottledError, "to be left alone"),
    Failure(
        "429 by date",
        lambda: misbehaviours.throttled(90, as_date=True),
        ThrottledError,
        "to be left alone for",
    ),
    Failure(
        "302 for 429",
        misbehaviours.throttled_by_redirect,
        ThrottledError,
        "to be left alone",
        dialects=("wakatime",),
    ),
    Failure("500", misbehaviours.server_error, BadAnswerError, "error 500"),
    Failure("502", lambda: misbehaviours.status(502), BadAnswerError, "error 502"),
    Failure("402", lambda: misbehaviours.status(402), BadAnswerError, "beyond the free plan"),
    Failure("captive portal", misbehaviours.captive_portal, BadAnswerError, "a web page"),
    Failure(
        "redirect",
        lambda: misbehaviours.redirect(ELSEWHERE, 307),
        RedirectError,
        f"another address ({ELSEWHERE})",
    ),
    Failure("cut JSON", misbehaviours.cut_json, BadAnswerError, "no JSON"),
    Failure("truncated", misbehaviours.truncated, BadAnswerError, "broke off"),
    Failure("nested", misbehaviours.nested_json, BadAnswerError, "no JSON"),
    Failure(
        "a total in words",
        lambda: misbehaviours.wrong_total('"7500"'),
        BadAnswerError,
        "no time of one day",
    ),
    Failure("negative", lambda: misbehaviours.wrong_total("-1"), BadAnswerError, "no time of one"),
    Failure("NaN", lambda: misbehaviours.wrong_total("NaN"), BadAnswerError, "no time of one"),
    Failure("endless", lambda: misbehaviours.wrong_total("Infinity"), BadAnswerError, "no time of"),
    Failure("26 h", lambda: misbehaviours.wrong_total("93600"), BadAnswerError, "no time of one"),
    Failure("true", lambda: misbehaviours.wrong_total("true"), BadAnswerError, "no time of one"),
    Failure("null total", lambda: misbehaviours.wrong_total("null"), BadAnswerError, "no time of"),
    Failure("1e400", lambda: misbehaviours.wrong_total("1" + "0" * 400), BadAnswerError, "no time"),
    Failure("null data", misbehaviours.null_data, BadAnswerError, "without a total"),
    Failure("a list for data", misbehaviours.list_data, BadAnswerError, "without a total"),
    Failure("a list", misbehaviours.bare_list, BadAnswerError, "without a total"),
    Failure("no total", misbehaviours.no_grand_total, BadAnswerError, "without a total"),
    Failure("echo 401", lambda: misbehaviours.echo(401), KeyRefusedError, "not accept", "refused"),
    Failure("echo 500", lambda: misbehaviours.echo(500), BadAnswerError, "error 500"),
    Failure("huge", misbehaviours.huge, BadAnswerError, "more than 4 MiB"),
    Failure(
        "huge, compressed",
        lambda: misbehaviours.huge(compressed=True),
        BadAnswerError,
        "more than 4 MiB",
    ),
    Failure("hangs up", misbehaviours.closes, BadAnswerError, "broke off"),
    Failure("resets", lambda: misbehaviours.closes(reset=True), ServerError, "", "offline"),
]

SLOW_FAILURES = [
    Failure("never answers", misbehaviours.never_answers, TimedOutError, "within", "offline"),
    Failure("drips", lambda: misbehaviours.drip(0.2), TimedOutError, "within", "offline"),
    Failure(
        "drips a body",
        lambda: misbehaviours.drip(0.2, body_only=True),
        TimedOutError,
        "within",
        "offline",
    ),
]
"""Each lasts as long as `timeout` in ~/.wakatime.cfg allows."""
