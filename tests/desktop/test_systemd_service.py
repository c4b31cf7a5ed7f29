"""Our systemd unit, in real files; systemd itself checks it, and is played where it is told."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.desktop.start_at_login import StartAtLogin
from trayapp.desktop.systemd_service import (
    OURS,
    SystemdService,
    judge,
    renewed_text,
    unit_command,
    unit_folders,
    unit_text,
    why_no_systemd,
)
from trayapp.errors import AutostartError, ForeignEntryError
from trayapp.settings.locations import write_private

COMMAND = ("/bin/sh", "watch")
GONE = ("/gone/trayapp", "watch")

UNIT = "trayapp-watch.service"


class Systemctl:
    """What systemctl was asked."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def __call__(self, arguments: Sequence[str]) -> bool:
        self.asked.append(list(arguments))
        return True


class Machine:
    """A machine where systemd runs, its files below `root`, with one person's below `home`."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.home = folder / "home"
        self.runtime = self.root / "run/user/1000"
        self.systemctl = Systemctl()
        self.no_work = ""
        (self.root / "run/systemd/system").mkdir(parents=True)
        (self.runtime / "systemd").mkdir(parents=True)
        self.units = self.home / ".config/systemd/user"
        self.unit = self.units / UNIT
        self.service = SystemdService(
            {"XDG_RUNTIME_DIR": str(self.runtime)},
            self.home,
            write_private,
            lambda: self.no_work,
            self.systemctl,
            self.root,
        )

    def put(self, unit: Path, text: str) -> None:
        unit.parent.mkdir(parents=True, exist_ok=True)
        unit.write_text(text)

    def link(self, folder: Path, wanting: str, target: Path) -> Path:
        link = folder / wanting / UNIT
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)
        return link


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def service(machine: Machine) -> SystemdService:
    return machine.service


def test_enabled_it_starts_and_disabled_nothing_is_left(machine: Machine) -> None:
    service = machine.service
    assert service.status().reason == "there is no unit"

    service.enable(COMMAND)
    status = service.status()
    service.disable()

    assert (status.starts, status.command, status.is_foreign) == (True, COMMAND, False)
    assert list((machine.home / ".config").iterdir()) == []
    assert machine.systemctl.asked == [
        ["daemon-reload"],
        ["restart", "--no-block", UNIT],
        ["stop", UNIT],
        ["daemon-reload"],
    ]


@pytest.mark.parametrize(
    ("text", "command", "is_enabled", "is_there", "no_systemd", "no_work", "reason"),
    [
        ("x", COMMAND, True, True, "", "", ""),
        ("", None, True, False, "", "", "it is masked"),
        ("x", COMMAND, False, True, "", "", "it is not enabled"),
        ("x", None, True, False, "", "", "it names no command (ExecStart)"),
        ("x", GONE, True, False, "", "", "/gone/trayapp is not there (ExecStart)"),
        ("x", COMMAND, True, True, "no systemd", "no folder", "no systemd"),
        ("x", COMMAND, True, True, "", "no folder", "no folder"),
        ("x", (*COMMAND, "/code"), True, True, "", "no folder", ""),
    ],
)
def test_what_keeps_a_unit_from_being_started_is_said(
    text: str,
    command: tuple[str, ...] | None,
    is_enabled: bool,
    is_there: bool,
    no_systemd: str,
    no_work: str,
    reason: str,
) -> None:
    assert reason == judge(
        text,
        command,
        is_enabled=is_enabled,
        is_there=is_there,
        no_systemd=no_systemd,
        no_work=no_work,
    )


@pytest.mark.parametrize(
    ("folders", "variables", "reason"),
    [
        ((), {"XDG_RUNTIME_DIR": "{root}/run/user/1"}, "no systemd runs here"),
        (("run/systemd/system",), {}, "no systemd of yours runs in this session"),
        (
            ("run/systemd/system", "run/user/1"),
            {"XDG_RUNTIME_DIR": "{root}/run/user/1"},
            "no systemd of yours runs in this session",
        ),
        (
            ("run/systemd/system", "run/user/1/systemd"),
            {"XDG_RUNTIME_DIR": "{root}/run/user/1"},
            "",
        ),
    ],
)
def test_where_no_systemd_of_the_person_runs_that_is_said(
    tmp_path: Path, folders: tuple[str, ...], variables: dict[str, str], reason: str
) -> None:
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True)
    environment = {name: value.format(root=tmp_path) for name, value in variables.items()}

    assert why_no_systemd(environment, tmp_path).partition(" ($")[0] == reason


def test_what_would_end_at_once_or_finds_no_systemd_does_not_start(machine: Machine) -> None:
    machine.service.enable(COMMAND)
    machine.no_work = "no folder"
    assert machine.service.status().reason == "no folder"

    (machine.runtime / "systemd").rmdir()
    assert "$XDG_RUNTIME_DIR" in machine.service.status().reason


def test_where_nobody_may_look_there_is_nothing(tmp_path: Path) -> None:
    """Another person's runtime folder after `sudo -E`, say; here it is a name that is too long."""
    environment = {"XDG_RUNTIME_DIR": f"{tmp_path}/{'a' * 300}"}
    service = SystemdService(environment, tmp_path, write_private, str, Systemctl(), tmp_path)
    (tmp_path / "run/systemd/system").mkdir(parents=True)

    assert service.status().reason == "there is no unit"
    service.enable(COMMAND)
    assert service.status().reason.startswith("no systemd of yours runs in this session")


