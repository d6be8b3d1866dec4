"""What an e-mail is made of, before anything of SMTP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Letter:
    """One e-mail, ready to go."""

    to: str
    subject: str
    text: str
    html: str
    language: str
    message_id: str
    at: datetime
    unsubscribe: str | None = None


def provider_key(message: UUID, sender: str) -> str:
    """The Message-ID of a message: the same for each try, so that a server or a reader recognises a repeat."""
    return f"<{message}@{parseaddr(sender)[1].rpartition('@')[2]}>"
