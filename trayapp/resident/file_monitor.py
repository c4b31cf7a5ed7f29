"""The file monitor as the settings want it: which folders, by which rules, and how they fare."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from trayapp.coding.coalescing import coalescing_key
from trayapp.coding.counted import counted
from trayapp.coding.file_monitor import FileMonitorStatus, WatchedFolder
from trayapp.coding.heartbeat import Heartbeat
from trayapp.coding.hiding import Capture, Excluded, hide, shown_path
from trayapp.errors import TrayappError
from trayapp.resident.capturing import make_capturer as make_capturer  # noqa: PLC0414 -- for others
from trayapp.resident.folder_locks import FolderLocks
from trayapp.settings.accounts import settings_files
from trayapp.settings.hiding_secret import read_hiding_secret
from trayapp.settings.locations import Locations
from trayapp.settings.watching import WatchingSettings
from trayapp.watching.capture import Capturer
from trayapp.watching.changed_files import ChangedFiles
from trayapp.watching.editor_plugins import describe_plugins, find_editor_plugins
from trayapp.watching.globs import compile_globs
from trayapp.watching.ignoring import IgnoreRules
from trayapp.watching.inotify.reports import Condition, Report
from trayapp.watching.monitor import Listeners, Monitor
from trayapp.watching.verdicts import Suppressed, Verdict

log = logging.getLogger(__name__)

ADVICE = (
    "Each save counts for two minutes at most on Hackatime: let your editor save by itself, every "
    "minute say. What you save in an editor whose own plugin reports needs no watching: the total "
    "stays the same, since all editors share one timeline there, but your saves show under two."
)

EDITING_SECONDS = 0.5
"""How long a settings file, or a link to a folder, must be still: between two steps of an editor's
there may be none."""

_ADVICE = {
    Condition.BUDGET_SPENT: "Leave folders out: ignore = [...] under [watch] in config.toml.",
    Condition.RENAMED: "Add it under its new name: trayapp folders add DIR",
    Condition.UNREADABLE: "Make it readable for yourself.",
    Condition.FAILED: "The log says more; please report it.",
}


@dataclass(frozen=True)
class Ears:
    """Whom the file monitor tells, each from a thread of its own choice.

    `recorded` gets what may be told of each save, its coalescing key, and the receiver that alone
    is to have it, None for all accounts; `noted` gets a line for log or terminal; `changed`
    says that the status has; `settings_edited` that a settings file has. `explained` gets the
    verdict on every written file, where somebody wants to know.
    """

    recorded: Callable[[Heartbeat, bytes, str | None], None]
    noted: Callable[[str], None]
    changed: Callable[[], None]
    settings_edited: Callable[[], None]
    explained: Callable[[str], None] | None = None


@dataclass
class Tally:
    """What became of all saves since the start."""

    recorded: int = 0
    excluded: int = 0
    claimed: int = 0
    suppressed: Counter[str] = field(default_factory=Counter)


class FileMonitor:
    """Watch the folders that the settings name, while no other trayapp does.

    `owner` is what a second one says of this one. `is_idle` tells whether nobody was at the desktop
    at a moment (see trayapp.desktop.idle).
    """

    def __init__(
        self,
        locations: Locations,
        environment: Mapping[str, str],
        owner: str,
        is_idle: Callable[[float], bool],
        ears: Ears,
    ) -> None:
        self._locations = locations
        self._environment = environment
        self._is_idle = is_idle
        self._ears = ears
        self._locks = FolderLocks(locations.state_dir, owner, self._refused, self._handed_over)
        self._files = ChangedFiles(self._file_changed, self._files_fare)
        self._secret = b""
        # Who applies settings, one at a time: the caller, or a thread that has waited for a lock.
        self._applying = threading.RLock()
        self._monitor: Monitor | None = None
        self._capturer: Capturer | None = None
        self._settings = WatchingSettings(enabled=False)
        self._enabled = False
        self._chosen: tuple[str, ...] = ()
        self._named: dict[str, str] = {}
        self._wanted: dict[str, str] = {}
        self._failure: TrayappError | None = None
        # So that who knows of fewer files is not the last to say which ones.
        self._following = threading.Lock()
        # Guards what follows, which the monitor's threads change.
        self._lock = threading.Lock()
        self._reports: dict[str, Report] = {}
        self._paused = (0.0, 0.0)
        self._timers: dict[Callable[[], None], threading.Timer] = {}
        self._stopped = False
        self.tally = Tally()

    def follow(self, settings: WatchingSettings, folders: Sequence[str] | None = None) -> None:
        """Watch what these settings say from now on, or `folders` in place of theirs.

        Raises TrayappError where nothing can be kept in the state folder.
        """
        with self._applying:
            self._chosen = tuple(map(str, settings.folders) if folders is None else folders)
            named = _by_real_path(self._chosen)
            enabled = settings.enabled or folders is not None
            known = (self._settings, self._named, self._enabled)
            is_known = (settings, named, enabled) == known and self._failure is None
            self._settings, self._enabled = settings, enabled
            self._follow_files()
            if not is_known:
                self._want(named)

    def stop(self) -> None:
        """Stop watching; a save of the last moment is told before."""
        with self._lock:
            self._stopped = True
            for timer in self._timers.values():
                timer.cancel()
        self._files.stop()
        with self._applying:
            self._wanted = {}
            if self._monitor is not None:
                self._monitor.stop()
                self._monitor = None
            self._locks.keep(())

    def pause(self, until: float) -> None:
        """Count no save until then, in epoch seconds; 0 goes on at once."""
        now = time.time()
        with self._lock:
            since, before = self._paused
            self._paused = (since if now < before else now, max(now, until))
        self._ears.changed()

    def status(self, now: float) -> FileMonitorStatus:
        """Say how each folder fares."""
        with self._applying:
            named, enabled = dict(self._named), self._enabled
            counts = {} if self._monitor is None else self._monitor.counts()
        with self._lock:
            reports, paused_until = dict(self._reports), self._paused[1]
        folders = (
            self._folder(real, name, reports.get(real), counts.get(real, 0))
            for real, name in named.items()
        )
        return FileMonitorStatus(
            enabled, tuple(folders), paused_until if now < paused_until else None
        )

    def report(self) -> dict[str, Any]:
        """Say how the folders fare and what became of all saves, as JSON values."""
        status = self.status(time.time())
        return {
            "enabled": status.enabled,
            "folders": [asdict(folder) for folder in status.folders],
            "saves": self.tally.recorded,
            "excluded": self.tally.excluded,
            "claimed": self.tally.claimed,
            "suppressed": dict(self.tally.suppressed),
        }

    def advice(self) -> str:
        """Say what somebody should know who adds a folder."""
        return advice_on_adding(self._locations.home, self._environment)

    def _folder(self, real: str, named: str, report: Report | None, count: int) -> WatchedFolder:
        holder = self._locks.holder(real)
        if holder is not None:
            return WatchedFolder(named, 0, f"watched by {holder}", "It takes over when that ends.")
        if self._failure is not None:
            return WatchedFolder(named, 0, self._failure.title, self._failure.hint)
        if report is None:
            return WatchedFolder(named)
        if report.condition is Condition.WATCHED:
            return WatchedFolder(named, count)
        return WatchedFolder(named, count, report.condition.value, advice_on(report))

    def _want(self, named: dict[str, str]) -> None:
        """Watch these folders and no others; raises TrayappError."""
        before, self._named = self._wanted, named
        self._wanted = named if self._enabled else {}
        for folder in before.keys() - self._wanted.keys():
            self._ears.noted(f"{before[folder]} is watched no longer.")
        self._apply()

    def _apply(self) -> None:
        """Have the monitor watch what is wanted and not another's; raises TrayappError."""
        with self._applying:
            try:
                self._failure = None
                self._take_and_watch()
            except TrayappError as error:
                self._failure = error
                raise
            finally:
                self._ears.changed()

    def _take_and_watch(self) -> None:
        if self._wanted and not self._secret:
            self._secret = read_hiding_secret(self._locations.state_dir)
        held = self._locks.take(self._wanted)
        if held or self._monitor is not None:
            self._watch(held)
        self._locks.keep(self._wanted)
        with self._lock:
            self._reports = {root: one for root, one in self._reports.items() if root in held}

    def _handed_over(self) -> None:
        # On a thread that has waited: `status` tells what went wrong.
        with suppress(TrayappError):
            self._apply()

    def _refused(self, folder: str, holder: str) -> None:
        self._ears.noted(
            f"{self._wanted[folder]} is watched by {holder}; it is left to that one until it ends."
        )

    def _watch(self, folders: Sequence[str]) -> None:
        settings = self._settings
        rules = ignore_rules(folders, settings, self._locations, self._environment)
        self._capturer = capturer = make_capturer(folders, settings, self._ears.noted)
        if self._monitor is None:
            explained = None if self._ears.explained is None else self._explain
            listeners = Listeners(
                self._captured,
                self._suppressed,
                self._reported,
                self._is_nobody,
                explained,
                self._follow_files,
            )
            self._monitor = Monitor(listeners)
            self._monitor.watch(folders, rules, capturer)
            self._monitor.start()
        else:
            self._monitor.watch(folders, rules, capturer)

    # The monitor's threads call these.

    def _captured(self, capture: Capture) -> None:
        settings = self._settings
        claim = settings.claimed_by(capture.path)
        with self._lock:
            since, until = self._paused
        if since <= capture.time < until:
            log.debug("a save is not counted: paused")
            return
        if claim is not None and claim.receiver is None:
            self.tally.claimed += 1
            log.warning("a save is for an account that is not known (%s)", claim.source)
            return
        told = hide(capture, settings.hide_rules, self._secret)
        if isinstance(told, Excluded):
            self.tally.excluded += 1
            log.info("a save is not told: %s", told)
            return
        self.tally.recorded += 1
        of_save = (capture.path, capture.project, capture.branch, capture.language)
        key = coalescing_key(self._secret, *of_save, capture.category)
        self._ears.recorded(told, key, None if claim is None else claim.receiver)

    def _suppressed(self, suppressed: Suppressed) -> None:
        reason = suppressed.reason.value
        self.tally.suppressed[reason] += suppressed.count
        writes = counted(suppressed.count, "write")
        self._ears.noted(f"not counted as saves: {writes}, {reason}")

    def _reported(self, report: Report) -> None:
        with self._lock:
            before = self._reports.get(report.root)
            self._reports[report.root] = report
        # Every change of the settings has each folder reported.
        if before is None or before.condition is not report.condition:
            count = f"; {counted(report.watches, 'folder')}"
            folders = count if report.condition is Condition.WATCHED else ""
            advice = advice_on(report)
            self._ears.noted(
                f"{report.root}: {report.condition.value}{folders}.{f' {advice}' if advice else ''}"
            )
        # The repository that it lies in may have rules elsewhere.
        self._follow_files()
        self._ears.changed()

    def _is_nobody(self, at: float) -> bool:
        return self._settings.idle_gate and self._is_idle(at)

    def _explain(self, verdict: Verdict) -> None:
        if self._ears.explained is not None and self._capturer is not None:
            path = shown_path(self._capturer.place(verdict.path), self._settings.hide_rules)
            self._ears.explained(f"{path}: {verdict.reason.value}")

    def _settings_files(self) -> list[str]:
        return [str(path) for path in settings_files(self._locations)]

    def _follow_files(self) -> None:
        # A name that is no folder now may come to lead to one, as may a link to another.
        leading = [one for one in self._chosen if Path(one).is_symlink() or not Path(one).is_dir()]
        with self._following:
            rules = [] if self._monitor is None else sorted(self._monitor.rule_files())
            self._files.follow(self._settings_files() + rules + leading)

    def _files_fare(self, report: Report) -> None:
        if report.condition is Condition.WATCHED:
            self._ears.noted("Edits of settings and ignore rules are noticed again.")
            return
        limit = report.condition.value.partition(";")[0]
        self._ears.noted(
            f"Edits of settings and ignore rules go unnoticed: {limit}. {advice_on(report)}"
        )

    def _file_changed(self, path: str) -> None:
        if path in self._settings_files():
            self._once_still(self._ears.settings_edited)
        elif path in self._chosen:
            self._once_still(self._lead_again)
        elif self._monitor is not None:
            self._monitor.rule_file_changed(path)

    def _lead_again(self) -> None:
        """Watch where the names of the folders lead now; `status` tells what went wrong."""
        with self._applying, suppress(TrayappError):
            named = _by_real_path(self._chosen)
            if named != self._named and not self._stopped:
                self._follow_files()
                self._want(named)

    def _once_still(self, act: Callable[[], None]) -> None:
        """Act when no file has changed for a moment, on a thread of its own."""
        with self._lock:
            if act in self._timers:
                self._timers[act].cancel()
            if not self._stopped:
                timer = self._timers[act] = threading.Timer(EDITING_SECONDS, act)
                timer.daemon = True
                timer.start()


def ignore_rules(
    folders: Collection[str],
    settings: WatchingSettings,
    locations: Locations,
    environment: Mapping[str, str],
) -> IgnoreRules:
    """Make the rules by which folders (real paths) are watched: git's, ours and the person's."""
    home = str(locations.home)
    return IgnoreRules(
        folders,
        home=home,
        config_home=environment.get("XDG_CONFIG_HOME") or str(locations.home / ".config"),
        exclude=compile_globs(settings.ignore, locations.home.as_posix()),
    )


def advice_on_adding(home: Path, environment: Mapping[str, str]) -> str:
    """Say what somebody should know who adds a folder; looks for editors' plugins."""
    plugins = describe_plugins(find_editor_plugins(home, environment), time.time())
    return ADVICE if plugins is None else f"{ADVICE}\n{plugins}"


def advice_on(report: Report) -> str:
    """Say what a person can do about how a folder fares, "" for nothing."""
    if report.sysctl:
        return f"Raise it: sudo sysctl {report.sysctl}"
    return _ADVICE.get(report.condition, "")


def _by_real_path(names: Collection[str]) -> dict[str, str]:
    return {os.path.realpath(name): name for name in names}
