from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trayapp.coding.heartbeat import Heartbeat
from trayapp.coding.hiding import Capture, Excluded, hide
from trayapp.errors import ConfigError
from trayapp.settings.accounts import load_settings
from trayapp.settings.key import Key
from trayapp.settings.locations import Locations, write_private
from trayapp.settings.watching import WatchingSettings

SECRET = b"s" * 32
KEY = "11111111-2222-4333-8444-555555555555"

CAPTURE = Capture(
    path="/home/a/work/acme/src/main.py",
    time=1700000000.5,
    user_agent="wakatime/1",
    machine="box",
    project="acme",
    project_folder="/home/a/work/acme",
    branch="main",
)

HIDDEN_FILE = {"entity": "HIDDEN.py", "branch": None}
HIDDEN_PROJECT = {"entity": "src/main.py", "project": "Hidden 77d415f0", "branch": None}


class Person:
    """Somebody with settings files."""

    def __init__(self, locations: Locations, environment: dict[str, str]) -> None:
        self.locations = locations
        self.environment = environment

    def reads(self, config: str = "", cfg: str = "", imported: str = "") -> WatchingSettings:
        """Write the files and read them; cfg and imported begin within [settings]."""
        write_private(self.locations.config_file, config)
        more = f"import_cfg = {self.locations.home / 'other.cfg'}\n" if imported else ""
        write_private(self.locations.wakatime_cfg, f"[settings]\n{more}{cfg}\n")
        write_private(self.locations.home / "other.cfg", f"[settings]\n{imported}\n")
        return load_settings(self.locations, self.environment).watching

    def warnings(self) -> tuple[str, ...]:
        """Give all that load_settings warns about."""
        return load_settings(self.locations, self.environment).warnings


@pytest.fixture
def person(locations: Locations, environment: dict[str, str]) -> Person:
    return Person(locations, environment)


def told(found: WatchingSettings, capture: Capture = CAPTURE) -> dict[str, Any] | Excluded:
    """Give what of a capture is told otherwise than it is, or why nothing is."""
    heartbeat = hide(capture, found.hide_rules, SECRET)
    plain = hide(capture, [], SECRET)
    if isinstance(heartbeat, Excluded):
        return heartbeat
    assert isinstance(plain, Heartbeat)
    return {name: value for name, value in vars(heartbeat).items() if value != vars(plain)[name]}


def test_without_files_nothing_is_watched_and_nothing_hidden(person: Person) -> None:
    found = person.reads()

    assert found == WatchingSettings(hostname=socket.gethostname())
    assert found.enabled


def test_the_table_is_read_and_shown_with_its_source(person: Person) -> None:
    home = person.locations.home

    found = person.reads(
        "[watch]\nenabled = false\n"
        'folders = ["~/code", "/srv/x", "~", "~/code/"]\nignore = ["*.min.js"]\n'
        'idle_gate = false\nhide_project_names = ["a", "b"]\nexclude_unknown_project = true\n'
    )

    assert found.folders == (home / "code", Path("/srv/x"), home)
    assert found.ignore == ("*.min.js",)
    assert not found.enabled
    assert not found.idle_gate
    source = f"{person.locations.config_file} [watch]"
    assert [(v.name, v.shown) for v in found.values if v.source == source] == [
        ("enabled", "false"),
        ("folders", "4"),
        ("ignore", "1"),
        ("idle_gate", "false"),
        ("hide_project_names", "2 patterns"),
        ("exclude_unknown_project", "true"),
    ]
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('folders = "~/code"', "watch.folders must be a list of texts in quotes"),
        ("folders = [1]", "watch.folders must be a list of texts in quotes"),
        ('folders = ["code"]', "watch.folders must be absolute paths or begin with ~/"),
        ('folders = ["~b/code"]', "watch.folders must be absolute paths or begin with ~/"),
        ('folders = ["/a\\u0000"]', "watch.folders must be absolute paths or begin with ~/"),
        ("ignore = true", "watch.ignore must be a list of texts in quotes"),
        ('idle_gate = "no"', "watch.idle_gate must be true or false"),
        ('include = "x"', "watch.include must be true, false or a list of texts in quotes"),
        ("folder = []", "watch.folder is not known, and left alone"),
    ],
)
def test_a_wrong_value_is_without_effect_and_told_with_its_place(
    person: Person, line: str, reason: str
) -> None:
    found = person.reads(f"# mine\n[watch]\n{line}\n", "exclude = /x/")

    assert (found.folders, found.ignore, found.idle_gate) == ((), (), True)
    assert told(found) == {}
    assert person.warnings()[0].startswith("config.toml line 3 column ")
    assert [note.endswith(reason) for note in person.warnings()] == [True]


