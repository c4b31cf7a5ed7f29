from __future__ import annotations

import inspect
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import keyring.backend
import keyring.core
import keyring.errors
import pytest
import secretstorage.exceptions

from tests.desktop.processes import wait_for
from tests.settings.key_store_contract import KEY, USER, KeyStoreContract
from trayapp.errors import (
    KeyProblemError,
    KeyringError,
    KeyringLockedError,
    KeyringMissingError,
)
from trayapp.settings import keyring_store
from trayapp.settings.keyring_store import (
    KeyStore,
    MemoryKeyStore,
    SystemKeyring,
    choose_backend,
    is_fit,
    map_error,
)

LIMIT = 0.2


class TestMemoryKeyStore(KeyStoreContract):
    @pytest.fixture
    def store(self) -> MemoryKeyStore:
        return MemoryKeyStore()

    def lock(self, store: KeyStore) -> None:
        assert isinstance(store, MemoryKeyStore)
        store.locked = True

    def unlock(self, store: KeyStore) -> None:
        assert isinstance(store, MemoryKeyStore)
        store.locked = False

    def test_it_can_be_missing(self) -> None:
        store = MemoryKeyStore(missing=True)

        with pytest.raises(KeyringMissingError):
            store.get(USER)
        with pytest.raises(KeyringMissingError):
            store.set(USER, KEY)


class SlowBackend:
    """A backend that answers when it is told to."""

    name = "slow"

    def __init__(self) -> None:
        self.answer = threading.Event()
        self.calls = 0

    def get_password(self, service: str, username: str) -> str:
        assert (service, username) == ("trayapp", USER)
        self.calls += 1
        self.answer.wait(30)
        return KEY.reveal()


class Clock:
    """A clock that stands still."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowBackend]:
    backend = SlowBackend()

    def choose(**_: object) -> Any:
        return backend

    monkeypatch.setattr(keyring_store, "choose_backend", choose)
    yield backend
    backend.answer.set()
    wait_for(lambda: not keyring_threads(), "the keyring's threads end")


def keyring_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "keyring"]


class TestTimeLimit:
    def test_nobody_waits_longer_than_the_limit(self, slow: SlowBackend) -> None:
        store = SystemKeyring(read_seconds=LIMIT, person_seconds=LIMIT)

        with pytest.raises(KeyringLockedError, match=r"did not answer within 0.2 s"):
            store.get(USER)
        assert [thread.daemon for thread in keyring_threads()] == [True]
        assert slow.calls == 1

    def test_after_it_nobody_asks_for_a_while(self, slow: SlowBackend) -> None:
        clock = Clock()
        store = SystemKeyring(read_seconds=LIMIT, hold_off_seconds=300, clock=clock)
        with pytest.raises(KeyringLockedError):
            store.get(USER)
        slow.answer.set()
        wait_for(lambda: not keyring_threads(), "the late answer comes")

        clock.now += 299
        with pytest.raises(KeyringLockedError, match="a while ago"):
            store.get(USER)
        assert slow.calls == 1
        clock.now += 1
        assert store.get(USER) == KEY

    def test_nobody_is_held_off_once_it_was_heard_of(self, slow: SlowBackend) -> None:
        store = SystemKeyring(read_seconds=LIMIT, clock=Clock())
        with pytest.raises(KeyringLockedError):
            store.get(USER)
        slow.answer.set()
        wait_for(lambda: not keyring_threads(), "the late answer comes")

        store.answers_again()

        assert store.get(USER) == KEY

    def test_it_may_be_heard_of_while_somebody_waits_for_it(self, slow: SlowBackend) -> None:
        store = SystemKeyring(read_seconds=LIMIT, clock=Clock())
        with ThreadPoolExecutor(1) as reader:
            waiting = reader.submit(store.get, USER)
            wait_for(lambda: slow.calls, "it is asked")
            store.answers_again()
            with pytest.raises(KeyringLockedError):
                waiting.result()
        slow.answer.set()
        wait_for(lambda: not keyring_threads(), "the late answer comes")

        assert store.get(USER) == KEY

    def test_a_person_who_asks_is_not_held_off(self, slow: SlowBackend) -> None:
        store = SystemKeyring(read_seconds=LIMIT, clock=Clock())
        with pytest.raises(KeyringLockedError):
            store.get(USER)
        slow.answer.set()

        assert store.get(USER, unlock=True) == KEY
        assert store.get(USER) == KEY

    def test_a_dialog_that_is_still_open_is_not_opened_again(self, slow: SlowBackend) -> None:
        clock = Clock()
        store = SystemKeyring(read_seconds=LIMIT, hold_off_seconds=300, clock=clock)
        with pytest.raises(KeyringLockedError):
            store.get(USER)

        clock.now += 10_000
        with pytest.raises(KeyringLockedError, match="a while ago"):
            store.get(USER)
        assert slow.calls == 1

    def test_an_interrupt_is_not_taken_for_an_error_of_the_keyring(
        self, slow: SlowBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupted(*_arguments: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(keyring_store, "call_with_limit", interrupted)

        with pytest.raises(KeyboardInterrupt):
            SystemKeyring().get(USER)
        assert slow.calls == 0


def all_errors(module: ModuleType) -> list[type[BaseException]]:
    return [
        kind
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, BaseException)
    ]


class Panic(BaseException):
    """As Rust's, which is no Exception."""


