from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.watching.repositories import git, make_git, run, save
from trayapp.watching import repository as module
from trayapp.watching.repository import (
    SubversionCheckout,
    find_git,
    find_mercurial,
    find_subversion,
    git_at,
)

ENDLESS_VIEW = """
    CREATE VIEW nodes AS WITH RECURSIVE endless(local_relpath, repos_id, repos_path) AS (
        SELECT 'x', 1, 1 UNION ALL SELECT 'x', 1, repos_path + 1 FROM endless
    ) SELECT * FROM endless
"""


def branch_at(folder: Path) -> str | None:
    repository = find_git(folder)
    assert repository is not None
    return repository.branch()


class TestRoots:
    def test_a_folder_deep_inside_belongs_to_the_root(self, tmp_path: Path) -> None:
        root = make_git(tmp_path / "app")
        deep = root / "src" / "a" / "b"
        deep.mkdir(parents=True)

        repository = find_git(deep)

        assert repository is not None
        assert repository.root == root
        assert repository.index_lock == root / ".git" / "index.lock"
        assert not repository.is_linked_worktree
        assert not repository.is_submodule

    def test_a_nested_repository_is_its_own(self, tmp_path: Path) -> None:
        make_git(tmp_path / "outer")
        inner = make_git(tmp_path / "outer" / "vendor" / "inner", "trunk")

        repository = find_git(inner)

        assert repository is not None
        assert repository.root == inner
        assert repository.branch() == "trunk"
        assert git_at(inner.parent) is None

    def test_no_repository_around_is_none(self, tmp_path: Path) -> None:
        assert find_git(tmp_path) is None
        assert find_mercurial(tmp_path) is None
        assert find_subversion(tmp_path) is None

    @pytest.mark.parametrize(
        "make",
        [
            lambda root: git("worktree", "add", "../tree", "-b", "x", at=root),
            lambda root: git("init", "--separate-git-dir=../apart.git", "../tree", at=root),
            lambda root: git("submodule", "add", str(root), "lib/tree", at=root),
        ],
        ids=["worktree", "separate git dir", "submodule"],
    )
    def test_index_lock_is_where_git_makes_it(self, tmp_path: Path, make: object) -> None:
        root = make_git(tmp_path / "app")
        assert callable(make)
        make(root)
        tree = next(path for path in (tmp_path / "tree", root / "lib" / "tree") if path.exists())

        repository = find_git(tree)

        assert repository is not None
        expected = git("rev-parse", "--path-format=absolute", "--git-path", "index.lock", at=tree)
        assert str(repository.index_lock) == expected
        expected = git("rev-parse", "--path-format=absolute", "--git-common-dir", at=tree)
        assert str(repository.common_dir) == expected

    def test_the_root_of_the_file_system_is_never_one(self) -> None:
        assert module._upwards(Path("/a/b")) == [Path("/a/b"), Path("/a")]
        assert len(module._upwards(Path("/a" * 2000))) == module.MOST_LEVELS

    def test_a_bare_repository_is_no_working_tree(self, tmp_path: Path) -> None:
        git("init", "--quiet", "--bare", "app.git", at=tmp_path)

        assert find_git(tmp_path / "app.git" / "hooks") is None


