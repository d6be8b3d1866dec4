"""STARTTLS where the server offers it, and never without knowing the server."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from aiosmtpd.smtp import SMTP
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from notifications.messages.mail import Letter, provider_key
from notifications.messages.smtp import Delivery, Server

from ..mailserver import Mailbox

pytestmark = pytest.mark.asyncio
LETTER = Letter(
    to="zhang@example.com",
    subject="x",
    text="y",
    html="<p>y</p>",
    language="en",
    message_id=provider_key(uuid4(), "no-reply@firm.example.com"),
    at=datetime(2026, 3, 31, tzinfo=UTC),
)


def a_certificate(folder: Path) -> Path:
    """A self-signed certificate of localhost, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "server.pem"
    path.write_bytes(key.private_bytes(*form) + made.public_bytes(serialization.Encoding.PEM))
    return path


@asynccontextmanager
async def a_server(box: Mailbox, certificate: Path) -> AsyncIterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    loop = asyncio.get_running_loop()
    made = await loop.create_server(
        lambda: SMTP(box, hostname="localhost", tls_context=context, require_starttls=True), "127.0.0.1", 0
    )
    try:
        yield Server("localhost", made.sockets[0].getsockname()[1], tls=False, user=None, password=None, seconds=5)
    finally:
        made.close()
        await made.wait_closed()


async def test_a_server_with_a_certificate_that_is_trusted_gets_the_letter_over_tls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box, certificate = Mailbox(), a_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with a_server(box, certificate) as server:
        answer = await Delivery(server, LETTER, "no-reply@firm.example.com").run()
    assert answer.outcome == "sent"
    assert box.recipients == ["zhang@example.com"]


async def test_a_server_that_cannot_show_who_it_is_gets_nothing_for_the_time_being(tmp_path: Path) -> None:
    box = Mailbox()
    async with a_server(box, a_certificate(tmp_path)) as server:
        answer = await Delivery(server, LETTER, "no-reply@firm.example.com").run()
    assert answer.outcome == "away"
    assert box.letters == []
