from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import platformdirs
import pytest

from trayapp.errors import ConfigError, TrayappError
from trayapp.settings.locations import (
    LONGEST_SOCKET_PATH,
    find_locations,
    make_private_folder,
    make_runtime_folder,
    write_private,
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def sockets_folder(path: Path, permissions: int = 0o700) -> str:
    path.mkdir(exist_ok=True)
    path.chmod(permissions)
    return str(path)


class TestWhere:
    @pytest.mark.parametrize(
        "variables",
        [
            {},
            {"XDG_CONFIG_HOME": "/c", "XDG_STATE_HOME": "/s"},
            {"XDG_CONFIG_HOME": "relative", "XDG_STATE_HOME": ""},
        ],
    )
    def test_files_lie_where_platformdirs_says(
        self, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
    ) -> None:
        for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HOME", "/home/somebody")
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        expected = platformdirs.PlatformDirs("trayapp", appauthor=False)

        found = find_locations(os.environ)

        assert found.config_file == expected.user_config_path / "config.toml"
        assert found.snapshot_file == expected.user_state_path / "today.json"
        assert found.log_dir == expected.user_log_path

    def test_only_the_given_environment_counts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("XDG_CONFIG_HOME", "/process")

        found = find_locations({"HOME": "/home/a"})

        assert found.config_file == Path("/home/a/.config/trayapp/config.toml")

    @pytest.mark.parametrize(
        ("waka_home", "expected"),
        [
            (None, "/home/a/.wakatime.cfg"),
            ("", "/home/a/.wakatime.cfg"),
            ("/waka", "/waka/.wakatime.cfg"),
            ("~/waka", "/home/a/waka/.wakatime.cfg"),
        ],
    )
    def test_wakatime_home_moves_the_cfg(self, waka_home: str | None, expected: str) -> None:
        environment = {"HOME": "/home/a"}
        if waka_home is not None:
            environment["WAKATIME_HOME"] = waka_home

        assert find_locations(environment).wakatime_cfg == Path(expected)

    @pytest.mark.parametrize("home", ["", "relative"])
    def test_a_useless_home_is_replaced_by_that_of_the_account(self, home: str) -> None:
        assert find_locations({"HOME": home}).home.is_absolute()

    def test_a_user_without_any_home_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "getuid", lambda: 2**31 - 5)

        with pytest.raises(ConfigError, match="no home folder"):
            find_locations({})

    def test_nothing_is_made_by_looking(self, tmp_path: Path) -> None:
        find_locations({"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)})

        assert list(tmp_path.iterdir()) == []


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder whose path is short enough for a socket, whatever TMPDIR is."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


class TestControlAddress:
    def test_it_lies_in_the_runtime_dir(self, short: Path) -> None:
        runtime = sockets_folder(short / "run")

        found = find_locations({"HOME": "/home/a", "XDG_RUNTIME_DIR": runtime})

        assert found.runtime_dir == Path(runtime) / "trayapp"
        assert Path(found.control_address).parent == found.runtime_dir

    def test_two_data_directories_have_two_sockets(self, short: Path) -> None:
        runtime = sockets_folder(short / "run")
        addresses = {
            find_locations(
                {"HOME": "/home/a", "XDG_STATE_HOME": state, "XDG_RUNTIME_DIR": runtime}
            ).control_address
            for state in ("/s1", "/s2")
        }

        assert len(addresses) == 2

    def test_two_ways_to_one_data_directory_have_one_socket(self, short: Path) -> None:
        real, link = short / "real", short / "link"
        real.mkdir()
        link.symlink_to(real)
        runtime = sockets_folder(short / "run")
        addresses = {
            find_locations(
                {"HOME": "/a", "XDG_STATE_HOME": str(state), "XDG_RUNTIME_DIR": runtime}
            ).control_address
            for state in (real, link)
        }

        assert len(addresses) == 1

    @pytest.mark.parametrize("kind", ["unset", "relative", "missing", "open to others"])
    def test_a_runtime_dir_that_is_not_safe_is_passed_over(self, short: Path, kind: str) -> None:
        runtime = {
            "unset": "",
            "relative": "run",
            "missing": str(short / "missing"),
            "open to others": sockets_folder(short / "open", 0o777),
        }[kind]

        found = find_locations({"HOME": "/home/a", "XDG_RUNTIME_DIR": runtime})

        assert found.runtime_dir == Path("/home/a/.local/state/trayapp/run")

    def test_another_users_runtime_dir_is_passed_over(
        self, short: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """`su` hands XDG_RUNTIME_DIR on to a user who does not own it."""
        runtime = sockets_folder(short / "run")
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)

        found = find_locations({"HOME": "/home/a", "XDG_RUNTIME_DIR": runtime})

        assert found.runtime_dir == Path("/home/a/.local/state/trayapp/run")

    @pytest.mark.parametrize("length", [10, 60, 76, 77, 90, 200])
    def test_a_socket_can_be_bound_however_long_the_paths_are(self, length: int) -> None:
        home = "/" + "é" * (length // 2)

        found = find_locations({"HOME": home})

        assert len(os.fsencode(found.control_address)) <= LONGEST_SOCKET_PATH
        assert Path(found.control_address).parent == found.runtime_dir


class TestFolders:
    def test_a_private_folder_is_made_with_its_parents(self, tmp_path: Path) -> None:
        folder = tmp_path / "a" / "b"

        make_private_folder(folder)

        assert mode(folder) == 0o700

    def test_a_private_folder_that_others_could_open_is_closed(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o755)

        make_private_folder(tmp_path)

        assert mode(tmp_path) == 0o700

    def test_a_runtime_folder_is_private(self, tmp_path: Path) -> None:
        (tmp_path / "wide").mkdir(mode=0o755)

        for name in ("new", "wide"):
            make_runtime_folder(tmp_path / name)

            assert mode(tmp_path / name) == 0o700

    def test_a_runtime_folder_of_another_user_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)

        with pytest.raises(TrayappError, match="no folder of yours"):
            make_runtime_folder(tmp_path)

    @pytest.mark.parametrize("kind", ["symlink", "file"])
    def test_what_only_looks_like_a_runtime_folder_is_refused(
        self, tmp_path: Path, kind: str
    ) -> None:
        """A name in /tmp can be taken beforehand by somebody else's link."""
        trap = tmp_path / "trap"
        if kind == "symlink":
            (tmp_path / "target").mkdir()
            trap.symlink_to(tmp_path / "target")
        else:
            trap.touch()

        with pytest.raises(TrayappError, match="no folder of yours"):
            make_runtime_folder(trap)

    def test_a_runtime_folder_that_cannot_be_made_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()

        with pytest.raises(TrayappError, match="cannot be made"):
            make_runtime_folder(tmp_path / "file" / "run")


class TestWritePrivate:
    @pytest.fixture(autouse=True)
    def _wide_umask(self) -> Iterator[None]:
        before = os.umask(0)
        yield
        os.umask(before)

    def test_only_the_owner_can_read_it(self, tmp_path: Path) -> None:
        path = tmp_path / "new" / "file"

        write_private(path, "é")

        assert path.read_bytes() == "é".encode()
        assert mode(path) == 0o600
        assert mode(path.parent) == 0o700

    def test_an_older_wide_file_becomes_private(self, tmp_path: Path) -> None:
        path = tmp_path / "file"
        path.write_text("old")
        path.chmod(0o644)

        write_private(path, "new")

        assert (path.read_text(), mode(path)) == ("new", 0o600)

    @pytest.mark.parametrize("permissions", [0o600, 0o640, 0o644])
    def test_the_mode_of_a_settings_file_is_kept(self, tmp_path: Path, permissions: int) -> None:
        path = tmp_path / "file"
        path.write_text("old")
        path.chmod(permissions)

        write_private(path, "new", keep_mode=True)

        assert (path.read_text(), mode(path)) == ("new", permissions)

    def test_a_symlink_is_written_through(self, tmp_path: Path) -> None:
        (tmp_path / "dotfiles").mkdir()
        target, link = tmp_path / "dotfiles" / "config.toml", tmp_path / "config.toml"
        target.write_text("old")
        link.symlink_to("dotfiles/config.toml")

        write_private(link, "new", keep_mode=True)

        assert link.is_symlink()
        assert target.read_text() == "new"

    def test_a_device_or_a_pipe_is_never_replaced(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        (tmp_path / "link").symlink_to(tmp_path / "pipe")

        for name in ("pipe", "link"):
            with pytest.raises(OSError, match="no ordinary file"):
                write_private(tmp_path / name, "new")

        assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
        assert sorted(each.name for each in tmp_path.iterdir()) == ["link", "pipe"]

    def test_a_failure_leaves_the_old_file_and_no_other(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "file"
        path.write_text("old")

        def full(_descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)

        with pytest.raises(OSError, match="No space"):
            write_private(path, "new")
        assert [p.read_text() for p in tmp_path.iterdir()] == ["old"]

    def test_a_reader_sees_the_old_text_or_the_new(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "file"
        path.write_text("old")
        seen = []
        real = os.fsync

        def look(descriptor: int) -> None:
            seen.append(path.read_text())
            real(descriptor)

        monkeypatch.setattr(os, "fsync", look)

        write_private(path, "new")

        assert seen == ["old", "new"]
