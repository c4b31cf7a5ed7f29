"""Tell what language a file is in: by its name, its neighbours and the beginning of its content.

`language_of` may read up to 64 KB of the file and list its folder, so it is not for the thread that
reads events; `is_code_name` in language_names.py goes by the name alone.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from trayapp.watching.language_names import (
    canonical_name,
    claimants,
    interpreter_language,
    may_be_script_name,
)
from trayapp.watching.language_signs import Sample, choose
from trayapp.watching.reading import read_head

MOST_BYTES = 64 * 1024

MODELINE_LINES = 5
"""As many lines at either end are searched for a modeline, as vim does."""

MOST_LINE = 500
"""Of such a line, and of a #! line; none is longer."""


def language_of(path: Path) -> str | None:
    """Give the language of the file at `path` by linguist's name, None for what is no code.

    A file that cannot be read gets the likeliest language for its name.
    """
    languages = claimants(path.name)
    if path.suffix in {".C", ".H"}:
        return "C++"  # As compilers take it where names have case.
    if len(languages) == 1:
        return languages[0]
    if not languages and not may_be_script_name(path.name):
        return None
    text = _decode(read_head(path, MOST_BYTES) or b"")
    if text is None:
        return None  # A video called .ts, say.
    named = _from_shebang(text.partition("\n")[0])
    if not languages:
        return named or _from_modeline(text)
    return named if named in languages else choose(Sample(path, text), languages[0])


def _decode(head: bytes) -> str | None:
    """Turn the beginning of a file into text, None where it is none."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return head.decode("utf-16", errors="replace")
    return None if b"\0" in head else head.decode("utf-8-sig", errors="replace")


def _from_shebang(line: str) -> str | None:
    words = line[2:MOST_LINE].split() if line.startswith("#!") else []
    while words:
        program = re.split(r"[/\\]", words.pop(0))[-1]
        if program != "env":
            return interpreter_language(program)
        while words and (words[0].startswith("-") or "=" in words[0]):
            words.pop(0)
    return None


_MODELINES = (
    re.compile(r"-\*-(?:.*;)?\s*mode:\s*([\w+#-]+)\s*(?:;.*)?-\*-", re.IGNORECASE),
    re.compile(r"-\*-\s*([\w+#-]+)\s*-\*-"),
    re.compile(r"(?:^|\s)(?:vim?|ex):.*?\b(?:ft|filetype|syntax|syn)=([\w+#-]+)"),
)


def _from_modeline(text: str) -> str | None:
    lines = text.split("\n")
    ends = lines[:MODELINE_LINES] + lines[-MODELINE_LINES:]
    found = (pattern.search(line[:MOST_LINE]) for line in ends for pattern in _MODELINES)
    return next((canonical_name(match[1]) for match in found if match), None)
