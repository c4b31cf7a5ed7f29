"""`trayapp today --cached`: the number as last stored, for status bars that ask every second.

It touches no network, no keyring and no settings, and imports json, time and a formatter only.
"""

import json
import os
import sys
import time

from trayapp.cli import complain
from trayapp.coding.document import SCHEMA, document_at, exit_code, reason, text_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NO_NUMBER = "No number is stored yet"
HOW_TO_GET_ONE = "Start trayapp, or run: trayapp today"


def parse(arguments: "list[str]") -> "tuple[str | None, str] | None":
    """Read `--cached [--account NAME] [--format text|json]`, in any order.

    Gives None for anything else, which is left to argparse to explain.
    """
    values: dict[str, str | None] = {"--account": None, "--format": "text"}
    rest = iter(arguments)
    for argument in rest:
        if argument == "--cached":
            continue
        name, equals, value = argument.partition("=")
        if name not in values:
            return None
        values[name] = value if equals else next(rest, "")
    form = values["--format"]
    if form not in ("text", "json") or values["--account"] == "":
        return None
    return values["--account"], form


def run(account: "str | None", form: str) -> int:
    """Print the stored number of an account, by default of the one that shows."""
    entry = read_entry(snapshot_path(), account)
    if entry is not None:
        try:
            return present(entry, form)
        except (KeyError, TypeError, ValueError, OverflowError):
            # An entry that is ours in part only counts as none, as one that cannot be read.
            pass
    print(json.dumps(_unknown(account)) if form == "json" else "-", flush=True)
    complain(f"{NO_NUMBER}. {HOW_TO_GET_ONE}")
    return 1


def present(entry: "dict[str, Any]", form: str) -> int:
    """Print an entry as it stands now and give the exit code."""
    document = document_at(entry, time.time())
    if form == "json":
        line = json.dumps(document)
    else:
        fetched = time.strftime("%H:%M", time.localtime(entry["fetched_at"]))
        line = text_line(document, fetched)
    # At once, so that on a terminal the number stands before the reason.
    print(line, flush=True)
    why = reason(document)
    if why:
        complain(why)
    return exit_code(entry, document)


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


def _unknown(account: "str | None") -> "dict[str, Any]":
    """Give the document of an account of which nothing is stored."""
    from trayapp.coding.document import NUMBER_KEYS  # noqa: PLC0415 -- the rare case

    return {
        "schema": SCHEMA,
        "text": "-",
        "state": "starting",
        "account": account,
        "api_url": None,
        "fresh": False,
        **dict.fromkeys(NUMBER_KEYS),
        "error": {"title": NO_NUMBER, "hint": HOW_TO_GET_ONE},
    }
