"""Read config.toml.

    show = "home"                   # the account whose time is shown; else the first
    icon = "digits"                 # or "ring", which fills with the goal, or "plain"
    goal = "3h"                     # of one day, in place of the server's
    theme = "auto"                  # or "dark" or "light": what the icon stands on
    label = false                   # the time as text beside the icon, where panels can
    history_days = 30               # how long times and projects of what was sent are kept

    [watch]
    enabled = true                  # whether the folders are watched
    folders = ["~/code"]            # absolute, or from the home folder on
    ignore = ["*.min.js"]           # globs, beside what .gitignore says
    idle_gate = true                # whether a save while nobody is there is nobody's
    exclude = ["/drafts/"]          # this and the rest as in ~/.wakatime.cfg, in addition to it
    hide_project_names = true       # or a list of regexes

    [accounts.home]
    api_url = "https://hackatime.hackclub.com/api/hackatime/v1"
    key = "keyring"                 # or "wakatime.cfg" or "env"
    dialect = "hackatime"           # or "wakatime" or "wakapi"; else found out
    allow_http = false              # whether plain http may leave this machine
    receive = true                  # whether it gets the heartbeats

It is read with tomllib, which names line and column of every fault: tomlkit 0.15 does not for a
table that is defined twice in different ways. Edits are in config_edit.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, NoReturn, TypeAlias, TypeVar

from trayapp.coding.preferences import IconFace, Preferences, Scheme
from trayapp.errors import ConfigError
from trayapp.settings.api_url import normalise_api_url
from trayapp.settings.reading import read_settings_file

T = TypeVar("T")

IMPLIED_NAME = "wakatime.cfg"
"""The account that `~/.wakatime.cfg` implies; no other may bear the name."""

KeySource: TypeAlias = Literal["keyring", "wakatime.cfg", "env"]

_KEY_SOURCES = ("keyring", "wakatime.cfg", "env")
_DIALECTS = ("hackatime", "wakatime", "wakapi")
_THEMES = {"auto": Scheme.UNKNOWN, "dark": Scheme.DARK, "light": Scheme.LIGHT}
_KINDS = {
    dict: "a table",
    str: "a text in quotes",
    bool: "true or false",
    int: "a whole number",
}

HISTORY_DAYS = 30
MOST_HISTORY_DAYS = 36_500

ACCOUNT_KEYS = ("api_url", "key", "dialect", "allow_http", "receive")
"""What an account's table may have."""

HIDE_LISTS = (
    "exclude",
    "include",
    "hide_file_names",
    "hide_project_names",
    "hide_branch_names",
    "hide_dependencies",
)
"""Settings that are true, false or regexes, in [watch] and in ~/.wakatime.cfg."""

HIDE_FLAGS = ("include_only_with_project_file", "exclude_unknown_project", "hide_project_folder")
"""Those that are true or false."""

_MARK = "@position@"
_TRAY_KEYS = ("icon", "goal", "theme", "label")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Account(NamedTuple):
    """A server and where its key comes from; `dialect` None is found out by asking.

    `implied` marks the one that ~/.wakatime.cfg or WAKATIME_API_KEY makes without config.toml.
    """

    name: str
    api_url: str
    dialect: str | None = None
    key_source: KeySource = "keyring"
    allow_http: bool = False
    implied: bool = False
    receives: bool = True

    @property
    def receiver(self) -> str:
        """What keyring and queue call it, so that neither key nor heartbeat goes elsewhere."""
        return f"{self.name}@{self.api_url}"


class Watch(NamedTuple):
    """What [watch] says, as it is written there; only what the file has is in lists and flags.

    `lists` stays out of the repr: a list of hidden names is as secret as the names.
    """

    enabled: bool = True
    folders: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    idle_gate: bool = True
    lists: Mapping[str, bool | tuple[str, ...]] = MappingProxyType({})
    flags: Mapping[str, bool] = MappingProxyType({})
    names: tuple[str, ...] = ()
    """Every name that the table has, known or not."""

    def __repr__(self) -> str:
        return f"Watch(names={self.names!r})"


class Config(NamedTuple):
    """What config.toml says."""

    show: str | None = None
    accounts: tuple[Account, ...] = ()
    goal_seconds: float | None = None
    preferences: Preferences = Preferences()
    tray_values: tuple[tuple[str, str], ...] = ()
    """Those of the tray's settings that the file has, as they are written there."""
    watch: Watch = Watch()
    history_days: int | None = None
    """None where the file does not say."""
    warnings: tuple[str, ...] = ()


def is_account_name(name: str) -> bool:
    """Tell whether an account may be called so: letters, digits, - _ and dot, at most 64."""
    return _NAME.fullmatch(name) is not None and name != IMPLIED_NAME


def read_config(path: Path) -> Config:
    """Read the file, which need not exist; raises ConfigError with line and column."""
    return parse_config(read_text(path), str(path))


