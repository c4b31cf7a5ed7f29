from __future__ import annotations

import re

import pytest

from trayapp.watching.wildmatch import translate


def matches(glob: bytes, text: bytes, *, in_path: bool = True) -> bool:
    regex = translate(glob, in_path=in_path)
    return regex is not None and re.compile(regex, re.DOTALL).fullmatch(text) is not None


@pytest.mark.parametrize(
    ("glob", "text", "expected"),
    [
        (b"a", b"a", True),
        (b"a*c", b"abbc", True),
        (b"a*c", b"ab/c", False),
        (b"a?c", b"a/c", False),
        (b"a/**/c", b"a/c", True),
        (b"a/**/c", b"a/x/y/c", True),
        (b"a/**", b"a/x/y", True),
        (b"a/**", b"a", False),
        (b"**/c", b"c", True),
        (b"**/c", b"x/y/c", True),
        (b"**/a/**/b/*c", b"x/a/y/z/b/xc", True),
        (b"**/a/**/b/*c", b"x/b/y/z/a/xc", False),
        (b"x/a*b**c", b"x/azbzc", True),
        (b"x/a*b**c", b"x/azb/c", False),
        # What follows the literal beginning is a beginning for git.
        (b"a/b**/c", b"a/b/x/c", True),
        (b"a/b**/c", b"a/bc", True),
        (b"a*b/**\\/c", b"ab/c", False),
        (b"a*b/**\\/c", b"ab/x/c", True),
        (b"[ab]", b"b", True),
        (b"[!ab]", b"b", False),
        (b"[^ab]", b"c", True),
        (b"[!a]", b"/", False),
        (b"x[a/]y", b"x/y", False),
        (b"[]]", b"]", True),
        (b"[]-a]", b"^", True),
        (b"[a-]", b"-", True),
        (b"[b-a]", b"a", False),
        (b"[a-c-e]", b"d", False),
        (b"[\\]]", b"]", True),
        (b"[[:digit:]x]", b"7", True),
        (b"[[:space:]]", b"\v", False),
        (b"[[:nonsense:]a]", b"a", False),
        (b"[[:]", b":", True),
        (b"[a", b"a", False),
        (b"a\\", b"a", False),
        (b"a\\", b"a\\", False),
        (b"\\*", b"*", True),
        (b"\\*", b"x", False),
        (b"a{1}(b|c)$", b"a{1}(b|c)$", True),
        (b"?", "é".encode(), False),
        (b"*", b"a\nb", True),
    ],
)
def test_a_glob_matches_what_git_matches(glob: bytes, text: bytes, *, expected: bool) -> None:
    assert matches(glob, text) is expected


def test_outside_of_paths_stars_cross_everything() -> None:
    assert matches(b"a**c", b"abbc", in_path=False)


@pytest.mark.parametrize(
    "glob",
    [
        b"x/" + b"*a" * 40 + b"b",
        b"x/" + b"*?" * 40 + b"b",
        b"x/" + b"*[a-z]" * 40 + b"9",
        b"**/a/" * 30 + b"b",
        b"**/*a*/" * 30 + b"b",
    ],
)
@pytest.mark.parametrize("text", [b"x/" + b"a" * 4000, b"x/" + b"a/" * 2000 + b"a"])
def test_no_glob_takes_longer_than_the_time_limit_of_a_test(glob: bytes, text: bytes) -> None:
    assert not matches(glob, text)
