from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.watching.ignoring_home import Home, write
from trayapp.watching.ignoring import IgnoreRules


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "home").mkdir()
    return Home(tmp_path / "home")


def file_is_ignored(rules: IgnoreRules, path: Path) -> bool:
    return rules.is_ignored_file(str(path))


def folder_is_pruned(rules: IgnoreRules, path: Path) -> bool:
    return rules.is_pruned_folder(str(path))


class TestReasons:
    def test_a_rule_is_told_with_its_line(self, home: Home) -> None:
        work = home.repository(home.path / "work")
        write(work / ".gitignore", "# mine\n/made/\n")
        (work / "made").mkdir()

        reason = home.rules(work).folder_reason(str(work / "made"))

        assert reason is not None
        assert reason.kind == "gitignore"
        assert str(reason) == f"ignored by git: /made/ (line 2 of {work}/.gitignore)"

    def test_the_prune_list_tells_what_a_folder_holds(self, home: Home) -> None:
        reason = home.rules(home.path).folder_reason(str(home.path / "node_modules"))

        assert str(reason) == "packages that a package manager installs"

    def test_a_pattern_of_the_person_is_told(self, home: Home) -> None:
        rules = home.rules(home.path, exclude=["/drafts/"])

        assert str(rules.folder_reason(str(home.path / "drafts"))) == (
            "excluded by your pattern /drafts/"
        )

    def test_what_lies_below_a_pruned_folder_has_its_reason(self, home: Home) -> None:
        rules = home.rules(home.path)
        inside = home.path / "node_modules" / "left-pad" / "lib"

        assert rules.folder_reason(str(inside)) == rules.folder_reason(str(inside.parent.parent))
        assert file_is_ignored(rules, inside / "index.js")

    def test_what_lies_in_no_added_folder_is_left_out(self, home: Home) -> None:
        rules = home.rules(home.path / "work")

        assert folder_is_pruned(rules, home.path)
        assert file_is_ignored(rules, home.path / "main.py")
        assert folder_is_pruned(rules, home.path / "workshop")
        assert not file_is_ignored(rules, home.path / "work" / "main.py")


class TestRules:
    def test_deeper_rules_are_stronger_and_exclude_is_stronger_than_the_global_file(
        self, home: Home
    ) -> None:
        work = home.repository(home.path / "work")
        write(home.path / ".config/git/ignore", "*.a\n*.b\n*.c\n*.d\n")
        write(work / ".git/info/exclude", "!*.b\n*.e\n")
        write(work / ".gitignore", "!*.c\n!*.e\n")
        write(work / "deep/.gitignore", "!*.d\n*.c\n")
        rules = home.rules(work)

        top = {end: file_is_ignored(rules, work / f"x.{end}") for end in "abcde"}
        deep = {end: file_is_ignored(rules, work / "deep" / f"x.{end}") for end in "abcde"}

        assert top == {"a": True, "b": False, "c": False, "d": True, "e": False}
        assert deep == {"a": True, "b": False, "c": True, "d": False, "e": False}

    @pytest.mark.parametrize("value", ["~/my rules", "my rules", "{home}/my rules"])
    def test_the_global_file_is_where_the_config_says(self, home: Home, value: str) -> None:
        work = home.repository(home.path / "work")
        write(home.path / ".config/git/ignore", "*.standard\n")
        value = value.format(home=home.path)
        write(home.path / ".gitconfig", f'[core]\n\texcludesFile = "{value}"\n')
        write((work if value == "my rules" else home.path) / "my rules", "*.mine\n")
        rules = home.rules(work)

        assert file_is_ignored(rules, work / "x.mine")
        assert not file_is_ignored(rules, work / "x.standard")

    def test_nothing_comes_back_from_an_ignored_folder(self, home: Home) -> None:
        work = home.repository(home.path / "work")
        write(work / ".gitignore", "made/\n!made/kept.py\n")
        write(work / "made/.gitignore", "!*\n")
        rules = home.rules(work)

        assert folder_is_pruned(rules, work / "made")
        assert file_is_ignored(rules, work / "made" / "kept.py")

    def test_without_a_repository_there_are_no_rules(self, home: Home) -> None:
        write(home.path / "work/.gitignore", "*\n")
        write(home.path / ".config/git/ignore", "*\n")

        assert not file_is_ignored(home.rules(home.path / "work"), home.path / "work/main.py")

    def test_a_git_folder_that_is_none_has_no_rules(self, home: Home) -> None:
        (home.path / "work/.git").mkdir(parents=True)
        write(home.path / "work/.gitignore", "*\n")

        assert not file_is_ignored(home.rules(home.path / "work"), home.path / "work/main.py")

    def test_names_that_are_no_utf_8_are_matched_as_bytes(self, home: Home) -> None:
        work = home.repository(home.path / "work")
        (work / ".gitignore").write_bytes(b"caf\xe9.*\n\xff\xfe broken\n")
        rules = home.rules(work)

        assert rules.is_ignored_file(os.fsdecode(bytes(work) + b"/caf\xe9.py"))
        assert not file_is_ignored(rules, work / "café.py")

    def test_case_counts_unless_the_config_says_otherwise(self, home: Home) -> None:
        work = home.repository(home.path / "work")
        write(work / ".gitignore", "*.LOG\n")

        assert not file_is_ignored(home.rules(work), work / "x.log")
        home.git(work, "config", "core.ignoreCase", "true")
        assert file_is_ignored(home.rules(work), work / "x.log")

    def test_a_linked_rule_file_is_not_followed(self, home: Home) -> None:
        work = home.repository(home.path / "work")
        write(home.path / "elsewhere", "*.py\n")
        (work / ".gitignore").symlink_to(home.path / "elsewhere")

        assert not file_is_ignored(home.rules(work), work / "main.py")

    def test_a_very_deep_folder_is_decided(self, home: Home) -> None:
        deep = home.path.joinpath(*["d"] * 3000)

        assert not folder_is_pruned(home.rules(home.path), deep)
        assert folder_is_pruned(home.rules(home.path), deep / "node_modules" / "x")


