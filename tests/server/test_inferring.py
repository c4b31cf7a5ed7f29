"""What the servers make of a user agent: the table of servers.md 1.3."""

from __future__ import annotations

import pytest

from tests.server.inferring import language_of, program_as_hackatime, program_as_wakapi

OURS = "wakatime/v1.115.2 (Linux-6.8.0-x86_64) python3.12.1"


@pytest.mark.parametrize(
    ("user_agent", "hackatime", "wakapi"),
    [
        (f"{OURS} vscode/1.90.0 x-wakatime/0.1.0", ("vscode", "linux"), ("vscode", "Linux")),
        (f"{OURS} trayapp/0.1 trayapp-wakatime/0.1", ("trayapp", "linux"), ("trayapp", "Linux")),
        (f"{OURS} vscode/1.90.0 trayapp/0.1.0", ("vscode", "linux"), ("trayapp", "Linux")),
        (
            f"{OURS} vscode/1.90.0 trayapp-hackatime/0.1.0",
            ("vscode", "linux"),
            ("trayapp-hackatime", "Linux"),
        ),
        (
            "wakatime/1.0 (Linux-6.8.0-x86_64) pypy3.10 vscode/1.90 x-wakatime/1",
            ("pypy3.10", "linux"),
            ("vscode", "Linux"),
        ),
        (f"{OURS} Sublime Text/4169 x-wakatime/1", ("sublime", "linux"), ("Text", "Linux")),
        (
            "wakatime/1.0 (windows-10.0-AMD64) python3.12.1 Blender/4.1 windows-wakatime/0.1",
            ("blender", "windows"),
            ("Blender", "Windows"),
        ),
        (
            "wakatime/1.0 (darwin-23.1.0-arm64) python3.12.1 trayapp/1.0 trayapp-wakatime/1.0",
            ("trayapp", "macos"),
            ("trayapp", "Macos"),
        ),
        (
            "wakatime/1.0 (Linux-5.15-WSL2-x86_64) python3.12.1 vim/9.1 vim-wakatime/1",
            ("vim", "wsl"),
            ("vim", "WSL"),
        ),
        ("hackatray/0.1.0", ("hackatray", ""), ("", "")),
        ("hackatray/0.1.0 (Linux x86_64)", ("hackatray", "linux"), ("", "")),
        ("python-httpx/0.27", ("python-httpx", ""), ("", "")),
        ("", ("", ""), ("", "")),
    ],
)
def test_editor_and_system(
    user_agent: str, hackatime: tuple[str, str], wakapi: tuple[str, str]
) -> None:
    assert program_as_hackatime(user_agent) == hackatime
    assert program_as_wakapi(user_agent) == wakapi


@pytest.mark.parametrize(
    ("entity", "language"),
    [("/a/b.py", "Python"), ("/a.d/B.PY", "Python"), ("/a/Makefile", None), ("/a.py/x", None)],
)
def test_a_language_is_that_of_the_extension(entity: str, language: str | None) -> None:
    assert language_of(entity) == language
