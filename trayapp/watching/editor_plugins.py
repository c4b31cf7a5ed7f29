"""Which editors of this user have a plugin that reports to WakaTime or Hackatime already.

Seen from files alone: the folders that editors and their plugin managers put plugins in, for
editors without such folders a word in their settings, and the time of the last report, which
wakatime-cli writes down for all editors together. No log is read: wakatime.log names files only at
debug level (wakatime-cli, pkg/filter). A plugin that lies elsewhere, or comes with the system
(Kate's), is not found.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path

from trayapp.coding.duration import format_duration
from trayapp.watching.reading import read_head

LATELY_SECONDS = 7 * 86_400.0
"""A plugin whose last report is older may be there and switched off."""

MOST_BYTES = 100_000
"""Of a settings file no more is read."""


@dataclass(frozen=True)
class EditorPlugins:
    """The editors with a plugin, and when anything last reported from here (epoch seconds)."""

    editors: tuple[str, ...] = ()
    last_report: float | None = None


@dataclass(frozen=True)
class _Editor:
    """Where an editor's plugin lies: `names` (lower case) in `folders`, or a word in `settings`."""

    name: str
    names: tuple[str, ...]
    folders: tuple[str, ...]
    settings: tuple[str, ...] = ()


# The second is Hackatime's own: hackclub/vscode-hackatime, README.md.
_VS_CODE = ("*.vscode-wakatime-*", "hackatime.hackatime-time-tracker-*")
_EMACS_FOLDERS = ("elpa", "straight/repos", ".local/straight/repos")

# {config}, {data}: XDG's; {application}: macOS's Application Support; {roaming}, {local}: Windows'
# application data.
_EDITORS = (
    _Editor(
        "VS Code",
        _VS_CODE,
        (
            "{home}/.vscode/extensions",
            "{home}/.vscode-insiders/extensions",
            "{home}/.vscode-server*/extensions",  # over SSH
            "{home}/.var/app/com.visualstudio.code*/data/vscode*/extensions",  # Flatpak
            "{data}/code-server/extensions",  # coder/code-server, docs/FAQ.md
        ),
    ),
    _Editor(
        "VSCodium",
        _VS_CODE,
        (
            "{home}/.vscode-oss/extensions",
            "{home}/.vscodium*/extensions",
            "{home}/.var/app/com.vscodium.codium/data/codium/extensions",
        ),
    ),
    _Editor("Cursor", _VS_CODE, ("{home}/.cursor*/extensions",)),
    _Editor("Windsurf", _VS_CODE, ("{home}/.windsurf*/extensions",)),
    _Editor("Antigravity", _VS_CODE, ("{home}/.antigravity*/extensions",)),
    # jetbrains.com/help/idea/directories-used-by-the-ide-to-store-settings-caches-plugins-and-logs
    _Editor(
        "JetBrains",
        ("*wakatime*",),
        (
            "{data}/JetBrains/*",
            "{application}/JetBrains/*/plugins",
            "{roaming}/JetBrains/*/plugins",
        ),
    ),
    _Editor(
        "Vim",
        ("vim-wakatime",),
        ("{home}/.vim/plugged", "{home}/.vim/bundle", "{home}/.vim/pack/*/*"),
        ("{home}/.vimrc", "{home}/.vim/vimrc"),
    ),
    _Editor(
        "Neovim",
        ("vim-wakatime",),
        (
            "{data}/nvim/lazy",
            "{data}/nvim/plugged",
            "{data}/nvim/site/plugged",
            "{data}/nvim/site/pack/*/*",
        ),
        ("{config}/nvim/init.vim", "{config}/nvim/init.lua"),
    ),
    _Editor(
        "Emacs",
        ("wakatime-mode*",),
        tuple(
            f"{base}/{folder}"
            for base in ("{home}/.emacs.d", "{config}/emacs")
            for folder in _EMACS_FOLDERS
        ),
        ("{home}/.emacs", "{home}/.emacs.d/init.el", "{config}/emacs/init.el"),
    ),
    _Editor(
        "Sublime Text",
        ("wakatime", "wakatime.sublime-package"),
        tuple(
            f"{base}/{folder}"
            for base in (
                "{config}/sublime-text*",
                "{application}/Sublime Text*",
                "{roaming}/Sublime Text*",
            )
            for folder in ("Packages", "Installed Packages")
        ),
    ),
    # zed.dev/docs/extensions/installing-extensions
    _Editor(
        "Zed",
        ("wakatime",),
        (
            "{data}/zed/extensions/installed",
            "{application}/Zed/extensions/installed",
            "{local}/Zed/extensions/installed",
        ),
    ),
    # A language server, which lies anywhere: mrnossiom/wakatime-ls, README.md.
    _Editor("Helix", (), (), ("{config}/helix/languages.toml",)),
)

