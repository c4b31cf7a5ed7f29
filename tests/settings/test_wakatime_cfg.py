from __future__ import annotations

import codecs
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.errors import ConfigError
from trayapp.settings.api_url import WAKATIME_API_URL
from trayapp.settings.wakatime_cfg import (
    MOST_WARNINGS,
    WakatimeCfg,
    decode,
    parse,
    read_wakatime_cfg,
)

KEY = "11111111-2222-4333-8444-555555555555"
URL = "https://hackatime.hackclub.com/api/hackatime/v1"
OTHER_KEY = "99999999-2222-4333-8444-555555555555"
OTHER_URL = "https://wakapi.dev/api"

PLAIN = f"[settings]\napi_key = {KEY}\napi_url = {URL}\n"


def settings_of(text: str) -> dict[str, str]:
    entries = parse(text).sections.get("settings", {})
    return {name: entry.value for name, entry in entries.items()}


def read(path: Path) -> WakatimeCfg:
    return read_wakatime_cfg(path, path.parent)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".wakatime.cfg"


class TestParse:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("[settings]\na = 1\n", {"a": "1"}),
            ("[settings]\na=1", {"a": "1"}),
            ("[settings]\na: 1\n", {"a": "1"}),
            ("[settings]\r\na = 1\r\nb = 2\r\n", {"a": "1", "b": "2"}),
            ("[settings]\ra = 1\rb = 2\r", {"a": "1", "b": "2"}),
            ("", {}),
            ("\n \n\t\n", {}),
            ("a = 1\n", {"a": "1"}),
            ("a = 1\n[git]\nb = 2\n", {"a": "1"}),
            ("[SETTINGS]\nAPI_Key = x\n", {"api_key": "x"}),
            ("[ settings ]\na = 1\n", {"a": "1"}),
            ("[settings] ; mine\na = 1\n", {"a": "1"}),
            ("[settings]\na = 1\na = 2\n", {"a": "2"}),
            ("[settings]\na = 1\n[git]\n[settings]\nb = 2\n", {"a": "1", "b": "2"}),
            ("[settings]\na = 50%\nb = %(a)s %\n", {"a": "50%", "b": "%(a)s %"}),
            ("[settings]\na =\nb = 2\n", {"a": "", "b": "2"}),
            ("[settings]\na = b = c\n", {"a": "b = c"}),
            ("[settings]\na = https://h:1/x\n", {"a": "https://h:1/x"}),
            ("[settings]\n# a = 1\n; b = 2\n  # c = 3\n", {}),
            ("[settings]\na = 1 ; one\nb = 2 # two\n", {"a": "1", "b": "2"}),
            ("[settings]\na = x;y#z\n", {"a": "x;y#z"}),
            ("[settings]\na = # nothing\n", {"a": ""}),
            ("[settings]\na = \"1\"\nb = '2'\n", {"a": "1", "b": "2"}),
            ('[settings]\na = "1 # 2" # three\n', {"a": "1 # 2"}),
            ('[settings]\na = "1\n', {"a": "1"}),
            ('[settings]\na = "b c" "d e"\n', {"a": '"b c" "d e"'}),
            ("[settings]\n  a = 1\n  b = 2\n", {"a": "1", "b": "2"}),
            ("[settings]\na =\n    1\n    2\nb = 3\n", {"a": "1\n2", "b": "3"}),
            ("[settings]\na = 1\n\n\t2\n", {"a": "1\n2"}),
            ("[settings]\na =\n  x = y\n  [z]\nb = 1\n", {"a": "x = y\n[z]", "b": "1"}),
            ("[settings]\na =\n  1\n  # 2\n  3\n", {"a": "1\n3"}),
            ("[settings]\nrubbish\n= 1\na = 1\n", {"a": "1"}),
            ("[settings]\n\u2028\x0b\x85a = 1\x85\n", {"a": "1"}),
        ],
    )
    def test_table(self, text: str, expected: dict[str, str]) -> None:
        assert settings_of(text) == expected

    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            ("projects/Foo = a b", ("projects/Foo", "a b")),
            ("x=y", ("x", "y")),
            ("x:y", ("x", "y")),
            ("x =", ("x", "")),
            ('"x y" = z ; note', ("x y", "z")),
            ("[Ff]oo = x", ("[Ff]oo", "x")),
            (r"^/bar(\d+)/\D = b{0}", (r"^/bar(\d+)/\D", "b{0}")),
            ("^C:/a/(?:b|c) = x", ("^C:/a/(?:b|c)", "x")),
            ("^C:/a=x", ("^C:/a", "x")),
            ("(?=a)b = x = y", ("(?=a)b", "x = y")),
            (".*=https://h:8/api|k", (".*", "https://h:8/api|k")),
        ],
    )
    def test_a_regex_may_stand_before_its_value(self, line: str, expected: tuple[str, str]) -> None:
        sections = ("projectmap", "project_api_key", "api_urls", "git_submodule_projectmap")
        parsed = parse("".join(f"[{name}]\n{line}\n" for name in sections))

        assert parsed.warnings == ()
        for name in sections:
            found = [(text, entry.value) for text, entry in parsed.sections[name].items()]
            assert found == [expected]

    def test_a_header_ends_a_section_of_regexes(self) -> None:
        parsed = parse("[projectmap]\nx = y\n[git] ; a = b\nz = 1\n[ api_urls ]\nu = v\n")

        assert {name: [*parsed.sections[name]] for name in parsed.sections} == {
            "projectmap": ["x"],
            "git": ["z"],
            "api_urls": ["u"],
        }

    @pytest.mark.parametrize(
        ("text", "line"), [("[settings\napi_key = x\n", 1), ("a = 1\n\n[git\n", 3)]
    )
    def test_a_header_without_its_bracket_is_an_error(self, text: str, line: int) -> None:
        with pytest.raises(ConfigError, match=rf"file line {line}:"):
            parse(text, "file")

    @pytest.mark.parametrize(
        ("text", "warning"),
        [
            ("[settings]\nrubbish\n", "f line 2: neither"),
            ("[settings]\na = 1\na = 2\n", "f line 3: a again"),
            ("[setings]\napi_key = 1\n", "f line 1: a section that nobody reads"),
        ],
    )
    def test_what_is_odd_is_told_with_its_line(self, text: str, warning: str) -> None:
        assert [note[: len(warning)] for note in parse(text, "f").warnings] == [warning]

    def test_what_is_ordinary_is_not_told(self) -> None:
        assert parse("[settings]\na = 1\n[projectmap]\nx = y\n[git]\n").warnings == ()

    def test_rubbish_does_not_fill_the_log(self) -> None:
        assert len(parse("rubbish\n" * 1000).warnings) == MOST_WARNINGS

    @given(st.text())
    def test_any_text_is_read_or_refused_with_its_line(self, text: str) -> None:
        try:
            parsed = parse(text, "f")
        except ConfigError as error:
            assert "f line " in error.title  # noqa: PT017
        else:
            assert all(note.startswith("f line ") for note in parsed.warnings)
            for entries in parsed.sections.values():
                assert all(1 <= e.line <= len(text) + 1 for e in entries.values())
                assert all(not set(e.value) & {"\r"} for e in entries.values())

    @given(
        st.dictionaries(
            st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True),
            st.from_regex(r"[A-Za-z0-9%/:.@_+-]{0,20}", fullmatch=True),
        ),
        st.sampled_from(["\n", "\r\n", "\r"]),
        st.sampled_from(["", "\ufeff"]),
        st.sampled_from(["utf-8", "utf-16", "latin-1"]),
        st.sampled_from(["[settings]", ""]),
        st.sampled_from([" = ", "=", ": "]),
        st.booleans(),
    )
    def test_what_was_written_is_read_whatever_the_editor(
        self,
        values: dict[str, str],
        newline: str,
        mark: str,
        encoding: str,
        header: str,
        delimiter: str,
        nul: bool,
    ) -> None:
        lines = [header, *(name + delimiter + value for name, value in values.items())]
        text = newline.join(lines) + ("\0" * nul)
        data = ((mark if encoding == "utf-8" else "") + text).encode(encoding)

        assert settings_of(decode(data)[0]) == values


