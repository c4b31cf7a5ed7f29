from __future__ import annotations

import json
import pickle
import traceback
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from trayapp.coding.heartbeat import Heartbeat, to_json
from trayapp.coding.hiding import Capture, Excluded, HideRules, hide, pseudonym, shown_path
from trayapp.coding.patterns import Patterns, read_patterns

SECRET = b"s" * 32

CAPTURE = Capture(
    path="/home/a/work/acme/src/main.py",
    time=1700000000.5,
    user_agent="wakatime/1",
    machine="box",
    project="acme",
    project_folder="/home/a/work/acme",
    branch="main",
    language="Python",
    lines=12,
    project_root_count=4,
)
ALIAS = pseudonym("acme", SECRET)


def patterns(*value: str | bool) -> Patterns:
    """Give patterns of true or false, or of regexes."""
    flag = value[0] if value else False
    return read_patterns(flag if isinstance(flag, bool) else [str(text) for text in value])[0]


def told(rules: HideRules | Sequence[HideRules], **changes: Any) -> dict[str, Any]:
    """Give what is told of the capture and differs from what was captured."""
    rules = [rules] if isinstance(rules, HideRules) else rules
    heartbeat = hide(replace(CAPTURE, **changes), rules, SECRET)
    assert isinstance(heartbeat, Heartbeat)
    plain = hide(replace(CAPTURE, **changes), [], SECRET)
    return {name: value for name, value in vars(heartbeat).items() if value != vars(plain)[name]}


def test_nothing_is_hidden_unless_somebody_asks() -> None:
    expected = {
        "entity": CAPTURE.path,
        "type": "file",
        "category": "coding",
        "time": 1700000000.5,
        "project": "acme",
        "branch": "main",
        "language": "Python",
        "lines": 12,
        "project_root_count": 4,
        "is_write": True,
        "user_agent": "wakatime/1",
    }

    for rules in ([], [HideRules()], [HideRules(hide_file_names=patterns(False))]):
        heartbeat = hide(CAPTURE, rules, SECRET)

        assert isinstance(heartbeat, Heartbeat)
        assert json.loads(to_json(heartbeat)) == expected
        assert heartbeat.machine == "box"


BARE = {"lines": None, "project_root_count": None}
NO_FILE = {"entity": "HIDDEN.py", "branch": None, **BARE}
NO_PROJECT = {"entity": "src/main.py", "project": ALIAS, "branch": None, **BARE}


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        # Files.
        ({"hide_file_names": patterns(True)}, NO_FILE),
        ({"hide_file_names": patterns(r"\.go$", "MAIN")}, NO_FILE),
        ({"hide_file_names": patterns(r"\.go$")}, {}),
        ({"hide_file_names": patterns("^/home/a/work/acme$")}, NO_FILE),
        ({"hide_file_names": patterns("(")}, NO_FILE),
        # Projects, by name and by folder.
        ({"hide_project_names": patterns(True)}, NO_PROJECT),
        ({"hide_project_names": patterns("^acme$")}, NO_PROJECT),
        ({"hide_project_names": patterns("^/home/a/work")}, NO_PROJECT),
        ({"hide_project_names": patterns("/acme/$")}, NO_PROJECT),
        ({"hide_project_names": patterns("/acme$")}, NO_PROJECT),
        ({"hide_project_names": patterns("other")}, {}),
        ({"hide_project_names": patterns("main.py")}, {}),
        ({"hide_project_names": patterns("(")}, NO_PROJECT),
        # Branches: hidden with file and project, unless something was said about them.
        ({"hide_branch_names": patterns(True)}, {"branch": None}),
        ({"hide_branch_names": patterns("^ma")}, {"branch": None}),
        ({"hide_branch_names": patterns("dev")}, {}),
        ({"hide_branch_names": patterns("(")}, {"branch": None}),
        (
            {"hide_file_names": patterns(True), "hide_branch_names": patterns(False)},
            NO_FILE | {"branch": "main"},
        ),
        (
            {"hide_project_names": patterns(True), "hide_branch_names": patterns("dev")},
            NO_PROJECT | {"branch": "main"},
        ),
        ({"hide_project_names": patterns(True), "hide_branch_names": patterns("ma")}, NO_PROJECT),
        # The folder.
        ({"hide_project_folder": True}, {"entity": "src/main.py", "project_root_count": None}),
        ({"hide_project_folder": True, "hide_file_names": patterns(True)}, NO_FILE),
        ({"hide_project_folder": True, "hide_project_names": patterns(True)}, NO_PROJECT),
        (
            {"hide_file_names": patterns(True), "hide_project_names": patterns(True)},
            NO_FILE | {"project": ALIAS},
        ),
    ],
)
def test_table(rules: dict[str, Any], expected: dict[str, Any]) -> None:
    found = told(HideRules(**rules))

    assert found == {name: value for name, value in expected.items() if value != "main"}


