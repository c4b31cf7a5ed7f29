"""How the network is reached, as ~/.wakatime.cfg says."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from trayapp.errors import ConfigError
from trayapp.settings.locations import expand_home
from trayapp.settings.wakatime_cfg import Setting, WakatimeCfg

_TRUE = {"true", "t", "yes", "on", "1"}
_FALSE = {"false", "f", "no", "off", "0"}

_PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")

LONGEST_TIMEOUT_SECONDS = 3600.0


class Network(NamedTuple):
    """What a connection must mind; `proxy` may hold a password and stays out of the repr.

    `proxy` None leaves the choice to the environment, `timeout_seconds` None to the client.
    """

    proxy: str | None = None
    verify: bool = True
    certificates_file: str | None = None
    timeout_seconds: float | None = None

    def __repr__(self) -> str:
        values = self._replace(proxy=self.shown_proxy)
        return f"Network{tuple(values)!r}"

    @property
    def shown_proxy(self) -> str | None:
        """The proxy without its user and password."""
        if self.proxy is None:
            return None
        scheme, _, rest = self.proxy.partition("://")
        user, _, host = rest.rpartition("@")
        return f"{scheme}://***@{host}" if user else self.proxy


def read_network(cfg: WakatimeCfg, home: Path) -> tuple[Network, tuple[str, ...]]:
    """Read the network's settings, with warnings; raises ConfigError.

    A proxy or a certificates file that cannot be used is an error: without it nothing would get
    through. As in wakatime-cli a timeout that is no number counts as none, and no_ssl_verify that
    is neither true nor false as false; both are warned about.
    """
    warnings: list[str] = []
    verify = _read_verify(cfg.get("no_ssl_verify"), warnings)
    certificates = cfg.get("ssl_certs_file")
    network = Network(
        proxy=_read_proxy(cfg.get("proxy")),
        verify=verify,
        # Without verification nobody asks for it, as in wakatime-cli.
        certificates_file=_read_certificates(certificates, home) if verify else None,
        timeout_seconds=_read_timeout(cfg.get("timeout"), warnings),
    )
    return network, tuple(warnings)


def _read_proxy(setting: Setting | None) -> str | None:
    if setting is None:
        return None
    # No message repeats the value: it may hold a password.
    if "\\" in setting.value:
        raise ConfigError(
            f"{setting.source}: an NTLM proxy cannot be used",
            "Run a local proxy that signs in to it, such as cntlm, and name that one here.",
        )
    url = setting.value if "://" in setting.value else f"http://{setting.value}"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in _PROXY_SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not url.isprintable() or " " in url:
        raise ConfigError(
            f"{setting.source}: this proxy cannot be used",
            "Write it as https://user:password@host:port or socks5://user:password@host:port.",
        )
    return url


def _read_verify(setting: Setting | None, warnings: list[str]) -> bool:
    if setting is None:
        return True
    text = setting.value.lower()
    if text not in _TRUE | _FALSE:
        warnings.append(
            f"{setting.source}: no_ssl_verify is neither true nor false; certificates are checked"
        )
    return text not in _TRUE


def _read_certificates(setting: Setting | None, home: Path) -> str | None:
    if setting is None:
        return None
    path = setting.file.parent / expand_home(setting.value, home)
    try:
        with path.open("rb"):
            return str(path)
    except OSError as error:
        raise ConfigError(
            f"{setting.source}: ssl_certs_file {path} cannot be read: {error.strerror}",
            "Name a file of certificates in PEM form, or remove the line.",
        ) from error


def _read_timeout(setting: Setting | None, warnings: list[str]) -> float | None:
    if setting is None:
        return None
    try:
        seconds = float(setting.value)
    except ValueError:
        seconds = math.nan
    if seconds == 0:
        return None
    if not 0 < seconds <= LONGEST_TIMEOUT_SECONDS:
        warnings.append(
            f"{setting.source}: timeout is no number of seconds up to "
            f"{LONGEST_TIMEOUT_SECONDS:.0f}; the default is used"
        )
        return None
    return seconds
