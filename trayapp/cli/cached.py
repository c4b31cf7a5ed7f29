"""`trayapp today --cached`: the number as last stored, for status bars that ask every second.

It touches no network, no keyring and no settings, and imports json, time and a formatter only. So
does `--max-age` while what is stored is young enough.
"""

import json
import os
import sys
import time

from trayapp.cli import complain
from trayapp.coding.document import (
    NUMBER_KEYS,
    SCHEMA,
    document_at,
    exit_code,
    reason,
    text_line,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NO_NUMBER = "No number is stored yet"
HOW_TO_GET_ONE = "Start trayapp, or run: trayapp today"

FAILED_SECONDS = 60.0
"""After so long what failed is tried again, however old the number may be."""


def attempt(arguments: "list[str]") -> "int | None":
    """Do `today` if it is as cheap as this, and give its exit code; None where it is not.

    What it cannot read is left to argparse to explain.
    """
    options = _parse(arguments)
    if options is None:
        return None
    account, form, template = options["--account"], options["--format"], options["--template"]
    if "--cached" not in options:
        entry = read_entry(snapshot_path(), account)
        if entry is None or not is_recent(entry, float(options["--max-age"] or 0)):
            return None
    return run(account, form, template)


def run(account: "str | None", form: "str | None" = None, template: "str | None" = None) -> int:
    """Print the stored number of an account, by default of the one that shows."""
    entry = read_entry(snapshot_path(), account)
    if entry is not None:
        try:
            return present(entry, form, template)
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError):
            # An entry that is ours in part only counts as none, as one that cannot be read.
            pass
    print_line(line_of(unknown(account), "", form, template))
    if is_for_a_bar(form, template):
        return 0
    complain(f"{NO_NUMBER}. {HOW_TO_GET_ONE}")
    return 1


def present(
    entry: "dict[str, Any]", form: "str | None" = None, template: "str | None" = None
) -> int:
    """Print an entry as it stands now and give the exit code.

    Whatever a bar is given is well: many show nothing for any code but 0.
    """
    document = document_at(entry, time.time())
    # At once, so that on a terminal the number stands before the reason.
    print_line(line_of(document, fetched_time(entry), form, template))
    if is_for_a_bar(form, template):
        return 0
    why = reason(document)
    if why:
        complain(why)
    return exit_code(entry, document)


def line_of(
    document: "dict[str, Any]",
    fetched: str,
    form: "str | None" = None,
    template: "str | None" = None,
) -> str:
    """Give a document as it is printed; `fetched` is its number's time of day."""
    if form == "json":
        return json.dumps(document)
    if not is_for_a_bar(form, template):
        return text_line(document, fetched)
    from trayapp.coding.bars import render  # noqa: PLC0415 -- the text does without

    return render(form or "plain", document, fetched, template)


def fetched_time(entry: "dict[str, Any]") -> str:
    """Give the time of day of an entry's number."""
    return time.strftime("%H:%M", time.localtime(entry["fetched_at"]))


def is_for_a_bar(form: "str | None", template: "str | None") -> bool:
    """Tell whether a bar shows what is printed, rather than a person or a program reads it."""
    return template is not None or form not in (None, "text", "json")


def is_recent(entry: "dict[str, Any]", seconds: float) -> bool:
    """Tell whether an entry's number, or what failed instead, is at most so many seconds old."""
    now = time.time()
    try:
        document = document_at(entry, now)
        if document["error"] is not None:
            return bool(0 <= now - entry["at"] <= min(seconds, FAILED_SECONDS))
        return document["total_seconds"] is not None and 0 <= now - entry["fetched_at"] <= seconds
    except (KeyError, TypeError, ValueError):
        return False


def read_entry(path: str, account: "str | None") -> "dict[str, Any] | None":
    """Read an account's entry from the snapshot, None where there is none that can be read."""
    try:
        with open(path, "rb") as stream:  # noqa: PTH123 -- pathlib costs as much as all the rest
            snapshot = json.load(stream)
        if snapshot["schema"] != SCHEMA:
            return None
        entry: dict[str, Any] = snapshot["accounts"][
            snapshot["show"] if account is None else account
        ]
        document_at(entry, 0.0)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        # Absent, broken or another version's: for whoever asks, no number is stored.
        return None
    return entry


def snapshot_path() -> str:
    """Compute where the snapshot lies, as trayapp.settings.locations does; a test compares them."""
    if sys.platform == "win32":
        folder = os.environ.get("LOCALAPPDATA", "")
    elif sys.platform == "darwin":
        folder = os.path.expanduser("~/Library/Application Support")  # noqa: PTH111 -- as above
    else:
        folder = os.environ.get("XDG_STATE_HOME", "")
        if not folder.startswith("/"):
            folder = os.path.expanduser("~/.local/state")  # noqa: PTH111
    return os.path.join(folder, "trayapp", "today.json")  # noqa: PTH118


def unknown(account: "str | None") -> "dict[str, Any]":
    """Give the document of an account of which nothing is stored."""
    return {
        "schema": SCHEMA,
        "text": "-",
        "state": "starting",
        "account": account,
        "api_url": None,
        "fresh": False,
        "flags": [],
        "waiting": None,
        "dead": None,
        **dict.fromkeys(NUMBER_KEYS),
        "error": {"title": NO_NUMBER, "hint": HOW_TO_GET_ONE},
    }


def print_line(line: str) -> None:
    """Print a line at once, whatever its letters."""
    if sys.stdout is not None:
        # Somebody's project may have a name that the terminal's encoding lacks.
        sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr] # it is a file
    print(line, flush=True)


def _parse(arguments: "list[str]") -> "dict[str, str | None] | None":
    """Read the options that this module knows, in any order; None where there is another."""
    values: dict[str, str | None] = {
        "--account": None,
        "--format": None,
        "--template": None,
        "--max-age": None,
    }
    rest = iter(arguments)
    for argument in rest:
        if argument == "--cached":
            values[argument] = ""
            continue
        name, equals, value = argument.partition("=")
        if name not in values:
            return None
        values[name] = value if equals else next(rest, "")
    return values if _are_sensible(values) else None


def _are_sensible(values: "dict[str, str | None]") -> bool:
    form, template, age = values["--format"], values["--template"], values["--max-age"]
    if values["--account"] == "" or ("--cached" in values) == (age is not None):
        return False
    if age is not None and not (age.isascii() and age.isdigit()):
        return False
    if template is None and form in (None, "text", "json"):
        return True
    from trayapp.coding.bars import FORMATS  # noqa: PLC0415 -- as in line_of

    if form is not None and form not in FORMATS:
        return False
    if template is None:
        return True
    from trayapp.coding.template import TemplateError, parse_template  # noqa: PLC0415

    try:
        parse_template(template)
    except TemplateError:
        return False
    return True