# Not where the line is a comment of Vim's, Lua's, Lisp's or TOML's.
_MENTION = re.compile(rb"""^(?![ \t]*(?:["#;]|--)).*wakatime""", re.IGNORECASE | re.MULTILINE)

_LAST_REPORT = re.compile(rb"^[ \t]*heartbeats_last_sent_at[ \t]*=[ \t]*(\S+)", re.MULTILINE)


def find_editor_plugins(home: Path, environment: Mapping[str, str]) -> EditorPlugins:
    """Look for the plugins of the user whose home folder this is."""
    bases = {
        name: glob.escape(path) for name, path in _base_folders(str(home), environment).items()
    }
    editors = tuple(editor.name for editor in _EDITORS if _has_plugin(editor, bases))
    resources = environment.get("WAKATIME_HOME") or "~/.wakatime"
    if resources == "~" or resources.startswith("~/"):
        resources = f"{home}{resources[1:]}"
    return EditorPlugins(editors, _last_report(Path(resources, "wakatime-internal.cfg")))


def describe_plugins(found: EditorPlugins, now: float) -> str | None:
    """Say in one sentence what was found, None where nothing was."""
    ago = None if found.last_report is None else max(0.0, now - found.last_report)
    when = None if ago is None or ago > LATELY_SECONDS else _ago(ago)
    if not found.editors:
        return f"Some editor's WakaTime plugin reported {when}." if when else None
    report = f"and the last report was {when}" if when else "though none reported lately"
    return f"A WakaTime plugin is installed for {_listed(found.editors)}, {report}."


def _ago(seconds: float) -> str:
    if seconds < 60:
        return "a moment ago"
    days = int(seconds // 86_400)
    return f"{days}d ago" if days else f"{format_duration(seconds)} ago"


def _base_folders(home: str, environment: Mapping[str, str]) -> dict[str, str]:
    def given(variable: str, default: str) -> str:
        path = environment.get(variable, "")
        return path if os.path.isabs(path) else f"{home}/{default}"

    return {
        "home": home,
        "config": given("XDG_CONFIG_HOME", ".config"),
        "data": given("XDG_DATA_HOME", ".local/share"),
        "application": f"{home}/Library/Application Support",
        "roaming": given("APPDATA", "AppData/Roaming"),
        "local": given("LOCALAPPDATA", "AppData/Local"),
    }


def _has_plugin(editor: _Editor, bases: Mapping[str, str]) -> bool:
    plugins = (
        os.path.basename(path).lower()
        for folder in editor.folders
        for path in glob.iglob(f"{folder}/*".format_map(bases))
    )
    if any(fnmatchcase(name, known) for name in plugins for known in editor.names):
        return True
    settings = (path for file in editor.settings for path in glob.iglob(file.format_map(bases)))
    return any(map(_mentions, settings))


def _mentions(path: str) -> bool:
    content = read_head(Path(path), MOST_BYTES)
    return content is not None and _MENTION.search(content) is not None


def _last_report(file: Path) -> float | None:
    """Read when wakatime-cli last sent; the file is written by many at once, and torn at times."""
    content = read_head(file, MOST_BYTES) or b""
    # wakatime-cli#736, #1252: runs of NUL bytes.
    for value in reversed(_LAST_REPORT.findall(content.replace(b"\0", b""))):
        try:
            moment = datetime.fromisoformat(value.decode("ascii"))
        except ValueError:
            continue
        if moment.tzinfo is not None:
            return moment.timestamp()
    return None


def _listed(names: tuple[str, ...]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