def test_what_is_said_of_its_kind_is_told() -> None:
    capture = replace(CAPTURE, type="app", category="debugging", is_write=False)

    found = hide(capture, [HideRules(hide_file_names=patterns(True))], SECRET)

    assert isinstance(found, Heartbeat)
    assert (found.type, found.category, found.is_write) == ("app", "debugging", False)


@pytest.mark.parametrize(
    ("path", "rules", "entity"),
    [
        ("Secret.Tool", HideRules(hide_file_names=patterns(True)), "HIDDEN"),
        ("a/b", HideRules(hide_project_folder=True), "a/b"),
        ("acme viewer", HideRules(hide_project_names=patterns("acme")), "HIDDEN"),
        ("viewer", HideRules(hide_project_names=patterns("acme")), "viewer"),
    ],
)
def test_the_name_of_what_is_no_file_is_told_or_hidden_whole(
    path: str, rules: HideRules, entity: str
) -> None:
    capture = replace(CAPTURE, type="app", path=path, project_folder=None)

    found = hide(capture, [rules], SECRET)

    assert isinstance(found, Heartbeat)
    assert found.entity == entity


class TestANamedProject:
    """A person named another project than the one that was found."""

    NAMED = replace(CAPTURE, project="customer", found_project="acme")

    @pytest.mark.parametrize("pattern", ["^acme$", "^customer$"])
    def test_both_names_are_hidden_once_one_is_to_be(self, pattern: str) -> None:
        capture = replace(self.NAMED, branch="for-customer", path="/home/a/work/x/acme/main.py")

        found = hide(capture, [HideRules(hide_project_names=patterns(pattern))], SECRET)

        assert isinstance(found, Heartbeat)
        assert found.project == pseudonym("customer", SECRET)
        shown = to_json(found).decode()
        assert "acme" not in shown
        assert "customer" not in shown

    def test_the_name_is_told_where_nothing_is_hidden(self) -> None:
        found = hide(self.NAMED, [], SECRET)

        assert isinstance(found, Heartbeat)
        assert found.project == "customer"

    def test_a_project_file_lets_only_its_own_name_be_told(self) -> None:
        capture = replace(self.NAMED, has_project_file=True)
        rules = HideRules(hide_project_names=patterns(True), include_only_with_project_file=True)

        found = hide(capture, [rules], SECRET)

        assert isinstance(found, Heartbeat)
        assert found.project == pseudonym("customer", SECRET)


@pytest.mark.parametrize(
    ("path", "entity"),
    [
        ("/h/x.tar.gz", "HIDDEN.gz"),
        ("/h/Makefile", "HIDDEN"),
        ("/h/.bashrc", "HIDDEN"),
        ("/h/.config.toml", "HIDDEN.toml"),
        ("/h.d/x", "HIDDEN"),
        ("/h/x.", "HIDDEN"),
        ("/h/x.secret plan", "HIDDEN"),
        ("/h/x.py\n", "HIDDEN"),
        ("/h/x.c++", "HIDDEN.c++"),
        ("/h/x." + "y" * 17, "HIDDEN"),
    ],
)
def test_of_a_hidden_file_the_ending_is_told(path: str, entity: str) -> None:
    assert told(HideRules(hide_file_names=patterns(True)), path=path)["entity"] == entity


