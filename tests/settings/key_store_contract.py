"""What every KeyStore must do; each store's test class inherits it."""

from __future__ import annotations

import pytest

from trayapp.errors import KeyringLockedError
from trayapp.settings.key import Key
from trayapp.settings.keyring_store import KeyStore

USER = "home@https://wakapi.dev/api"
OTHER = "home@https://hackatime.hackclub.com/api/hackatime/v1"
KEY = Key("11111111-2222-4333-8444-555555555555")
OTHER_KEY = Key("waka_99999999-2222-4333-8444-555555555555")


class KeyStoreContract:
    """Needs a fixture `store` that is empty and unlocked."""

    def lock(self, store: KeyStore) -> None:
        raise NotImplementedError

    def unlock(self, store: KeyStore) -> None:
        raise NotImplementedError

    def test_what_was_not_stored_is_not_there(self, store: KeyStore) -> None:
        assert store.get(USER) is None
        assert store.get(USER, unlock=True) is None
        assert store.delete(USER) is False

    def test_a_key_is_kept_until_it_is_deleted(self, store: KeyStore) -> None:
        store.set(USER, KEY)

        assert store.get(USER) == KEY
        assert store.get(USER, unlock=True) == KEY
        assert store.delete(USER) is True
        assert store.get(USER) is None
        assert store.delete(USER) is False

    def test_a_new_key_replaces_the_old_one(self, store: KeyStore) -> None:
        store.set(USER, KEY)
        store.set(USER, OTHER_KEY)

        assert store.get(USER) == OTHER_KEY
        store.delete(USER)
        assert store.get(USER) is None

    def test_each_api_url_has_a_key_of_its_own(self, store: KeyStore) -> None:
        store.set(USER, KEY)
        store.set(OTHER, OTHER_KEY)
        store.delete(USER)

        assert (store.get(USER), store.get(OTHER)) == (None, OTHER_KEY)

    def test_locked_it_says_so_and_unlocked_it_has_everything(self, store: KeyStore) -> None:
        store.set(USER, KEY)

        self.lock(store)
        with pytest.raises(KeyringLockedError, match="is locked"):
            store.get(USER)
        self.unlock(store)

        assert store.get(USER) == KEY
