"""What `trayapp today` does without; what it costs beside a script is printed by `make bench`."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.cli.person import Person
from trayapp.cli import program

HEAVY = (
    *("PIL", "concurrent", "jeepney", "keyring", "platformdirs", "pystray", "rich"),
    *("secretstorage", "shtab", "sqlite3", "subprocess", "tomlkit", "tomllib", "tzlocal"),
    "watchdog",
)

LISTING = """\
import gc, json, sys
# Where it is installed, httpx imports it with rich, for a command line of its own.
sys.modules["click"] = None
sys.argv[0] = "trayapp"
from trayapp.cli import main
code = main()
print(json.dumps([code, gc.isenabled(), gc.get_freeze_count(), *sys.modules]))
"""


def test_it_imports_nothing_heavy_but_httpx(known: Person) -> None:
    # The first asks for the zone, which the next ones know.
    known.run("today")
    done = subprocess.run(
        [sys.executable, "-c", LISTING, "today"],
        env=known.environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=50,
    )

    number, listing = done.stdout.splitlines()
    code_of_end, looks_for_garbage, frozen, *modules = json.loads(listing)
    assert (number, code_of_end, looks_for_garbage) == ("2h 5m", 0, False)
    assert frozen > 0
    assert "httpx" in modules
    assert not {name.partition(".")[0] for name in modules} & {*HEAVY}
    rooms = ("delivery", "page", "tray", "watching", "coding.heartbeat", "settings.vault")
    assert not [name for name in modules if name.startswith(tuple(f"trayapp.{r}" for r in rooms))]
    resident = {name for name in modules if name.startswith("trayapp.resident.")}
    assert resident == {
        f"trayapp.resident.{name}" for name in ("asking", "dashboard", "snapshot_store")
    }


@pytest.mark.parametrize("options", [["--help"], ["--format", "none"], ["--max-age", "x"], ["x"]])
def test_it_makes_no_other_parser_and_says_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        program.make_parser().parse_args(["today", *options])
    said = capsys.readouterr()
    assert said != ("", "")

    monkeypatch.delattr(program, "make_parser")
    assert program.run(["today", *options]) == end.value.code
    assert capsys.readouterr() == said
