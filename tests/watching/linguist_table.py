"""Write trayapp/watching/linguist_table.py from the package computer-languages.

    python -m tests.watching.linguist_table

Run it after an update of the package; a test tells when the two differ.
"""

from __future__ import annotations

import importlib
import json
import textwrap
from pathlib import Path

TARGET = Path(__file__).parents[2] / "trayapp" / "watching" / "linguist_table.py"

HEAD = '''"""Linguist's languages and their endings, by kind.

Written by tests/watching/linguist_table.py. The data is that of the package
computer-languages, which takes it from GitHub's linguist.

computer-languages: Copyright (c) 2026 Adam Lui; linguist: Copyright (c) 2017 GitHub, Inc.
Both are under the MIT licence, whose text is in the file LICENSE at the top of this project.
"""

from __future__ import annotations

from typing import Final

'''


def render() -> str:
    """Give the module's text, formatted as ruff formats it."""
    library = importlib.import_module("computer_languages")
    kinds: dict[str, list[str]] = {}
    for name, entry in sorted(dict(library).items()):
        kinds.setdefault(entry["type"], []).append(_line(name, entry["extensions"]))
    tables = [
        f"{kind.upper()}: Final[dict[str, str]] = {{\n{''.join(kinds[kind])}}}\n"
        for kind in sorted(kinds)
    ]
    return HEAD + "\n".join(tables)


def _line(name: str, endings: list[str]) -> str:
    line = f"    {_quote(name)}: {_quote(' '.join(endings))},\n"
    if len(line) <= 101:
        return line
    text = " ".join(endings)
    parts = [text] if len(text) <= 90 else textwrap.wrap(text, 89, break_on_hyphens=False)
    values = [part + " " for part in parts[:-1]] + parts[-1:]
    body = "".join(f"        {_quote(value)}\n" for value in values)
    return f"    {_quote(name)}: (\n{body}    ),\n"


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