@pytest.mark.parametrize(
    ("folder", "path", "entity"),
    [
        ("/p", "/p/a/x.py", "a/x.py"),
        ("/p/", "/p/a/x.py", "a/x.py"),
        ("/", "/p/x.py", "p/x.py"),
        ("C:/p", "C:/p/x.py", "x.py"),
        ("/p", "/pp/x.py", "x.py"),
        (None, "/p/a/x.py", "x.py"),
    ],
)
def test_the_project_folder_is_cut_off(folder: str | None, path: str, entity: str) -> None:
    rules = HideRules(hide_project_folder=True)

    assert told(rules, path=path, project_folder=folder)["entity"] == entity


@pytest.mark.parametrize(
    ("project", "path", "entity"),
    [
        ("acme", "/w/acme/lib/x.py", "lib/x.py"),
        ("acme", "/w/acme/acme/x.py", "HIDDEN.py"),
        ("acme", "/w/acme/src/acme_test.py", "HIDDEN.py"),
        ("my-app", "/w/acme/src/my_app/x.py", "HIDDEN.py"),
        ("MyApp", "/w/acme/src/my/app/x.py", "HIDDEN.py"),
        ("acme", "/w/acme/x.acme", "HIDDEN"),
        ("other", "/w/acme/acme/x.py", "HIDDEN.py"),
        ("---", "/w/acme/---/x.py", "HIDDEN.py"),
    ],
)
def test_a_path_does_not_give_a_hidden_project_away(project: str, path: str, entity: str) -> None:
    rules = HideRules(hide_project_names=patterns(True))

    assert told(rules, project=project, path=path, project_folder="/w/acme")["entity"] == entity


def test_nor_does_the_ending_of_a_hidden_file() -> None:
    rules = HideRules(hide_project_names=patterns(True), hide_file_names=patterns(True))

    assert told(rules, path="/home/a/work/acme/notes.Acme")["entity"] == "HIDDEN"


def test_nor_does_a_branch_that_may_be_told() -> None:
    rules = HideRules(hide_project_names=patterns(True), hide_branch_names=patterns(False))

    assert told(rules, branch="fix/Acme-2")["branch"] is None
    assert "branch" not in told(rules, branch="fix/2")


class TestPseudonym:
    def test_it_stays_the_same_for_a_name_and_a_secret(self) -> None:
        assert ALIAS == pseudonym("acme", SECRET) == "Hidden 77d415f0"

    def test_it_differs_for_another_name_or_secret(self) -> None:
        others = {pseudonym("acmf", SECRET), pseudonym("acme", b"t" * 32)}

        assert len(others | {ALIAS}) == 3

    def test_any_name_has_one(self) -> None:
        assert pseudonym("b\udcfcro\ud800", SECRET).startswith("Hidden ")

    def test_a_name_from_a_project_file_is_told_but_not_its_folders(self) -> None:
        """wakatime-cli keeps its own pseudonyms there, and a person what may be told."""
        rules = HideRules(hide_project_names=patterns("/work/"))

        found = told(rules, project="Black Forest 77", has_project_file=True)

        assert found == {"entity": "src/main.py", "branch": None, **BARE}

    def test_a_project_that_is_not_known_stays_so(self) -> None:
        rules = HideRules(hide_project_names=patterns(True))

        assert "project" not in told(rules, project=None)
        assert told(rules, project=None)["entity"] == "src/main.py"


