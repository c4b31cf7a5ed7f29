"""What a server made of a heartbeat, as far as its answer tells.

Hackatime answers with the row that it stored (servers.md 1.2), WakaTime with its id, wakapi with
nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from trayapp.coding.printable import printable
from trayapp.servers import lenient


@dataclass(frozen=True)
class Understood:
    """Editor, system and language, each empty where the server found none."""

    editor: str = ""
    system: str = ""
    language: str = ""


def decode_understood(body: bytes) -> Understood | None:
    """Read it off the answer to one heartbeat, None where that does not tell."""
    try:
        row = json.loads(body)["responses"][0][0]
        if "editor" not in row or "operating_system" not in row:
            return None
        return Understood(
            _text(row["editor"]), _text(row["operating_system"]), _text(row.get("language"))
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def _text(value: object) -> str:
    """Take what can be shown: a server wrote it."""
    return printable(lenient.text(value))
