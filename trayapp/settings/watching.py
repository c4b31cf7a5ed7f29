"""What is watched, and what of it may be told: [watch] of config.toml and ~/.wakatime.cfg.

The sources are joined. Each file hides and excludes for itself (see trayapp.coding.hiding), so that
none reveals what another hides. A pattern that does not compile hides, excludes or claims
everything and is a warning; one that reveals or renames is without effect. No warning and no value
shows a pattern, which may be the very name that it hides.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from trayapp.coding.hiding import HideRules
from trayapp.coding.patterns import Patterns, compile_pattern, read_patterns
from trayapp.errors import ConfigError
from trayapp.settings.api_url import normalise_api_url
from trayapp.settings.config import HIDE_FLAGS, HIDE_LISTS, Watch
from trayapp.settings.key import Key
from trayapp.settings.locations import Locations, expand_home
from trayapp.settings.value import Value
from trayapp.settings.wakatime_cfg import CfgFile, Entry, WakatimeCfg

NameMap: TypeAlias = tuple[tuple[re.Pattern[str], str], ...]
"""Regexes for paths, and the project that each gives; the first that is found counts."""

GITPOD_VARIABLE = "GITPOD_WORKSPACE_ID"
"""Where it is set wakatime-cli calls the machine Gitpod: each has a new host name."""

# All spellings that wakatime-cli reads (cmd/params/params.go); all that are there count.
_ALIASES = {
    "exclude": ("exclude", "ignore"),
    "hide_file_names": ("hide_file_names", "hide_filenames", "hidefilenames"),
    "hide_project_names": ("hide_project_names", "hide_projectnames", "hideprojectnames"),
    "hide_branch_names": ("hide_branch_names", "hide_branchnames", "hidebranchnames"),
}
_EFFECTS = {"exclude": "all is excluded", "include": "it includes nothing"}
_CLAIMING_SECTIONS = ("project_api_key", "api_urls")

_TRUE = {"true", "t", "yes", "on", "1"}
_FALSE = {"false", "f", "no", "off", "0"}


class Claim(NamedTuple):
    """A line of [project_api_key] or [api_urls]: whose the paths are that it is found in.

    `receiver` is what the queue calls that account; None where the line does not say which it is,
    and then nobody gets these paths. The name holds neither key nor pattern, and stays the same
    when the key is renewed. `key` is None where it is none.
    """

    patterns: Patterns
    section: str
    source: str
    receiver: str | None = None
    api_url: str | None = None
    key: Key | None = None


class WatchingSettings(NamedTuple):
    """All that the watcher is told by settings.

    `folders` are absolute. `hide_rules` has one for each source that has any. Whatever
    `claimed_by` names is for that account alone.
    """

    enabled: bool = True
    folders: tuple[Path, ...] = ()
    ignore: tuple[str, ...] = ()
    idle_gate: bool = True
    hide_rules: tuple[HideRules, ...] = ()
    project_map: NameMap = ()
    submodule_map: NameMap = ()
    submodules_disabled: tuple[re.Pattern[str], ...] = ()
    project_from_git_remote: bool = False
    claims: tuple[Claim, ...] = ()
    hostname: str = ""
    values: tuple[Value, ...] = ()
    warnings: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "WatchingSettings(not shown)"

    def claimed_by(self, path: str) -> Claim | None:
        """Give the line that claims a path (absolute, with /) for an account of its own."""
        return next((claim for claim in self.claims if claim.patterns.match(path)), None)


def read_watching(
    watch: Watch, cfg: WakatimeCfg, locations: Locations, environment: Mapping[str, str]
) -> WatchingSettings:
    """Join all sources; raises ConfigError where hostname has more than one line."""
    reader = _Reader()
    source = f"{locations.config_file} [watch]"
    for name, shown in (
        ("enabled", str(watch.enabled).lower()),
        ("folders", str(len(watch.folders))),
        ("ignore", str(len(watch.ignore))),
        ("idle_gate", str(watch.idle_gate).lower()),
    ):
        if name in watch.names:
            reader.value(name, shown, source)
    hide_rules = [reader.rules_of_table(watch, source)]
    hide_rules += [reader.rules_of_file(file) for file in cfg.files]
    folders = (expand_home(text, locations.home) for text in watch.folders)
    return WatchingSettings(
        enabled=watch.enabled,
        folders=tuple(dict.fromkeys(folders)),
        ignore=watch.ignore,
        idle_gate=watch.idle_gate,
        hide_rules=tuple(rules for rules in hide_rules if rules != HideRules()),
        project_map=reader.name_map(cfg, "projectmap"),
        submodule_map=reader.name_map(cfg, "git_submodule_projectmap"),
        submodules_disabled=reader.submodules_disabled(cfg),
        project_from_git_remote=reader.project_from_git_remote(cfg),
        claims=reader.claims(cfg),
        hostname=reader.hostname(cfg, environment),
        values=tuple(reader.values),
        warnings=tuple(reader.warnings),
    )


class _Reader:
    """Reads single settings, and keeps what a person should know of each."""

    def __init__(self) -> None:
        self.values: list[Value] = []
        self.warnings: list[str] = []

    def rules_of_table(self, watch: Watch, source: str) -> HideRules:
        lists = {name: self._patterns(name, found, source) for name, found in watch.lists.items()}
        for name, flag in watch.flags.items():
            self.value(name, str(flag).lower(), source)
        return _rules(lists, watch.flags)

    def rules_of_file(self, file: CfgFile) -> HideRules:
        lists, flags = {}, {}
        for name in HIDE_LISTS:
            entries = [*_entries(file, *_ALIASES.get(name, (name,)))]
            if entries:
                lists[name] = self._patterns(name, _choice(entries), file.source(entries[0]))
        for name in HIDE_FLAGS:
            for entry in _entries(file, name):
                # What may have been meant to hide does.
                flags[name] = self._flag(name, file, entry, otherwise=True)
        return _rules(lists, flags)

    def submodules_disabled(self, cfg: WakatimeCfg) -> tuple[re.Pattern[str], ...]:
        name = "submodules_disabled"
        for file in cfg.files:
            for entry in _entries(file, name, section="git"):
                found = self._patterns(name, _choice([entry]), file.source(entry), broken=False)
                return (re.compile(""),) if found.everything else found.regexes
        return ()

    def project_from_git_remote(self, cfg: WakatimeCfg) -> bool:
        for file in cfg.files:
            for entry in _entries(file, "project_from_git_remote", section="git"):
                return self._flag("project_from_git_remote", file, entry, otherwise=False)
        return False

    def name_map(self, cfg: WakatimeCfg, section: str) -> NameMap:
        found: dict[str, tuple[re.Pattern[str], str]] = {}
        for file in cfg.files:
            entries = file.section(section)
            if entries:
                self.value(f"[{section}]", _count(len(entries)), str(file.path))
            for text, entry in entries.items():
                pattern = compile_pattern(text)
                if pattern is None:
                    what = f"[{section}]: the pattern does not compile"
                    self._warn(file.source(entry), what, "it maps nothing")
                elif entry.value:
                    found.setdefault(text, (pattern, entry.value))
        return tuple(found.values())

    def claims(self, cfg: WakatimeCfg) -> tuple[Claim, ...]:
        claims = []
        for file in cfg.files:
            for section in _CLAIMING_SECTIONS:
                entries = file.section(section)
                if entries:
                    self.value(f"[{section}]", _count(len(entries)), str(file.path))
                for text, entry in entries.items():
                    patterns, faults = read_patterns([text])
                    if faults:
                        what = f"[{section}]: the pattern does not compile"
                        effect = "it claims every file, and no account gets one"
                        self._warn(file.source(entry), what, effect)
                        claims.append(Claim(patterns, section, file.source(entry)))
                    else:
                        claims.append(self._claim(cfg, file, section, text, patterns))
        return tuple(claims)

    def _claim(
        self, cfg: WakatimeCfg, file: CfgFile, section: str, text: str, patterns: Patterns
    ) -> Claim:
        """Find out whose the paths are that a line claims."""
        entry = file.section(section)[text]
        source = file.source(entry)
        try:
            if section == "api_urls":
                url, _, key_text = entry.value.rpartition("|")
                api_url: str | None = normalise_api_url(url.strip())
            else:
                api_url, key_text = cfg.api_url_of_keys(file.path), entry.value
        except (ValueError, ConfigError):
            api_url, key_text = None, ""
        if api_url is None:
            what = f"[{section}]: which server it is for is not known"
            self._warn(source, what, "no account gets what it claims")
            return Claim(patterns, section, source)
        try:
            key = Key(key_text.strip())
        except ValueError:
            self._warn(source, f"[{section}]: its key is none", "what it claims waits for one")
            key = None
        name = hashlib.sha256(f"{section}\0{text}".encode()).hexdigest()[:10]
        return Claim(patterns, section, source, f"{section}:{name}@{api_url}", api_url, key)

    def hostname(self, cfg: WakatimeCfg, environment: Mapping[str, str]) -> str:
        setting = cfg.get("hostname")
        if setting is not None:
            name, source = setting.value, setting.source
        elif environment.get(GITPOD_VARIABLE):
            name, source = "Gitpod", "environment"
        else:
            return _node()
        self.value("hostname", name, source)
        return name

    def value(self, name: str, shown: str, source: str) -> None:
        self.values.append(Value(name, shown, source))

    def _patterns(
        self, name: str, found: bool | Sequence[str], source: str, *, broken: bool = True
    ) -> Patterns:
        broken = broken and name != "include"
        patterns, faults = read_patterns(found, broken=broken)
        shown = str(found).lower() if isinstance(found, bool) else _count(len(found))
        for number in faults:
            effect = _EFFECTS.get(name, "all is hidden" if broken else "it matches nothing")
            self._warn(source, f"{name}: number {number} of {shown} does not compile", effect)
        self.value(name, shown, source)
        return patterns

    def _flag(self, name: str, file: CfgFile, entry: Entry, *, otherwise: bool) -> bool:
        text, source = entry.value.lower(), file.source(entry)
        if text not in _TRUE | _FALSE:
            effect = f"it counts as {str(otherwise).lower()}"
            self._warn(source, f"{name} is neither true nor false", effect)
            flag = otherwise
        else:
            flag = text in _TRUE
        self.value(name, str(flag).lower(), source)
        return flag

    def _warn(self, source: str, what: str, effect: str) -> None:
        self.warnings.append(f"{source}: {what}; {effect}")


def _node() -> str:
    """Give what socket.gethostname() does, without the cost of importing that."""
    if sys.platform == "win32":
        import platform  # noqa: PLC0415 -- nor of this, where there is a system call

        return platform.node()
    return os.uname().nodename


def _rules(lists: Mapping[str, Patterns], flags: Mapping[str, bool]) -> HideRules:
    # hide_dependencies is read for its faults only: there are none to hide.
    known: dict[str, Any] = {**lists, **flags}
    known.pop("hide_dependencies", None)
    return HideRules(**known)


def _entries(file: CfgFile, *names: str, section: str = "settings") -> Iterator[Entry]:
    """Give the entries of these names that say anything."""
    found = map(file.section(section).get, names)
    return (entry for entry in found if entry is not None and entry.value)


def _choice(entries: Sequence[Entry]) -> bool | list[str]:
    """Read true, false or regexes, one to a line; people write yes and on, too."""
    lines = [line for entry in entries for line in entry.value.split("\n")]
    if any(line.lower() in _TRUE for line in lines):
        return True
    return [line for line in lines if line.lower() != "false"] or False


def _count(number: int) -> str:
    return f"{number} pattern{'s' if number != 1 else ''}"