class TestFile:
    def test_no_file_says_nothing(self, path: Path) -> None:
        assert read(path) == WakatimeCfg()

    @pytest.mark.parametrize(
        "data",
        [
            PLAIN.encode(),
            PLAIN.replace("\n", "\r\n").encode(),
            codecs.BOM_UTF8 + PLAIN.encode(),
            PLAIN.encode("utf-16"),
            codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be"),
            PLAIN.encode("utf-16-le"),
            PLAIN.replace("\n", "\0\n").encode(),
            b"\0" * 512 + PLAIN.encode(),
            f"api_key = {KEY}\napi_url = {URL}\n".encode(),
            f"[settings]\napikey: {KEY}\napi_url: {URL}/\n".encode(),
            (PLAIN + "hostname = b\xfcro\n").encode("latin-1"),
            f'[settings]\napi_key = "{KEY}"\napi_url = "{URL}"\n'.encode(),
            PLAIN.encode() + f"[settings]\napi_key = {KEY}\n".encode(),
        ],
    )
    def test_the_pair_is_found_in_every_file_seen_in_the_wild(
        self, path: Path, data: bytes
    ) -> None:
        path.write_bytes(data)

        found = read(path).key()

        assert found is not None
        assert (found.setting.value, found.api_url, found.is_command) == (KEY, URL, False)
        assert found.setting.file == path

    @pytest.mark.parametrize(
        ("data", "note"),
        [
            (PLAIN.encode() + b"\0", "NUL"),
            (PLAIN.encode() + b"hostname = b\xfcro\n", "Latin-1"),
        ],
    )
    def test_what_is_odd_is_told(self, path: Path, data: bytes, note: str) -> None:
        path.write_bytes(data)

        [warning] = read(path).warnings

        assert str(path) in warning
        assert note in warning

    @pytest.mark.parametrize("data", [b"", b"\0" * 4096, b"\n\n", codecs.BOM_UTF8])
    def test_an_empty_file_says_nothing(self, path: Path, data: bytes) -> None:
        path.write_bytes(data)

        assert read(path).key() is None
        assert read(path).api_url() is None

    @pytest.mark.parametrize(
        ("make", "reason"),
        [
            (Path.mkdir, "is a folder"),
            (os.mkfifo, "no ordinary file"),
            (lambda p: p.write_bytes(b"#" * (1024 * 1024 + 1)), "larger than 1 MiB"),
            (lambda p: p.symlink_to(p), "cannot be read"),
            (lambda p: p.write_text("[settings\n"), "line 1"),
        ],
    )
    def test_what_cannot_be_read_is_an_error_that_names_it(
        self, path: Path, make: Callable[[Path], object], reason: str
    ) -> None:
        make(path)

        with pytest.raises(ConfigError, match=reason) as caught:
            read(path)
        assert str(path) in caught.value.title
        assert caught.value.exit_code == 103

    def test_the_largest_file_is_read_in_no_time(self, path: Path) -> None:
        path.write_text("a = " + " " * (1024 * 1024 - 40) + "x # y\n")

        assert read(path).get("a") is not None

    @pytest.mark.ordinary_user
    def test_an_unreadable_file_is_an_error_that_names_it(self, path: Path) -> None:
        path.write_text(PLAIN)
        path.chmod(0)

        with pytest.raises(ConfigError, match=f"{path} cannot be read: Permission denied"):
            read(path)

    @pytest.mark.parametrize("name", ["api_key", "api_url", "proxy"])
    def test_a_second_line_in_a_value_of_one_line_is_an_error(self, path: Path, name: str) -> None:
        path.write_text(f"[settings]\n\n{name} = x\n  y = z\n")

        with pytest.raises(ConfigError, match=rf"cfg line 3: {name} has more than one line"):
            read(path).get(name)

    def test_an_api_url_that_is_none_is_an_error_without_its_text(self, path: Path) -> None:
        path.write_text(f"[settings]\napi_key = {KEY}\napi_url = https://u:hunter2@host/\n")

        with pytest.raises(ConfigError, match="line 3: api_url must hold no user") as caught:
            read(path).key()
        assert "hunter2" not in str(caught.value)

    def test_no_value_is_in_the_repr(self, path: Path) -> None:
        path.write_text(f"[settings]\napi_key = {KEY}\napi_key_vault_cmd = get hunter2\n")
        cfg = read(path)

        shown = repr((cfg, cfg.files, cfg.key(), cfg.get("api_key_vault_cmd"), parse(PLAIN)))

        assert KEY not in shown
        assert "hunter2" not in shown

    def test_it_is_never_written(self, path: Path) -> None:
        path.write_bytes(codecs.BOM_UTF8 + PLAIN.encode() + b"\0rubbish")
        before = (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino)

        read(path).key()

        assert (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino) == before
        assert list(path.parent.iterdir()) == [path]


