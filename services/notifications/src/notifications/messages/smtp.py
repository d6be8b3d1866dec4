"""Handing one e-mail to an SMTP server, and telling for sure, for the time being, or not at all whether it took it."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from email.utils import format_datetime, parseaddr
from typing import Literal
from urllib.parse import unquote, urlsplit

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from notifications.messages.mail import Letter
from notifications.messages.rules import LOST_AFTER

LONGEST_SEND = LOST_AFTER / 2
"""A server that takes longer in all is left as if the line had dropped, before the letter counts as lost."""
_PERMANENT = 500
_DETAIL = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of it.

    `unknown` when the server may have the whole message and its answer never came. `away` when it was not about this
    letter at all: no server, no login, or a sender that it does not take.
    """

    outcome: Literal["sent", "temporary", "permanent", "unknown", "away"]
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


class Delivery:
    """One letter on its way over a connection of its own; STARTTLS where the server offers it."""

    def __init__(self, server: Server, letter: Letter, sender: str) -> None:
        self._server, self._letter, self._sender = server, letter, sender
        self.handed_over = False
        """True from DATA on: the server may have taken it, and sending it again could tell the customer twice."""

    async def run(self) -> Answer:
        """Send it. Never raises for what the server, the network or an address does."""
        try:
            message = compose(self._letter, self._sender).as_bytes(policy=POLICY)
        except (MessageError, ValueError) as error:
            return Answer("permanent", detail=type(error).__name__)
        client, end = _client(self._server), asyncio.get_running_loop().time() + LONGEST_SEND.total_seconds()
        try:
            return (
                await self._introduce(client, end)
                or await self._address(client, end)
                or await self._hand_over(client, message, end)
            )
        finally:
            client.close()

    async def _introduce(self, client: SMTP, end: float) -> Answer | None:
        try:
            async with asyncio.timeout_at(end):
                await client.connect()
                await client.mail(parseaddr(self._sender)[1])
        except SMTPResponseException as error:
            return Answer("away", error.code, error.message[:_DETAIL])
        except (SMTPException, OSError, ValueError) as error:
            return Answer("away", detail=type(error).__name__)
        return None

    async def _address(self, client: SMTP, end: float) -> Answer | None:
        try:
            async with asyncio.timeout_at(end):
                await client.rcpt(self._letter.to)
        except SMTPResponseException as error:
            return _refused(error)
        except (SMTPException, OSError, ValueError) as error:
            return Answer("temporary", detail=type(error).__name__)
        return None

    async def _hand_over(self, client: SMTP, message: bytes, end: float) -> Answer:
        self.handed_over = True
        try:
            async with asyncio.timeout_at(end):
                response = await client.data(message)
        except SMTPResponseException as error:
            return _refused(error)
        except (SMTPException, OSError) as error:
            return Answer("unknown", detail=type(error).__name__)
        with contextlib.suppress(SMTPException, OSError):
            async with asyncio.timeout_at(end):
                await client.quit()
        return Answer("sent", response.code, response.message[:_DETAIL])


def _client(server: Server) -> SMTP:
    return SMTP(
        hostname=server.host,
        port=server.port,
        use_tls=server.tls,
        start_tls=None if not server.tls else False,
        username=server.user,
        password=server.password,
        timeout=server.seconds,
    )


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