class TestBranches:
    @pytest.mark.parametrize("name", ["main", "feature/a/b", "größer/日本", "v1.2-x_y", "a#b"])
    def test_name_is_what_git_says(self, tmp_path: Path, name: str) -> None:
        root = make_git(tmp_path / "app")
        git("checkout", "--quiet", "-B", name, at=root)

        assert branch_at(root) == git("branch", "--show-current", at=root) == name

    def test_a_branch_without_commits_has_a_name(self, tmp_path: Path) -> None:
        git("init", "--quiet", "--initial-branch=trunk", at=tmp_path)

        assert branch_at(tmp_path) == "trunk"

    def test_packed_refs_change_nothing(self, tmp_path: Path) -> None:
        root = make_git(tmp_path / "app")
        git("pack-refs", "--all", at=root)
        assert not (root / ".git" / "refs" / "heads" / "main").exists()

        assert branch_at(root) == "main"

    def test_a_detached_head_has_none(self, tmp_path: Path) -> None:
        root = make_git(tmp_path / "app")
        git("checkout", "--quiet", "--detach", at=root)

        assert branch_at(root) is None

    def test_a_worktree_has_its_own(self, tmp_path: Path) -> None:
        root = make_git(tmp_path / "app")
        git("worktree", "add", "-b", "side", "../side-tree", at=root)

        assert branch_at(tmp_path / "side-tree") == "side"
        assert branch_at(root) == "main"

    def test_it_follows_a_checkout_at_once(self, tmp_path: Path) -> None:
        root = make_git(tmp_path / "app")
        assert branch_at(root) == "main"

        git("checkout", "--quiet", "-b", "next", at=root)

        assert branch_at(root) == "next"

    def test_head_may_be_a_symlink(self, tmp_path: Path) -> None:
        root = make_git(tmp_path / "app")
        (root / ".git" / "HEAD").unlink()
        (root / ".git" / "HEAD").symlink_to("refs/heads/main")
        assert git("symbolic-ref", "HEAD", at=root) == "refs/heads/main"

        assert branch_at(root) == "main"

    @pytest.mark.parametrize(
        ("head", "branch"),
        [
            (b"ref: refs/heads/.invalid\n", None),  # Where reftables are, this is all HEAD says.
            (b"ref: refs/heads/main", "main"),
            (b"ref: refs/remotes/origin/main\n", "origin/main"),
            (b"ref: main\n", None),
            (b"ref: refs/heads/\n", None),
            (b"ref: refs/heads/a b\n", None),
            (b"ref: refs/heads/a\x01b\n", None),
            (b"ref: refs/heads/\xff\xfe\n", "\ufffd\ufffd"),
            (b"", None),
            (b"\x00" * 10_000, None),
            (b"ref: refs/heads/" + b"x" * 10_000_000, "x" * (4096 - 16)),
            (os.urandom(4096).replace(b"ref:", b""), None),
        ],
        ids=range(12),
    )
    def test_garbage_in_head_is_no_branch(
        self, tmp_path: Path, head: bytes, branch: str | None
    ) -> None:
        root = make_git(tmp_path / "app")
        (root / ".git" / "HEAD").write_bytes(head)

        assert branch_at(root) == branch

    def test_without_head_it_is_master_as_in_wakatime_cli(self, tmp_path: Path) -> None:
        root = make_git(tmp_path / "app")
        (root / ".git" / "HEAD").unlink()

        assert branch_at(root) == "master"


class TestRemotes:
    def test_url_is_origins(self, tmp_path: Path) -> None:
        root = make_git(tmp_path / "app")
        git("remote", "add", "upstream", "https://example.org/other.git", at=root)
        git("remote", "add", "origin", "git@example.org:ada/engine.git", at=root)
        git("worktree", "add", "../tree", at=root)

        for folder in (root, tmp_path / "tree"):
            repository = find_git(folder)
            assert repository is not None
            assert repository.remote() == "git@example.org:ada/engine.git"

    def test_a_change_is_seen(self, tmp_path: Path) -> None:
        repository = find_git(make_git(tmp_path / "app"))
        assert repository is not None
        assert repository.remote() is None

        git("remote", "add", "origin", "a:b", at=repository.root)
        assert repository.remote() == "a:b"

        git("remote", "set-url", "origin", "a:c", at=repository.root)
        assert repository.remote() == "a:c"

    def test_a_huge_config_is_read_in_part(self, tmp_path: Path) -> None:
        repository = find_git(make_git(tmp_path / "app"))
        assert repository is not None
        (repository.git_dir / "config").write_bytes(b"\xff[\n" * 3_000_000)

        assert repository.remote() is None