def parse_config(text: str, file: str = "config.toml") -> Config:
    """Read the text of a config.toml; `file` is its name in messages."""
    document = load_toml(text, file)
    reader = _Reader(text, file)
    reader.warn_unknown(document, (), ("show", "accounts", "watch", "history_days", *_TRAY_KEYS))
    tables = reader.value(document, ("accounts",), dict, {})
    accounts = tuple(reader.account(tables, name) for name in tables)
    show = reader.value(document, ("show",), str, None)
    if show is not None and show not in ([a.name for a in accounts] or [IMPLIED_NAME]):
        reader.fail(("show",), "names no account of this file")
    return Config(
        show,
        accounts,
        reader.goal(document),
        reader.preferences(document),
        tuple((key, _shown(document[key])) for key in _TRAY_KEYS if key in document),
        reader.watch(document),
        reader.history_days(document),
        tuple(reader.warnings),
    )


class _Reader:
    """Takes values out of a document and says where a wrong one stands."""

    def __init__(self, text: str, file: str) -> None:
        self.warnings: list[str] = []
        self._text = text
        self._file = file

    def account(self, tables: dict[str, Any], name: str) -> Account:
        path = ("accounts", name)
        if not is_account_name(name):
            self.fail(path, "cannot be the name of an account: letters, digits, - _ and dot")
        table = self.value(tables, path, dict, {})
        self.warn_unknown(table, path, ACCOUNT_KEYS)
        api_url = self.value(table, (*path, "api_url"), str, None)
        if api_url is None:
            self.fail(path, "has no api_url")
        try:
            api_url = normalise_api_url(api_url)
        except ValueError as error:
            self.fail((*path, "api_url"), str(error))
        return Account(
            name=name,
            api_url=api_url,
            dialect=self._one_of(table, (*path, "dialect"), _DIALECTS, None),
            key_source=self._one_of(table, (*path, "key"), _KEY_SOURCES, "keyring"),
            allow_http=self.value(table, (*path, "allow_http"), bool, default=False),
            receives=self.value(table, (*path, "receive"), bool, default=True),
        )

    def history_days(self, document: dict[str, Any]) -> int | None:
        def read() -> int | None:
            days: int | None = self.value(document, ("history_days",), int, None)
            if days is not None and not 0 <= days <= MOST_HISTORY_DAYS:
                self.fail(("history_days",), f"must be 0 to {MOST_HISTORY_DAYS}")
            return days

        return self._or_warn(read, None)

    def goal(self, document: dict[str, Any]) -> float | None:
        def read() -> float | None:
            text = self.value(document, ("goal",), str, None)
            if text is None:
                return None
            from trayapp.coding.goal import parse_goal  # noqa: PLC0415 -- seldom set

            try:
                return parse_goal(text)
            except ValueError as error:
                self.fail(("goal",), str(error))

        return self._or_warn(read, None)

    def preferences(self, document: dict[str, Any]) -> Preferences:
        icons, themes = tuple(IconFace), tuple(_THEMES)
        icon = self._or_warn(lambda: self._one_of(document, ("icon",), icons, icons[0]), icons[0])
        theme = self._or_warn(lambda: self._one_of(document, ("theme",), themes, "auto"), "auto")
        label = self._or_warn(lambda: self.value(document, ("label",), bool, default=False), False)
        return Preferences(IconFace(icon), _THEMES[theme], label)

    def _or_warn(self, read: Callable[[], T], default: T) -> T:
        """Read a setting of mere looks: one that is wrong takes the number from nobody."""
        try:
            return read()
        except ConfigError as error:
            self.warnings.append(error.title)
            return default

    def watch(self, document: dict[str, Any]) -> Watch:
        """Read [watch]; what is wrong there hides or excludes everything, or is without effect."""
        table: dict[str, Any] = self._or_warn(
            lambda: self.value(document, ("watch",), dict, {}), {}
        )
        known = ("enabled", "folders", "ignore", "idle_gate", *HIDE_LISTS, *HIDE_FLAGS)
        self.warn_unknown(table, ("watch",), known)
        return Watch(
            self._or_warn(lambda: self._flag(table, "enabled"), default=False),
            self._or_warn(lambda: self._folders(table), ()),
            self._or_warn(lambda: self._texts(table, ("watch", "ignore")), ()),
            self._or_warn(lambda: self._flag(table, "idle_gate"), default=True),
            {name: self._hide_list(table, name) for name in HIDE_LISTS if name in table},
            {
                name: self._or_warn(partial(self._flag, table, name), default=True)
                for name in HIDE_FLAGS
                if name in table
            },
            tuple(table),
        )

    def _folders(self, table: dict[str, Any]) -> tuple[str, ...]:
        folders = self._texts(table, ("watch", "folders"))
        if not all(map(_is_place, folders)):
            self.fail(("watch", "folders"), "must be absolute paths or begin with ~/")
        return folders

    def _hide_list(self, table: dict[str, Any], name: str) -> bool | tuple[str, ...]:
        if isinstance(table[name], bool):
            return bool(table[name])
        otherwise: bool | tuple[str, ...] = name != "include"
        path = ("watch", name)
        return self._or_warn(lambda: self._texts(table, path, "true, false or "), otherwise)

    def _flag(self, table: dict[str, Any], name: str) -> bool:
        return bool(self.value(table, ("watch", name), bool, default=True))

    def _texts(
        self, table: dict[str, Any], path: tuple[str, ...], choices: str = ""
    ) -> tuple[str, ...]:
        found = table.get(path[-1], [])
        if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
            self.fail(path, f"must be {choices}a list of texts in quotes")
        return tuple(found)

    def value(self, table: dict[str, Any], path: tuple[str, ...], kind: type, default: Any) -> Any:
        """Give the last of `path` from the table that holds it."""
        found = table.get(path[-1], default)
        wrong = not isinstance(found, kind) or (kind is int and isinstance(found, bool))
        if found is not default and wrong:
            self.fail(path, f"must be {_KINDS[kind]}")
        return found

    def _one_of(
        self, table: dict[str, Any], path: tuple[str, ...], choices: tuple[str, ...], default: Any
    ) -> Any:
        found = self.value(table, path, str, default)
        if found is not default and found not in choices:
            self.fail(path, "must be one of " + ", ".join(f'"{choice}"' for choice in choices))
        return found

    def warn_unknown(
        self, table: dict[str, Any], path: tuple[str, ...], known: Collection[str]
    ) -> None:
        for name in table:
            if name not in known:
                self.warnings.append(f"{self._place((*path, name))} is not known, and left alone")

    def fail(self, path: tuple[str, ...], reason: str) -> NoReturn:
        raise ConfigError(f"{self._place(path)} {reason}", f"Correct {self._file} and try again.")

    def _place(self, path: tuple[str, ...]) -> str:
        line, column = _position(self._text, path)
        name = Path(self._file).name
        return f"{name} line {line} column {column}: {'.'.join(path)}"


