"""`trayapp heartbeat`: on disk when it returns, found out as the monitor does, and hidden so."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.cli.person import Person
from tests.desktop.processes import require_programs
from tests.server import Server
from tests.watching.repositories import git, make_git
from trayapp.cli import heartbeat
from trayapp.cli.program import make_parser
from trayapp.coding.heartbeat import Heartbeat, from_json
from trayapp.coding.hiding import hide
from trayapp.delivery.queue import HeartbeatQueue
from trayapp.delivery.rows import LOCAL, Row
from trayapp.resident.capturing import make_capturer
from trayapp.settings.accounts import load_settings
from trayapp.watching.saves import Save

KEY = "11111111-2222-4333-8444-555555555555"
AT = 1_790_000_000.5

TWO_ACCOUNTS = """\
[accounts.a]
api_url = "https://a/api"
[accounts.b]
api_url = "https://b/api"
[accounts.c]
api_url = "https://c/api"
receive = false
"""


@pytest.fixture
def code(person: Person) -> Path:
    """A repository called wonderland, on branch zanzibar."""
    require_programs("git")
    project = make_git(person.home / "code" / "wonderland")
    (project / "src").mkdir()
    (project / "src" / "main.py").write_text("a = 1\nb = 2\n")
    git("checkout", "-q", "-b", "zanzibar", at=project)
    return project


def rows(person: Person, receiver: str = LOCAL) -> list[Row]:
    queue = HeartbeatQueue(person.locations.queue_file)
    try:
        return queue.waiting(receiver, time.time(), 1000)
    finally:
        queue.close()


def recorded(person: Person, receiver: str = LOCAL) -> list[Heartbeat]:
    return [from_json(row.body, row.machine) for row in rows(person, receiver)]


def report(person: Person, *arguments: str, **details: Any) -> None:
    """Record, and be sure that nothing was said."""
    done = person.run("heartbeat", *arguments, **details)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_it_is_on_disk_when_it_returns_with_all_that_the_monitor_finds_out(
    person: Person, code: Path
) -> None:
    path = code / "src" / "main.py"
    report(person, "--entity", str(path), "--time", str(AT), "--write")

    settings = load_settings(person.locations, person.environment).watching
    capture = make_capturer([], settings).capture(Save(str(path), AT))
    assert capture is not None
    assert recorded(person) == [hide(capture, [], b"")]
    (found,) = recorded(person)
    assert (found.project, found.branch, found.language) == ("wonderland", "zanzibar", "Python")
    assert found.lines == 2


def test_what_is_given_counts(person: Person, code: Path) -> None:
    before = time.time()
    given = ("--project", "P", "--branch", "B", "--language", "L", "--category", "debugging")
    report(person, "--entity", str(code / "src" / "main.py"), *given)

    (found,) = recorded(person)
    assert (found.project, found.branch, found.language) == ("P", "B", "L")
    assert (found.category, found.type, found.is_write) == ("debugging", "file", False)
    assert before <= found.time <= time.time()


def test_relative_paths_and_links_become_the_path_that_the_monitor_has(
    person: Person, code: Path
) -> None:
    (person.home / "link").symlink_to(code)
    for entity in ("main.py", "../src/main.py", "~/link/src/main.py"):
        report(person, "--entity", entity, folder=code / "src")

    assert {found.entity for found in recorded(person)} == {str(code / "src" / "main.py")}


def test_an_app_or_a_domain_is_no_file(person: Person) -> None:
    report(person, "--entity", "Blender", "--type", "app", "--project", "film")
    report(person, "--entity", "docs.python.org", "--type=domain", "--category=browsing")

    app, domain = recorded(person)
    assert (app.entity, app.type, app.project, app.language) == ("Blender", "app", "film", None)
    assert (domain.entity, domain.type, domain.category) == (
        "docs.python.org",
        "domain",
        "browsing",
    )


def test_each_call_is_one(person: Person, code: Path) -> None:
    """Coalescing is the monitor's."""
    for _ in range(3):
        report(person, "--entity", str(code / "src" / "main.py"), "--time", str(AT))

    assert len(rows(person)) == 3


