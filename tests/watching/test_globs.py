from __future__ import annotations

import pytest

from trayapp.watching.globs import compile_globs

HOME = "/home/a.b"


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("*.gen.py", "/c/a.gen.py", True),
        ("*.gen.py", "/c/a.gen.pyx", False),
        ("drafts", "/c/drafts/x/a.py", True),
        ("drafts/", "/c/drafts", True),
        ("drafts", "/c/mydrafts/a.py", False),
        ("notes/*.md", "/c/notes/a.md", True),
        ("notes/*.md", "/c/notes/b/a.md", False),
        ("notes/**/a.md", "/c/notes/b/d/a.md", True),
        ("/srv/old", "/srv/old/a.py", True),
        ("/srv/old", "/c/srv/old/a.py", False),
        ("~/old", f"{HOME}/old/a.py", True),
        ("~/old", "/home/aXb/old/a.py", False),
        ("~", f"{HOME}/code/a.py", True),
        ("größe?.py", "/c/größe1.py", True),
        ("[ab].py", "/c/b.py", True),
        ("[ab", "/c/[ab", False),
        ("", "/c/a.py", False),
        ("/", "/c/a.py", False),
    ],
)
def test_a_glob_means_what_a_person_writes(glob: str, path: str, matches: bool) -> None:
    patterns = compile_globs([glob], HOME)

    assert any(pattern.search(path) for pattern in patterns) == matches
