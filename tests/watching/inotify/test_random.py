"""Random acts against a model: no save is missed, and no path is made up.

The model knows each file by a number and every path that it has had. A save must be heard under a
path that its file had then or later; what is heard must be such a path of a file that was saved.
Half of the rounds keep the reader from reading until all is done, so that every record is about the
past. TRAYAPP_SEEDS tries more than the usual few.
"""

from __future__ import annotations

import os
import random
import shutil
from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.watching.inotify.scene import PRUNED, Scene

ROUNDS = 12
ACTS = 25
SEEDS = range(int(os.environ.get("TRAYAPP_SEEDS", "25")))
NAMES = ["a", "b", "c", "build", ".git"]
FILES = ["x.py", "y.py", "z.py"]


def is_pruned(path: str) -> bool:
    return any(part in PRUNED for part in path.split("/"))


class Model:
    """Act on a real tree and remember what was done."""

    def __init__(self, root: Path, outside: Path, seed: int) -> None:
        self.root = root
        self.outside = outside
        self.choose = random.Random(seed)
        self.files: dict[str, int] = {}
        self.folders: set[str] = {""}
        self.paths: dict[int, set[str]] = {}
        """Every path that a file has had since the round began."""
        self.must: dict[int, set[str]] = {}
        """Where the saves of this round may be heard."""
        self.may: set[int] = set()
        self.fresh: set[str] = set()
        """Folders made in this round; they may have no watch yet."""
        self.left: set[str] = set()
        """Where folders were in this round; a record of them may be read with another there."""
        self._number = 0

    def begin(self) -> None:
        """Begin a round."""
        self.must.clear()
        self.may.clear()
        self.fresh.clear()
        self.left.clear()
        self.paths = {number: {path} for path, number in self.files.items()}

    def act(self) -> None:
        """Do one thing at random."""
        acts = [
            self.make_folder, self.save, self.save, self.save, self.save_by_rename,
            self.rename_folder, self.rename_file, self.delete_file, self.delete_folder,
            self.move_out,
        ]  # fmt: skip
        self.choose.choice(acts)()

    def make_folder(self) -> None:
        path = self._child(self._folder(), NAMES)
        if path not in self.folders and path not in self.files:
            (self.root / path).mkdir()
            self.folders.add(path)
            self.fresh.add(path)

    def save(self) -> None:
        path = self._child(self._folder(), FILES)
        (self.root / path).write_text("1")
        self._saved(path)

    def save_by_rename(self) -> None:
        path = self._child(self._folder(), FILES)
        temporary = self.root / f"{path}.tmp"
        temporary.write_text("1")
        temporary.replace(self.root / path)
        # Another file now, which had the temporary name too.
        self._forget(self.files.pop(path, None))
        self._saved(path)
        self.paths[self.files[path]].add(f"{path}.tmp")

    def rename_folder(self) -> None:
        source, target = self._folder(), self._child(self._folder(), NAMES)
        if not source or target in self.folders or f"{target}/".startswith(f"{source}/"):
            return
        if is_pruned(source) and not is_pruned(target):
            return  # It arrives from where nothing is watched: see arrive().
        if source.rpartition("/")[0] in self.fresh:
            return  # So it does here, perhaps.
        if any(f"{one}/".startswith(f"{source}/") for one in self.fresh):
            return  # Perhaps nobody has looked into it yet: see the package's docstring.
        if target in self.left:
            return  # As little is known of a place that changes hands.
        (self.root / source).rename(self.root / target)
        self.left.add(source)
        self._move(source, target)

    def rename_file(self) -> None:
        if not self.files:
            return
        source = self.choose.choice(sorted(self.files))
        target = self._child(self._folder(), FILES)
        if is_pruned(source) and not is_pruned(target):
            return  # Heard as a save: rename in from an unwatched folder.
        if source == target:
            return
        (self.root / source).replace(self.root / target)
        self._forget(self.files.pop(target, None))
        number = self.files.pop(source)
        self.may.add(number)
        self._place(number, target)

    def delete_file(self) -> None:
        if self.files:
            path = self.choose.choice(sorted(self.files))
            (self.root / path).unlink()
            self._forget(self.files.pop(path))

    def delete_folder(self) -> None:
        if (path := self._folder()) and self.choose.random() < 0.5:
            shutil.rmtree(self.root / path)
            self._drop(path)

    def move_out(self) -> None:
        if (path := self._folder()) and self.choose.random() < 0.5:
            self._number += 1
            (self.root / path).rename(self.outside / str(self._number))
            self._drop(path)

    def arrive(self) -> None:
        """Move a folder with files in; its files are not saves."""
        self._number += 1
        source, target = self.outside / f"in-{self._number}", self._child("", NAMES)
        if target in self.folders or is_pruned(target):
            return
        (source / "a").mkdir(parents=True)
        (source / "a/x.py").write_text("1")
        source.rename(self.root / target)
        self.folders |= {target, f"{target}/a"}
        self._number += 1
        self._place(self._number, f"{target}/a/x.py")

    def _saved(self, path: str) -> None:
        if path not in self.files:
            self._number += 1
            self.paths[self._number] = set()
            self.files[path] = self._number
        number = self.files[path]
        self.paths[number].add(path)
        self.may.add(number)
        if not is_pruned(path):
            self.must[number] = {path}

    def _place(self, number: int, path: str) -> None:
        self.files[path] = number
        self.paths.setdefault(number, set()).add(path)
        if number in self.must:
            if is_pruned(path):
                del self.must[number]
            else:
                self.must[number].add(path)

    def _forget(self, number: int | None) -> None:
        # What was saved and is gone may have been gone before anybody looked.
        if number is not None:
            self.must.pop(number, None)

    def _move(self, source: str, target: str) -> None:
        inside = f"{source}/"
        for paths in (self.folders, self.fresh):
            for path in [one for one in paths if one == source or one.startswith(inside)]:
                paths.remove(path)
                paths.add(target + path[len(source) :])
        for path in [one for one in self.files if one.startswith(inside)]:
            self._place(self.files.pop(path), target + path[len(source) :])

    def _drop(self, folder: str) -> None:
        self.left.add(folder)
        inside = f"{folder}/"
        self.folders = {one for one in self.folders if one != folder and not one.startswith(inside)}
        for path in [one for one in self.files if one.startswith(inside)]:
            self._forget(self.files.pop(path))

    def _folder(self) -> str:
        return self.choose.choice(sorted(self.folders))

    def _child(self, folder: str, names: list[str]) -> str:
        return f"{folder}/{self.choose.choice(names)}".lstrip("/")


@pytest.mark.parametrize("seed", SEEDS)
def test_no_save_is_missed_and_no_path_is_made_up(scene: Scene, tmp_path: Path, seed: int) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    shutil.rmtree(scene.root)
    scene.root.mkdir()
    model = Model(scene.root, outside, seed)
    scene.start()
    for number in range(ROUNDS):
        model.begin()
        with scene.held() if number % 2 else nullcontext():
            for _ in range(ACTS):
                model.act()
        heard = scene.settle()

        saved = {new or old for what, old, new in heard if what in {"closed", "moved"}}
        missed = {one: paths for one, paths in model.must.items() if not paths & saved}
        assert not missed, heard
        possible = {path for one in model.may for path in model.paths[one]}
        assert not saved - possible - {f"{path}.tmp" for path in possible}, heard
        assert not [path for path in saved if is_pruned(path)], heard
        expected = {path or "." for path in model.folders if not is_pruned(path)}
        assert scene.watched() == expected, heard

        model.begin()
        model.arrive()
        assert not [one for one in scene.settle() if one[0] == "closed"]