def test_a_unit_that_is_not_enabled_or_whose_program_is_gone_does_not_start(
    machine: Machine,
) -> None:
    machine.service.enable(GONE)
    assert machine.service.status().reason == "/gone/trayapp is not there (ExecStart)"

    machine.service.enable(COMMAND)
    (machine.units / "default.target.wants" / UNIT).unlink()
    assert machine.service.status().reason == "it is not enabled"


def test_a_persons_drop_in_stays_whatever_becomes_of_the_unit(machine: Machine) -> None:
    drop_in = machine.units / f"{UNIT}.d/override.conf"
    machine.service.enable(COMMAND)
    machine.put(drop_in, "[Service]\nLoadCredential=api_key:%h/key\n")

    machine.service.enable(COMMAND)
    machine.service.disable()

    assert drop_in.read_text() == "[Service]\nLoadCredential=api_key:%h/key\n"
    assert list(machine.units.iterdir()) == [drop_in.parent]
    assert str(drop_in.parent) in machine.service.status().reason


def test_a_unit_whose_program_has_moved_is_mended_and_keeps_what_a_person_wrote(
    machine: Machine,
) -> None:
    machine.service.enable(GONE)
    edited = f"{machine.unit.read_text()}# mine\n"
    machine.unit.write_text(edited)

    assert StartAtLogin(machine.service, lambda: COMMAND).mend()

    assert machine.service.status().starts
    assert machine.unit.read_text() == edited.replace("/gone/trayapp", "/bin/sh")
    assert machine.systemctl.asked[-1] == ["restart", "--no-block", UNIT]


@pytest.mark.parametrize("state", ["disabled", "of somebody else", "of a distribution"])
def test_a_unit_that_is_off_or_of_others_is_not_mended(machine: Machine, state: str) -> None:
    text = unit_text(GONE)
    unit = machine.unit
    if state == "of a distribution":
        unit = machine.root / "usr/lib/systemd/user" / UNIT
    machine.put(unit, text.replace(OURS, "") if state == "of somebody else" else text)
    if state != "disabled":
        machine.link(machine.units, "default.target.wants", unit)
    before = unit.read_text()

    assert not StartAtLogin(machine.service, lambda: COMMAND).mend()

    assert unit.read_text() == before
    assert machine.unit.exists() == (unit == machine.unit)