class TestExcluding:
    @pytest.mark.parametrize(
        ("rules", "expected"),
        [
            ([{"exclude": patterns("/acme/")}], Excluded.EXCLUDED),
            ([{"exclude": patterns("/other/")}], None),
            ([{"exclude": patterns(True)}], Excluded.EXCLUDED),
            ([{"exclude": patterns(False)}], None),
            ([{"exclude": patterns("(")}], Excluded.EXCLUDED),
            ([{"exclude": patterns("/acme/"), "include": patterns("main")}], None),
            ([{"exclude": patterns("/acme/"), "include": patterns("x")}], Excluded.EXCLUDED),
            ([{"include": patterns("x")}], None),
            ([{"include_only_with_project_file": True}], Excluded.NO_PROJECT_FILE),
            (
                [{"include": patterns(True), "include_only_with_project_file": True}],
                Excluded.NO_PROJECT_FILE,
            ),
            ([{"exclude_unknown_project": True}], None),
            # No source reveals what another hides.
            ([{"exclude": patterns("/acme/")}, {"include": patterns(True)}], Excluded.EXCLUDED),
            ([{}, {"exclude": patterns("/acme/")}], Excluded.EXCLUDED),
        ],
    )
    def test_table(self, rules: list[dict[str, Any]], expected: Excluded | None) -> None:
        found = hide(CAPTURE, [HideRules(**rule) for rule in rules], SECRET)

        assert (found if isinstance(found, Excluded) else None) == expected

    @pytest.mark.parametrize("project", [None, ""])
    def test_a_project_that_is_not_known(self, project: str | None) -> None:
        rules = [HideRules(exclude_unknown_project=True)]

        assert hide(replace(CAPTURE, project=project), rules, SECRET) is Excluded.UNKNOWN_PROJECT

    def test_a_project_file_includes(self) -> None:
        rules = [HideRules(include_only_with_project_file=True)]

        assert told(rules, has_project_file=True) == {}


class TestSources:
    def test_what_one_leaves_open_another_hides(self) -> None:
        rules = [
            HideRules(hide_file_names=patterns(False), hide_branch_names=patterns(False)),
            HideRules(hide_file_names=patterns(True)),
        ]

        assert told(rules) == NO_FILE
        assert told(rules[::-1]) == NO_FILE

    @given(st.data())
    def test_another_source_never_reveals(self, data: st.DataObject) -> None:
        first = data.draw(rule_sets)
        alone = hide(CAPTURE, [first], SECRET)
        both = hide(CAPTURE, [first, data.draw(rule_sets)], SECRET)

        if isinstance(alone, Excluded):
            assert both is alone
        elif isinstance(both, Heartbeat):
            assert unchanged(both) <= unchanged(alone)


def unchanged(heartbeat: Heartbeat) -> set[str]:
    """Name what is told as it was captured."""
    plain = hide(CAPTURE, [], SECRET)
    return {name for name, value in vars(heartbeat).items() if value == vars(plain)[name]}


pattern_sets = st.sampled_from(
    [
        Patterns(),
        *(patterns(v) for v in (True, False, "acme", "main", "work", "x", "(", "^/", r"\.py$")),
    ]
)
rule_sets = st.builds(
    HideRules,
    exclude=st.just(Patterns()) | pattern_sets,
    include=pattern_sets,
    include_only_with_project_file=st.just(value=False),
    exclude_unknown_project=st.just(value=False),
    hide_file_names=pattern_sets,
    hide_project_names=pattern_sets,
    hide_branch_names=pattern_sets,
    hide_project_folder=st.booleans(),
)


# Of letters that are in no pseudonym and in nothing else that is told.
names = st.text("ghjkqvwxz-_. \u00fc\udcfc", min_size=3).filter(
    lambda name: sum(letter in "ghjkqvwxz" for letter in name) > 2
)


def everything_told(capture: Capture, rules: Sequence[HideRules]) -> str:
    """Give all that could come out of a capture, one way or another."""
    found = hide(capture, rules, SECRET)
    outputs = [repr(capture), str(capture), f"{capture}", repr(rules), shown_path(capture, rules)]
    outputs += [repr(found), str(found)]
    if isinstance(found, Heartbeat):
        outputs += [to_json(found).decode(), json.dumps(vars(found), ensure_ascii=False)]
    no_time: Any = "no time"
    for act in (
        lambda: setattr(capture, "path", ""),
        lambda: json.dumps(capture),
        lambda: pickle.dumps(capture),
        lambda: hide(replace(capture, time=no_time), rules, SECRET),
    ):
        try:
            act()
        except Exception:  # noqa: BLE001 -- any is looked at
            outputs.append(traceback.format_exc())
    return "\n".join(outputs)


