"""Who gets heartbeats, and by which key at which server."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.person import Person
from trayapp.delivery.seams import Receiver
from trayapp.errors import KeyHostError, KeyringLockedError, SignedOutError
from trayapp.resident.receivers import make_receivers
from trayapp.servers.transport import FunctionTransport, Response
from trayapp.settings.accounts import load_settings
from trayapp.settings.key import Key
from trayapp.settings.keyring_store import MemoryKeyStore

KEY = "11111111-2222-4333-8444-555555555555"
OTHER_KEY = "22222222-3333-4444-8555-666666666666"

HOME = "home@https://waka.example/api"

CONFIG = """\
[accounts.home]
api_url = "https://waka.example/api"
[accounts.quiet]
api_url = "https://quiet.example/api"
receive = false
"""


class Scene:
    """A person with settings, a keyring, and a network that tells what was sent where."""

    def __init__(self, home: Path) -> None:
        self.person = Person(home)
        self.keyring = MemoryKeyStore({HOME: Key(KEY)})
        self.sent: list[tuple[str, str]] = []
        self.person.write_config(CONFIG)

    def receivers(self, *, unlock: bool = False) -> tuple[Receiver, ...]:
        environment = self.person.environment
        settings = load_settings(self.person.locations, environment)
        made = make_receivers(settings, environment, self.keyring, self.connect, unlock=unlock)
        assert tuple(receiver.name for receiver in made) == settings.receivers
        return made

    def connect(self, _options: object) -> FunctionTransport:
        return FunctionTransport(lambda *_: Response(404, {}, b""), self.take)

    def take(self, url: str, headers: Mapping[str, str], _body: bytes) -> Response:
        key = base64.b64decode(headers["Authorization"].removeprefix("Basic "))
        self.sent.append((url, key.decode()))
        return Response(201, {}, b"")

    def claim(self, lines: str) -> None:
        (self.person.home / ".wakatime.cfg").write_text(f"[api_urls]\n{lines}\n")


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path / "home")


def test_each_is_sent_to_with_its_own_key(scene: Scene) -> None:
    scene.claim(f"/work/ = https://work.example/api|{OTHER_KEY}")

    for receiver in scene.receivers():
        receiver.connect().send_heartbeats(b"[]", "box", "wakatime/1")

    assert scene.sent == [
        ("https://waka.example/api/users/current/heartbeats.bulk", KEY),
        ("https://work.example/api/users/current/heartbeats.bulk", OTHER_KEY),
    ]


def test_the_keyring_is_unlocked_only_for_a_person(scene: Scene) -> None:
    scene.keyring.locked = True

    (receiver,) = scene.receivers()
    with pytest.raises(KeyringLockedError):
        receiver.connect()

    (receiver,) = scene.receivers(unlock=True)
    receiver.connect()


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (f"/work/ = http://work.example/api|{OTHER_KEY}", KeyHostError),
        ("/work/ = https://work.example/api|short", SignedOutError),
    ],
)
def test_a_claim_that_cannot_be_served_says_which_line(
    scene: Scene, line: str, error: type[Exception]
) -> None:
    scene.claim(line)

    _, claim = scene.receivers()
    with pytest.raises(error, match="line 2"):
        claim.connect()

    assert scene.sent == []


def test_they_are_equal_until_what_they_need_is_edited(scene: Scene) -> None:
    scene.claim(f"/work/ = https://work.example/api|{KEY}")
    before = scene.receivers()
    assert scene.receivers() == before

    scene.person.write_config(f'icon = "ring"\n{CONFIG}')
    assert scene.receivers() == before

    scene.claim(f"/work/ = https://work.example/api|{OTHER_KEY}")
    home, claim = scene.receivers()
    assert home == before[0]
    assert claim != before[1]
    assert claim.name == before[1].name

    scene.person.write_config(CONFIG.replace("[accounts.q", 'key = "env"\n[accounts.q'))
    assert scene.receivers()[0] != before[0]


def test_no_key_is_shown(scene: Scene) -> None:
    scene.claim(f"/work/ = https://work.example/api|{OTHER_KEY}")

    shown = repr(scene.receivers())

    assert KEY not in shown
    assert OTHER_KEY not in shown
