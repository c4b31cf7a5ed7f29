"""Each thing that is done, as it is heard."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.watching.inotify.scene import Heard, Scene


def vim_style(root: Path) -> None:
    file = root / "src/kept.py"
    file.rename(f"{file}~")
    file.write_text("2")
    (root / "src/kept.py~").unlink()


def rename_over(root: Path) -> None:
    temporary = root / "src/.kept.py.tmp"
    temporary.write_text("2")
    temporary.replace(root / "src/kept.py")


def rename_from_pruned(root: Path) -> None:
    temporary = root / "node_modules/tmp"
    temporary.write_text("2")
    temporary.replace(root / "src/kept.py")


def rename_from_outside(root: Path) -> None:
    temporary = root.parent / "tmp"
    temporary.write_text("2")
    temporary.replace(root / "src/kept.py")


def append(root: Path) -> None:
    with (root / "src/kept.py").open("a") as file:
        file.write("2")


SEQUENCES: list[tuple[Callable[[Path], object], list[Heard]]] = [
    (append, [("closed", "src/kept.py", "")]),
    (
        lambda root: (root / "src/new.py").write_text("1"),
        [("created", "src/new.py", ""), ("closed", "src/new.py", "")],
    ),
    (
        vim_style,
        [
            ("moved", "src/kept.py", "src/kept.py~"),
            ("created", "src/kept.py", ""),
            ("closed", "src/kept.py", ""),
        ],
    ),
    (
        rename_over,
        [
            ("created", "src/.kept.py.tmp", ""),
            ("closed", "src/.kept.py.tmp", ""),
            ("moved", "src/.kept.py.tmp", "src/kept.py"),
        ],
    ),
    (rename_from_pruned, [("moved", "", "src/kept.py")]),
    (rename_from_outside, [("moved", "", "src/kept.py")]),
    (
        lambda root: (root / "src/kept.py").rename(root.parent / "kept.py"),
        [("deleted", "src/kept.py", "")],
    ),
    (
        lambda root: (root / "src/kept.py").rename(root / "node_modules/kept.py"),
        [("deleted", "src/kept.py", "")],
    ),
    (lambda root: (root / "src/kept.py").chmod(0o600), []),
    (lambda root: (root / "src/kept.py").read_text(), []),
    (lambda root: list((root / "src").iterdir()), []),
    (lambda root: (root / "src/kept.py").open("a").close(), [("closed", "src/kept.py", "")]),
    (lambda root: (root / "src/kept.py").unlink(), []),
    (lambda root: (root / "src/link").symlink_to("/nowhere"), [("created", "src/link", "")]),
    (lambda root: (root / "node_modules/package/index.js").write_text("1"), []),
    (lambda root: (root / "src/build").mkdir(), [("folder created", "src/build", "")]),
    (lambda root: (root / "src/deep").rmdir(), [("folder deleted", "src/deep", "")]),
    (
        lambda root: (root / "src/deep").rename(root / "docs/deep"),
        [("folder moved", "src/deep", "docs/deep")],
    ),
    (
        lambda root: (root / "src/deep").rename(root.parent / "deep"),
        [("folder deleted", "src/deep", "")],
    ),
]


@pytest.mark.parametrize(("act", "expected"), SEQUENCES)
def test_each_act_is_heard_as_it_is(
    scene: Scene, act: Callable[[Path], object], expected: list[Heard]
) -> None:
    scene.start()

    act(scene.root)

    assert scene.settle() == expected


def test_names_that_are_not_utf8_do_no_harm(scene: Scene) -> None:
    name, inside = os.fsdecode(b"caf\xe9"), os.fsdecode(b"\xff.py")
    folder = scene.root / name
    scene.start()

    folder.mkdir()
    scene.settle()
    (folder / inside).write_text("1")
    heard = scene.settle()
    folder = folder.rename(f"{folder}2")
    (folder / inside).write_text("1")

    assert heard == [("created", f"{name}/{inside}", ""), ("closed", f"{name}/{inside}", "")]
    assert scene.settle()[-1] == ("closed", f"{name}2/{inside}", "")


def test_a_folder_behind_a_symlink_is_not_followed(scene: Scene) -> None:
    outside = scene.root.parent / "outside"
    outside.mkdir()
    (scene.root / "before").symlink_to(outside)
    scene.start()
    (scene.root / "after").symlink_to(outside)
    scene.settle()

    (outside / "file.py").write_text("1")

    assert scene.settle() == []


def test_a_symlinked_root_is_watched_under_its_real_path(scene: Scene, tmp_path: Path) -> None:
    real = scene.root
    scene.root = tmp_path / "link"
    scene.root.symlink_to(real)

    report = scene.start()
    (real / "top.py").write_text("1")

    assert report.root == str(real)
    assert ("closed", "top.py", "") in scene.settle()


def test_a_folder_that_is_not_watched_recursively_is_watched_alone(scene: Scene) -> None:
    scene.recursive = False
    scene.start()
    (scene.root / "src/kept.py").write_text("2")
    (scene.root / "top.py").write_text("2")

    assert scene.settle() == [("created", "top.py", ""), ("closed", "top.py", "")]


def test_a_rename_told_in_two_reads_is_one_rename(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One record with a short name takes 32 bytes.
    monkeypatch.setattr("trayapp.watching.inotify.kernel.READ_SIZE", 32)
    scene.start()

    with scene.held():
        (scene.root / "src/kept.py").rename(scene.root / "src/name.py")
        (scene.root / "src/deep").rename(scene.root / "docs/deep")

    assert scene.settle() == [
        ("moved", "src/kept.py", "src/name.py"),
        ("folder moved", "src/deep", "docs/deep"),
    ]