def _position(text: str, path: tuple[str, ...]) -> tuple[int, int]:
    """Find the line and column, from 1, at which a value or a table begins.

    tomlkit keeps the layout but no positions. So the value is replaced by a mark, and the place of
    the mark is its place, if what precedes it is unchanged; a table is found by its header.
    """
    import tomlkit  # noqa: PLC0415 -- only faults and edits need it
    from tomlkit.exceptions import TOMLKitError  # noqa: PLC0415

    try:
        document = tomlkit.parse(text)
        holder: Any = document
        for name in path[:-1]:
            holder = holder[name]
        holder[path[-1]] = _MARK
        before = document.as_string().partition(f'"{_MARK}"')[0]
    except (TOMLKitError, LookupError, TypeError, ValueError):
        before = ""
    if before and text.startswith(before):
        return _line_and_column(before)
    for number, line in enumerate(text.split("\n"), start=1):
        if _defines(line, path):
            return number, 1
    return 1, 1


def _defines(line: str, path: tuple[str, ...]) -> bool:
    """Tell whether a line, taken alone, makes what `path` names."""
    try:
        found: Any = load_toml(line.rstrip("\r"))
        for name in path:
            found = (found[0] if isinstance(found, list) else found)[name]
    except (ConfigError, LookupError, TypeError):
        return False
    return True


def _is_place(text: str) -> bool:
    home = text == "~" or text.startswith(("~/", "~\\"))
    return (home or PurePath(text).is_absolute()) and "\0" not in text


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _line_and_column(before: str) -> tuple[int, int]:
    """Give the place, from 1, that follows a text."""
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def read_text(path: Path) -> str:
    """Give the file's text, empty when there is none; raises ConfigError."""
    data = read_settings_file(path) or b""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column = _line_and_column(data[: error.start].decode("utf-8-sig"))
        raise ConfigError(
            f"{path.name} line {line} column {column}: not UTF-8", f"Save {path} as UTF-8."
        ) from error


def load_toml(text: str, file: str = "config.toml") -> dict[str, Any]:
    """Read TOML as plain values; raises ConfigError with line and column."""
    if not text:
        return {}
    import tomllib  # noqa: PLC0415 -- many have no file

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        reason, _, place = str(error).partition(" (at ")
        found = re.match(r"line (\d+), column (\d+)", place)
        line, column = (found[1], found[2]) if found else _line_and_column(text)
        raise ConfigError(
            f"{Path(file).name} line {line} column {column}: {reason}",
            f"Correct {file} and try again.",
        ) from error
    except RecursionError as error:
        raise ConfigError(f"{Path(file).name} is nested too deeply", f"Look at {file}.") from error