class TestErrors:
    @pytest.mark.parametrize(
        "error",
        [
            *(kind("x") for kind in all_errors(keyring.errors)),
            *(kind("x") for kind in all_errors(secretstorage.exceptions)),
            ConnectionError("x"),
            ImportError("x"),
            RuntimeError(),
            OSError(5, "x"),
            Panic("x"),
        ],
        ids=repr,
    )
    def test_every_foreign_error_is_one_of_ours(
        self, error: BaseException, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def choose(**_: object) -> Any:
            raise error

        monkeypatch.setattr(keyring_store, "choose_backend", choose)

        for ask in (
            lambda: SystemKeyring().get(USER),
            lambda: SystemKeyring().set(USER, KEY),
            lambda: SystemKeyring().delete(USER),
            lambda: SystemKeyring().check(),
        ):
            with pytest.raises(KeyringError) as caught:
                ask()
            locked = "Locked" in type(error).__name__ or "Dismissed" in type(error).__name__
            assert type(caught.value) is (KeyringLockedError if locked else KeyringMissingError)
            assert caught.value.__cause__ is error

    def test_a_dismissed_prompt_is_found_behind_other_errors(self) -> None:
        """keyring says InitError, "Failed to create the collection"."""
        error = keyring.errors.InitError("failed")
        error.__cause__ = secretstorage.PromptDismissedException("dismissed")

        assert isinstance(map_error(error), KeyringLockedError)

    def test_a_long_text_is_cut(self) -> None:
        assert len(map_error(RuntimeError("x\n" * 10_000)).title) < 300

    def test_other_ways_are_named(self) -> None:
        hint = map_error(RuntimeError("x")).hint

        for way in ("WAKATIME_API_KEY", "api_key ", "api_key_vault_cmd"):
            assert way in hint

    def test_an_entry_that_is_no_key_is_told_without_its_text(self, slow: SlowBackend) -> None:
        slow.answer.set()
        slow.get_password = lambda *_: "hunter2 and more"  # type: ignore[method-assign]

        with pytest.raises(KeyProblemError, match="from the system keyring") as caught:
            SystemKeyring().get(USER)
        assert "hunter2" not in str(caught.value)


def backend_like(name: str, module: str, priority: float = 5) -> Any:
    return type(name, (), {"__module__": module, "priority": priority, "name": name})()


class TestChoice:
    @pytest.mark.parametrize(
        ("backend", "fit"),
        [
            (backend_like("Keyring", "keyring.backends.SecretService"), True),
            (backend_like("Keyring", "keyring.backends.macOS"), True),
            (backend_like("WinVaultKeyring", "keyring.backends.Windows"), True),
            (backend_like("PasswordStoreBackend", "keyring_pass"), True),
            (backend_like("Keyring", "keyring.backends.fail", 0), False),
            (backend_like("Keyring", "keyring.backends.null", -1), False),
            (backend_like("PlaintextKeyring", "keyrings.alt.file", 0.5), False),
            (backend_like("EncryptedKeyring", "keyrings.alt.file", 9), False),
            (backend_like("MyPlainTextKeyring", "elsewhere"), False),
        ],
    )
    def test_only_what_keeps_keys_safe_is_fit(self, backend: Any, fit: bool) -> None:
        assert is_fit(backend) is fit

    @pytest.mark.parametrize("kind", ["null", "fail"])
    def test_a_backend_that_a_person_chose_must_be_fit_too(
        self, monkeypatch: pytest.MonkeyPatch, kind: str
    ) -> None:
        """The null backend would take a key and lose it."""
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", f"keyring.backends.{kind}.Keyring")

        with pytest.raises(KeyringMissingError, match="would not keep the key safe"):
            SystemKeyring().set(USER, KEY)

    def test_a_backend_that_is_not_there_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "no.such.Keyring")

        with pytest.raises(KeyringMissingError, match="ModuleNotFoundError"):
            SystemKeyring().get(USER)

    def test_the_secret_service_comes_first(self, monkeypatch: pytest.MonkeyPatch) -> None:
        wallet = backend_like("DBusKeyring", "keyring.backends.kwallet", 5.1)
        service = backend_like("Keyring", "keyring.backends.SecretService", 5)
        chain = type("ChainerBackend", (), {"backends": [wallet, service]})()
        monkeypatch.setattr(keyring.core, "load_env", lambda: chain)

        assert choose_backend(unlock=False) is service

    def test_to_choose_starts_no_process(self, tmp_path: Path) -> None:
        """Of all backends' modules, the Mac's would have gcc run on Linux."""
        code = (
            "import sys\n"
            "def hook(event, arguments):\n"
            "    if event == 'subprocess.Popen': sys.exit(f'{event} {arguments}')\n"
            "sys.addaudithook(hook)\n"
            "from trayapp.errors import KeyringMissingError\n"
            "from trayapp.settings.keyring_store import choose_backend\n"
            "try: choose_backend(unlock=True)\n"
            "except KeyringMissingError: pass\n"
            "print('keyring.backends.macOS' in sys.modules)\n"
        )
        environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
        command = [sys.executable, "-c", code]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=50, check=False
        )

        assert (done.stdout, done.stderr) == ("True\n", "")

    @pytest.mark.parametrize("module", ["kwallet", "libsecret"])
    def test_what_asks_by_itself_is_not_asked_in_the_background(
        self, monkeypatch: pytest.MonkeyPatch, module: str
    ) -> None:
        wallet = backend_like("Keyring", f"keyring.backends.{module}")
        monkeypatch.setattr(keyring.core, "load_env", lambda: wallet)

        with pytest.raises(KeyringLockedError):
            choose_backend(unlock=False)
        assert choose_backend(unlock=True) is wallet