@pytest.mark.parametrize("value", ['"no"', "0", "[]"])
def test_a_switch_that_is_neither_on_nor_off_is_off_and_told(person: Person, value: str) -> None:
    found = person.reads(f'[watch]\nenabled = {value}\nfolders = ["/srv/x"]\n')

    assert (found.enabled, found.folders) == (False, (Path("/srv/x"),))
    (warning,) = person.warnings()
    assert warning.endswith("line 2 column 11: watch.enabled must be true or false")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('exclude = "x"', Excluded.EXCLUDED),
        ("hide_file_names = [1]", HIDDEN_FILE),
        ("hide_project_names = {}", HIDDEN_PROJECT),
        ('hide_project_folder = ["x"]', {"entity": "src/main.py"}),
        ('include_only_with_project_file = "no"', Excluded.NO_PROJECT_FILE),
    ],
)
def test_a_wrong_value_that_hides_or_excludes_does_so_to_everything_and_is_told(
    person: Person, line: str, expected: dict[str, Any] | Excluded
) -> None:
    found = person.reads(f"[watch]\n{line}\n")

    assert told(found) == expected
    assert ["config.toml line 2 column " in note for note in person.warnings()] == [True]


def test_what_is_no_table_is_told(person: Person) -> None:
    assert person.reads("watch = 5\n").folders == ()
    assert person.warnings()[0].endswith("watch must be a table")


@pytest.mark.parametrize(
    ("cfg", "expected"),
    [
        ("hide_file_names = true", HIDDEN_FILE),
        ("hide_filenames = TRUE", HIDDEN_FILE),
        ("hidefilenames = yes", HIDDEN_FILE),
        ("hide_file_names =\n    \\.go$\n    MAIN", HIDDEN_FILE),
        ("hide_file_names = false", {}),
        ("hide_file_names =", {}),
        ("hide_file_names = false\nhide_filenames = true", HIDDEN_FILE),
        ("hide_file_names = true\nhide_filenames = false", HIDDEN_FILE),
        ("hide_file_names = go$\nhide_filenames = py$", HIDDEN_FILE),
        ("hide_file_names = go$\nhide_filenames = c$", {}),
        ("hide_project_names = true", HIDDEN_PROJECT),
        ("hide_projectnames = acme", HIDDEN_PROJECT),
        ("hideprojectnames = on", HIDDEN_PROJECT),
        ("hide_branch_names = true", {"branch": None}),
        ("hide_branchnames = 1", {"branch": None}),
        ("hidebranchnames = main", {"branch": None}),
        (
            "hide_project_names = true\nhide_branch_names = false",
            HIDDEN_PROJECT | {"branch": "main"},
        ),
        ("hide_project_folder = true", {"entity": "src/main.py"}),
        ("hide_project_folder = no", {}),
        ("hide_dependencies = true", {}),
        ("exclude = /acme/", Excluded.EXCLUDED),
        ("exclude =\n    ^COMMIT_EDITMSG$\n    ^/home/(?!www/).*", Excluded.EXCLUDED),
        ("ignore = /acme/", Excluded.EXCLUDED),
        ("exclude = /other/\nignore = /acme/", Excluded.EXCLUDED),
        ("exclude = true", Excluded.EXCLUDED),
        ("exclude = false", {}),
        ("exclude = /acme/\ninclude = MAIN", {}),
        ("exclude = /acme/\ninclude = false", Excluded.EXCLUDED),
        ("include_only_with_project_file = true", Excluded.NO_PROJECT_FILE),
        ("include_only_with_project_file = f", {}),
        ("exclude_unknown_project = true", {}),
    ],
)
def test_every_setting_of_the_cfg_in_all_its_spellings(
    person: Person, cfg: str, expected: dict[str, Any] | Excluded
) -> None:
    found = person.reads(cfg=cfg)

    if isinstance(expected, dict) and expected.get("branch") == "main":
        expected = {name: value for name, value in expected.items() if name != "branch"}
    assert told(found) == expected
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("config", "cfg", "imported", "expected"),
    [
        ("hide_file_names = true", "hide_file_names = false", "", HIDDEN_FILE),
        ("hide_file_names = false", "hide_file_names = true", "", HIDDEN_FILE),
        ("", "hide_file_names = true", "hide_file_names = false", HIDDEN_FILE),
        ("", "hide_file_names = false", "hide_file_names = true", HIDDEN_FILE),
        ('exclude = ["/other/"]', "exclude = /acme/", "", Excluded.EXCLUDED),
        ('exclude = ["/acme/"]', "exclude = /other/", "", Excluded.EXCLUDED),
        ('include = ["/acme/"]', "exclude = /acme/", "", Excluded.EXCLUDED),
        ('exclude = ["/acme/"]\ninclude = ["main"]', "exclude = /other/", "", {}),
        ("exclude = []\ninclude = true", "", "exclude = /acme/", Excluded.EXCLUDED),
        ("hide_branch_names = false", "hide_file_names = true", "", HIDDEN_FILE),
        (
            "hide_project_folder = false",
            "hide_project_folder = true",
            "",
            {"entity": "src/main.py"},
        ),
        ("exclude_unknown_project = false", "", "include_only_with_project_file = 1", "no file"),
    ],
)
def test_no_source_reveals_what_another_hides(
    person: Person, config: str, cfg: str, imported: str, expected: dict[str, Any] | Excluded | str
) -> None:
    found = person.reads(f"[watch]\n{config}\n", cfg, imported)

    assert told(found) == (Excluded.NO_PROJECT_FILE if expected == "no file" else expected)


