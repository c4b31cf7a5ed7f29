from __future__ import annotations

from pathlib import Path

import pytest

from trayapp.watching.capture import LARGEST_COUNTED_BYTES, Capturer, Identity, count_lines
from trayapp.watching.project import ProjectSettings
from trayapp.watching.saves import Save

IDENTITY = Identity("wakatime/1 (linux) trayapp/1", "a+machine")


def capturer(*folders: Path) -> Capturer:
    return Capturer([str(folder) for folder in folders], ProjectSettings(), IDENTITY)


def test_a_save_is_told_with_all_that_is_known(tmp_path: Path) -> None:
    file = tmp_path / "code" / "a.py"
    file.parent.mkdir()
    file.write_text("one\ntwo")

    capture = capturer(tmp_path / "code").capture(Save(str(file), 1234.5))

    assert capture is not None
    assert (capture.path, capture.time) == (file.as_posix(), 1234.5)
    assert (capture.user_agent, capture.machine) == (IDENTITY.user_agent, IDENTITY.machine)
    assert (capture.project, capture.branch, capture.language) == ("code", None, "Python")
    assert capture.lines == 2


def test_the_project_is_what_was_found_at_the_save(tmp_path: Path) -> None:
    one = capturer(tmp_path)
    file = tmp_path / "a.py"
    file.touch()
    found = one.project_of(str(file))
    (tmp_path / ".wakatime-project").write_text("renamed\nbranch\n")

    before, now = one.capture(Save(str(file), 1.0, found)), one.capture(Save(str(file), 1.0))

    assert before is not None
    assert now is not None
    assert (before.project, before.branch) == (tmp_path.name, None)
    assert (now.project, now.branch) == ("renamed", "branch")


def test_what_is_in_no_language_is_not_told(tmp_path: Path) -> None:
    file = tmp_path / "script"
    file.write_text("just words")

    assert capturer(tmp_path).capture(Save(str(file), 1.0)) is None


def test_the_innermost_folder_that_was_added_names_the_project(tmp_path: Path) -> None:
    inner = tmp_path / "all" / "inner"
    inner.mkdir(parents=True)
    (inner / "a.py").touch()

    placed = capturer(tmp_path / "all", inner).place(str(inner / "a.py"))

    assert placed.project == "inner"


@pytest.mark.parametrize(
    ("content", "lines"),
    [(b"", 0), (b"a", 1), (b"a\n", 1), (b"a\nb", 2), (b"\n\n", 2), (b"\xff\r\n\0", 2)],
)
def test_lines_are_counted_with_the_last_one(tmp_path: Path, content: bytes, lines: int) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(content)

    assert count_lines(file) == lines


def test_lines_of_a_large_file_or_of_none_are_not_known(tmp_path: Path) -> None:
    large = tmp_path / "large.py"
    large.write_bytes(b"\n" * (LARGEST_COUNTED_BYTES + 1))

    assert count_lines(large) is None
    assert count_lines(tmp_path / "none.py") is None
