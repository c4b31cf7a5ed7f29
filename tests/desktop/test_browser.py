from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest

from trayapp.desktop.browser import open_page

URL = "https://hackatime.example/?a=1&b=2"


def wait_for_it() -> None:
    for thread in threading.enumerate():
        if thread.name == "browser":
            thread.join(10)


@pytest.mark.parametrize(("code", "warned"), [(0, False), (1, True)])
def test_the_page_is_opened_or_the_log_says_that_it_was_not(
    code: int,
    warned: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\nexit {code}\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(browser))
    monkeypatch.setattr("webbrowser._tryorder", None)
    monkeypatch.setattr("webbrowser._browsers", {})
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    caplog.set_level(logging.WARNING, "trayapp")

    open_page(URL)
    wait_for_it()

    assert (tmp_path / "opened").read_text() == f"{URL}\n"
    assert ("no browser was found" in caplog.text) == warned
