from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from trayapp.errors import (
    KeyHostError,
    KeyProblemError,
    KeyringLockedError,
    KeyringMissingError,
    SignedOutError,
)
from trayapp.settings import vault
from trayapp.settings.accounts import Account, Settings, load_settings
from trayapp.settings.api_url import WAKATIME_API_URL
from trayapp.settings.config import KeySource
from trayapp.settings.credentials import find_key, keyring_user, winning_source
from trayapp.settings.key import Key
from trayapp.settings.keyring_store import MemoryKeyStore
from trayapp.settings.locations import Locations, write_private

HACKATIME = "https://hackatime.hackclub.com/api/hackatime/v1"
WAKAPI = "https://wakapi.dev/api"
URLS = (HACKATIME, WAKAPI, WAKATIME_API_URL)

ENV_KEY = "waka_env-1111-2222"
MAIN_KEY = "main-1111-2222"
IMPORT_KEY = "import-1111-2222"
SOURCES: tuple[KeySource, ...] = ("keyring", "wakatime.cfg", "env")

Cfg = tuple[bool, str | None]
"""Whether a .wakatime.cfg has a key, and the api_url it names."""

CFGS: list[Cfg] = [(key, url) for key in (False, True) for url in (None, *URLS)]
ACCOUNTS = [
    tuple(
        Account(name, url, key_source=source)
        for name, (url, source) in zip("ab", chosen, strict=False)
    )
    for count in (0, 1, 2)
    for chosen in itertools.product(itertools.product(URLS, SOURCES), repeat=count)
]


def keyring_key(name: str, url: str) -> str:
    return f"ring-{name}-{URLS.index(url)}"


def full_keyring() -> MemoryKeyStore:
    """One that has an entry for every name at every api_url."""
    return MemoryKeyStore(
        {
            f"{name}@{url}": Key(keyring_key(name, url))
            for name in ("a", "b", "wakatime.cfg")
            for url in URLS
        }
    )


def write_cfg(path: Path, cfg: Cfg | None, key: str, *, vault: bool, more: str = "") -> None:
    if cfg is None:
        path.unlink(missing_ok=True)
        return
    has_key, url = cfg
    lines = ["[settings]", more]
    if has_key:
        lines.append(f"api_key_vault_cmd = get {key}" if vault else f"api_key = {key}")
    if url is not None:
        lines.append(f"api_url = {url}/")
    path.write_text("\n".join(lines))


def write_accounts(locations: Locations, accounts: tuple[Account, ...]) -> None:
    text = "".join(
        f"[accounts.{account.name}]\napi_url = '{account.api_url}'\nkey = '{account.key_source}'\n"
        for account in accounts
    )
    write_private(locations.config_file, text)


def given_for(
    accounts: tuple[Account, ...], main: Cfg | None, imported: Cfg | None
) -> dict[str, set[str]]:
    """Which api_urls each key was given for: the rule, written down a second time."""
    named = [cfg[1] for cfg in (main, imported) if cfg is not None and cfg[1] is not None]
    hosts: dict[str, set[str]] = {ENV_KEY: set(), MAIN_KEY: set(), IMPORT_KEY: set()}
    for key, cfg in ((MAIN_KEY, main), (IMPORT_KEY, imported)):
        if cfg is not None and cfg[0]:
            hosts[key] = {cfg[1]} if cfg[1] else set() if named else {WAKATIME_API_URL}
    if not accounts:
        # The implied account's own: the imported file's api_url overrides the main one's.
        hosts[ENV_KEY] = {named[-1] if named else WAKATIME_API_URL}
    elif len(accounts) == 1:
        hosts[ENV_KEY] = {accounts[0].api_url}
    else:
        hosts[ENV_KEY] = {a.api_url for a in accounts if a.key_source == "env"}
    for name, url in itertools.product(("a", "b", "wakatime.cfg"), URLS):
        hosts[keyring_key(name, url)] = {url}
    return hosts


@pytest.fixture
def _no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    def last_word(command: str, _source: str, _environment: Mapping[str, str]) -> str:
        return command.rsplit(maxsplit=1)[-1]

    monkeypatch.setattr(vault, "run_vault_command", last_word)


