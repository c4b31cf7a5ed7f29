"""Heartbeat: what is recorded and sent, in WakaTime's JSON form.

One is made by `trayapp.coding.hiding.hide`, which knows what may be told, or read back by
`from_json`; nothing else makes one, and a test looks for it.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import quote_plus

# In the order of the JSON. Integers must be such: wakapi refuses a whole batch for one "3".
_KINDS: dict[str, type | tuple[type, ...]] = {
    "entity": str,
    "type": str,
    "category": str,
    "time": (int, float),
    "project": str,
    "branch": str,
    "language": str,
    "lines": int,
    "project_root_count": int,
    "is_write": bool,
    "user_agent": str,
}
_INTEGERS = tuple(name for name, kind in _KINDS.items() if kind is int)
_ALWAYS = ("entity", "type", "category", "time", "is_write", "user_agent")

# Half of a surrogate pair (a file name that is not UTF-8) and NUL: Hackatime's database refuses
# them, and with them every heartbeat of the same batch.
_UNSENDABLE = re.compile(r"[\0\ud800-\udfff]")

# One above it makes Hackatime refuse the whole batch (its columns have 32 bits).
_LARGEST_INTEGER = 2**31 - 1

_VERSION = re.compile(r"[0-9]+(\.[0-9]+)*")


@dataclass(frozen=True)
class Heartbeat:
    """One save as the servers are told of it; None is not known, or hidden.

    `time` is in epoch seconds. `machine` is no part of the JSON, it travels as X-Machine-Name.
    Characters that no server takes are replaced in every text, and integers kept within its bounds.
    """

    entity: str
    time: float
    project: str | None
    branch: str | None
    language: str | None
    lines: int | None
    project_root_count: int | None
    user_agent: str
    machine: str
    is_write: bool = True
    type: str = "file"
    category: str = "coding"

    def __post_init__(self) -> None:
        for name in (field.name for field in fields(self)):
            value = getattr(self, name)
            if isinstance(value, str):
                object.__setattr__(self, name, _UNSENDABLE.sub("\ufffd", value))
            elif name in _INTEGERS and value is not None:
                object.__setattr__(self, name, min(max(value, 0), _LARGEST_INTEGER))


def to_json(heartbeat: Heartbeat) -> bytes:
    """Give the bytes to send, the same in every attempt; raises ValueError for a time of NaN.

    They are ASCII, so that nothing on the way can read them otherwise.
    """
    values = {name: getattr(heartbeat, name) for name in _KINDS}
    known = {name: value for name, value in values.items() if value is not None}
    return json.dumps(known, allow_nan=False, separators=(",", ":")).encode("ascii")


def from_json(body: bytes, machine: str) -> Heartbeat:
    """Read what `to_json` gave; raises ValueError, which repeats nothing of the body.

    Names that are not known are left out: a newer trayapp may have written them.
    """
    found: Any = None
    with suppress(ValueError, RecursionError):
        found = json.loads(body)
    # Raised here and not in a handler: json's own error would carry the text along.
    if not isinstance(found, dict):
        raise ValueError("a stored heartbeat is no JSON object")  # noqa: TRY004 -- a text is wrong
    values: dict[str, Any] = {name: found.get(name) for name in _KINDS}
    for name, value in values.items():
        kind = _KINDS[name]
        wrong = not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)
        if wrong and (value is not None or name in _ALWAYS):
            raise ValueError(f"a stored heartbeat's {name} is missing or of the wrong kind")
    return Heartbeat(machine=machine, **values)


def user_agent(version: str, system: str, release: str, machine: str, python_version: str) -> str:
    """Give the user agent by which the servers show trayapp as the editor.

    The middle three are what `platform` calls system, release and machine. The form is
    wakatime-cli's. A server takes the system's name up to the first - and the editor from the first
    product after the runtime; names have no blanks, and WakaTime shows only numeric versions.
    """
    number = _numeric(version)
    # wakapi makes macOS of "darwin" and of no other spelling.
    place = "-".join(_word(part) for part in (system.lower(), release, machine))
    # "python" under PyPy too: Hackatime takes a runtime that it does not know for the editor.
    runtime = f"python{_numeric(python_version)}"
    return f"wakatime/{number} ({place}) {runtime} trayapp/{number} trayapp-wakatime/{number}"


def machine_name(hostname: str) -> str:
    """Give a host's name as X-Machine-Name has it: escaped as wakatime-cli does it.

    Hackatime stores it unread, so this is what puts both under one machine.
    """
    return quote_plus(hostname, errors="replace")


def _numeric(version: str) -> str:
    found = _VERSION.match(version)
    return found[0] if found else "0"


def _word(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._+-]+", "_", text) or "unknown"
