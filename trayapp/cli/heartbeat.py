"""`trayapp heartbeat`: record what a script or an editor's plugin reports."""

from __future__ import annotations

import os
import stat
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from trayapp.cli import complain
from trayapp.cli.reports import LARGEST_INPUT_BYTES, TYPES, Report, read_extra, read_time
from trayapp.coding.hiding import Capture, Excluded, hide
from trayapp.delivery.queue import HeartbeatQueue
from trayapp.delivery.rows import Recording
from trayapp.errors import UsageError
from trayapp.late_log import keep_quiet
from trayapp.resident.capturing import identity, make_capturer
from trayapp.settings.accounts import Settings, load_settings
from trayapp.settings.hiding_secret import read_hiding_secret
from trayapp.settings.locations import find_locations
from trayapp.watching.capture import Capturer, count_lines
from trayapp.watching.language import language_of
from trayapp.watching.project import Source

_EXAMPLE = "Name a file: trayapp heartbeat --entity a.py --write"

_TEXTS = ("entity", "type", "time", "project", "branch", "language", "category")
_FLAGS = ("write", "extra", "send")


def parse(arguments: Sequence[str]) -> dict[str, Any] | None:
    """Read the options as argparse does, which alone would cost a fifth of a heartbeat.

    Gives None for anything unusual, which is left to argparse to read or to explain.
    """
    options: dict[str, Any] = dict.fromkeys(_TEXTS) | dict.fromkeys(_FLAGS, False)
    rest = iter(arguments)
    for argument in rest:
        name, equals, value = argument.removeprefix("--").partition("=")
        if not argument.startswith("--") or name not in options:
            return None
        if name in _FLAGS and not equals:
            options[name] = True
            continue
        value = value if equals else next(rest, "-")
        if name in _FLAGS or value.startswith("-"):
            return None
        options[name] = value
    return options if options["type"] in (None, *TYPES) else None


def run(environment: Mapping[str, str], options: Mapping[str, Any]) -> int:
    """Record all that is reported or nothing; it is on disk when this returns.

    Raises UsageError for what is not well, a file that is not there for one, ConfigError and
    QueueError.
    """
    reports = read_reports(options)
    locations = find_locations(environment)
    settings = load_settings(locations, environment)
    captures = captured(reports, settings)
    secret = read_hiding_secret(locations.state_dir)
    recordings, excluded = [], Counter[Excluded]()
    for capture in captures:
        told = hide(capture, settings.watching.hide_rules, secret)
        if isinstance(told, Excluded):
            excluded[told] += 1
        else:
            recordings.append(Recording(told, settings.receivers_of(capture.path)))
    queue = HeartbeatQueue(locations.queue_file, complain)
    queue.record(recordings)
    queue.close()
    for reason, count in excluded.items():
        complain(f"not recorded: {reason}" + (f" ({count} heartbeats)" if count > 1 else ""))
    if not options["send"]:
        return 0
    from trayapp.cli.sending import send_now  # noqa: PLC0415 -- the network costs time

    keep_quiet()
    return send_now(environment)


def read_reports(options: Mapping[str, Any]) -> list[Report]:
    """Give what the options say, and standard input with --extra; raises UsageError."""
    now = time.time()
    entity, moment = options["entity"], options["time"]
    details = {name: options[name] or None for name in _TEXTS}
    if entity is None and (not options["extra"] or any(details.values()) or options["write"]):
        raise UsageError("--entity is missing", _EXAMPLE)
    reports = []
    if entity is not None:
        if not entity.strip():
            raise UsageError("--entity is empty", _EXAMPLE)
        reports.append(
            Report(
                place=f"--entity {entity}",
                entity=entity,
                time=now if moment is None else read_time(moment, now),
                type=details["type"] or "file",
                category=details["category"] or "coding",
                is_write=options["write"],
                project=details["project"],
                branch=details["branch"],
                language=details["language"],
            )
        )
    if options["extra"]:
        data = b"" if sys.stdin is None else sys.stdin.buffer.read(LARGEST_INPUT_BYTES + 1)
        reports += read_extra(data, now)
    return reports


def captured(reports: Sequence[Report], settings: Settings) -> list[Capture]:
    """Find out what is not said; raises UsageError for a file that is not there."""
    roots = [os.path.realpath(folder) for folder in settings.watching.folders]
    capturer = make_capturer(roots, settings.watching)
    who = identity(settings.watching)
    return [
        _of_file(report, capturer)
        if report.type == "file"
        else Capture(
            path=report.entity,
            time=report.time,
            user_agent=who.user_agent,
            machine=who.machine,
            project=report.project or report.alternate_project,
            branch=report.branch or report.alternate_branch,
            language=report.language or report.alternate_language,
            lines=report.lines,
            type=report.type,
            category=report.category,
            is_write=report.is_write,
        )
        for report in reports
    ]


def _of_file(report: Report, capturer: Capturer) -> Capture:
    path = _path(report)
    found = capturer.project_of(path)
    named = report.project
    if named is None and found.source is Source.FOLDER:
        named = report.alternate_project
    place = capturer.place(path, report.time, found)
    return replace(
        place,
        project=named or place.project,
        found_project=None if named in (None, found.name) else found.name,
        branch=report.branch or place.branch or report.alternate_branch,
        language=report.language or language_of(Path(path)) or report.alternate_language,
        lines=count_lines(Path(path)) if report.lines is None else report.lines,
        category=report.category,
        is_write=report.is_write,
    )


def _path(report: Report) -> str:
    """Give a file's path, absolute and without symlinks, as the monitor has it."""
    path = ""
    try:
        path = os.path.realpath(os.path.expanduser(report.entity))  # noqa: PTH111 -- ~nobody
        mode = os.stat(path).st_mode  # noqa: PTH116 -- as above
    except (OSError, ValueError) as error:
        # A NUL within the name is a ValueError.
        if isinstance(error, FileNotFoundError) and report.is_unsaved and path:
            return path
        reason = "there is no such file"
        if not isinstance(error, FileNotFoundError):
            reason = getattr(error, "strerror", None) or "that is no path"
        raise UsageError(f"{report.place}: {reason}", "Nothing was recorded.") from error
    if not stat.S_ISREG(mode):
        raise UsageError(f"{report.place}: that is no ordinary file", "Nothing was recorded.")
    return path