@pytest.mark.parametrize(
    ("cfg", "expected", "warning"),
    [
        (
            "exclude =\n  ok\n  (acme\n",
            Excluded.EXCLUDED,
            "line 2: exclude: number 2 of 2 patterns does not compile; all is excluded",
        ),
        (
            "exclude = /acme/\ninclude = (acme",
            Excluded.EXCLUDED,
            "line 3: include: number 1 of 1 pattern does not compile; it includes nothing",
        ),
        (
            "hide_file_names = acme[",
            HIDDEN_FILE,
            "line 2: hide_file_names: number 1 of 1 pattern does not compile; all is hidden",
        ),
        (
            "hide_projectnames = *acme",
            HIDDEN_PROJECT,
            "line 2: hide_project_names: number 1 of 1 pattern does not compile; all is hidden",
        ),
        (
            "hide_project_folder = acme",
            {"entity": "src/main.py"},
            "line 2: hide_project_folder is neither true nor false; it counts as true",
        ),
        (
            "include_only_with_project_file =\n  acme\n  x",
            Excluded.NO_PROJECT_FILE,
            "line 2: include_only_with_project_file is neither true nor false; it counts as true",
        ),
    ],
)
def test_what_does_not_compile_hides_or_excludes_everything_and_is_told(
    person: Person, cfg: str, expected: dict[str, Any] | Excluded, warning: str
) -> None:
    found = person.reads(cfg=cfg)

    assert told(found) == expected
    assert found.warnings == (f"{person.locations.wakatime_cfg} {warning}",)
    assert person.warnings() == found.warnings


def test_so_it_is_with_those_of_config_toml(person: Person) -> None:
    found = person.reads('[watch]\nhide_branch_names = ["(acme"]\n')

    assert told(found) == {"branch": None}
    what = "hide_branch_names: number 1 of 1 pattern does not compile; all is hidden"
    assert found.warnings == (f"{person.locations.config_file} [watch]: {what}",)


