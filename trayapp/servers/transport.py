"""HTTP as the rest of the room sees it: one request, one answer, every failure one of ours."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from trayapp.errors import (
    AnswerTooLargeError,
    BadAnswerError,
    CertificateError,
    ConfigError,
    TimedOutError,
    TrayappError,
    UnreachableError,
)

if TYPE_CHECKING:
    import socket
    import ssl

    import httpx

CONNECT_SECONDS = 10.0
TOTAL_SECONDS = 30.0
"""One request from first to last byte, unless `timeout` in ~/.wakatime.cfg says otherwise."""

KEEP_ALIVE_SECONDS = 90.0
"""Longer than the time between two polls, so that one connection serves them all."""

LARGEST_ANSWER_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Response:
    """One answer: `headers` by lower-case name, `sent_at` and `received_at` in epoch seconds."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    sent_at: float = 0.0
    received_at: float = 0.0

    @property
    def server_time(self) -> float | None:
        """The server's clock when it answered, from the Date header, in epoch seconds."""
        try:
            return parsedate_to_datetime(self.headers["date"]).timestamp()
        except (KeyError, ValueError, OverflowError):
            return None


class Transport(Protocol):
    """Asks one URL; redirects are not followed."""

    def get(self, url: str, headers: Mapping[str, str]) -> Response:
        """Send a GET and wait for the whole answer; raises ServerError or ConfigError."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Send a POST of these very bytes, else as `get`; after an error it may have arrived."""

    def cut(self) -> None:
        """End the request under way, from another thread; it then fails."""

    def close(self) -> None:
        """Let go of the connection."""


class NetworkOptions(Protocol):
    """What `~/.wakatime.cfg` says of the network."""

    @property
    def proxy(self) -> str | None:
        """A proxy's URL, None for that of the environment."""

    @property
    def verify(self) -> bool:
        """Whether certificates are checked."""

    @property
    def certificates_file(self) -> str | None:
        """A file of certificates to trust beside the system's."""

    @property
    def timeout_seconds(self) -> float | None:
        """The limit for one whole request, None for ours."""