class TestBrokenPointers:
    @pytest.mark.parametrize(
        "pointer",
        [
            b"",
            b"gitdir: .git\n",
            b"gitdir: .\n",
            b"gitdir:\n",
            b"gitdir: /nowhere/at/all\n",
            b"gitdir: ../\xff\xfe\n",
            b"gitdir: a\0b\n",
            b"gitdir: " + b"a/" * 100_000,
            b"gitdir: " + b"x" * 3000,
            os.urandom(100_000),
        ],
        ids=range(10),
    )
    def test_a_git_file_that_points_nowhere_is_passed_over(
        self, tmp_path: Path, pointer: bytes
    ) -> None:
        root = make_git(tmp_path / "app")
        (root / "lib").mkdir()
        (root / "lib" / ".git").write_bytes(pointer)

        repository = find_git(root / "lib")

        assert repository is not None
        assert repository.root == root

    def test_a_git_folder_without_config_is_passed_over(self, tmp_path: Path) -> None:
        (tmp_path / ".git").mkdir()

        assert find_git(tmp_path) is None

    def test_symlink_loops_end(self, tmp_path: Path) -> None:
        (tmp_path / ".git").symlink_to(".git")
        (tmp_path / ".hg").symlink_to("loop")
        (tmp_path / "loop").symlink_to(".hg")
        (tmp_path / ".svn").symlink_to(".svn")

        assert find_git(tmp_path) is None
        assert find_mercurial(tmp_path) is None
        assert find_subversion(tmp_path) is None

    def test_a_fifo_is_not_waited_for(self, tmp_path: Path) -> None:
        root = make_git(tmp_path / "app")
        for name in ("HEAD", "config"):
            (root / ".git" / name).unlink()
            os.mkfifo(root / ".git" / name)
        (tmp_path / "other").mkdir()
        os.mkfifo(tmp_path / "other" / ".git")

        repository = find_git(root)

        assert repository is not None
        assert repository.branch() is None
        assert repository.remote() is None
        assert find_git(tmp_path / "other") is None

    @pytest.mark.ordinary_user
    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_what_may_not_be_read_says_nothing(self, tmp_path: Path) -> None:
        root = make_git(tmp_path / "app")
        (root / ".git" / "HEAD").chmod(0)
        (root / ".git" / "config").chmod(0)
        repository = find_git(root)
        assert repository is not None
        assert repository.branch() is None
        assert repository.remote() is None

        (root / ".git").chmod(0)
        try:
            assert find_git(root) is None
        finally:
            (root / ".git").chmod(0o700)

    def test_a_commondir_that_is_not_there_gives_no_remote(self, tmp_path: Path) -> None:
        root = make_git(tmp_path / "app")
        git("worktree", "add", "../tree", at=root)
        (root / ".git" / "worktrees" / "tree" / "commondir").write_bytes(b"../../gone\n")

        repository = find_git(tmp_path / "tree")

        assert repository is not None
        assert repository.branch() == "tree"
        assert repository.remote() is None


@pytest.mark.skipif(shutil.which("hg") is None, reason="needs Mercurial")
def test_mercurial_branch_is_what_hg_says(tmp_path: Path) -> None:
    run("hg", "init", at=tmp_path)
    repository = find_mercurial(tmp_path)
    assert repository is not None
    assert repository.branch() == run("hg", "branch", at=tmp_path) == "default"

    run("hg", "branch", "stable/ü", at=tmp_path)
    assert repository.branch() == run("hg", "branch", at=tmp_path) == "stable/ü"


class TestSubversion:
    @pytest.mark.skipif(shutil.which("svnadmin") is None, reason="needs Subversion")
    @pytest.mark.parametrize("branch", ["trunk", "branches/next one", "branches/ä%b"])
    def test_urls_are_what_svn_says(self, tmp_path: Path, branch: str) -> None:
        run("svnadmin", "create", "store", at=tmp_path)
        store = (tmp_path / "store").as_uri()
        url = f"{store}/{branch.replace('%', '%25')}"
        run("svn", "mkdir", "--quiet", "--parents", "--message=x", url, at=tmp_path)
        run("svn", "checkout", "--quiet", url, "copy", at=tmp_path)
        (tmp_path / "copy" / "src").mkdir()

        checkout = find_subversion(tmp_path / "copy" / "src")

        expected = run("svn", "info", "--show-item=url", "copy", at=tmp_path)
        assert checkout == SubversionCheckout(tmp_path / "copy", store, expected)

    @pytest.mark.parametrize(
        "schema",
        [
            [],
            ["CREATE TABLE nodes (local_relpath, repos_id, repos_path)"],
            [
                "CREATE TABLE repository (id, root)",
                "CREATE TABLE nodes (local_relpath, repos_id, repos_path)",
                "INSERT INTO repository VALUES (1, x'ff')",
                "INSERT INTO nodes VALUES ('', 1, NULL)",
            ],
            [
                "CREATE TABLE repository (id, root)",
                ENDLESS_VIEW,
                "INSERT INTO repository VALUES (1, 'a')",
            ],
        ],
        ids=["empty", "half", "no text", "endless"],
    )
    def test_a_strange_database_is_no_checkout(self, tmp_path: Path, schema: list[str]) -> None:
        (tmp_path / ".svn").mkdir()
        with closing(sqlite3.connect(tmp_path / ".svn" / "wc.db")) as database, database:
            for statement in schema:
                database.execute(statement)
        (tmp_path / ".svn" / "wc.db").touch()

        assert find_subversion(tmp_path) is None

    def test_garbage_is_no_checkout(self, tmp_path: Path) -> None:
        save(tmp_path / ".svn" / "wc.db", "garbage" * 1000)

        assert find_subversion(tmp_path) is None
