"""A person's own globs of what is not watched, as `ignore` in config.toml has them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from trayapp.watching.wildmatch import translate


def compile_globs(globs: Iterable[str], home: str) -> tuple[re.Pattern[str], ...]:
    """Give a pattern to search for in whole paths for each glob that can match at all.

    `*.gen.py` and `drafts` stand for names anywhere, `notes/*.md` for the end or a stretch of a
    path, `/srv/old` and `~/old` for one place. What lies below a folder is meant with it. In a
    glob with a slash `*` stops at slashes and `**` does not, as in .gitignore.
    """
    found = (_regex(glob, home) for glob in globs)
    return tuple(re.compile(regex, re.DOTALL) for regex in found if regex is not None)


def _regex(glob: str, home: str) -> str | None:
    text = glob.rstrip("/")
    if text == "~" or text.startswith("~/"):
        # The home folder's own name may hold what a glob would take for more than itself.
        begin, text = re.escape(home.rstrip("/")), text[1:]
        start = rf"\A{begin}"
    else:
        start = r"\A" if text.startswith("/") else r"(?:\A|/)"
    middle = translate(text.encode("utf-8", "surrogateescape"), in_path=True)
    if not glob.strip("/") or middle is None:
        return None
    return start + middle.decode("utf-8", "surrogateescape") + r"(?=/|\Z)"
