from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from trayapp.watching.editor_plugins import (
    LATELY_SECONDS,
    MOST_BYTES,
    EditorPlugins,
    describe_plugins,
    find_editor_plugins,
)

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC).timestamp()


def found_in(home: Path, **environment: str) -> EditorPlugins:
    return find_editor_plugins(home, environment)


def write_internal(folder: Path, content: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "wakatime-internal.cfg").write_bytes(content)


@pytest.mark.parametrize(
    ("place", "editor"),
    [
        (".vscode/extensions/wakatime.vscode-wakatime-24.5.0", "VS Code"),
        (".vscode/extensions/hackatime.hackatime-time-tracker-30.2.2004", "VS Code"),
        (".vscode/extensions/WakaTime.vscode-wakatime-24.5.0", "VS Code"),
        (".vscode-insiders/extensions/wakatime.vscode-wakatime-24.5.0", "VS Code"),
        (".vscode-server/extensions/wakatime.vscode-wakatime-24.5.0", "VS Code"),
        (
            ".var/app/com.visualstudio.code/data/vscode/extensions/wakatime.vscode-wakatime-2.2.0",
            "VS Code",
        ),
        (".local/share/code-server/extensions/wakatime.vscode-wakatime-2.2.0", "VS Code"),
        (".vscode-oss/extensions/wakatime.vscode-wakatime-18.1.6-universal", "VSCodium"),
        (".cursor/extensions/wakatime.vscode-wakatime-25.0.3-universal", "Cursor"),
        (".windsurf/extensions/wakatime.vscode-wakatime-25.0.3", "Windsurf"),
        (".antigravity/extensions/wakatime.vscode-wakatime-25.0.3", "Antigravity"),
        (".local/share/JetBrains/IntelliJIdea2026.1/WakaTime", "JetBrains"),
        (".local/share/JetBrains/PyCharm2025.3/WakaTime.jar", "JetBrains"),
        ("Library/Application Support/JetBrains/GoLand2025.1/plugins/WakaTime", "JetBrains"),
        ("AppData/Roaming/JetBrains/WebStorm2020.3/plugins/WakaTime", "JetBrains"),
        (".vim/plugged/vim-wakatime", "Vim"),
        (".vim/bundle/vim-wakatime", "Vim"),
        (".vim/pack/plugins/start/vim-wakatime", "Vim"),
        (".local/share/nvim/lazy/vim-wakatime", "Neovim"),
        (".local/share/nvim/plugged/vim-wakatime", "Neovim"),
        (".local/share/nvim/site/pack/packer/start/vim-wakatime", "Neovim"),
        (".emacs.d/elpa/wakatime-mode-20161019.602", "Emacs"),
        (".emacs.d/straight/repos/wakatime-mode", "Emacs"),
        (".config/emacs/.local/straight/repos/wakatime-mode", "Emacs"),
        (".config/sublime-text/Installed Packages/WakaTime.sublime-package", "Sublime Text"),
        (".config/sublime-text-3/Packages/WakaTime", "Sublime Text"),
        ("Library/Application Support/Sublime Text/Packages/WakaTime", "Sublime Text"),
        (".local/share/zed/extensions/installed/wakatime", "Zed"),
        ("Library/Application Support/Zed/extensions/installed/wakatime", "Zed"),
    ],
)
def test_a_plugin_is_found_where_its_editor_puts_it(
    tmp_path: Path, place: str, editor: str
) -> None:
    (tmp_path / place).mkdir(parents=True)

    assert found_in(tmp_path).editors == (editor,)


@pytest.mark.parametrize(
    "place",
    [
        ".vscode/extensions/hackatime-stats.hackatime-stats-1.0.0",
        ".vscode/extensions/ms-python.python-2026.1.0",
        ".local/share/JetBrains/IntelliJIdea2026.1/python",
        ".vim/plugged/vim-airline",
        ".emacs.d/elpa/magit-4.0",
        ".config/sublime-text/Packages/User/WakaTime.sublime-settings",
    ],
)
def test_what_only_looks_like_one_is_none(tmp_path: Path, place: str) -> None:
    (tmp_path / place).mkdir(parents=True)

    assert found_in(tmp_path) == EditorPlugins()


@pytest.mark.parametrize(
    ("file", "text", "editor"),
    [
        (".vimrc", "Plug 'wakatime/vim-wakatime'\n", "Vim"),
        (
            ".config/nvim/init.lua",
            'return {\n  { "wakatime/vim-wakatime", lazy = false },\n',
            "Neovim",
        ),
        (".emacs.d/init.el", "(require 'x)\n(global-wakatime-mode)\n", "Emacs"),
        (".config/helix/languages.toml", '[language-server.wakatime]\ncommand = "x"\n', "Helix"),
        (".vimrc", "\" Plug 'wakatime/vim-wakatime'\n", None),
        (".config/nvim/init.lua", '  -- { "wakatime/vim-wakatime" },\n', None),
        (".emacs.d/init.el", "  ;;(global-wakatime-mode)\n", None),
        (".config/helix/languages.toml", "# wakatime\n", None),
        (".vimrc", "\n" * MOST_BYTES + "Plug 'wakatime/vim-wakatime'\n", None),
    ],
    ids=range(9),
)
def test_a_word_in_the_settings_is_one_unless_in_a_comment(
    tmp_path: Path, file: str, text: str, editor: str | None
) -> None:
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text)

    assert found_in(tmp_path).editors == ((editor,) if editor else ())