class TestKey:
    @pytest.mark.parametrize(
        ("text", "name", "is_command"),
        [
            (f"api_key = {KEY}", "api_key", False),
            (f"apikey = {KEY}", "apikey", False),
            (f"api_key = {KEY}\napi_key_vault_cmd = get", "api_key", False),
            ("api_key =\napi_key_vault_cmd = get", "api_key_vault_cmd", True),
            ("api_key_vault_cmd = get", "api_key_vault_cmd", True),
        ],
    )
    def test_a_key_comes_before_a_command(
        self, path: Path, text: str, name: str, is_command: bool
    ) -> None:
        path.write_text(text)

        found = read(path).key()

        assert found is not None
        assert (found.setting.name, found.is_command) == (name, is_command)
        assert found.api_url == WAKATIME_API_URL


class TestImport:
    @pytest.mark.parametrize("relative", ["other.cfg", "~/other.cfg", "{folder}/other.cfg"])
    def test_the_imported_values_override(self, path: Path, relative: str) -> None:
        name = relative.format(folder=path.parent)
        path.write_text(f"{PLAIN}timeout = 5\nproxy = a\nimport_cfg = {name}\n")
        (path.parent / "other.cfg").write_text(
            f"[settings]\napi_key = {OTHER_KEY}\napi_url = {OTHER_URL}\nproxy = b\ntimeout =\n"
        )

        cfg = read(path)
        found, proxy, timeout = cfg.key(), cfg.get("proxy"), cfg.get("timeout")

        assert found is not None
        assert proxy is not None
        assert timeout is not None
        assert (found.setting.value, found.api_url) == (OTHER_KEY, OTHER_URL)
        assert proxy.source == f"{path.parent / 'other.cfg'} line 4"
        assert timeout.source == f"{path} line 4"

    @pytest.mark.parametrize(
        ("main", "imported", "expected"),
        [
            # Both from one file.
            (f"api_key={KEY}\napi_url={URL}", "", URL),
            ("", f"api_key={KEY}\napi_url={URL}", URL),
            (f"api_url={OTHER_URL}", f"api_key={KEY}\napi_url={URL}", URL),
            (f"api_key={KEY}\napi_url={URL}", f"api_url={OTHER_URL}", URL),
            # No file names a server: WakaTime's.
            (f"api_key={KEY}", "", WAKATIME_API_URL),
            ("", f"api_key={KEY}", WAKATIME_API_URL),
            # A key in one file and a server in the other.
            (f"api_key={KEY}", f"api_url={OTHER_URL}", None),
            (f"api_url={OTHER_URL}", f"api_key={KEY}", None),
            (f"api_key={OTHER_KEY}\napi_url={OTHER_URL}", f"api_key={KEY}", None),
            # The same for a command.
            ("api_key_vault_cmd=get", f"api_url={OTHER_URL}", None),
            (f"api_key_vault_cmd=get\napi_url={URL}", f"api_url={OTHER_URL}", URL),
        ],
    )
    def test_a_key_is_for_the_server_of_its_own_file(
        self, path: Path, main: str, imported: str, expected: str | None
    ) -> None:
        path.write_text(f"[settings]\n{main}\nimport_cfg=other.cfg\n")
        (path.parent / "other.cfg").write_text(f"[settings]\n{imported}\n")

        found = read(path).key()

        assert found is not None
        assert found.api_url == expected

    @pytest.mark.parametrize(
        ("main", "expected"), [(f"api_key={KEY}", None), (f"api_key={KEY}\napi_url={URL}", URL)]
    )
    def test_a_missing_import_is_a_warning_and_might_have_named_the_server(
        self, path: Path, main: str, expected: str | None
    ) -> None:
        path.write_text(f"[settings]\n{main}\nimport_cfg=other.cfg\n")

        cfg = read(path)
        found = cfg.key()

        assert [str(path.parent / "other.cfg") in note for note in cfg.warnings] == [True]
        assert found is not None
        assert found.api_url == expected

    @pytest.mark.parametrize("name", [".wakatime.cfg", "other.cfg"])
    def test_imports_in_a_circle_end(self, path: Path, name: str) -> None:
        path.write_text(f"{PLAIN}import_cfg={name}\n")
        (path.parent / "other.cfg").write_text("[settings]\nimport_cfg=.wakatime.cfg\n")

        found = read(path).key()

        assert found is not None
        assert found.setting.value == KEY

    def test_an_import_that_is_broken_is_an_error_that_names_it(self, path: Path) -> None:
        path.write_text(f"{PLAIN}import_cfg=other.cfg\n")
        (path.parent / "other.cfg").write_text("[settings\n")

        with pytest.raises(ConfigError, match=r"other.cfg line 1"):
            read(path)