class TestTracked:
    def test_a_tracked_file_is_never_ignored(self, home: Home) -> None:
        work = home.repository(home.path / "work")
        write(work / "kept.log")
        home.git(work, "add", "kept.log")
        write(work / ".gitignore", "*.log\n")
        rules = home.rules(work)

        assert not file_is_ignored(rules, work / "kept.log")
        assert file_is_ignored(rules, work / "other.log")

    def test_an_ignored_folder_with_tracked_files_is_watched_for_these(self, home: Home) -> None:
        work = home.repository(home.path / "work")
        write(work / "made/deep/kept.py")
        home.git(work, "add", ".")
        write(work / ".gitignore", "made/\n")
        rules = home.rules(work)

        assert not folder_is_pruned(rules, work / "made")
        assert not folder_is_pruned(rules, work / "made/deep")
        assert folder_is_pruned(rules, work / "made/other")
        assert not file_is_ignored(rules, work / "made/deep/kept.py")
        assert file_is_ignored(rules, work / "made/deep/other.py")

    @pytest.mark.parametrize(
        ("folder", "beside"),
        [("dist", "package.json"), ("build", "build.gradle"), ("venv", "x"), ("x", "x/pyvenv.cfg")],
    )
    def test_a_folder_with_a_common_name_is_a_persons_where_it_is_tracked(
        self, home: Home, folder: str, beside: str
    ) -> None:
        work = home.repository(home.path / "work")
        write(work / folder / "main.py")
        if "/" in beside or beside != "x":
            write(work / beside)
        assert folder_is_pruned(home.rules(work), work / folder)

        home.git(work, "add", f"{folder}/main.py")

        assert not folder_is_pruned(home.rules(work), work / folder)

    @pytest.mark.parametrize(
        ("path", "beside"),
        [
            ("vendor/modules.txt", "go.mod"),
            ("vendor/autoload.php", "composer.json"),
            ("Pods/x.swift", "Podfile"),
            ("node_modules/x.js", "package.json"),
        ],
    )
    def test_installed_packages_are_a_machines_even_where_they_are_tracked(
        self, home: Home, path: str, beside: str
    ) -> None:
        work = home.repository(home.path / "work")
        write(work / path)
        write(work / beside)
        home.git(work, "add", ".")

        assert folder_is_pruned(home.rules(work), (work / path).parent)


