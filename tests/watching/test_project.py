from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.watching.repositories import git, make_git, run, save
from trayapp.coding.patterns import compile_pattern
from trayapp.watching.project import (
    MappedProject,
    Project,
    ProjectSettings,
    Source,
    find_project,
    name_from_remote,
    root_count,
)

PLAIN = ProjectSettings()


def project_of(path: Path, settings: ProjectSettings = PLAIN, added: Path | None = None) -> Project:
    return find_project(path, added or path.parents[-2], settings)


def compiled(text: str) -> re.Pattern[str]:
    pattern = compile_pattern(text)
    assert pattern is not None
    return pattern


def settings_from(
    project_map: Sequence[tuple[str, str]] = (),
    submodule_map: Sequence[tuple[str, str]] = (),
    submodules_disabled: Sequence[str] = (),
    *,
    project_from_git_remote: bool = False,
) -> ProjectSettings:
    return ProjectSettings(
        tuple(MappedProject(compiled(text), name) for text, name in project_map),
        tuple(MappedProject(compiled(text), name) for text, name in submodule_map),
        tuple(map(compiled, submodules_disabled)),
        project_from_git_remote,
    )


class TestGit:
    """wakatime-cli's names (pkg/project/git.go), for repositories that git itself made."""

    @pytest.fixture
    def app(self, tmp_path: Path) -> Path:
        return make_git(tmp_path / "app")

    def check(self, file: Path, name: str, branch: str | None, folder: Path) -> None:
        project = project_of(file)

        assert (project.name, project.branch) == (name, branch)
        assert project.folder == folder
        assert project.source is Source.GIT
        assert project.root_count == len(folder.parts)
        assert not project.has_project_file

    def test_a_repository_is_named_after_its_folder(self, app: Path) -> None:
        self.check(save(app / "src" / "a.py"), "app", "main", app)

    def test_a_nested_one_after_its_own(self, app: Path) -> None:
        inner = make_git(app / "vendor" / "inner", "trunk")

        self.check(inner / "main.py", "inner", "trunk", inner)
        self.check(save(app / "vendor" / "b.py"), "app", "main", app)

    def test_a_worktree_after_the_main_tree(self, app: Path) -> None:
        git("worktree", "add", "-b", "fix/1", "../app-fix", at=app)
        tree = app.parent / "app-fix"

        self.check(tree / "main.py", "app", "fix/1", tree)

    def test_a_worktree_within_the_main_tree_too(self, app: Path) -> None:
        git("worktree", "add", "-b", "fix", ".trees/fix", at=app)
        tree = app / ".trees" / "fix"

        self.check(tree / "main.py", "app", "fix", tree)

    @pytest.mark.parametrize("bare", ["store", "store.git", ".bare"])
    def test_a_worktree_of_a_bare_repository_after_that(self, app: Path, bare: str) -> None:
        git("clone", "--quiet", "--bare", "app", bare, at=app.parent)
        git("worktree", "add", "-b", "next", "../tree", at=app.parent / bare)
        tree = app.parent / "tree"

        self.check(tree / "main.py", bare, "next", tree)

    def test_a_submodule_after_its_git_dir(self, app: Path) -> None:
        library = make_git(app.parent / "library", "stable")
        git("submodule", "add", "--name", "lib/engine", str(library), "third/eng", at=app)
        tree = app / "third" / "eng"

        self.check(tree / "main.py", "engine", "stable", tree)

    def test_a_submodule_in_a_submodule_likewise(self, app: Path) -> None:
        library = make_git(app.parent / "library")
        inner = make_git(app.parent / "inner")
        git("submodule", "add", str(inner), "deep", at=library)
        git("commit", "--quiet", "--message=Deep", at=library)
        git("submodule", "add", str(library), "lib", at=app)
        git("submodule", "update", "--init", "--recursive", at=app)
        git("checkout", "--quiet", "-B", "topic", at=app / "lib" / "deep")

        self.check(app / "lib" / "deep" / "main.py", "deep", "topic", app / "lib" / "deep")

    def test_a_path_that_is_not_utf_8_is_followed(self, tmp_path: Path) -> None:
        app = make_git(Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9")))
        git("worktree", "add", "-b", "fix", str(tmp_path / "tree"), at=app)

        self.check(tmp_path / "tree" / "main.py", "caf\ufffd", "fix", tmp_path / "tree")

    def test_a_git_file_makes_a_plain_repository(self, tmp_path: Path) -> None:
        git("init", "--quiet", "--separate-git-dir=store.git", "-b", "x", "app", at=tmp_path)

        self.check(save(tmp_path / "app" / "a.py"), "app", "x", tmp_path / "app")

    def test_a_folder_called_modules_makes_no_submodule(self, tmp_path: Path) -> None:
        app = make_git(tmp_path / "modules" / "app")
        git("worktree", "add", "-b", "fix", "../tree", at=app)
        tree = tmp_path / "modules" / "tree"

        self.check(tree / "main.py", "app", "fix", tree)

    def test_a_detached_head_has_no_branch(self, app: Path) -> None:
        git("checkout", "--quiet", "--detach", at=app)

        self.check(app / "main.py", "app", None, app)

    def test_a_detached_worktree_and_submodule_have_none_either(self, app: Path) -> None:
        library = make_git(app.parent / "library")
        git("submodule", "add", str(library), "lib", at=app)
        git("checkout", "--quiet", "--detach", at=app / "lib")
        git("worktree", "add", "--quiet", "--detach", "../tree", at=app)

        self.check(app / "lib" / "main.py", "lib", None, app / "lib")
        self.check(app.parent / "tree" / "main.py", "app", None, app.parent / "tree")

    def test_packed_refs_change_nothing(self, app: Path) -> None:
        git("worktree", "add", "-b", "team/fix", "../tree", at=app)
        git("pack-refs", "--all", "--prune", at=app)
        assert not (app / ".git" / "refs" / "heads" / "main").exists()

        self.check(app / "main.py", "app", "main", app)
        self.check(app.parent / "tree" / "main.py", "app", "team/fix", app.parent / "tree")

    def test_a_bare_repository_is_no_working_tree(self, app: Path) -> None:
        git("clone", "--quiet", "--bare", "app", "store.git", at=app.parent)
        store = app.parent / "store.git"

        project = project_of(save(store / "hooks" / "post-receive.py"), added=store)

        assert (project.name, project.branch) == ("store.git", None)
        assert project.source is Source.FOLDER

    def test_a_git_file_in_a_repository_makes_a_nested_one(self, app: Path) -> None:
        git("init", "--quiet", "--separate-git-dir=../inner.git", "-b", "x", "inner", at=app)

        self.check(save(app / "inner" / "a.py"), "inner", "x", app / "inner")

    def test_without_commits_the_branch_is_known(self, tmp_path: Path) -> None:
        git("init", "--quiet", "-b", "größe/日本", "app", at=tmp_path)

        self.check(save(tmp_path / "app" / "a.py"), "app", "größe/日本", tmp_path / "app")

    def test_a_broken_submodule_belongs_to_what_is_around(self, app: Path) -> None:
        save(app / "lib" / ".git", "gitdir: ../.git/modules/gone\n")

        self.check(save(app / "lib" / "a.c"), "app", "main", app)


class TestGitSettings:
    @pytest.fixture
    def submodule(self, tmp_path: Path) -> Path:
        app = make_git(tmp_path / "app")
        library = make_git(tmp_path / "library")
        git("checkout", "--quiet", "-b", "lib-branch", at=library)
        git("submodule", "add", str(library), "lib", at=app)
        return app / "lib"

    def test_disabled_submodules_belong_to_the_main_project(self, submodule: Path) -> None:
        settings = settings_from(submodules_disabled=["/APP/lib$"])

        project = project_of(submodule / "main.py", settings)

        assert (project.name, project.branch) == ("app", "main")
        assert project.folder == submodule.parent

    def test_others_stay_as_they_are(self, submodule: Path) -> None:
        settings = settings_from(submodules_disabled=["/other/"])

        assert project_of(submodule / "main.py", settings).name == "lib"

    def test_a_submodule_can_be_renamed(self, submodule: Path) -> None:
        settings = settings_from(submodule_map=[(r"/(\w+)/\.git/modules/(\w+)$", "{0}: {1}")])

        assert project_of(submodule / "main.py", settings).name == "app: lib"
        assert project_of(submodule.parent / "main.py", settings).name == "app"

    def test_the_remote_can_be_the_name(self, tmp_path: Path) -> None:
        app = make_git(tmp_path / "app")
        git("worktree", "add", "../tree", at=app)
        settings = settings_from(project_from_git_remote=True)
        assert project_of(app / "main.py", settings).name == "app"

        git("remote", "add", "origin", "git@example.org:ada/engine.git", at=app)

        assert project_of(app / "main.py", settings).name == "ada/engine"
        assert project_of(tmp_path / "tree" / "main.py", settings).name == "ada/engine"
        assert project_of(app / "main.py").name == "app"

    @pytest.mark.parametrize(
        ("url", "name"),
        [
            ("git@github.com:ada/engine.git", "ada/engine"),
            ("https://github.com/ada/engine.git", "//github.com/ada/engine"),
            ("https://ada:secret@github.com/ada/engine.git", "//github.com/ada/engine"),
            ("https://ghp_secret@github.com/ada/engine", "//github.com/ada/engine"),
            ("HTTPS://ada:sec@ret@github.com/ada/engine", "//github.com/ada/engine"),
            ("ssh://git@github.com/ada/engine.git", "//git@github.com/ada/engine"),
            ("ssh://git:secret@github.com:22/ada/engine", "//git@github.com:22/ada/engine"),
            ("../engine.git", None),
            ("/srv/engine.git", None),
            ("host:", None),
            ("", None),
        ],
    )
    def test_a_remotes_name_is_wakatime_clis_without_secrets(
        self, url: str, name: str | None
    ) -> None:
        assert name_from_remote(url) == name


class TestProjectFile:
    @pytest.mark.parametrize(
        ("content", "name", "branch"),
        [
            (b"", "app", "main"),
            (b"Engine\n", "Engine", "main"),
            (b"  Engine \r\n work \r\n third", "Engine", "work"),
            (b"Engine\nwork", "Engine", "work"),
            (b"\xef\xbb\xbfEngine\r\n", "Engine", "main"),
            (b"\nwork\n", "app", "work"),
            (b"team/{project}\n", "team/app", "main"),
            (b"{project}-{project}", "app-app", "main"),
            ("Größe 日本\n".encode(), "Größe 日本", "main"),
            (b"\xff\xfe\nb\xff", "\ufffd\ufffd", "b\ufffd"),
            (b"a\0b\n", "ab", "main"),
            (b"x" * 10_000_000, "app", "main"),
            (b"Engine\n" + b"x" * 10_000_000, "Engine", "main"),
            (b"\n" * 10_000_000, "app", "main"),
        ],
        ids=range(14),
    )
    def test_lines_are_project_and_branch(
        self, tmp_path: Path, content: bytes, name: str, branch: str
    ) -> None:
        app = make_git(tmp_path / "app")
        (app / ".wakatime-project").write_bytes(content)

        project = project_of(save(app / "src" / "a.py"))

        assert (project.name, project.branch) == (name, branch)
        assert project.folder == app
        assert project.has_project_file

    def test_the_nearest_counts_before_all_else(self, tmp_path: Path) -> None:
        app = make_git(tmp_path / "app")
        save(app / ".wakatime-project", "far\n")
        save(app / "src" / ".wakatime-project", "near\n")
        settings = settings_from(project_map=[(".*", "mapped")])

        project = project_of(save(app / "src" / "deep" / "a.py"), settings)

        assert (project.name, project.branch, project.source) == ("near", "main", Source.FILE)
        assert project.root_count == len((app / "src").parts)

    def test_a_name_that_it_leaves_open_has_another_source(self, tmp_path: Path) -> None:
        app = make_git(tmp_path / "app")
        save(app / ".wakatime-project", "\nwork\n")

        project = project_of(app / "main.py")

        assert (project.name, project.source) == ("app", Source.GIT)
        assert project.has_project_file

    def test_strange_ones_are_passed_over(self, tmp_path: Path) -> None:
        app = make_git(tmp_path / "app")
        save(app / ".wakatime-project", "real\n")
        for name, make in (
            ("folder", Path.mkdir),
            ("fifo", os.mkfifo),
            ("loop", lambda path: path.symlink_to(path.name)),
        ):
            (app / name).mkdir()
            make(app / name / ".wakatime-project")

            assert project_of(app / name / "a.py").name == "real"

    @pytest.mark.ordinary_user
    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_one_that_may_not_be_read_leaves_it_to_git(self, tmp_path: Path) -> None:
        app = make_git(tmp_path / "app")
        save(app / ".wakatime-project", "secret\n").chmod(0)

        assert project_of(app / "main.py").name == "app"


class TestProjectMap:
    def test_first_line_that_matches_names_the_project(self, tmp_path: Path) -> None:
        settings = settings_from(
            project_map=[
                (r"/nowhere/", "never"),
                (r"/CUSTOMERS/(\w+)/(\d+)/", "{1} for {0}"),
                (r"/customers/", "second"),
            ]
        )

        file = save(tmp_path / "customers" / "acme" / "42" / "src" / "a.py")
        project = project_of(file, settings)

        assert (project.name, project.branch, project.source) == ("42 for acme", None, Source.MAP)
        assert project.folder == file.parent

    def test_the_branch_is_gits(self, tmp_path: Path) -> None:
        app = make_git(tmp_path / "app")
        settings = settings_from(project_map=[("/app/", "Engine")])

        project = project_of(app / "main.py", settings)

        assert (project.name, project.branch) == ("Engine", "main")

    @pytest.mark.parametrize(
        ("pattern", "name", "result"),
        [
            (r"/(a)(x)?", "{0}{1}!", "a!"),
            (r"/(a)(p)", "{}-{}", "a-p"),
            (r"/app", "{project} {", "{project} {"),
            (r"^/(?!srv/)", "not srv", "not srv"),
            (r"/(?P<which>app)", "{0}", "app"),
        ],
    )
    def test_placeholders_take_the_groups(self, pattern: str, name: str, result: str) -> None:
        settings = settings_from(project_map=[(pattern, name)])

        assert project_of(Path("/app/a.py"), settings).name == result

    def test_what_a_group_took_can_be_sent(self) -> None:
        settings = settings_from(project_map=[("^/([^/]+)/", "{0}")])

        assert project_of(Path("/caf\udce9/a.py"), settings).name == "caf\ufffd"

    @pytest.mark.parametrize(("pattern", "name"), [("a", "{0}"), ("(a)", "{} {}")])
    def test_a_line_whose_pattern_has_too_few_groups_is_none(self, pattern: str, name: str) -> None:
        with pytest.raises(ValueError, match="too few groups"):
            MappedProject(compiled(pattern), name)


class TestOtherSystems:
    @pytest.mark.skipif(shutil.which("hg") is None, reason="needs Mercurial")
    def test_mercurial(self, tmp_path: Path) -> None:
        app = tmp_path / "app"
        app.mkdir()
        run("hg", "init", at=app)

        project = project_of(save(app / "src" / "a.py"))

        assert (project.name, project.branch) == ("app", "default")
        assert (project.folder, project.source) == (app, Source.MERCURIAL)

    @pytest.mark.skipif(shutil.which("svnadmin") is None, reason="needs Subversion")
    def test_subversion(self, tmp_path: Path) -> None:
        run("svnadmin", "create", "engine", at=tmp_path)
        url = f"{(tmp_path / 'engine').as_uri()}/branches/billing"
        run("svn", "mkdir", "--quiet", "--parents", "--message=x", url, at=tmp_path)
        run("svn", "checkout", "--quiet", url, "copy", at=tmp_path)

        project = project_of(save(tmp_path / "copy" / "src" / "a.py"))

        assert (project.name, project.branch) == ("engine", "billing")
        assert (project.folder, project.source) == (tmp_path / "copy", Source.SUBVERSION)

    def test_git_comes_before_a_nearer_mercurial(self, tmp_path: Path) -> None:
        app = make_git(tmp_path / "app")
        (app / "sub" / ".hg").mkdir(parents=True)

        assert project_of(save(app / "sub" / "a.py")).name == "app"

    def test_else_it_is_the_folder_that_was_added(self, tmp_path: Path) -> None:
        added = tmp_path / "notes"
        project = project_of(save(added / "deep" / "a.py"), added=added)

        assert (project.name, project.branch, project.folder) == ("notes", None, added)
        assert project.source is Source.FOLDER

    def test_a_name_that_is_not_utf_8_can_be_sent(self, tmp_path: Path) -> None:
        added = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))

        assert project_of(added / "a.py", added=added).name == "caf\ufffd"


@pytest.mark.parametrize(
    ("path", "folder", "count"),
    [
        ("/home/ada/app/src/a.py", "/home/ada/app", 4),
        ("/a.py", "/", 1),
        ("/home/ada/app/a.py", "/home/ada/application", None),
        ("/home/ada/app/a.py", "/home/ada/other", None),
    ],
)
def test_root_count_is_the_folders_slashes_and_one(
    path: str, folder: str, count: int | None
) -> None:
    assert root_count(Path(path), Path(folder)) == count


def test_settings_are_a_value() -> None:
    entry = MappedProject(re.compile("a"), "b")

    assert PLAIN._replace(project_map=(entry,)) == ProjectSettings((entry,))