@dataclass
class FunctionTransport:
    """A transport that is answered by plain functions, for tests."""

    answer: Callable[[str, Mapping[str, str]], Response]
    take: Callable[[str, Mapping[str, str], bytes], Response] = field(
        default=lambda *_: Response(404, {}, b"")
    )
    closed: bool = field(default=False)

    def get(self, url: str, headers: Mapping[str, str]) -> Response:
        """Ask the function for GET."""
        return self.answer(url, headers)

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Ask the function for POST."""
        return self.take(url, headers, body)

    def cut(self) -> None:
        """Do nothing: a function answers at once."""

    def close(self) -> None:
        """Remember that nobody asks any more."""
        self.closed = True


class HttpTransport:
    """The real one: one connection kept alive, certificates as the system trusts them.

    Used by one thread at a time. `now` gives the wall clock in epoch seconds.
    """

    def __init__(
        self,
        options: NetworkOptions,
        user_agent: str,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._options = options
        self._user_agent = user_agent
        self._now = now
        self._total = options.timeout_seconds or TOTAL_SECONDS
        self._client: httpx.Client | None = None
        self._socket: socket.socket | None = None

    def get(self, url: str, headers: Mapping[str, str]) -> Response:
        """Send a GET; the whole of it, name look-up aside, ends within the time limit."""
        return self._within_limit("GET", url, headers, None)

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Send a POST, within the same limit."""
        return self._within_limit("POST", url, headers, body)

    def cut(self) -> None:
        """Shut the connection down, which wakes whoever waits for an answer on it."""
        import socket  # noqa: PLC0415 -- as httpx

        connection = self._socket
        if connection is not None:
            try:
                # Not SSLSocket's own, after which its reader would go on unencrypted.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
            except OSError:
                # Already closed from the other side: nothing is left to cut.
                return

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        client, self._client, self._socket = self._client, None, None
        if client is not None:
            client.close()

    def _within_limit(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Response:
        # httpx limits each single read, which a server that drips bytes never exceeds; so a timer
        # cuts the connection at the end of the total.
        host = urlsplit(url).netloc
        late = threading.Event()

        def give_up() -> None:
            late.set()
            self.cut()

        timer = threading.Timer(self._total, give_up)
        timer.daemon = True
        timer.start()
        try:
            return self._request(method, url, headers, body)
        except Exception as error:
            raise map_error(error, host, self._total, late=late.is_set()) from error
        finally:
            timer.cancel()

    def _request(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None
    ) -> Response:
        client = self._open(url)
        sent_at = self._now()
        with client.stream(
            method,
            url,
            headers=dict(headers),
            content=content,
            extensions={"trace": self._trace},
        ) as response:
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > LARGEST_ANSWER_BYTES:
                    raise AnswerTooLargeError(
                        f"{urlsplit(url).netloc} answered with more than "
                        f"{LARGEST_ANSWER_BYTES // 2**20} MiB",
                        "Ask for less at a time; if that was little, check the account's api_url.",
                    )
            return Response(
                response.status_code,
                {name.lower(): value for name, value in response.headers.items()},
                bytes(body),
                sent_at,
                self._now(),
            )

    def _open(self, url: str) -> httpx.Client:
        # Plain http with a key stays on this machine, so no proxy elsewhere may carry it.
        plain = urlsplit(url).scheme == "http"
        proxy = self._options.proxy
        if plain and urlsplit(proxy or "").hostname not in ("localhost", "127.0.0.1", "::1"):
            proxy = None
        if self._client is None:
            import httpx  # noqa: PLC0415 -- 100 ms that the cheap commands do without

            self._client = httpx.Client(
                verify=_ssl_context(self._options),
                proxy=proxy,
                trust_env=not plain,
                follow_redirects=False,
                headers={"User-Agent": self._user_agent, "Accept": "application/json"},
                # Until it is connected there is nothing that the timer could cut.
                timeout=httpx.Timeout(None, connect=min(CONNECT_SECONDS, self._total)),
                limits=httpx.Limits(
                    max_connections=1,
                    max_keepalive_connections=1,
                    keepalive_expiry=KEEP_ALIVE_SECONDS,
                ),
            )
        return self._client

    def _trace(self, event: str, info: Mapping[str, object]) -> None:
        # The handshake of TLS puts another socket object in the place of the first.
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            stream = info["return_value"]
            self._socket = stream.get_extra_info("socket")  # type: ignore[attr-defined]


def _ssl_context(options: NetworkOptions) -> ssl.SSLContext:
    import ssl  # noqa: PLC0415 -- as httpx

    import truststore  # noqa: PLC0415

    if not options.verify:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if options.certificates_file is not None:
        try:
            context.load_verify_locations(cafile=options.certificates_file)
        except OSError as error:
            raise ConfigError(
                f"{options.certificates_file} holds no certificates that can be read",
                "Check ssl_certs_file in ~/.wakatime.cfg: a file in PEM form is wanted.",
            ) from error
    return context


def map_error(error: Exception, host: str, seconds: float, *, late: bool) -> TrayappError:
    """Turn whatever a request can raise into one of our errors.

    `late` tells that our own timer cut the connection after `seconds`.
    """
    import ssl  # noqa: PLC0415 -- as httpx

    import httpx  # noqa: PLC0415

    if isinstance(error, TrayappError):
        return error
    if isinstance(error, httpx.ConnectTimeout) and not late:
        return TimedOutError(
            f"{host} took no connection within {min(CONNECT_SECONDS, seconds):.0f} s",
            "Check the network, and api_url: http or https, and the port.",
        )
    if late or isinstance(error, httpx.TimeoutException):
        return TimedOutError(f"{host} did not answer within {seconds:.0f} s", "Check the network.")
    if _caused_by(error, ssl.SSLCertVerificationError):
        return CertificateError(
            f"The certificate of {host} is not trusted",
            "Check the clock and the network (a login page?); for a certificate of your own set "
            "ssl_certs_file in ~/.wakatime.cfg.",
        )
    if _caused_by(error, ssl.SSLError):
        return UnreachableError(
            f"{host} does not speak https as it should",
            "Check api_url: http or https, and the port.",
        )
    if isinstance(error, httpx.ProxyError):
        return UnreachableError(
            f"The proxy did not connect to {host}",
            "Check proxy in ~/.wakatime.cfg or the environment.",
        )
    if isinstance(error, httpx.RemoteProtocolError | httpx.DecodingError):
        return BadAnswerError(
            f"{host} broke off its answer", "Most often this passes: try again in a minute."
        )
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL | ValueError):
        return ConfigError(
            f"The address or proxy for {host} cannot be used", "Check api_url and proxy."
        )
    return UnreachableError(f"{host} cannot be reached", "Check the network.")


def _caused_by(error: BaseException | None, kind: type[BaseException]) -> bool:
    while error is not None:
        if isinstance(error, kind):
            return True
        error = error.__cause__ or error.__context__
    return False
