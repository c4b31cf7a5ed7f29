"""Edit config.toml, keeping comments, order and everything that trayapp does not know.

tomlkit counts the comment above a table to the table before it, and would move or remove it with
that one. So tables come and go by their lines, and tomlkit does what lines cannot. Either way the
result is read again and must say exactly what was wanted, or the file is left alone.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

from trayapp.coding.file_monitor import with_home_sign
from trayapp.errors import ConfigError
from trayapp.settings.config import (
    ACCOUNT_KEYS,
    IMPLIED_NAME,
    Account,
    is_account_name,
    load_toml,
    parse_config,
    read_text,
)
from trayapp.settings.locations import expand_home, write_private

_ACCOUNTS_HINT = "Give each account a table of its own, [accounts.NAME], and try again."
_WATCH_HINT = "Write folders = [] under [watch], and try again."

_Values: TypeAlias = dict[str, str | bool]


def edit_config(path: Path, edit: Callable[[str], str]) -> None:
    """Change the file by a function of its text, at once and wholly; raises ConfigError.

    A file that cannot be read as meant is left alone. The mode of one that exists is kept.
    """
    text = read_text(path)
    parse_config(text, str(path))
    edited = edit(text)
    parse_config(edited, str(path))
    try:
        write_private(path, edited, keep_mode=True)
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written: {error.strerror}", "Make it writable for your user."
        ) from error


def with_account(text: str, account: Account) -> str:
    """Give the text with an account added or replaced; unknown keys of its table are kept."""
    name = account.name
    if not is_account_name(name):
        raise ConfigError(
            f"An account cannot be called {name!r}",
            f"Use letters, digits, - _ and dot, and not {IMPLIED_NAME!r}.",
        )
    values: _Values = {"api_url": account.api_url, "key": account.key_source}
    if account.dialect is not None:
        values["dialect"] = account.dialect
    if account.allow_http:
        values["allow_http"] = True
    if not account.receives:
        values["receive"] = False
    wanted = load_toml(text)
    held = wanted.setdefault("accounts", {}).get(name)
    others = {key: value for key, value in (held or {}).items() if key not in ACCOUNT_KEYS}
    wanted["accounts"][name] = others | values
    return _first_right(
        wanted,
        lambda: _append_table(text, name, values) if held is None else _replace(text, name, values),
        lambda: _set_by_tomlkit(text, name, values),
    )


def with_show(text: str, name: str) -> str:
    """Give the text with another account as the one that shows."""
    wanted = load_toml(text) | {"show": name}
    return _first_right(wanted, lambda: _set_show(text, name))


def without_account(text: str, name: str) -> str:
    """Give the text without an account, nor a `show` that names it."""
    wanted = load_toml(text)
    if wanted.get("show") == name:
        del wanted["show"]
    if wanted.get("accounts", {}).pop(name, None) is None:
        return text
    return _first_right(
        wanted,
        lambda: _drop_show(_cut_table(text, name), name),
        lambda: _drop_show(_cut_line(text, name), name),
        lambda: _drop_show(_delete_by_tomlkit(text, name), name),
    )


def with_folder(text: str, path: Path, home: Path) -> str:
    """Give the text with a folder to watch, an absolute path; `home` is what a ~ stands for."""
    wanted = load_toml(text)
    folders = _folders(wanted)
    if path in _expanded(folders, home):
        return text
    written = with_home_sign(str(path), str(home))
    folders.append(written)
    return _first_right(
        wanted,
        lambda: _put_watch_row(text, "folders", [written]),
        lambda: _put_folder_by_tomlkit(text, written),
        hint=_WATCH_HINT,
    )


def without_folder(text: str, path: Path, home: Path) -> str:
    """Give the text without a folder to watch, however it is written there."""
    wanted = load_toml(text)
    folders = _folders(wanted)
    expanded = _expanded(folders, home)
    if path not in expanded:
        return text
    places = [place for place, folder in enumerate(expanded) if folder == path]
    wanted["watch"]["folders"] = [f for place, f in enumerate(folders) if place not in places]
    return _first_right(wanted, lambda: _cut_folders(text, places), hint=_WATCH_HINT)


def with_watching(text: str, *, enabled: bool) -> str:
    """Give the text with the file monitor switched on or off."""
    wanted = load_toml(text)
    watch = wanted.setdefault("watch", {})
    if not isinstance(watch, dict):
        raise ConfigError("[watch] in config.toml is no table", _WATCH_HINT)
    held = "enabled" in watch
    watch["enabled"] = enabled
    return _first_right(
        wanted,
        lambda: "" if held else _put_watch_row(text, "enabled", enabled),
        lambda: _set_watch_by_tomlkit(text, enabled=enabled),
        hint=_WATCH_HINT,
    )


def _folders(document: dict[str, Any]) -> list[str]:
    """Give the list itself, made where there is none."""
    watch = document.setdefault("watch", {})
    folders = watch.setdefault("folders", []) if isinstance(watch, dict) else None
    if not isinstance(folders, list) or not all(isinstance(folder, str) for folder in folders):
        raise ConfigError("The folders in config.toml are no list of paths", _WATCH_HINT)
    return folders


def _expanded(folders: list[str], home: Path) -> list[Path]:
    return [expand_home(folder, home) for folder in folders]


def _first_right(
    wanted: dict[str, Any], *attempts: Callable[[], str], hint: str = _ACCOUNTS_HINT
) -> str:
    """Give the first attempt's text that says exactly what is wanted."""
    from tomlkit.exceptions import TOMLKitError  # noqa: PLC0415 -- only edits need it

    problem: Exception | None = None
    for attempt in attempts:
        try:
            text = attempt()
            if _comparable(tomllib.loads(text)) == _comparable(wanted):
                return text
        except (TOMLKitError, LookupError, TypeError, ValueError) as error:
            problem = error
    raise ConfigError("config.toml is written in a way that trayapp cannot edit", hint) from problem