class TestRepositories:
    def test_rules_hold_in_their_own_repository_only(self, home: Home) -> None:
        outer = home.repository(home.path / "outer")
        inner = home.repository(outer / "inner")
        write(outer / ".gitignore", "*.py\n/inner/\n")
        rules = home.rules(outer)

        assert not folder_is_pruned(rules, inner)
        assert not file_is_ignored(rules, inner / "main.py")
        assert file_is_ignored(rules, outer / "main.py")
        assert folder_is_pruned(rules, inner / ".git")

    def test_a_repository_with_a_common_name_is_watched(self, home: Home) -> None:
        write(home.path / "package.json")
        inner = home.repository(home.path / "dist")

        assert not folder_is_pruned(home.rules(home.path), inner)

    def test_a_linked_work_tree_has_its_own_index_and_shared_excludes(self, home: Home) -> None:
        main = home.repository(home.path / "main")
        home.git(main, "commit", "-qm", "first", "--allow-empty")
        linked = home.path / "linked"
        home.git(main, "worktree", "add", "-q", linked)
        write(main / ".git/info/exclude", "*.log\n")
        write(linked / "kept.log")
        home.git(linked, "add", "-f", "kept.log")
        rules = home.rules(home.path)

        assert not file_is_ignored(rules, linked / "kept.log")
        assert file_is_ignored(rules, linked / "other.log")
        assert file_is_ignored(rules, main / "kept.log")
        assert str(main / ".git/worktrees/linked/index") in rules.source_files()

    def test_a_submodule_has_its_own_rules(self, home: Home) -> None:
        inner = home.repository(home.path / "inner")
        write(inner / "kept.log")
        home.git(inner, "add", ".")
        home.git(inner, "commit", "-qm", "first")
        outer = home.repository(home.path / "outer")
        home.git(outer, "-c", "protocol.file.allow=always", "submodule", "add", "-q", inner, "sub")
        write(outer / ".gitignore", "*.py\n")
        write(outer / ".git/modules/sub/info/exclude", "*.log\n")
        rules = home.rules(outer)

        assert not file_is_ignored(rules, outer / "sub/main.py")
        assert not file_is_ignored(rules, outer / "sub/kept.log")
        assert file_is_ignored(rules, outer / "sub/other.log")

    def test_a_bare_repository_beside_its_work_trees_is_not_watched(self, home: Home) -> None:
        project = home.path / "project"
        home.repository(project / ".bare", "--bare")
        home.repository(home.path / "copy.git", "--bare")
        write(project / ".git", "gitdir: ./.bare\n")
        rules = home.rules(home.path)

        assert folder_is_pruned(rules, project / ".bare")
        assert folder_is_pruned(rules, home.path / "copy.git")
        assert not folder_is_pruned(rules, project)
        assert not folder_is_pruned(rules, project / "main")

    def test_a_repository_of_sha256_knows_its_tracked_files(self, home: Home) -> None:
        work = home.repository(home.path / "work", "--object-format=sha256")
        write(work / "kept.log")
        write(work / "made/kept.py")
        home.git(work, "add", ".")
        write(work / ".gitignore", "*.log\nmade/\n")
        rules = home.rules(work)

        assert not file_is_ignored(rules, work / "kept.log")
        assert not file_is_ignored(rules, work / "made/kept.py")


