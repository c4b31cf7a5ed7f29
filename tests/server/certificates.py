"""Certificates from a private authority: a good one and two that must not be trusted."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from typing import Literal

Flaw = Literal["wrong-host", "expired"]


def issue(host: str, flaw: Flaw | None) -> tuple[ssl.SSLContext, bytes]:
    """Give a server's context and, as PEM, the authority that a client has to trust for it."""
    import trustme  # noqa: PLC0415 -- cryptography takes longer to load than all the rest

    authority = trustme.CA()
    if flaw == "wrong-host":
        certificate = authority.issue_cert("elsewhere.example.test")
    elif flaw == "expired":
        first, last = datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 2, 1, tzinfo=UTC)
        certificate = authority.issue_cert(host, not_before=first, not_after=last)
    else:
        certificate = authority.issue_cert(host)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context, authority.cert_pem.bytes()
