"""Handing one e-mail to an SMTP server, and telling for sure, for the time being, or not at all whether it took it."""

from __future__ import annotations

from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from email.utils import format_datetime, parseaddr
from typing import Literal
from urllib.parse import unquote, urlsplit

import aiosmtplib
from aiosmtplib import SMTP, SMTPException, SMTPResponseException, SMTPServerDisconnected, SMTPTimeoutError

from notifications.messages.mail import Letter

_PERMANENT = 500
_DETAIL = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of it: `unknown` when the server had the whole message and its answer never came."""

    outcome: Literal["sent", "temporary", "permanent", "unknown"]
    code: int | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail goes out."""

    host: str
    port: int
    tls: bool
    user: str | None
    password: str | None
    seconds: float

    @classmethod
    def from_url(cls, url: str, seconds: float) -> Server:
        """`smtp://user:password@host:port`; `smtps` for TLS from the start."""
        parts = urlsplit(url)
        tls = parts.scheme == "smtps"
        user, password = (unquote(part) if part else None for part in (parts.username, parts.password))
        return cls(parts.hostname or "localhost", parts.port or (465 if tls else 25), tls, user, password, seconds)


async def deliver(server: Server, letter: Letter, sender: str) -> Answer:
    """Send one letter over a connection of its own; STARTTLS where the server offers it."""
    client = SMTP(
        hostname=server.host,
        port=server.port,
        use_tls=server.tls,
        start_tls=None if not server.tls else False,
        username=server.user,
        password=server.password,
        timeout=server.seconds,
    )
    try:
        await client.connect()
        await client.mail(parseaddr(sender)[1])
        await client.rcpt(letter.to)
    except SMTPResponseException as error:
        client.close()
        return _refused(error)
    except (SMTPException, OSError, TimeoutError, ValueError) as error:
        client.close()
        return Answer("temporary", detail=type(error).__name__)
    return await _hand_over(client, compose(letter, sender))


async def _hand_over(client: aiosmtplib.SMTP, message: EmailMessage) -> Answer:
    try:
        response = await client.data(message.as_bytes(policy=POLICY))
    except SMTPResponseException as error:
        client.close()
        return _refused(error)
    except (SMTPServerDisconnected, SMTPTimeoutError, OSError, TimeoutError) as error:
        # From DATA on the server may have taken it: sending it again could tell the customer twice.
        client.close()
        return Answer("unknown", detail=type(error).__name__)
    try:
        await client.quit()
    except (SMTPException, OSError, TimeoutError):
        client.close()
    return Answer("sent", response.code, response.message[:_DETAIL])


def compose(letter: Letter, sender: str) -> EmailMessage:
    """The letter as it travels. A line end in any header is an error of `EmailMessage`, so none can be forged."""
    name, address = parseaddr(sender)
    message = EmailMessage(policy=POLICY)
    message["From"] = Address(name, addr_spec=address)
    message["To"] = Address(addr_spec=letter.to)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(letter.at)
    message["Message-ID"] = letter.message_id
    message["Auto-Submitted"] = "auto-generated"
    if letter.unsubscribe:
        message["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    message["Content-Language"] = letter.language
    return message


def _refused(error: SMTPResponseException) -> Answer:
    outcome: Literal["permanent", "temporary"] = "permanent" if error.code >= _PERMANENT else "temporary"
    return Answer(outcome, error.code, error.message[:_DETAIL])
