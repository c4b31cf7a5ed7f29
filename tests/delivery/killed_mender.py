"""Mend copies of a damaged queue, killed at one line after the other.

python -m tests.delivery.killed_mender FOLDER WORK LINKS: the folder with the queue, one to work in,
and "no" where hard links cannot be made. It prints a line of JSON for each kill: what was there.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import sys
from pathlib import Path
from types import FrameType
from typing import Any
from unittest import mock

from trayapp.delivery import locks, salvage
from trayapp.delivery.queue import HeartbeatQueue

FILES = {salvage.__file__, locks.__file__}

STEPS = {"alone", "_opened", "_undo_unfinished", "mend", "write", "_keep"}


def main(template: str, work: str, links: str) -> None:
    if links == "no":
        mock.patch("os.link", side_effect=OSError).start()
    for step in range(1000):
        folder = Path(work, str(step))
        shutil.copytree(template, folder)
        child = os.fork()
        if child == 0:
            _mend(folder, step)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != -signal.SIGKILL:
            return
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
        print(json.dumps({"folder": str(folder), "modes": modes}), flush=True)  # noqa: T201 -- read by the test


def _mend(folder: Path, step: int) -> None:
    left = step

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal left
        if frame.f_code.co_filename not in FILES or frame.f_code.co_name not in STEPS:
            return None
        if event == "line":
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1
        return trace

    sys.settrace(trace)
    try:
        HeartbeatQueue(folder / "queue.db", lambda _: None).check()
    finally:
        os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
