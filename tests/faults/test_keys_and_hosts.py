"""No key reaches a host that it was not given for, whatever was set where."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from trayapp.errors import TrayappError
from trayapp.resident.asking import Asker
from trayapp.servers.transport import FunctionTransport, Response
from trayapp.settings.accounts import load_settings
from trayapp.settings.key import Key
from trayapp.settings.keyring_store import MemoryKeyStore
from trayapp.settings.locations import find_locations

OURS = "https://ours.example/api"
THEIRS = "https://theirs.example/api/hackatime/v1"
WAKATIME = "https://api.wakatime.com/api/v1"

CFG_KEY = "cfg-key-0123456789"
ENVIRONMENT_KEY = "environment-key-0123456789"

CFGS = {
    "no file": "",
    "key and URL": f"[settings]\napi_url = {OURS}\napi_key = {CFG_KEY}\n",
    "key alone": f"[settings]\napi_key = {CFG_KEY}\n",
    "vault and URL": f"[settings]\napi_url = {OURS}\napi_key_vault_cmd = echo {CFG_KEY}\n",
    "URL alone": f"[settings]\napi_url = {OURS}\n",
}
KEY_SOURCES = ("keyring", "wakatime.cfg", "env")
ACCOUNTS = [
    (),
    *((account,) for account in itertools.product((OURS, THEIRS), KEY_SOURCES)),
    *itertools.product(
        itertools.product((OURS,), KEY_SOURCES), itertools.product((THEIRS,), KEY_SOURCES)
    ),
]


def keyring_key(name: str, api_url: str) -> str:
    return f"keyring-{name}-{urlsplit(api_url).hostname}"


def given_for(cfg: str, accounts: tuple[tuple[str, str], ...]) -> dict[str, set[str]]:
    """Say which hosts each key was given for: the rule "Keys and hosts", written once more."""
    cfg_url = OURS if OURS in CFGS[cfg] else WAKATIME
    allowed = {CFG_KEY: {cfg_url}}
    if len(accounts) == 1:
        allowed[ENVIRONMENT_KEY] = {accounts[0][0]}
    elif accounts:
        allowed[ENVIRONMENT_KEY] = {url for url, source in accounts if source == "env"}
    else:
        allowed[ENVIRONMENT_KEY] = {cfg_url}
    for name, url in itertools.product(("a0", "a1"), (OURS, THEIRS)):
        allowed[keyring_key(name, url)] = {url}
    return {key: {urlsplit(url).netloc for url in urls} for key, urls in allowed.items()}


@pytest.mark.parametrize("with_variable", [False, True])
@pytest.mark.parametrize("accounts", ACCOUNTS, ids=str)
@pytest.mark.parametrize("cfg", CFGS)
def test_each_key_goes_only_where_it_was_given_for(
    cfg: str, accounts: tuple[tuple[str, str], ...], with_variable: bool, tmp_path: Path
) -> None:
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    if with_variable:
        environment["WAKATIME_API_KEY"] = ENVIRONMENT_KEY
    if CFGS[cfg]:
        (tmp_path / ".wakatime.cfg").write_text(CFGS[cfg])
    locations = find_locations(environment)
    locations.config_file.parent.mkdir(parents=True)
    locations.config_file.write_text(
        "".join(
            f'[accounts.a{number}]\napi_url = "{url}"\nkey = "{source}"\n'
            for number, (url, source) in enumerate(accounts)
        )
    )
    # The keyring has a key for every name at every server, as after many sign-ins.
    keys = {
        f"{name}@{url}": Key(keyring_key(name, url))
        for name, url in itertools.product(("a0", "a1"), (OURS, THEIRS))
    }
    sent: set[tuple[str, str]] = set()

    def answer(url: str, headers: Mapping[str, str]) -> Response:
        scheme, _, token = headers["Authorization"].partition(" ")
        assert scheme == "Basic"
        sent.add((base64.b64decode(token).decode(), urlsplit(url).netloc))
        assert "key" not in url
        return Response(200, {}, b'{"data": {"grand_total": {"total_seconds": 60}}}', 1.0, 2.0)

    asker = Asker(environment, MemoryKeyStore(keys), lambda _: FunctionTransport(answer))
    settings = load_settings(locations, environment)
    answered = set[str]()
    for account in settings.accounts:
        try:
            asker.ask(account, settings)
        except TrayappError as error:
            assert error.exit_code == 104  # noqa: PT017 -- one of two allowed ends
        else:
            answered.add(urlsplit(account.api_url).netloc)

    allowed = given_for(cfg, accounts)
    assert all(host in allowed[key] for key, host in sent)
    assert answered == {host for _, host in sent}
    if len(accounts) == 1 and with_variable:
        assert {key for key, _ in sent} == {ENVIRONMENT_KEY}
