"""A real SMTP server on loopback that keeps what it gets, and misbehaves when told to."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Mailbox:
    """What came in, and what the server is to say: each entry of `answers` is used once, then it accepts."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    to_recipient: list[str] = field(default_factory=list)
    to_sender: list[str] = field(default_factory=list)
    to_everybody: str | None = None
    """What a server says that takes nobody's mail."""
    before_answer: asyncio.Event | None = None
    before_recipient: asyncio.Event | None = None
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """For the setting `smtp_url`."""
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.to_everybody or self.to_sender:
            return self.to_everybody or self.to_sender.pop(0)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.before_recipient is not None:
            self.arrived.set()
            await self.before_recipient.wait()
        if self.to_recipient:
            return self.to_recipient.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.arrived.set()
        if self.before_answer is not None:
            await self.before_answer.wait()
        answer = self.answers.pop(0) if self.answers else "250 2.0.0 taken"
        if answer.startswith(("2", "drop")):
            content = envelope.content if isinstance(envelope.content, bytes) else b""
            self.letters.append(email.message_from_bytes(content, policy=email.policy.default))
            self.recipients.extend(envelope.rcpt_tos)
        if answer == "drop":
            # It has the message, and its answer never comes.
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            await asyncio.sleep(0)
        return answer


@asynccontextmanager
async def mailbox(**options: Any) -> AsyncIterator[Mailbox]:
    """A running server; `options` are the server's own."""
    box = Mailbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, hostname="mail.test", **options), "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
        await server.wait_closed()