def _comparable(document: dict[str, Any]) -> str:
    # As text, since NaN is not equal to itself; an empty [accounts] may come or go.
    return repr(sorted((name, _sorted(value)) for name, value in document.items() if value != {}))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return sorted((name, _sorted(inner)) for name, inner in value.items())
    return [_sorted(inner) for inner in value] if isinstance(value, list) else value


def _append_table(text: str, name: str, values: _Values) -> str:
    header = f'[accounts."{name}"]' if "." in name else f"[accounts.{name}]"
    return text + _gap(text) + "\n".join([header, *_rows(values), ""])


def _replace(text: str, name: str, values: _Values) -> str:
    """Change values where they stand, and put new ones right under the header."""
    import tomlkit  # noqa: PLC0415

    document = tomlkit.parse(text)
    table: Any = document["accounts"][name]
    new = {key: value for key, value in values.items() if key not in table}
    for key in ACCOUNT_KEYS:
        if key in table and key in values:
            table[key] = values[key]
        elif key in table:
            del table[key]
    lines = document.as_string().split("\n")
    header, _ = _table_lines(lines, name)
    return "\n".join([*lines[: header + 1], *_rows(new), *lines[header + 1 :]])


def _cut_table(text: str, name: str) -> str:
    lines = text.split("\n")
    header, end = _table_lines(lines, name)
    if header > 0 and not "".join(lines[header - 1 : header] + lines[end:]).strip():
        # The blank line that parted the last table from those before.
        header -= 1
    return "\n".join(lines[:header] + lines[end:])


def _cut_line(text: str, name: str) -> str:
    """Cut an account of one line; tomlkit loses comments where [accounts] is in two places."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        with suppress(tomllib.TOMLDecodeError):
            if list(tomllib.loads(line.rstrip("\r"))) == [name]:
                return "\n".join(lines[:number] + lines[number + 1 :])
    raise LookupError(name)


def _table_lines(lines: list[str], name: str) -> tuple[int, int]:
    """Give the table's first line and the one after its last value; raises LookupError."""
    header = _header_line(lines, {"accounts": {name: {}}})
    end = header + 1
    for number, line in enumerate(lines[header + 1 :], start=header + 1):
        content = line.lstrip()
        if content.startswith("["):
            break
        if content and not content.startswith("#"):
            end = number + 1
    return header, end


def _header_line(lines: list[str], document: dict[str, Any]) -> int:
    """Find the header that, taken alone, makes this document; raises LookupError."""
    for number, line in enumerate(lines):
        content = line.strip()
        with suppress(tomllib.TOMLDecodeError):
            if content.startswith("[") and tomllib.loads(content) == document:
                return number
    raise LookupError


def _gap(text: str) -> str:
    """Give what parts a new table from the text before it."""
    return "\n" * (0 if not text.strip() else 1 if text.endswith("\n") else 2)


def _rows(values: _Values) -> list[str]:
    import tomlkit  # noqa: PLC0415

    return [f"{name} = {tomlkit.item(value).as_string()}" for name, value in values.items()]


def _set_by_tomlkit(text: str, name: str, values: _Values) -> str:
    import tomlkit  # noqa: PLC0415

    document = tomlkit.parse(text)
    accounts: Any = document.setdefault("accounts", tomlkit.table(is_super_table=True))
    table = accounts.setdefault(name, {})
    for key in ACCOUNT_KEYS:
        if key in values:
            table[key] = values[key]
        elif key in table:
            del table[key]
    return document.as_string()


def _delete_by_tomlkit(text: str, name: str) -> str:
    import tomlkit  # noqa: PLC0415

    document = tomlkit.parse(text)
    del document["accounts"][name]
    return document.as_string()


def _set_show(text: str, name: str) -> str:
    import tomlkit  # noqa: PLC0415

    document = tomlkit.parse(text)
    if "show" in document:
        document["show"] = name
        return document.as_string()
    # Above everything: further down it would belong to a table.
    return f"show = {tomlkit.item(name).as_string()}\n{text}"


def _drop_show(text: str, name: str) -> str:
    import tomlkit  # noqa: PLC0415

    document = tomlkit.parse(text)
    if document.get("show") == name:
        del document["show"]
    return document.as_string()


def _put_watch_row(text: str, name: str, value: bool | list[str]) -> str:
    """Put a value where none is: right under [watch], or with it at the end."""
    import tomlkit  # noqa: PLC0415

    row = f"{name} = {tomlkit.item(value).as_string()}"
    if "watch" not in tomllib.loads(text):
        return text + _gap(text) + f"[watch]\n{row}\n"
    lines = text.split("\n")
    header = _header_line(lines, {"watch": {}})
    return "\n".join([*lines[: header + 1], row, *lines[header + 1 :]])


def _set_watch_by_tomlkit(text: str, *, enabled: bool) -> str:
    import tomlkit  # noqa: PLC0415

    document = tomlkit.parse(text)
    watch: Any = document["watch"]
    watch["enabled"] = enabled
    return document.as_string()


def _put_folder_by_tomlkit(text: str, folder: str) -> str:
    import tomlkit  # noqa: PLC0415

    document = tomlkit.parse(text)
    watch: Any = document["watch"]
    watch.setdefault("folders", tomlkit.array()).append(folder)
    return document.as_string()


def _cut_folders(text: str, places: list[int]) -> str:
    import tomlkit  # noqa: PLC0415

    document = tomlkit.parse(text)
    watch: Any = document["watch"]
    folders = watch["folders"]
    for place in reversed(places):
        del folders[place]
    return document.as_string()