def test_the_folders_of_the_environment_count(tmp_path: Path) -> None:
    home, data = tmp_path / "home [1]", tmp_path / "data [2]"
    (home / ".vim" / "plugged" / "vim-wakatime").mkdir(parents=True)
    (data / "nvim" / "lazy" / "vim-wakatime").mkdir(parents=True)

    assert found_in(home, XDG_DATA_HOME=str(data)).editors == ("Vim", "Neovim")
    assert found_in(home, XDG_DATA_HOME="relative").editors == ("Vim",)


@pytest.mark.parametrize("strange", ["fifo", "folder", "loop"])
def test_strange_settings_files_are_passed_over(tmp_path: Path, strange: str) -> None:
    for path in (tmp_path / ".vimrc", tmp_path / ".wakatime" / "wakatime-internal.cfg"):
        path.parent.mkdir(exist_ok=True)
        if strange == "fifo":
            os.mkfifo(path)
        elif strange == "folder":
            path.mkdir()
        else:
            path.symlink_to(path)

    assert found_in(tmp_path) == EditorPlugins()


class TestLastReport:
    @pytest.mark.parametrize(
        ("content", "seconds"),
        [
            (b"[internal]\nheartbeats_last_sent_at = 2026-11-22T04:00:00Z\n", 0),
            (b"[internal]\r\nheartbeats_last_sent_at   = 2026-11-22T12:00:00+08:00\r\n", 0),
            (b"heartbeats_last_sent_at = 2026-11-22T00:30:00-03:00", -1800),
            (b"\0\0\0heartbeats_last_sent_at = 2026-11-22T04:00:00Z\0\0\0\n\0", 0),
            (
                b"heartbeats_last_sent_at = 2026-11-22T03:00:00Z\nheartbeats_last_sent_at = 2026-1",
                -3600,
            ),
            (b"heartbeats_last_sent_at = 2026-11-22T04:00:00\n", None),
            (b"heartbeats_last_sent_at =\nbackoff_at = 2026-11-22T04:00:00Z\n", None),
            (b"backoff_at = 2026-11-22T04:00:00Z\n", None),
            (b"heartbeats_last_sent_at = \xff\xfe\n", None),
            (b"heartbeats_last_sent_at = 9999-99-99T99:99:99Z\n", None),
            (b"\x89PNG\r\n" * 1000, None),
            (b"", None),
        ],
        ids=range(12),
    )
    def test_wakatime_clis_note_is_read_however_torn(
        self, tmp_path: Path, content: bytes, seconds: int | None
    ) -> None:
        write_internal(tmp_path / ".wakatime", content)

        expected = None if seconds is None else NOW + seconds
        assert found_in(tmp_path).last_report == expected

    @pytest.mark.parametrize("given", ["~/waka", "{home}/waka"])
    def test_it_lies_in_wakatime_home_itself(self, tmp_path: Path, given: str) -> None:
        write_internal(tmp_path / "waka", b"heartbeats_last_sent_at = 2026-11-22T04:00:00Z\n")

        found = found_in(tmp_path, WAKATIME_HOME=given.format(home=tmp_path))

        assert found.last_report == NOW


@pytest.mark.parametrize(
    ("editors", "ago", "sentence"),
    [
        ((), None, None),
        ((), LATELY_SECONDS + 1, None),
        ((), 300, "Some editor's WakaTime plugin reported 5m ago."),
        (
            ("VS Code",),
            300,
            "A WakaTime plugin is installed for VS Code, and the last report was 5m ago.",
        ),
        (
            ("Emacs", "Vim", "Zed"),
            None,
            "A WakaTime plugin is installed for Emacs, Vim and Zed, though none reported lately.",
        ),
        (
            ("Vim",),
            -50,
            "A WakaTime plugin is installed for Vim, and the last report was a moment ago.",
        ),
        (
            ("Vim",),
            200_000,
            "A WakaTime plugin is installed for Vim, and the last report was 2d ago.",
        ),
        (
            ("Vim",),
            LATELY_SECONDS + 1,
            "A WakaTime plugin is installed for Vim, though none reported lately.",
        ),
    ],
)
def test_what_was_found_is_one_sentence(
    editors: tuple[str, ...], ago: float | None, sentence: str | None
) -> None:
    found = EditorPlugins(editors, None if ago is None else NOW - ago)

    assert describe_plugins(found, NOW) == sentence