@pytest.mark.parametrize("place", ["usr/lib", "usr/local/lib", "etc"])
def test_a_distributions_unit_counts_where_there_is_none_of_ones_own(
    machine: Machine, place: str
) -> None:
    unit = machine.root / place / "systemd/user" / UNIT
    machine.put(unit, unit_text(COMMAND))
    assert machine.service.status().reason == "it is not enabled"

    machine.link(machine.units, "default.target.wants", unit)
    status = machine.service.status()
    machine.service.disable()

    assert (status.starts, status.place, status.command) == (True, str(unit), COMMAND)
    assert not machine.units.exists()
    assert machine.service.status().reason == "it is not enabled"
    assert unit.exists()


def test_of_several_units_that_counts_which_systemd_takes(machine: Machine) -> None:
    machine.put(machine.root / "usr/lib/systemd/user" / UNIT, unit_text(GONE))
    machine.put(machine.root / "etc/systemd/user" / UNIT, unit_text(COMMAND))
    assert machine.service.status().command == COMMAND

    machine.put(machine.unit, unit_text(("/own", "watch")))
    assert machine.service.status().command == ("/own", "watch")


@pytest.mark.parametrize("wanting", ["graphical-session.target.wants", "sway.service.requires"])
@pytest.mark.parametrize("target", ["../trayapp-watch.service", "/gone/trayapp-watch.service"])
def test_enabled_for_any_target_it_starts_and_disabled_no_link_is_left(
    machine: Machine, wanting: str, target: str
) -> None:
    machine.link(machine.units, wanting, Path(target))
    machine.service.enable(COMMAND)

    assert machine.service.status().starts
    assert {path.name for path in machine.units.iterdir()} == {UNIT, wanting}
    machine.service.disable()
    assert not machine.units.exists()


def test_a_link_that_is_left_without_a_unit_goes_as_well(machine: Machine) -> None:
    link = machine.link(machine.units, "default.target.wants", Path("/gone") / UNIT)
    assert machine.service.status().reason == "there is no unit"

    machine.service.disable()

    assert not link.is_symlink()


def test_what_is_enabled_for_everybody_is_not_said_to_be_disabled(machine: Machine) -> None:
    everybody = machine.root / "etc/systemd/user"
    machine.put(machine.root / "usr/lib/systemd/user" / UNIT, unit_text(COMMAND))
    link = machine.link(everybody, "default.target.wants", Path("/usr/lib/systemd/user") / UNIT)
    machine.service.enable(COMMAND)

    with pytest.raises(AutostartError, match=str(link)):
        machine.service.disable()

    assert link.is_symlink()
    assert machine.service.status().starts


def test_a_percent_h_is_the_home_folder(machine: Machine) -> None:
    program = machine.home / "bin/trayapp"
    machine.put(program, "#!/bin/sh\n")
    program.chmod(0o755)
    machine.put(machine.unit, "[Service]\nExecStart=%h/bin/trayapp watch 100%% $$1\n")
    machine.link(machine.units, "default.target.wants", machine.unit)

    status = machine.service.status()

    assert (status.starts, status.command) == (True, (str(program), "watch", "100%", "$1"))


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
    assert unit.read_text() == unit_text(COMMAND)


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
    assert unit_command(unit_text(command), "/home/a") == tuple(command)
    renewed = renewed_text(unit_text(COMMAND), command)
    assert renewed == unit_text(command)


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


@pytest.mark.desktop
def test_it_is_looked_for_where_systemd_looks(tmp_path: Path) -> None:
    environment = {
        "HOME": str(tmp_path),
        "XDG_RUNTIME_DIR": str(tmp_path / "runtime"),
        "XDG_CONFIG_DIRS": "/config/one:/config/two",
        "XDG_DATA_HOME": str(tmp_path / "data"),
    }
    told = subprocess.run(
        ["systemd-analyze", "--user", "unit-paths"],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
        env={**environment, "PATH": os.environ["PATH"]},
    ).stdout.split()
    ours = [str(folder) for folder in unit_folders(environment, tmp_path, Path("/"))]

    assert [folder for folder in told if folder in ours] == ours
    # What systemd and its generators fill.
    rest = {Path(folder).name.partition(".")[0] for folder in told if folder not in ours}
    assert rest <= {"user", "transient", "generator"}