class TestAddedFolders:
    def test_rules_above_an_added_folder_hold_in_it(self, home: Home) -> None:
        work = home.repository(home.path / "work")
        write(work / ".gitignore", "*.log\n/src/made/\n")
        write(work / "src/.gitignore", "*.tmp\n")
        rules = home.rules(work / "src" / "app", work / "src")

        assert file_is_ignored(rules, work / "src/x.log")
        assert folder_is_pruned(rules, work / "src/made")
        assert file_is_ignored(rules, work / "src/app/x.tmp")

    def test_an_added_folder_is_never_ignored_by_rules_above_it(self, home: Home) -> None:
        work = home.repository(home.path / "work")
        write(work / ".gitignore", "/made/\n*.log\n")
        write(work / "made/.gitignore", "*.tmp\n")
        rules = home.rules(work / "made" / "deep", work / "made")

        assert not folder_is_pruned(rules, work / "made")
        assert not file_is_ignored(rules, work / "made/main.py")
        assert not folder_is_pruned(rules, work / "made/deep")
        assert not file_is_ignored(rules, work / "made/deep/main.py")
        assert file_is_ignored(rules, work / "made/x.tmp")

    @pytest.mark.parametrize("name", ["node_modules", "build", ".cache"])
    def test_an_added_folder_is_watched_whatever_its_name(self, home: Home, name: str) -> None:
        write(home.path / "build.gradle")
        folder = home.path / "node_modules" / name

        assert not folder_is_pruned(home.rules(home.path, folder), folder)
        assert not file_is_ignored(home.rules(home.path, folder), folder / "src" / "main.py")

    def test_dotfiles_in_git_hide_nothing_of_an_added_folder(self, home: Home) -> None:
        home.repository(home.path)
        write(home.path / ".gitignore", "*\n")
        rules = home.rules(home.path / "code")

        assert not file_is_ignored(rules, home.path / "code/main.py")
        assert not file_is_ignored(rules, home.path / "code/project/main.py")

    def test_dotfiles_in_git_hide_no_repository_of_an_added_home_folder(self, home: Home) -> None:
        home.repository(home.path)
        write(home.path / ".bashrc")
        home.git(home.path, "add", ".bashrc")
        write(home.path / ".gitignore", "*\n")
        project = home.repository(home.path / "code/deep/project")
        rules = home.rules(home.path)

        assert not folder_is_pruned(rules, home.path / "code/deep")
        assert not file_is_ignored(rules, project / "main.py")
        assert not file_is_ignored(rules, home.path / ".bashrc")
        assert file_is_ignored(rules, home.path / "code/main.py")


class TestPatternsOfThePerson:
    def test_excluded_files_and_folders_are_left_out(self, home: Home) -> None:
        rules = home.rules(home.path, exclude=[r"/secret/", r"drafts$", r"\.txt$"])

        assert folder_is_pruned(rules, home.path / "secret")
        assert folder_is_pruned(rules, home.path / "a/drafts")
        assert file_is_ignored(rules, home.path / "a/x.txt")
        assert not file_is_ignored(rules, home.path / "a/x.py")
        assert file_is_ignored(rules, home.path / "secret/x.py")

    def test_what_is_included_too_is_counted(self, home: Home) -> None:
        rules = home.rules(home.path, exclude=[r"/secret/"], include=[r"/secret/public"])

        assert not folder_is_pruned(rules, home.path / "secret")
        assert not file_is_ignored(rules, home.path / "secret/public.py")
        assert file_is_ignored(rules, home.path / "secret/other.py")