class TestProjects:
    def test_the_maps_are_handed_over_in_their_order(self, person: Person) -> None:
        found = person.reads(
            cfg="[projectmap]\nprojects/Foo = new name\n^/bar(\\d+)/ = bar{0}\n[Xx]=y\n"
            "^C:/work/(?:a|b) = with colon\n[git_submodule_projectmap]\nsub = s\n"
        )

        assert [(p.pattern, name) for p, name in found.project_map] == [
            ("projects/Foo", "new name"),
            ("^/bar(\\d+)/", "bar{0}"),
            ("[Xx]", "y"),
            ("^C:/work/(?:a|b)", "with colon"),
        ]
        assert found.project_map[0][0].search("/PROJECTS/foo/x")
        assert [(p.pattern, name) for p, name in found.submodule_map] == [("sub", "s")]
        assert found.warnings == ()

    def test_an_imported_map_comes_first(self, person: Person) -> None:
        found = person.reads(cfg="[projectmap]\na = 1\nb = 2", imported="[projectmap]\nb = 3\n")

        assert [(p.pattern, name) for p, name in found.project_map] == [("b", "3"), ("a", "1")]

    def test_a_map_that_does_not_compile_maps_nothing_and_is_told(self, person: Person) -> None:
        found = person.reads(cfg="[projectmap]\n(acme = x\nb = 2")

        assert [name for _, name in found.project_map] == ["2"]
        what = "[projectmap]: the pattern does not compile; it maps nothing"
        assert found.warnings == (f"{person.locations.wakatime_cfg} line 3: {what}",)

    @pytest.mark.parametrize(
        ("cfg", "disabled", "remote"),
        [
            ("", False, False),
            ("submodules_disabled = true\nproject_from_git_remote = true", True, True),
            ("submodules_disabled = false\nproject_from_git_remote = 0", False, False),
            ("submodules_disabled =\n  x\n  /sub/", True, False),
        ],
    )
    def test_the_git_section(self, person: Person, cfg: str, disabled: bool, remote: bool) -> None:
        found = person.reads(cfg=f"[git]\n{cfg}")

        assert any(regex.search("/a/SUB/b") for regex in found.submodules_disabled) == disabled
        assert found.project_from_git_remote == remote
        assert found.warnings == ()

    def test_what_is_wrong_in_it_is_without_effect_and_told(self, person: Person) -> None:
        found = person.reads(
            cfg="[git]\nsubmodules_disabled = (x\nproject_from_git_remote = perhaps"
        )

        assert found.submodules_disabled == ()
        assert not found.project_from_git_remote
        assert [note.partition(": ")[2] for note in found.warnings] == [
            "submodules_disabled: number 1 of 1 pattern does not compile; it matches nothing",
            "project_from_git_remote is neither true nor false; it counts as false",
        ]


class TestClaims:
    @pytest.mark.parametrize(
        ("cfg", "section"),
        [
            (f"[project_api_key]\n/Work/ = {KEY}", "project_api_key"),
            (f"[api_urls]\n/other/ = https://o|{KEY}\n/work/ = https://h:8/api|{KEY}", "api_urls"),
            (f"[api_urls]\n/work/=https://h/api|{KEY}", "api_urls"),
            (f"[api_urls]\n[Ww]ork = https://h/api|{KEY}", "api_urls"),
            (f"[project_api_key]\nother = {KEY}", None),
            ("", None),
        ],
    )
    def test_a_path_is_claimed_by_a_line(
        self, person: Person, cfg: str, section: str | None
    ) -> None:
        found = person.reads(cfg=cfg)

        claim = found.claimed_by(CAPTURE.path)

        assert (claim and claim.section) == section
        if claim is not None:
            assert claim.source.startswith(f"{person.locations.wakatime_cfg} line ")
        assert found.warnings == ()

    @pytest.mark.parametrize("section", ["project_api_key", "api_urls"])
    def test_what_does_not_compile_claims_every_file_and_is_told(
        self, person: Person, section: str
    ) -> None:
        found = person.reads(cfg=f"[{section}]\n(acme = {KEY}")

        claim = found.claimed_by("/x")

        assert claim is not None
        what = "the pattern does not compile; it claims every file, and no account gets one"
        assert found.warnings == (f"{claim.source}: [{section}]: {what}",)
        assert claim.receiver is None

    @pytest.mark.parametrize(
        ("cfg", "api_url"),
        [
            (f"[project_api_key]\nacme = {KEY}", "https://api.wakatime.com/api/v1"),
            (f"api_url = https://h/api/\n[project_api_key]\nacme = {KEY}", "https://h/api"),
            (f"api_url = https://h/api\n[api_urls]\nacme = https://O/api/|{KEY}", "https://o/api"),
            (f"[api_urls]\nacme = https://o/api | {KEY}", "https://o/api"),
        ],
    )
    def test_the_account_of_a_claim_is_its_server_and_key(
        self, person: Person, cfg: str, api_url: str
    ) -> None:
        claim = person.reads(cfg=cfg).claimed_by(CAPTURE.path)

        assert claim is not None
        assert (claim.api_url, claim.key) == (api_url, Key(KEY))
        assert claim.receiver is not None
        assert claim.receiver.endswith(f"@{api_url}")
        assert KEY not in repr(claim)

    @pytest.mark.parametrize("section", ["project_api_key", "api_urls"])
    def test_the_name_of_a_claim_stays_when_the_key_is_renewed_or_lines_are_added(
        self, person: Person, section: str
    ) -> None:
        def receiver(lines: str) -> str | None:
            claim = person.reads(cfg=f"[{section}]\n{lines}").claimed_by(CAPTURE.path)
            return None if claim is None else claim.receiver

        start = "https://h/api|" if section == "api_urls" else ""
        name = receiver(f"acme = {start}{KEY}")

        assert name is not None
        assert receiver(f"acme = {start}{KEY[::-1]}") == name
        assert receiver(f"other = {start}{KEY}\nacme = {start}{KEY}") == name
        assert receiver(f"acm = {start}{KEY}") != name
        assert "acme" not in name

    @pytest.mark.parametrize(
        ("cfg", "imported"),
        [
            (f"[api_urls]\nacme = {KEY}", ""),
            (f"[api_urls]\nacme = h/api|{KEY}", ""),
            (f"api_url = h\n[project_api_key]\nacme = {KEY}", ""),
            # An imported file cannot redirect the main file's key.
            (f"[project_api_key]\nacme = {KEY}", "api_url = https://elsewhere/api"),
        ],
    )
    def test_a_claim_for_no_known_server_is_for_nobody_and_told(
        self, person: Person, cfg: str, imported: str
    ) -> None:
        found = person.reads("[accounts.a]\napi_url = 'https://a/api'\n", cfg, imported)

        claim = found.claimed_by(CAPTURE.path)

        assert claim is not None
        assert (claim.receiver, claim.key) == (None, None)
        assert [warning.partition(": ")[2].partition("]: ")[2] for warning in found.warnings] == [
            "which server it is for is not known; no account gets what it claims"
        ]

    def test_what_a_claim_without_a_key_claims_waits_for_one(self, person: Person) -> None:
        found = person.reads(cfg="[api_urls]\nacme = https://h/api|short")

        claim = found.claimed_by(CAPTURE.path)

        assert claim is not None
        assert claim.receiver is not None
        assert claim.key is None
        assert found.warnings == (
            f"{claim.source}: [api_urls]: its key is none; what it claims waits for one",
        )

    def test_an_imported_line_claims_too(self, person: Person) -> None:
        found = person.reads(imported=f"[project_api_key]\n/work/ = {KEY}")

        assert found.claimed_by(CAPTURE.path) is not None


