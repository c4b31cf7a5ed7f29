"""The page that belongs to an account."""

from __future__ import annotations

from trayapp.servers.dialects import Dialect, dashboard_url, dialect_from_url
from trayapp.settings.accounts import Account


def dashboard_of(account: Account) -> str:
    """Give the page that belongs to an account."""
    dialect = Dialect(account.dialect) if account.dialect else dialect_from_url(account.api_url)
    return dashboard_url(account.api_url, dialect)
