from __future__ import annotations

import pytest

from trayapp.coding.counted import counted
from trayapp.coding.file_monitor import with_home_sign


@pytest.mark.parametrize(
    ("path", "home", "shown"),
    [
        ("/home/a/code", "/home/a", "~/code"),
        ("/home/a", "/home/a", "~"),
        ("/home/ab/code", "/home/a", "/home/ab/code"),
        ("/home/a\\b", "/home/a", "/home/a\\b"),
        ("/code", "/", "/code"),
        ("/code", "", "/code"),
        ("C:\\Users\\a\\code", "C:\\Users\\a", "~\\code"),
        ("C:\\Users\\ab", "C:\\Users\\a", "C:\\Users\\ab"),
    ],
)
def test_only_what_lies_in_the_home_folder_is_shown_with_its_sign(
    path: str, home: str, shown: str
) -> None:
    assert with_home_sign(path, home) == shown


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 folders"), (1, "1 folder"), (2, "2 folders"), (21, "21 folders")]
)
def test_one_thing_is_counted_as_one(number: int, text: str) -> None:
    assert counted(number, "folder") == text