class TestChanges:
    def changed(self, rules: IgnoreRules, path: Path) -> set[Path]:
        assert rules.matters(str(path))
        return {Path(folder) for folder in rules.refresh(str(path))}

    def test_a_changed_rule_file_takes_effect_below_it(self, home: Home) -> None:
        work = home.repository(home.path / "work")
        path = write(work / "src/.gitignore", "made\n")
        rules = home.rules(work)
        assert folder_is_pruned(rules, work / "src/made")
        assert not folder_is_pruned(rules, work / "src/kept")

        write(path, "kept\n")

        assert self.changed(rules, path) == {work / "src"}
        assert not folder_is_pruned(rules, work / "src/made")
        assert folder_is_pruned(rules, work / "src/kept")

    def test_a_removed_rule_file_takes_effect(self, home: Home) -> None:
        work = home.repository(home.path / "work")
        path = write(work / ".gitignore", "made\n")
        rules = home.rules(work)
        assert folder_is_pruned(rules, work / "made")

        path.unlink()

        assert self.changed(rules, path) == {work}
        assert not folder_is_pruned(rules, work / "made")

    @pytest.mark.parametrize("where", ["work/.git/info/exclude", ".config/git/ignore"])
    def test_changed_rules_outside_the_tree_take_effect(self, home: Home, where: str) -> None:
        work = home.repository(home.path / "work")
        rules = home.rules(work / "src")
        assert not folder_is_pruned(rules, work / "src/made")
        assert str(home.path / where) in rules.source_files()

        path = write(home.path / where, "made\n")

        assert self.changed(rules, path) == {work / "src"}
        assert folder_is_pruned(rules, work / "src/made")

    def test_a_changed_config_takes_effect_in_every_repository(self, home: Home) -> None:
        works = [home.repository(home.path / name) for name in ("one", "two")]
        write(home.path / "mine", "made\n")
        rules = home.rules(*works)
        assert not any(folder_is_pruned(rules, work / "made") for work in works)

        path = write(home.path / ".gitconfig", "[core]\nexcludesFile = ~/mine\n")

        assert self.changed(rules, path) == set(works)
        assert all(folder_is_pruned(rules, work / "made") for work in works)

    def test_a_file_that_becomes_tracked_opens_its_folder(self, home: Home) -> None:
        work = home.repository(home.path / "work")
        write(work / ".gitignore", "made/\nother/\n")
        write(work / "made/main.py")
        rules = home.rules(work)
        index = work / ".git/index"
        assert folder_is_pruned(rules, work / "made")
        assert folder_is_pruned(rules, work / "other")

        home.git(work, "add", "-f", "made/main.py")

        assert self.changed(rules, index) == {work / "made"}
        assert not folder_is_pruned(rules, work / "made")
        home.git(work, "rm", "-q", "--cached", "made/main.py")
        assert self.changed(rules, index) == {work / "made"}
        assert folder_is_pruned(rules, work / "made")

    def test_an_index_that_changes_nothing_sends_nobody_walking(self, home: Home) -> None:
        work = home.repository(home.path / "work")
        write(work / ".gitignore", "made/\n")
        write(work / "main.py")
        rules = home.rules(work)
        assert folder_is_pruned(rules, work / "made")

        home.git(work, "add", ".")

        assert self.changed(rules, work / ".git/index") == set()

    def test_an_index_says_nothing_of_another_repository(self, home: Home) -> None:
        one, two = (home.repository(home.path / name) for name in ("first", "second"))
        write(two / "made/main.py")
        home.git(two, "add", ".")
        write(two / ".gitignore", "made/\n")
        rules = home.rules(one, two)
        assert not folder_is_pruned(rules, one)
        assert not folder_is_pruned(rules, two / "made")

        write(one / "main.py")
        home.git(one, "add", ".")

        assert self.changed(rules, one / ".git/index") == set()

    @pytest.mark.parametrize("heard", [".git", ".git/config"])
    def test_a_repository_that_is_made_takes_effect(self, home: Home, heard: str) -> None:
        write(home.path / "work/.gitignore", "made\n")
        rules = home.rules(home.path)
        assert not folder_is_pruned(rules, home.path / "work/made")

        home.repository(home.path / "work")

        assert self.changed(rules, home.path / "work" / heard) == {home.path / "work"}
        assert folder_is_pruned(rules, home.path / "work/made")

    @pytest.mark.parametrize(
        ("folder", "evidence"),
        [("env", "env/pyvenv.cfg"), ("target", "Cargo.toml"), ("build", "build/CMakeCache.txt")],
    )
    def test_evidence_that_comes_and_goes_takes_effect(
        self, home: Home, folder: str, evidence: str
    ) -> None:
        (home.path / folder).mkdir()
        rules = home.rules(home.path)
        assert not folder_is_pruned(rules, home.path / folder)

        path = write(home.path / evidence)
        assert self.changed(rules, path) == {home.path / folder}
        assert folder_is_pruned(rules, home.path / folder)
        assert self.changed(rules, path) == set()

        path.unlink()
        assert self.changed(rules, path) == {home.path / folder}
        assert not folder_is_pruned(rules, home.path / folder)

    def test_ordinary_files_do_not_matter(self, home: Home) -> None:
        work = home.repository(home.path / "work")
        rules = home.rules(work)
        assert not folder_is_pruned(rules, work)

        assert not rules.matters(str(work / "main.py"))
        assert rules.refresh(str(work / "main.py")) == frozenset()