@given(names, names, st.sampled_from(["hide_file_names", "exclude"]), st.booleans())
def test_a_hidden_file_is_named_nowhere(name: str, folder: str, rule: str, by_name: bool) -> None:
    assume("." not in name)
    capture = replace(CAPTURE, path=f"/home/{folder}/{name}.py")
    hidden: dict[str, Any] = {rule: patterns(name_pattern(name) if by_name else True)}
    rules = [HideRules(**hidden)]

    shown = everything_told(capture, rules)

    assert name not in shown
    assert folder not in shown


@given(names, st.booleans(), st.booleans(), st.sampled_from([(), (False,), ("x",)]))
def test_a_hidden_project_is_named_nowhere(
    name: str, by_folder: bool, in_path: bool, branches: tuple[str | bool, ...]
) -> None:
    capture = replace(
        CAPTURE,
        project=name,
        project_folder=f"/home/{name}",
        path=f"/home/{name}/{f'src/{name.upper()}' if in_path else 'src'}/lib.py",
        branch=f"fix/{name}",
    )
    pattern = f"^/home/{name_pattern(name)}" if by_folder else f"^{name_pattern(name)}$"
    rules = [HideRules(hide_project_names=patterns(pattern), hide_branch_names=patterns(*branches))]

    shown = everything_told(capture, rules)

    assert name.casefold() not in shown.casefold()


@given(names)
def test_a_hidden_branch_is_named_nowhere(name: str) -> None:
    rules = [HideRules(hide_branch_names=patterns(name_pattern(name)))]

    assert name not in everything_told(replace(CAPTURE, branch=name), rules)


@pytest.mark.parametrize(
    "name",
    [
        "plan.py",
        "plan.py~",
        ".plan.py.swp",
        "#plan.py#",
        ".#plan.py",
        "plan.py___jb_tmp___",
        "plan.py.4f2a.tmp",
        "%home%a%work%acme%plan.py",
        ".~lock.plan.py#",
    ],
)
@pytest.mark.parametrize("rule", ["hide_file_names", "exclude"])
def test_an_editors_temporary_file_does_not_tell_the_hidden_name(name: str, rule: str) -> None:
    hidden: dict[str, Any] = {rule: patterns(r"/plan\.py$")}
    capture = replace(CAPTURE, path=f"/home/a/work/acme/{name}")

    assert "plan" not in shown_path(capture, [HideRules(**hidden)])


@pytest.mark.parametrize("pattern", [True, "^secret$", "/code/secret$", "/code/secret/", "^/h.*t$"])
def test_a_hidden_project_that_is_gone_is_not_told(pattern: str | bool) -> None:
    """Without its .git it counts as a part of what is around it."""
    rules = [HideRules(hide_project_names=patterns(pattern))]
    around = replace(CAPTURE, project="code", project_folder="/home/a/code", branch=None)

    for name in ("src/main.py", "my_secret.py", "src/Secret.py", "a.secret"):
        shown = shown_path(replace(around, path=f"/home/a/code/secret/{name}"), rules)

        assert "secret" not in shown.casefold()
    assert shown_path(replace(around, path="/home/a/code/secret/main.py"), rules) == "main.py"


def test_what_is_not_hidden_is_shown_whole() -> None:
    rules = [HideRules(hide_file_names=patterns("/plan"), hide_project_names=patterns("^secret$"))]

    assert shown_path(CAPTURE, rules) == CAPTURE.path


def name_pattern(name: str) -> str:
    return rf"\Q{name}\E"


def test_a_capture_cannot_be_stored_by_accident() -> None:
    with pytest.raises(TypeError, match="Capture"):
        pickle.dumps(CAPTURE)
