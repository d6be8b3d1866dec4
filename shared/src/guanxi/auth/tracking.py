"""The tracking token: what lets a complainant follow one complaint without an account.

A pure function of the complaint's id and a key: complaints checks it, notifications puts it into a link, and nobody
stores it or sends it in an event.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from uuid import UUID

_PURPOSE = b"track"
_ID_BYTES, _MAC_BYTES = 16, 16


def token(key: bytes, complaint_id: UUID) -> str:
    """The token of a complaint: 43 characters that are safe in a path."""
    text = base64.urlsafe_b64encode(complaint_id.bytes + _mac(key, complaint_id.bytes))
    return text.rstrip(b"=").decode()


def read(key: bytes, given: str) -> UUID | None:
    """The complaint that a token speaks for; None for one that this key did not make. Takes the same time for any."""
    try:
        raw = base64.b64decode(given.encode("ascii") + b"=" * (-len(given) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return None
    body, mac = raw[:_ID_BYTES], raw[_ID_BYTES:]
    if len(raw) != _ID_BYTES + _MAC_BYTES or not hmac.compare_digest(mac, _mac(key, body)):
        return None
    # Base64 lets the last character differ in bits that carry nothing: one complaint has one token.
    found = UUID(bytes=body)
    return found if hmac.compare_digest(token(key, found), given) else None


def _mac(key: bytes, body: bytes) -> bytes:
    return hmac.new(key, _PURPOSE + body, "sha256").digest()[:_MAC_BYTES]
