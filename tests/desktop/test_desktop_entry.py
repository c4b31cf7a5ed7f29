"""Commands in desktop entries, read back by ourselves and by those that start them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.desktop.processes import wait_for
from trayapp.desktop.desktop_entry import (
    entry_text,
    escaped,
    exec_arguments,
    exec_value,
    names,
    read_entry,
    unescaped,
)

NASTY = [
    "plain",
    "with blank",
    "it's",
    'a "quoted" one',
    "$HOME and `id`",
    "100 %d %% %",
    "back\\slash \\\\ two",
    "tab\tand\nnewline",
    "ünï côdé ☃",
    "a;b&c|d<e>f*g?h#i(j)~k",
    "-leading",
    "a=b",
]

TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)


@given(st.lists(TEXT, min_size=1, max_size=4).filter(lambda words: words[0]))
def test_what_is_written_is_what_is_read(arguments: list[str]) -> None:
    assert exec_arguments(exec_value(arguments)) == tuple(arguments)


@given(TEXT)
def test_a_text_survives_its_escapes(text: str) -> None:
    assert unescaped(escaped(text)) == text


@pytest.mark.parametrize(
    ("value", "arguments"),
    [
        ("trayapp", ("trayapp",)),
        ("trayapp %U --show", ("trayapp", "--show")),
        ('"/a b/trayapp" run', ("/a b/trayapp", "run")),
        (r'"/a\\$b/trayapp"', ("/a$b/trayapp",)),
        (r'"/a\\\\b/trayapp"', (r"/a\b/trayapp",)),
        ("trayapp 100%%", ("trayapp", "100%")),
        ('nice -n 0 "/a=b/trayapp" run', ("/a=b/trayapp", "run")),
        (r"""/bin/sh -c "exec \\"\\$0\\" \\"\\$@\\"" /a=b/trayapp""", ("/a=b/trayapp",)),
        ("nice -n 0", None),
        ("", None),
        ('"never ended', None),
    ],
)
def test_exec_is_read_as_the_specification_says(
    value: str, arguments: tuple[str, ...] | None
) -> None:
    assert exec_arguments(value) == arguments


def test_only_the_main_group_counts_and_the_last_of_a_key() -> None:
    text = "Exec=none\n[Other]\nExec=a\n[Desktop Entry]\n#Exec=b\nExec = c \nExec=d\n[Action x]\nExec=e"  # noqa: E501

    assert read_entry(text) == {"Exec": "d"}
    assert read_entry("[Other]\nExec=a") is None


@pytest.mark.parametrize("path", ["/a\u2028b", "/a\x85b", "/a\x1cb", "/a\u00a0", "/a\rb", "/a\nb"])
def test_only_a_line_feed_ends_a_line_and_only_ascii_is_blank(path: str) -> None:
    text = entry_text({"Exec": exec_value([path]), "TryExec": escaped(path)})

    entry = read_entry(text.replace("\n", "\r\n"))

    assert entry is not None
    assert exec_arguments(entry["Exec"]) == (path,)
    assert unescaped(entry["TryExec"]) == path


def test_lists_of_names_are_read() -> None:
    assert names("GNOME;KDE;") == ["GNOME", "KDE"]
    assert names(None) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/a b/trayapp", '"/a b/trayapp"'),
        ("/ü;~#/trayapp", '"/ü;~#/trayapp"'),
        ("/a=b/trayapp", "nice -n 0 /a=b/trayapp"),
        ("/it's/trayapp", 'nice -n 0 "/it\'s/trayapp"'),
        ('/"a"/trayapp', r'''nice -n 0 "/\\"a\\"/trayapp"'''),
        ("/a%b/trayapp", "nice -n 0 /a%%b/trayapp"),
        ("/a\tb/trayapp", r'''nice -n 0 "/a\tb/trayapp"'''),
    ],
)
def test_only_a_path_that_may_not_come_first_is_started_by_another_program(
    path: str, value: str
) -> None:
    assert exec_value([path]) == value


LAUNCH_WITH_GIO = """
import sys
from gi.repository import Gio
entry = Gio.DesktopAppInfo.new_from_filename(sys.argv[1])
assert entry is not None, "GLib takes it for no entry"
assert entry.launch([], None)
"""


@pytest.mark.desktop
@pytest.mark.parametrize(
    ("launcher", "name"),
    # dex 0.9 reads no escapes, and %% as it stands.
    [("gio", name) for name in NASTY]
    + [("dex", name) for name in ("plain", "with blank", "it's", "a=b")],
)
def test_the_launchers_of_desktops_start_a_program_wherever_it_lies(
    tmp_path: Path, launcher: str, name: str
) -> None:
    folder = tmp_path / name
    folder.mkdir()
    program = folder / "program"
    told = tmp_path / "told.json"
    program.write_text(
        "#!/usr/bin/python3\nimport json, os, sys\n"
        f"with open({str(told)!r} + '~', 'w') as file:\n    json.dump(sys.argv[1:], file)\n"
        f"os.replace({str(told)!r} + '~', {str(told)!r})\n"
    )
    program.chmod(0o755)
    entry = tmp_path / "program.desktop"
    values = {
        "Type": "Application",
        "Name": "program",
        "Exec": exec_value([str(program), name]),
        "TryExec": escaped(str(program)),
    }
    entry.write_text(entry_text(values))
    commands = {
        "gio": ["/usr/bin/python3", "-c", LAUNCH_WITH_GIO, str(entry)],
        "dex": ["dex", str(entry)],
    }

    subprocess.run(commands[launcher], check=True, timeout=20)

    wait_for(told.exists, "the program starts")
    assert json.loads(told.read_text()) == [name]