@pytest.mark.parametrize(
    ("cfg", "variable", "hostname", "source"),
    [
        ("hostname = My Box", None, "My Box", "line 2"),
        ("hostname = My Box", "w-1", "My Box", "line 2"),
        ("", "w-1", "Gitpod", "environment"),
    ],
)
def test_the_hostname_is_shown_with_its_source(
    person: Person, cfg: str, variable: str | None, hostname: str, source: str
) -> None:
    if variable is not None:
        person.environment["GITPOD_WORKSPACE_ID"] = variable

    found = person.reads(cfg=cfg)

    assert found.hostname == hostname
    assert [(v.name, v.shown) for v in found.values] == [("hostname", hostname)]
    assert found.values[0].source.endswith(source)


# Of letters that stand in no message, no key and no path of a test.
secrets = st.text("JQXZjqz-_ü", min_size=4).filter(lambda text: text.strip("-_ ") == text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(secrets, min_size=8, max_size=8), st.sampled_from(["", "(", "[", "(?P<n>"]))
def test_no_pattern_and_no_key_is_in_anything_that_is_shown(
    person: Person, names: list[str], broken: str
) -> None:
    lists = ("exclude", "hide_file_names", "hide_projectnames", "hide_branch_names", "include")
    texts = [f"{broken}{name}" for name in names]
    cfg = "".join(f"{key} = {text}\n" for key, text in zip(lists, texts, strict=False))
    cfg += "hide_project_folder = " + texts[5]
    sections = ("projectmap", "project_api_key", "api_urls", "git_submodule_projectmap")
    cfg += "".join(f"\n[{s}]\n{texts[6]} = {names[7]}\n{texts[6]} = {names[7]}" for s in sections)
    toml = f"[watch]\nexclude = {json.dumps(texts)}\nhide_file_names = {json.dumps(texts)}\n"

    person.reads(toml, cfg)
    found = load_settings(person.locations, person.environment)

    shown = f"{found!r} {found.watching!r} {found.values} {found.warnings}"
    assert [name for name in names if name in shown] == []


@given(st.text(), st.text())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_cfg_is_read_or_refused(person: Person, text: str, pattern: str) -> None:
    try:
        person.reads(cfg=f"{text}\nexclude = {pattern}\n[projectmap]\n{pattern} = x\n{text}")
    except ConfigError as error:
        assert "line " in error.title  # noqa: PT017
