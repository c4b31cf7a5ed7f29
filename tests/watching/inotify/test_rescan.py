"""Asking the rules again, for some folders or for all."""

from __future__ import annotations

import time

from tests.desktop.processes import wait_for
from tests.watching.inotify.scene import LIMIT, Scene
from trayapp.watching.inotify import Condition
from trayapp.watching.inotify.reader import RESCAN_PAUSE


def asked_below(scene: Scene, paths: list[str]) -> list[str]:
    """Note from now on which folders the rules are asked about."""
    pruned = scene.pruned

    def ask(path: str) -> bool:
        paths.append(path.removeprefix(f"{scene.root}/"))
        return pruned(path)

    scene.pruned = ask
    return paths


def rescan(scene: Scene, *paths: str) -> None:
    assert scene.observer is not None
    scene.observer.rescan([f"{scene.root}/{path}".rstrip("/") for path in paths])


def wait_until_watched(scene: Scene, *expected: str) -> None:
    wait_for(lambda: scene.watched() == {".", *expected}, "the folders are watched", LIMIT)


def test_only_the_folders_named_are_walked_and_nothing_is_reported(scene: Scene) -> None:
    scene.start()
    asked = asked_below(scene, [])
    rescan(scene, "src")
    wait_for(lambda: "src/deep" in asked, "the rules are asked", LIMIT)
    scene.settle()

    assert asked == ["src", "src/deep"]
    assert len(scene.reports) == 1


def test_a_folder_is_watched_once_the_rules_allow_it_and_dropped_when_they_do_not(
    scene: Scene,
) -> None:
    scene.start()
    scene.pruned = lambda path: path.endswith("/deep")
    rescan(scene, "node_modules", "src/deep", "src/never/was")

    wait_until_watched(scene, "src", "docs", "node_modules", "node_modules/package")


def test_all_below_a_folder_that_was_pruned_is_watched_when_one_inside_is_named(
    scene: Scene,
) -> None:
    (scene.root / "node_modules/other").mkdir()
    scene.start()
    scene.pruned = lambda _path: False
    rescan(scene, "node_modules/package")

    wait_until_watched(
        scene, "src", "src/deep", "docs", "node_modules", "node_modules/package",
        "node_modules/other",
    )  # fmt: skip


def test_a_folder_above_the_root_or_beside_it_may_be_named(scene: Scene) -> None:
    scene.start()
    scene.pruned = lambda path: path.endswith("/docs")
    assert scene.observer is not None
    scene.observer.rescan([f"{scene.root}-beside", str(scene.root.parent)])

    wait_until_watched(scene, "src", "src/deep", "node_modules", "node_modules/package")


def test_a_budget_that_has_room_again_is_used_for_other_folders(scene: Scene) -> None:
    scene.budget = 3
    scene.start(Condition.BUDGET_SPENT)
    dropped = next(iter(scene.watched() & {"src", "docs"}))
    scene.pruned = lambda path: path.endswith((f"/{dropped}", "/deep", "/node_modules"))
    rescan(scene, dropped)

    scene.wait_for_report(Condition.WATCHED)
    assert dropped not in scene.watched()


def test_what_is_asked_for_in_quick_succession_is_done_together(scene: Scene) -> None:
    scene.start()
    asked = asked_below(scene, [])
    start = time.monotonic()
    for _ in range(100):
        rescan(scene, "docs")
        time.sleep(0.002)
    wait_for(lambda: "docs" in asked, "the rules are asked", LIMIT)
    scene.settle()

    assert len(asked) <= (time.monotonic() - start) / RESCAN_PAUSE + 2
