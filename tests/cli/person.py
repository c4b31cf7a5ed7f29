"""Somebody at a terminal, with an empty home folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trayapp.settings.locations import Locations, find_locations

COMMAND_SECONDS = 50.0


@dataclass
class Person:
    """Run trayapp as this person would; `variables` are set in the environment."""

    home: Path
    variables: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "HOME": str(self.home),
            "PATH": os.environ["PATH"],
            "TZ": "UTC",
            # A warning is a mistake, in every process that a test starts.
            "PYTHONWARNINGS": "error",
            **self.variables,
        }

    @property
    def locations(self) -> Locations:
        return find_locations(self.environment)

    def run(
        self, *arguments: str, stdin: str = "", folder: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run trayapp, in a folder of this person's, and wait for it."""
        return subprocess.run(
            [sys.executable, "-m", "trayapp", *arguments],
            env=self.environment,
            cwd=folder,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def imports(self, *arguments: str) -> tuple[list[str], set[str]]:
        """Run trayapp and give the lines that it prints, and the modules that are loaded then."""
        program = (
            "import json, sys\nfrom trayapp.cli import main; main()\n"
            "print(json.dumps(list(sys.modules)))"
        )
        *printed, modules = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=True,
        ).stdout.splitlines()
        return printed, set(json.loads(modules))

    def today(self, *arguments: str) -> dict[str, Any]:
        """Run `trayapp today --format json` and give the object."""
        document: dict[str, Any] = json.loads(
            self.run("today", "--format", "json", *arguments).stdout
        )
        return document

    def write_cfg(self, settings: Mapping[str, str]) -> Path:
        """Write ~/.wakatime.cfg."""
        path = self.home / ".wakatime.cfg"
        lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
        path.write_text(f"[settings]\n{lines}")
        return path

    def write_config(self, text: str) -> Path:
        """Write config.toml."""
        path = self.locations.config_file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path
