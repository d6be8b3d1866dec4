"""What two records must share for anybody to compare them: every record is found by its keys, none by a scan.

Strong keys name one customer by themselves as long as few customers share them; the others only bring records side by
side. A key that a crowd holds brings nobody together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from uuid import UUID

from customer_profile.matching.features import Features
from customer_profile.matching.folding import sound

STRONG = frozenset({"social_credit_code", "id_number", "phone", "email"})
FEW = 5
"""How many customers may share a strong key before it is a switchboard's, a lawyer's or a mistake."""
CROWD = 20
Holders = Sequence[UUID] | None
"""Who holds a key; None where more than `CROWD` do."""
_SMALL_CROWD = 8
_LOOSE = frozenset({"word", "word_and_place", "birth_date"})
_PART = 2


def crowd(kind: str) -> int:
    """How many records a key of this kind may bring together: what says little brings few, or there are too many."""
    return _SMALL_CROWD if kind in _LOOSE else CROWD


def more(held: Holders, limit: int) -> bool:
    """Whether more hold a key than `limit`, which is at most `CROWD`."""
    return held is None or len(held) > limit


def together(held: Holders, kind: str) -> Sequence[UUID]:
    """Whom a key of this kind brings together: nobody where a crowd holds it."""
    return () if held is None or len(held) > crowd(kind) else held


def keys(one: Features) -> frozenset[tuple[str, str]]:
    """A record's keys: (what it is found by, the value)."""
    return frozenset(_keys(one))


def key_hash(key: tuple[str, str]) -> bytes:
    """What a key is kept as: 16 bytes of SHA-256 over its kind and its value."""
    return hashlib.sha256("\0".join(key).encode()).digest()[:16]


def _keys(one: Features) -> Iterator[tuple[str, str]]:
    yield from (("phone", value) for value in one.phones)
    yield from (("email", value) for value in one.emails)
    if one.credit_code:
        yield "social_credit_code", one.credit_code
    if one.id_number:
        yield "id_number", one.id_number
    for firm in one.firms:
        heard = sound(firm.brand or firm.whole)
        yield "brand", heard
        if len(firm.brand) > _PART:
            words = firm.brand.split()
            head, tail = (words[0], words[-1]) if len(words) > 1 else (firm.brand[:_PART], firm.brand[-_PART:])
            yield "brand", sound(head)
            yield "brand", sound(tail)
    if one.street and one.numbers:
        yield "address", f"{one.street} {one.city or one.postcode}"
    yield from (("contact_person", f"{sound(who)} {one.city or one.province}") for who in one.contacts)
    yield from _of_person(one)


def _of_person(one: Features) -> Iterator[tuple[str, str]]:
    if one.birth_date:
        yield "birth_date", one.birth_date
    if one.person is None:
        return
    family, given = sound(one.person.family), sound(one.person.given)
    if family and given:
        yield "name", " ".join(sorted((family, given)))
    # A word of a name alone brings together who has a rare one: what many have is a crowd, as is what nobody wrote.
    yield from (("word", word) for word in (family, given) if word)
    for where in filter(None, (one.postcode, one.city)):
        yield from (("word_and_place", f"{word} {where}") for word in (family, given) if word)