def cases() -> Iterator[tuple[Cfg | None, Cfg | None]]:
    yield None, None
    for main in CFGS:
        for imported in (None, *CFGS):
            yield main, imported


@pytest.mark.usefixtures("_no_processes")
@pytest.mark.parametrize("vault", [False, True], ids=["api_key", "command"])
@pytest.mark.parametrize("variable", [None, ENV_KEY], ids=["no variable", "variable"])
def test_no_key_is_ever_offered_for_a_host_it_was_not_given_for(
    locations: Locations, environment: dict[str, str], vault: bool, variable: str | None
) -> None:
    """Every source of keys, each api_url, a main file and an import, and up to two accounts."""
    if variable is not None:
        environment["WAKATIME_API_KEY"] = variable
    outcomes: Counter[str] = Counter()
    for main, imported in cases():
        more = "" if imported is None else "import_cfg = other.cfg"
        write_cfg(locations.wakatime_cfg, main, MAIN_KEY, vault=vault, more=more)
        write_cfg(locations.home / "other.cfg", imported, IMPORT_KEY, vault=vault)
        locations.config_file.unlink(missing_ok=True)
        base = load_settings(locations, environment)
        for accounts in ACCOUNTS:
            settings = Settings(accounts or base.accounts, wakatime_cfg=base.wakatime_cfg)
            allowed = given_for(accounts, main, imported)
            for account in settings.accounts:
                try:
                    found = find_key(account, settings, environment, full_keyring())
                except (KeyHostError, SignedOutError) as error:
                    outcomes[type(error).__name__] += 1
                else:
                    outcomes[found.key.reveal().split("-")[0]] += 1
                    assert account.api_url in allowed[found.key.reveal()]

    expected = {"main", "import", "ring", "KeyHostError"}
    # Whoever wants the variable gets it, or is signed out.
    expected |= {"waka_env"} if variable else {"SignedOutError"}
    assert expected - outcomes.keys() == set()


@pytest.mark.parametrize(
    ("accounts", "cfg", "variable", "expected"),
    [
        # The implied account.
        ((), (True, HACKATIME), False, {"wakatime.cfg": MAIN_KEY}),
        ((), (True, None), False, {"wakatime.cfg": MAIN_KEY}),
        ((), (True, HACKATIME), True, {"wakatime.cfg": ENV_KEY}),
        ((), (False, HACKATIME), True, {"wakatime.cfg": ENV_KEY}),
        ((), None, True, {"wakatime.cfg": ENV_KEY}),
        ((), (False, HACKATIME), False, {"wakatime.cfg": SignedOutError}),
        # The only account.
        ((Account("a", WAKAPI),), None, False, {"a": "ring-a-1"}),
        ((Account("a", WAKAPI),), (True, WAKAPI), False, {"a": "ring-a-1"}),
        ((Account("a", WAKAPI),), None, True, {"a": ENV_KEY}),
        ((Account("a", WAKAPI, key_source="env"),), None, False, {"a": SignedOutError}),
        ((Account("a", WAKAPI, key_source="env"),), None, True, {"a": ENV_KEY}),
        (
            (Account("a", WAKAPI, key_source="wakatime.cfg"),),
            (True, WAKAPI),
            False,
            {"a": MAIN_KEY},
        ),
        (
            (Account("a", WAKAPI, key_source="wakatime.cfg"),),
            (True, HACKATIME),
            False,
            {"a": KeyHostError},
        ),
        (
            (Account("a", WAKAPI, key_source="wakatime.cfg"),),
            (True, None),
            False,
            {"a": KeyHostError},
        ),
        (
            (Account("a", WAKATIME_API_URL, key_source="wakatime.cfg"),),
            (True, None),
            False,
            {"a": MAIN_KEY},
        ),
        # One of several.
        (
            (Account("a", WAKAPI), Account("b", HACKATIME, key_source="env")),
            None,
            True,
            {"a": "ring-a-1", "b": ENV_KEY},
        ),
        (
            (
                Account("a", HACKATIME, key_source="wakatime.cfg"),
                Account("b", WAKAPI, key_source="env"),
            ),
            (True, HACKATIME),
            False,
            {"a": MAIN_KEY, "b": SignedOutError},
        ),
    ],
)
def test_the_key_is_that_of_the_rule(
    locations: Locations,
    environment: dict[str, str],
    accounts: tuple[Account, ...],
    cfg: Cfg | None,
    variable: bool,
    expected: dict[str, str | type[KeyProblemError]],
) -> None:
    write_accounts(locations, accounts)
    write_cfg(locations.wakatime_cfg, cfg, MAIN_KEY, vault=False)
    if variable:
        environment["WAKATIME_API_KEY"] = f" {ENV_KEY}\n"
    settings = load_settings(locations, environment)

    found: dict[str, str | type[KeyProblemError]] = {}
    for account in settings.accounts:
        try:
            key = find_key(account, settings, environment, full_keyring())
            found[account.name] = key.key.reveal()
        except KeyProblemError as error:
            found[account.name] = type(error)

    assert found == expected


