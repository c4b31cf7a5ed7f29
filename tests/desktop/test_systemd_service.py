"""Our systemd unit, in real files; systemd itself checks it, and is played where it is told."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.desktop.systemd_service import SystemdService, unit_command, unit_text
from trayapp.errors import ForeignEntryError
from trayapp.settings.locations import write_private

COMMAND = ("/bin/sh", "watch")


class Systemctl:
    """What systemctl was asked."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def __call__(self, arguments: Sequence[str]) -> bool:
        self.asked.append(list(arguments))
        return True


@pytest.fixture
def systemctl() -> Systemctl:
    return Systemctl()


@pytest.fixture
def service(tmp_path: Path, systemctl: Systemctl) -> SystemdService:
    return SystemdService({}, tmp_path, write_private, systemctl)


def test_enabled_it_starts_and_disabled_nothing_is_left(
    service: SystemdService, systemctl: Systemctl, tmp_path: Path
) -> None:
    assert service.status().reason == "there is no unit"

    service.enable(COMMAND)
    status = service.status()
    service.disable()

    assert (status.starts, status.command, status.is_foreign) == (True, COMMAND, False)
    assert list((tmp_path / ".config/systemd/user").iterdir()) == []
    assert systemctl.asked == [
        ["daemon-reload"],
        ["restart", "--no-block", "trayapp-watch.service"],
        ["stop", "trayapp-watch.service"],
        ["daemon-reload"],
    ]


def test_a_unit_that_is_not_enabled_or_whose_program_is_gone_does_not_start(
    service: SystemdService, tmp_path: Path
) -> None:
    service.enable(("/gone/trayapp", "watch"))
    assert service.status().reason == "/gone/trayapp is not there (ExecStart)"

    service.enable(COMMAND)
    (tmp_path / ".config/systemd/user/default.target.wants/trayapp-watch.service").unlink()
    assert service.status().reason == "it is not enabled"


def test_a_unit_of_somebody_else_is_left_alone_unless_that_is_said(
    service: SystemdService,
) -> None:
    unit = Path(service.status().place)
    unit.parent.mkdir(parents=True)
    unit.write_text("[Service]\nExecStart=/bin/sh\n")

    assert service.status().is_foreign
    with pytest.raises(ForeignEntryError):
        service.enable(COMMAND)
    with pytest.raises(ForeignEntryError):
        service.disable()
    assert unit.read_text() == "[Service]\nExecStart=/bin/sh\n"

    service.enable(COMMAND, overwrite=True)
    assert service.status().starts


def test_a_masked_unit_is_said_and_its_mask_taken_away_only_with_a_yes(
    service: SystemdService,
) -> None:
    unit = Path(service.status().place)
    unit.parent.mkdir(parents=True)
    unit.symlink_to("/dev/null")

    assert service.status().reason == "it is masked"
    with pytest.raises(ForeignEntryError):
        service.enable(COMMAND)
    assert unit.is_symlink()

    service.enable(COMMAND, overwrite=True)
    assert service.status().starts
    assert not unit.is_symlink()
    assert Path("/dev/null").is_char_device()


WORD = st.text(st.characters(exclude_characters="\n\r\x00", exclude_categories=["Cs"]), min_size=1)


@given(st.lists(WORD, min_size=1, max_size=3))
def test_what_is_written_is_what_is_read(command: list[str]) -> None:
    assert unit_command(unit_text(command)) == tuple(command)


@pytest.mark.desktop
@pytest.mark.parametrize("folder", ["plain", "with blank", "100% 'quoted' $HOME"])
def test_systemd_has_nothing_to_say_of_it(tmp_path: Path, folder: str) -> None:
    program = tmp_path / folder / "trayapp"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / "trayapp-watch.service"
    unit.write_text(unit_text([str(program), "watch"]))

    done = subprocess.run(
        ["systemd-analyze", "--user", "--man=no", "verify", str(unit)],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        env={"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )

    assert (done.returncode, done.stdout + done.stderr) == (0, "")
