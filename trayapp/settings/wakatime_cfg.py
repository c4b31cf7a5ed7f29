"""Read ~/.wakatime.cfg and the file it imports; they are never written.

The format is INI as wakatime-cli reads it (https://github.com/wakatime/wakatime-cli, pkg/ini and
USAGE.md), and more patient, because plugins, setup tools and people all write the file.

Where it imports another file, that one's values override the main file's, as in wakatime-cli, with
one exception. A key goes only to the api_url that stands in the same file as the key: an imported
file, which may be shared, cannot redirect the main file's key, nor the main file an imported key.
Where neither file names an api_url the key is WakaTime's. See `WakatimeCfg.key`.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from trayapp.errors import ConfigError
from trayapp.settings.api_url import WAKATIME_API_URL, normalise_api_url
from trayapp.settings.locations import expand_home
from trayapp.settings.reading import read_settings_file

MOST_WARNINGS = 20
"""Per file: one that is no settings file at all has something odd in every line."""

_SECTIONS = {
    "settings",
    "projectmap",
    "project_api_key",
    "api_urls",
    "git",
    "git_submodule_projectmap",
    "internal",
}

# Their names are regexes: upper case matters to them, and they may begin with a bracket.
_PATTERN_SECTIONS = {"projectmap", "project_api_key", "api_urls", "git_submodule_projectmap"}

_HEADER = re.compile(r"\[[^\]]*\]\s*([#;].*)?")

# The = between blanks first: a regex may have = and : in it.
_PATTERN_DELIMITERS = (r"\s=(?=\s|\Z)", "=", ":")


class Entry(NamedTuple):
    """One value; the lines of a list are joined by newlines. `line` counts from 1."""

    value: str
    line: int

    def __repr__(self) -> str:
        # The value may be a key.
        return f"Entry(line={self.line})"


class ParsedCfg(NamedTuple):
    """What one file says, by lower-case section and name, and what is odd about it.

    The names in sections of patterns are as they are written.
    """

    sections: Mapping[str, Mapping[str, Entry]]
    warnings: tuple[str, ...] = ()


class Setting(NamedTuple):
    """One value of [settings] and the place where it stands."""

    name: str
    value: str
    file: Path
    line: int

    def __repr__(self) -> str:
        return f"Setting({self.name!r}, {self.source!r})"

    @property
    def source(self) -> str:
        """The place, for people."""
        return f"{self.file} line {self.line}"


class KeySetting(NamedTuple):
    """A key or the command that prints one, and the only api_url it may go to.

    `api_url` is None where the files leave that open: such a key goes nowhere.
    """

    setting: Setting
    is_command: bool
    api_url: str | None


class CfgFile(NamedTuple):
    """One file that was read; its values may be secret."""

    path: Path
    sections: Mapping[str, Mapping[str, Entry]]

    def __repr__(self) -> str:
        # Patterns that hide are names in it.
        return f"CfgFile({self.path!r})"

    def section(self, name: str) -> Mapping[str, Entry]:
        """Give a section, empty where there is none."""
        return self.sections.get(name, {})

    def source(self, entry: Entry) -> str:
        """Give the place of one of this file's entries, for people."""
        return f"{self.path} line {entry.line}"

    def get(self, name: str) -> Setting | None:
        """Give a value of one line, None where it is missing or blank; raises ConfigError."""
        entry = self.section("settings").get(name)
        if entry is None or not entry.value:
            return None
        if "\n" in entry.value:
            raise ConfigError(
                f"{self.source(entry)}: {name} has more than one line",
                "A line with blanks before it goes on with the value above: remove the blanks.",
            )
        return Setting(name, entry.value, self.path, entry.line)


class WakatimeCfg(NamedTuple):
    """`~/.wakatime.cfg` and the file it imports; no files at all where there is none.

    `files` begins with the one whose values win. `missing_import` is a file that the main one
    imports and that is not there.
    """

    files: tuple[CfgFile, ...] = ()
    warnings: tuple[str, ...] = ()
    missing_import: Path | None = None

    def get(self, *names: str) -> Setting | None:
        """Give the first of these settings that says anything; raises ConfigError."""
        for name in names:
            for file in self.files:
                setting = file.get(name)
                if setting is not None:
                    return setting
        return None

    def api_url(self) -> str | None:
        """Give the api_url in its one spelling, None where no file names one."""
        setting = self.get("api_url")
        return None if setting is None else _read_api_url(setting)

    def key_setting(self) -> Setting | None:
        """Give the key or, where no key stands, the command that prints it."""
        return self.get("api_key", "apikey", "api_key_vault_cmd")

    def key(self) -> KeySetting | None:
        """Give the key and the api_url it was given for; raises ConfigError."""
        setting = self.key_setting()
        if setting is None:
            return None
        api_url = self.api_url_of_keys(setting.file)
        return KeySetting(setting, setting.name == "api_key_vault_cmd", api_url)

    def api_url_of_keys(self, path: Path) -> str | None:
        """Give the only api_url that keys in one of the files may go to; raises ConfigError.

        That is the one of the same file. If that names none, it is WakaTime's, unless another file
        names one or was not there to be asked: then it is None, and the keys go nowhere.
        """
        own = next(file for file in self.files if file.path == path).get("api_url")
        if own is not None:
            return _read_api_url(own)
        if self.get("api_url") is None and self.missing_import is None:
            return WAKATIME_API_URL
        return None


