"""The code on a card: 80 bits that nobody guesses, short enough to be typed from paper.

A pure function of a key and of what the card is, so it can be shown and printed again; only its hash is stored, so the
database tells nobody which code answers which invitation.
"""

from __future__ import annotations

import hashlib
import hmac
from uuid import UUID

_PURPOSE = b"card"
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LETTERS, _BITS, _GROUP = 16, 5, 4
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": ""})


def code_of(key: bytes, owner: UUID, n: int = 0) -> str:
    """The code of an invitation, or of the nth card of a print run: `7F3K-9QMA-2XBT-40HE`."""
    digest = hmac.new(key, _PURPOSE + owner.bytes + n.to_bytes(4), "sha256").digest()
    number = int.from_bytes(digest[: _LETTERS * _BITS // 8])
    letters = "".join(_ALPHABET[(number >> (_BITS * place)) & 31] for place in reversed(range(_LETTERS)))
    return "-".join(letters[at : at + _GROUP] for at in range(0, _LETTERS, _GROUP))


def hash_of(given: str) -> str:
    """What is stored of a code, however it was typed: small letters, without dashes, O for 0, I or L for 1."""
    return hashlib.sha256(given.upper().translate(_ALIKE).encode()).hexdigest()


def link_of(public_url: str, code: str) -> str:
    """Where the card can be filled in."""
    return f"{public_url.rstrip('/')}/card/{code}"
