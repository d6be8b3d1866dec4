"""The links in a message: to follow the complaint, to stop such messages, to ask why it came."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from uuid import UUID

from guanxi.auth import tracking


def _key(key: bytes, purpose: str) -> bytes:
    # A key of its own for each purpose: a link to one page must not open another.
    return hmac.digest(key, f"notifications/{purpose}".encode(), "sha256")


@dataclass(frozen=True, slots=True)
class Links:
    """Makes and reads links; `key` is the tracking key that this service shares with complaints."""

    public_url: str
    tracking_page: str
    key: bytes

    def tracking(self, complaint_id: UUID) -> str:
        """Where the complainant follows the complaint."""
        page = self.tracking_page.replace("{token}", tracking.token(self.key, complaint_id))
        return f"{self.public_url.rstrip('/')}{page}"

    def why(self, message_id: UUID) -> str:
        """The page where the reader learns why the message came, stops such messages, and answers what it asked."""
        return f"{self.public_url.rstrip('/')}/why/{tracking.token(_key(self.key, 'why'), message_id)}"

    def unsubscribe(self, message_id: UUID) -> str:
        """Where the reader stops such messages."""
        token = tracking.token(_key(self.key, "unsubscribe"), message_id)
        return f"{self.public_url.rstrip('/')}/v1/unsubscribe/{token}"

    def inbox(self) -> str:
        """Where staff find their alerts."""
        return f"{self.public_url.rstrip('/')}/v1/inbox"


def read_why(key: bytes, token: str) -> UUID | None:
    """The message that a why-token speaks for."""
    return tracking.read(_key(key, "why"), token)


def read_unsubscribe(key: bytes, token: str) -> UUID | None:
    """The message that an unsubscribe-token speaks for."""
    return tracking.read(_key(key, "unsubscribe"), token)