def read_wakatime_cfg(path: Path, home: Path) -> WakatimeCfg:
    """Read the file at `path` and the one it imports; raises ConfigError.

    One level of import is followed, as in wakatime-cli, so there is no loop. A relative path starts
    at the folder of the main file; an imported file that is missing is a warning.
    """
    main = _read_one(path)
    if main is None:
        return WakatimeCfg()
    file, warnings = main
    other_path = _imported_path(file, home)
    if other_path is None:
        return WakatimeCfg((file,), warnings)
    imported = _read_one(other_path)
    if imported is None:
        missing = f"{path}: import_cfg names {other_path}, which is not there"
        return WakatimeCfg((file,), (*warnings, missing), other_path)
    other, more = imported
    if other.get("import_cfg") is not None:
        more = (*more, f"{other_path}: import_cfg in an imported file is not followed")
    return WakatimeCfg((other, file), warnings + more)


def imported_path(path: Path, home: Path) -> Path | None:
    """Give the file that the one at `path` imports; raises ConfigError."""
    main = _read_one(path)
    return None if main is None else _imported_path(main[0], home)


def _imported_path(file: CfgFile, home: Path) -> Path | None:
    setting = file.get("import_cfg")
    if setting is None:
        return None
    path = file.path.parent / expand_home(setting.value, home)
    return None if path == file.path else path


def _read_one(path: Path) -> tuple[CfgFile, tuple[str, ...]] | None:
    data = read_settings_file(path)
    if data is None:
        return None
    text, notes = decode(data)
    parsed = parse(text, str(path))
    warnings = tuple(f"{path}: {note}" for note in notes) + parsed.warnings
    return CfgFile(path, parsed.sections), warnings


def _read_api_url(setting: Setting) -> str:
    try:
        return normalise_api_url(setting.value)
    except ValueError as error:
        raise ConfigError(
            f"{setting.source}: api_url {error}", f"An example: {WAKATIME_API_URL}"
        ) from error


def decode(data: bytes) -> tuple[str, list[str]]:
    """Turn a file's bytes into text, whatever editor saved it, and note what was odd."""
    notes = []
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = data.decode("utf-16", errors="replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("latin-1")
            notes.append("not UTF-8, and read as Latin-1")
    if "\0" in text:
        # Seen after a crash, and when two plugins write at once (wakatime-cli#736, #1252).
        text = text.replace("\0", "")
        notes.append("has NUL bytes, which are left out")
    return text, notes


def parse(text: str, file: str = ".wakatime.cfg") -> ParsedCfg:
    """Read the text of a .wakatime.cfg; `file` is its name in messages.

    Names before any header count as [settings]; of two values of one name the later counts; a line
    indented deeper than its name goes on with the value. Raises ConfigError for a header without
    its bracket, since what follows it may belong anywhere.
    """
    reader = _Reader(file)
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        reader.read(number, line)
    return ParsedCfg(
        MappingProxyType({name: reader.entries(name) for name in reader.sections}),
        tuple(reader.warnings),
    )


class _Reader:
    """The state between two lines."""

    def __init__(self, file: str) -> None:
        self.sections: dict[str, dict[str, tuple[int, list[str]]]] = {}
        self.warnings: list[str] = []
        self._file = file
        self._section = "settings"
        self._value: list[str] | None = None
        self._indent = 0

    def entries(self, section: str) -> Mapping[str, Entry]:
        return MappingProxyType(
            {
                name: Entry("\n".join(filter(None, lines)), line)
                for name, (line, lines) in self.sections[section].items()
            }
        )

    def read(self, number: int, line: str) -> None:
        content = line.strip()
        if not content or content[0] in "#;":
            return
        indent = len(line) - len(line.lstrip())
        if self._value is not None and indent > self._indent:
            self._value.append(_clean(content))
            return
        self._value = None
        patterns = self._section in _PATTERN_SECTIONS
        entry = _split(content, *(_PATTERN_DELIMITERS if patterns else ("[=:]",)))
        if content[0] == "[" and not (patterns and entry and not _HEADER.fullmatch(content)):
            self._header(number, content)
            return
        if entry is None:
            self._warn(number, "neither [section] nor name = value, and skipped")
            return
        name = entry[0] if patterns else entry[0].lower()
        values = self.sections.setdefault(self._section, {})
        if name in values:
            self._warn(number, f"{'a pattern' if patterns else name} again; this one counts")
        self._value, self._indent = [_clean(entry[1])], indent
        values[name] = (number, self._value)

    def _header(self, number: int, content: str) -> None:
        name, bracket, _ = content[1:].partition("]")
        if not bracket:
            raise ConfigError(
                f"{self._file} line {number}: the section's ] is missing",
                "Write [settings] on a line of its own.",
            )
        self._section = name.strip().lower()
        if self._section not in _SECTIONS:
            self._warn(number, "a section that nobody reads")

    def _warn(self, number: int, note: str) -> None:
        if len(self.warnings) < MOST_WARNINGS:
            self.warnings.append(f"{self._file} line {number}: {note}")


def _split(line: str, *delimiters: str) -> tuple[str, str] | None:
    """Part a line at the first of the delimiters that is in it and leaves a name before it."""
    for delimiter in delimiters:
        name, *values = re.split(delimiter, line, maxsplit=1)
        name = name.strip().strip("\"'")
        if values and name:
            return name, values[0].strip()
    return None


def _clean(value: str) -> str:
    """Take comment and quotes off a value."""
    quoted = re.fullmatch(r"""(["'])((?:(?!\1).)*)\1(?:\s+[#;].*)?""", value)
    if quoted:
        return quoted[2].strip()
    # wakatime-cli ends a value at any # or ;, which would cut passwords.
    value = re.split(r"(?:^|\s)[#;]", value, maxsplit=1)[0].rstrip()
    # A lone quote is a slip; within a command it may be half of a pair.
    return value if re.search(r"\s", value) else value.strip("\"'")