def test_a_blank_variable_counts_as_none() -> None:
    account = Account("a", WAKAPI)

    found = find_key(account, Settings((account,)), {"WAKATIME_API_KEY": " "}, full_keyring())

    assert found.source == "the system keyring"


@pytest.mark.parametrize(
    ("accounts", "environment", "expected"),
    [
        ((Account("a", WAKAPI),), {}, "keyring"),
        ((Account("a", WAKAPI),), {"WAKATIME_API_KEY": ENV_KEY}, "env"),
        ((Account("a", WAKAPI), Account("b", WAKAPI)), {"WAKATIME_API_KEY": ENV_KEY}, "keyring"),
        # It is about to be added beside another.
        ((Account("b", WAKAPI),), {"WAKATIME_API_KEY": ENV_KEY}, "keyring"),
    ],
)
def test_login_can_ask_which_source_wins(
    accounts: tuple[Account, ...], environment: dict[str, str], expected: str
) -> None:
    assert winning_source(Account("a", WAKAPI), Settings(accounts), environment) == expected


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    ("api_url", "allow_http", "refused"),
    [
        ("http://box.lan/api", False, True),
        ("http://box.lan/api", True, False),
        ("http://localhost:3000/api", False, False),
        ("https://box.lan/api", False, False),
    ],
)
def test_no_key_goes_over_plain_http_unless_the_account_says_so(
    locations: Locations,
    environment: dict[str, str],
    source: KeySource,
    api_url: str,
    allow_http: bool,
    refused: bool,
) -> None:
    account = Account("a", api_url, key_source=source, allow_http=allow_http)
    write_cfg(locations.wakatime_cfg, (True, api_url), MAIN_KEY, vault=False)
    environment["WAKATIME_API_KEY"] = ENV_KEY
    cfg = load_settings(locations, environment).wakatime_cfg
    store = MemoryKeyStore({keyring_user(account): Key(MAIN_KEY)})
    settings = Settings((account, Account("b", WAKAPI)), wakatime_cfg=cfg)

    if refused:
        with pytest.raises(KeyHostError, match="plain text"):
            find_key(account, settings, environment, store)
    else:
        assert find_key(account, settings, environment, store).key.reveal() in (MAIN_KEY, ENV_KEY)


def test_an_implied_account_does_not_send_over_plain_http(
    locations: Locations, environment: dict[str, str]
) -> None:
    write_cfg(locations.wakatime_cfg, (True, "http://box.lan/api"), MAIN_KEY, vault=False)
    settings = load_settings(locations, environment)

    with pytest.raises(KeyHostError, match="plain text"):
        find_key(settings.accounts[0], settings, environment, MemoryKeyStore())


def test_a_missing_key_says_how_to_sign_in(
    locations: Locations, environment: dict[str, str]
) -> None:
    account = Account("home", WAKAPI)
    with pytest.raises(SignedOutError) as caught:
        find_key(account, Settings((account,)), {}, MemoryKeyStore())
    assert caught.value.hint == "Sign in: trayapp login --account home"
    assert caught.value.exit_code == 104

    write_cfg(locations.wakatime_cfg, (False, WAKAPI), MAIN_KEY, vault=False)
    settings = load_settings(locations, environment)
    with pytest.raises(SignedOutError) as caught:
        find_key(settings.accounts[0], settings, environment, MemoryKeyStore())
    assert caught.value.hint == "Sign in: trayapp login"