WRONG = {
    "no entity": ([], "--entity is missing"),
    "options for none": (["--extra", "--project", "p"], "--entity is missing"),
    "empty": (["--entity", " "], "--entity is empty"),
    "missing": (["--entity", "nowhere.py"], "--entity nowhere.py: there is no such file"),
    "folder": (["--entity", "."], "--entity .: that is no ordinary file"),
    "within a file": (["--entity", "main.py/x"], "--entity main.py/x: Not a directory"),
    "time": (["--entity", "main.py", "--time", "noon"], "--time is no number"),
    "old": (["--entity", "main.py", "--time", "978307199"], "--time is before 2001"),
    "negative": (["--entity", "main.py", "--time=-5"], "--time is before 2001"),
    "ahead": (["--entity", "main.py", "--time", "4000000000"], "more than an hour ahead"),
    "type": (["--entity", "main.py", "--type", "url"], "invalid choice: 'url'"),
    "option": (
        ["--entity", "main.py", "--wirte"],
        "unrecognized arguments: --wirte. See: trayapp heartbeat --help",
    ),
    "no value": (["--entity"], "expected one argument"),
    "standard input": (["--extra"], "standard input holds no JSON"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_in_a_line_and_nothing_is_recorded(
    person: Person, code: Path, case: str
) -> None:
    arguments, words = WRONG[case]

    done = person.run("heartbeat", *arguments, folder=code / "src")

    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert not person.locations.queue_file.exists()


def test_an_array_is_recorded_whole_or_not_at_all(person: Person, code: Path) -> None:
    path = str(code / "src" / "main.py")
    beats: list[dict[str, object]] = [
        {"entity": path, "time": AT, "is_write": True},
        {"entity": "src/main.py", "timestamp": str(AT + 1), "lines": "7", "project": "P"},
        {"entity": str(code / "new.py"), "time": AT + 2, "is_unsaved_entity": True},
        {"entity": "Blender", "entity_type": "app", "time": AT + 3, "alternate_project": "film"},
    ]

    gone = [*beats, {"entity": "gone.py", "time": AT}]
    done = person.run("heartbeat", "--extra", stdin=json.dumps(gone), folder=code)
    assert done.returncode == 2
    assert "heartbeat 5 of standard input: there is no such file" in done.stderr
    assert not person.locations.queue_file.exists()

    report(person, "--entity", path, "--extra", stdin=json.dumps(beats), folder=code)
    own, first, second, unsaved, app = recorded(person)
    assert own.entity == first.entity == second.entity == path
    assert (first.time, first.is_write, first.project) == (AT, True, "wonderland")
    assert (second.time, second.lines, second.project) == (AT + 1, 7, "P")
    assert (unsaved.language, unsaved.lines) == ("Python", None)
    assert (app.type, app.project) == ("app", "film")


def test_alternatives_count_only_where_nothing_is_found(person: Person, code: Path) -> None:
    (person.home / "loose.txt").write_text("x\n")
    names = ("project", "branch", "language")
    others = {f"alternate_{name}": f"other {name}" for name in names}
    beats = [
        {"entity": str(code / "src" / "main.py"), "time": AT, **others},
        {"entity": str(person.home / "loose.txt"), "time": AT, **others},
    ]

    report(person, "--extra", stdin=json.dumps(beats))

    found = [[getattr(one, name) for name in names] for one in recorded(person)]
    assert found[0] == ["wonderland", "zanzibar", "Python"]
    assert found[1][:2] == ["other project", "other branch"]


def test_it_goes_to_each_account_that_receives(person: Person, code: Path) -> None:
    person.write_config(TWO_ACCOUNTS)
    report(person, "--entity", str(code / "src" / "main.py"))

    counts = [len(rows(person, f"{name}@https://{name}/api")) for name in "abc"]
    assert counts == [1, 1, 0]
    assert rows(person) == []


def test_a_claimed_file_goes_to_that_account_only(person: Person, code: Path) -> None:
    person.write_config(TWO_ACCOUNTS)
    cfg = person.home / ".wakatime.cfg"
    cfg.write_text(f"[api_urls]\n/Wonderland/ = https://w/api|{KEY}\n")
    other = person.home / "other.py"
    other.touch()
    report(person, "--entity", str(code / "src" / "main.py"))
    report(person, "--entity", str(other))

    (claim,) = load_settings(person.locations, person.environment).watching.claims
    assert claim.receiver is not None
    assert [found.project for found in recorded(person, claim.receiver)] == ["wonderland"]
    assert [found.entity for found in recorded(person, "a@https://a/api")] == [str(other)]
    assert KEY.encode() not in person.locations.queue_file.read_bytes()


def test_what_is_claimed_for_nobody_known_is_not_recorded(person: Person, code: Path) -> None:
    (person.home / ".wakatime.cfg").write_text(f"[api_urls]\n/wonderland/ = {KEY}\n")

    done = person.run("heartbeat", "--entity", str(code / "src" / "main.py"))

    assert done.returncode == 103
    assert "line 2 claims it" in done.stderr
    assert KEY not in done.stderr
    assert not person.locations.queue_file.exists()


HIDDEN = {
    "hide_file_names = true": ("kumquat", "zanzibar"),
    "hide_file_names = kumq": ("kumquat", "zanzibar"),
    "hide_file_names = (": ("kumquat", "zanzibar"),
    "hide_project_names = true": ("wonder", "zanzibar"),
    "hide_project_names = ^wonderland$": ("wonder", "zanzibar"),
    "hide_branch_names = true": ("zanzibar",),
}


@pytest.mark.parametrize("project", [None, "wonderland", "Looking Glass"])
@pytest.mark.parametrize("setting", HIDDEN)
def test_what_is_hidden_from_the_monitors_saves_is_hidden_here(
    person: Person, code: Path, setting: str, project: str | None
) -> None:
    person.write_cfg(dict([setting.split(" = ")]))
    (code / "kumquat.py").write_text("1\n")
    given = () if project is None else ("--project", project)
    report(person, "--entity", str(code / "kumquat.py"), *given)

    stored = b"".join(path.read_bytes() for path in person.locations.state_dir.iterdir())
    names = (*HIDDEN[setting], *(["Looking"] if "project" in setting else []))
    assert [name for name in names if name.encode() in stored] == []
    assert len(rows(person)) == 1


@pytest.mark.parametrize(
    ("kind", "entity", "setting", "told"),
    [
        ("app", "Secret.Tool", "hide_file_names = true", "HIDDEN"),
        ("domain", "customer.example", "hide_file_names = customer", "HIDDEN"),
        ("app", "Blender/4", "hide_project_folder = true", "Blender/4"),
        ("app", "film maker", "hide_project_names = true", "HIDDEN"),
        ("app", "Blender", "hide_project_names = true", "Blender"),
    ],
)
def test_the_name_of_an_app_is_hidden_whole(
    person: Person, kind: str, entity: str, setting: str, told: str
) -> None:
    person.write_cfg(dict([setting.split(" = ")]))
    report(person, "--entity", entity, "--type", kind, "--project", "Film")

    (found,) = recorded(person)
    assert found.entity == told


def test_what_is_excluded_is_not_recorded_and_said(person: Person, code: Path) -> None:
    person.write_cfg({"exclude": "/src/"})

    done = person.run("heartbeat", "--entity", str(code / "src" / "main.py"))

    assert done.returncode == 0
    assert done.stderr == "trayapp: not recorded: excluded by a pattern\n"
    assert rows(person) == []


def test_a_project_file_names_the_project_unless_another_is_given(
    person: Person, code: Path
) -> None:
    person.write_cfg({"hide_project_names": "true"})
    (code / ".wakatime-project").write_text("Told\n")
    entity = str(code / "src" / "main.py")
    report(person, "--entity", entity)
    report(person, "--entity", entity, "--project", "Told")
    report(person, "--entity", entity, "--project", "Other")

    names = [found.project for found in recorded(person)]
    assert names[:2] == ["Told", "Told"]
    assert names[2] is not None
    assert names[2].startswith("Hidden ")


def test_it_is_sent_at_once_where_that_is_asked_for(known: Person, server: Server) -> None:
    file = known.home / "a.py"
    file.write_text("a = 1\n")

    done = known.run("heartbeat", "--entity", str(file), "--write", "--send")

    assert (done.returncode, done.stdout) == (0, "wakatime.cfg: 1 sent, 0 waiting\n")
    (stored,) = server.heartbeats
    assert stored["entity"] == str(file)


def test_what_cannot_be_sent_stays_and_is_said(known: Person, server: Server) -> None:
    file = known.home / "a.py"
    file.write_text("a = 1\n")
    server.stop()

    done = known.run("heartbeat", "--entity", str(file), "--send")

    assert done.returncode == 102
    assert done.stdout == "wakatime.cfg: 0 sent, 1 waiting\n"
    assert len(rows(known, f"wakatime.cfg@{server.api_url}")) == 1


def test_without_an_account_it_is_recorded_and_sending_says_how_to_sign_in(
    person: Person, code: Path
) -> None:
    done = person.run("heartbeat", "--entity", str(code / "src" / "main.py"), "--send")

    assert done.returncode == 104
    assert "trayapp login" in done.stderr
    assert len(rows(person)) == 1


LINES: tuple[Sequence[str], ...] = (
    ("--entity", "a.py"),
    ("--entity=a.py", "--write", "--send"),
    ("--entity=a=b.py", "--time", "5", "--project=", "--category", "x y"),
    ("--type", "domain", "--entity", "-", "--extra"),
    ("--extra",),
    (),
    ("--write", "--entity", "a", "--entity", "b", "--branch=-b", "--language", "C"),
    ("--entity", "-a.py"),
    ("--entity=-a.py",),
    ("--ent", "a.py"),
    ("--entity", "a.py", "--write=yes"),
    ("--entity", "a.py", "--type", "url"),
    ("--entity", "a.py", "-v"),
    ("--entity", "a.py", "stray"),
    ("--help",),
    ("--entity",),
    ("--", "--entity"),
)


@pytest.mark.parametrize("line", LINES, ids=" ".join)
def test_the_way_without_argparse_reads_what_argparse_reads(
    line: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> None:
    fast = heartbeat.parse(line)
    try:
        slow: dict[str, Any] | None = vars(make_parser().parse_args(["heartbeat", *line]))
    except SystemExit:
        capsys.readouterr()
        slow = None

    if fast is not None:
        assert slow is not None
        assert fast == {name: slow[name] for name in fast}


def test_ordinary_lines_take_that_way() -> None:
    assert [heartbeat.parse(line) is not None for line in LINES[:6]] == [True] * 3 + [False] + [
        True
    ] * 2


HEAVY = (
    *("PIL", "argparse", "httpx", "jeepney", "keyring", "logging"),
    *("platform", "secrets", "socket", "subprocess", "tempfile", "tomlkit", "tomllib", "traceback"),
    "watchdog",
)


def test_it_imports_nothing_heavy(person: Person, code: Path) -> None:
    """What it costs beside a bare Python is printed by `make bench`."""
    # The first makes the secret of hiding, which all later ones read.
    person.run("heartbeat", "--entity", str(code / "src" / "main.py"))
    listing = (
        "import gc, json, sys; sys.argv[0] = 'trayapp'; from trayapp.cli import main; "
        "code = main(); print(json.dumps([code, gc.get_freeze_count(), *sys.modules]))"
    )
    options = ["heartbeat", "--entity", str(code / "src" / "main.py")]
    done = subprocess.run(
        [sys.executable, "-c", listing, *options],
        env=person.environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=50,
    )

    code_of_end, frozen, *modules = json.loads(done.stdout)
    assert code_of_end == 0
    assert frozen > 0
    assert not {name.partition(".")[0] for name in modules} & {*HEAVY}
    ours = {name for name in modules if name.startswith(("trayapp.coding.", "trayapp.delivery."))}
    assert ours == {
        *("trayapp.coding.coalescing", "trayapp.coding.heartbeat"),
        *("trayapp.coding.hiding", "trayapp.coding.patterns", "trayapp.coding.preferences"),
        *("trayapp.delivery.database", "trayapp.delivery.files", "trayapp.delivery.locks"),
        *("trayapp.delivery.queue", "trayapp.delivery.rows"),
        *("trayapp.delivery.schema", "trayapp.delivery.statements"),
    }