def test_a_refusal_says_which_line_to_write(
    locations: Locations, environment: dict[str, str]
) -> None:
    """The main file has the server, and a file of its own the key."""
    write_cfg(
        locations.wakatime_cfg, (False, WAKAPI), "", vault=False, more="import_cfg = other.cfg"
    )
    write_cfg(locations.home / "other.cfg", (True, None), IMPORT_KEY, vault=False)
    settings = load_settings(locations, environment)

    with pytest.raises(KeyHostError) as caught:
        find_key(settings.accounts[0], settings, environment, MemoryKeyStore())

    other = locations.home / "other.cfg"
    assert f"{other} line 3 has a key" in caught.value.title
    assert f"Put api_url = {WAKAPI} into {other}" in caught.value.hint
    assert IMPORT_KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("store", "error"),
    [
        (MemoryKeyStore(locked=True), KeyringLockedError),
        (MemoryKeyStore(missing=True), KeyringMissingError),
    ],
)
def test_a_keyring_that_cannot_tell_is_told_as_it_is(
    store: MemoryKeyStore, error: type[KeyProblemError]
) -> None:
    account = Account("a", WAKAPI)

    with pytest.raises(error):
        find_key(account, Settings((account,)), {}, store)


def test_a_person_may_unlock_the_keyring() -> None:
    account = Account("a", WAKAPI)
    store = MemoryKeyStore({keyring_user(account): Key(MAIN_KEY)}, locked=True)

    assert find_key(account, Settings((account,)), {}, store, unlock=True).key == Key(MAIN_KEY)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("api_key = with blank in it", "api_key in .*line 2 has characters"),
        ("api_key = short", "api_key in .*line 2 must have"),
        ("api_key_vault_cmd = true", "printed nothing"),
        ("api_key_vault_cmd = false", "failed with exit status 1"),
        ("api_key_vault_cmd = echo with blank in it", "line 2 has characters"),
    ],
)
def test_what_the_cfg_holds_must_be_a_key(
    locations: Locations, environment: dict[str, str], line: str, reason: str
) -> None:
    locations.wakatime_cfg.write_text(f"[settings]\n{line}\n")
    settings = load_settings(locations, environment)

    with pytest.raises(KeyProblemError, match=reason) as caught:
        find_key(settings.accounts[0], settings, environment, MemoryKeyStore())
    assert "blank" not in str(caught.value)
    assert "short" not in str(caught.value)


def test_the_command_of_the_cfg_is_run(locations: Locations, environment: dict[str, str]) -> None:
    locations.wakatime_cfg.write_text(f"api_key_vault_cmd = echo {MAIN_KEY}")
    settings = load_settings(locations, environment)

    found = find_key(settings.accounts[0], settings, environment, MemoryKeyStore())

    assert found.key == Key(MAIN_KEY)
    assert found.source == f"api_key_vault_cmd in {locations.wakatime_cfg} line 1"


def test_no_command_is_run_for_a_key_that_may_not_be_sent(
    locations: Locations, environment: dict[str, str]
) -> None:
    ran = locations.home / "ran"
    locations.wakatime_cfg.write_text(f"api_key_vault_cmd = touch {ran}\napi_url = {HACKATIME}")
    account = Account("a", WAKAPI, key_source="wakatime.cfg")
    settings = load_settings(locations, environment)

    with pytest.raises(KeyHostError):
        find_key(account, settings, environment, MemoryKeyStore())
    assert not ran.exists()


def test_keyring_entries_are_bound_to_the_api_url() -> None:
    """Who edits api_url in config.toml does not take the key along."""
    store = MemoryKeyStore({f"a@{WAKAPI}": Key(MAIN_KEY)})
    account = Account("a", HACKATIME)

    with pytest.raises(SignedOutError):
        find_key(account, Settings((account,)), {}, store)
