"""Two records side by side: for each kind of evidence the level on which they agree, or none where one is silent.

The levels of a comparison exclude each other and stand from the strongest to the weakest, as Fellegi and Sunter (1969)
ask for; what each is worth is a matter of the weights.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.fuzz import token_set_ratio

from customer_profile.matching.features import Features
from customer_profile.matching.folding import has_han, sound
from customer_profile.matching.names import FirmName, PersonName

_NEAR_NAME = 0.88
_NEAR_BRAND = 0.92
_NEAR_STREET = 85
_ALIKE_STREET = 60
_NEAR_MAIL = 0.9
_SHARED_PAIRS = 0.5
_SHORTEST_PART = 2
_SHORTEST_ID = 5
_BY_DISTANCE = {1: "near", 2: "far"}

Nobody: frozenset[str] = frozenset()


class Agreement(NamedTuple):
    """On which level two records agree, and on what where they agree wholly (a common value says less)."""

    level: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One kind of evidence. `common` are values that too many customers share to say much."""

    levels: tuple[str, ...]
    compare: Callable[[Features, Features, Collection[str]], Agreement | None]


def compare(left: Features, right: Features, common: Collection[str] = Nobody) -> dict[str, Agreement]:
    """The level of each comparison for which both records say something."""
    found = {}
    for name, one in COMPARISONS.items():
        if (agreement := one.compare(left, right, common)) is not None:
            found[name] = agreement
    return found


def _kind(left: Features, right: Features, _common: Collection[str]) -> Agreement | None:
    return None if left.kind == right.kind else Agreement("differs")


def _brand(left: Features, right: Features, _common: Collection[str]) -> Agreement | None:
    pairs = [(a, b) for a in left.firms for b in right.firms if a.brand and b.brand]
    return min((_same_name(a, b) for a, b in pairs), key=lambda one: _BRAND.index(one.level), default=None)


def _same_name(a: FirmName, b: FirmName) -> Agreement:
    return Agreement("whole", a.brand) if a.whole == b.whole else _same_brand(a.brand, b.brand)


def _same_brand(a: str, b: str) -> Agreement:
    if a == b:
        return Agreement("equal", a)
    short, long = sorted((a, b), key=len)
    chinese = has_han(short) and has_han(long)
    if _is_part(short, long) if chinese else set(short.split()) <= set(long.split()):
        return Agreement("part")
    if sound(short) == sound(long):
        return Agreement("sounds")
    alike = _shared_pairs(a, b) >= _SHARED_PAIRS if chinese else JaroWinkler.similarity(a, b) >= _NEAR_BRAND
    return Agreement("near" if alike else "differs")


def _is_part(short: str, long: str) -> bool:
    return len(short) >= _SHORTEST_PART and (long.startswith(short) or long.endswith(short))


def _shared_pairs(a: str, b: str) -> float:
    """Dice's coefficient over pairs of neighbouring characters, 0 to 1."""
    pairs_a, pairs_b = ({text[n : n + 2] for n in range(len(text) - 1)} for text in (a, b))
    return 2 * len(pairs_a & pairs_b) / (len(pairs_a) + len(pairs_b)) if pairs_a and pairs_b else 0.0


def _trade(left: Features, right: Features, _common: Collection[str]) -> Agreement | None:
    if not left.firms or not right.firms:
        return None
    a, b = (_union([firm.trades for firm in one.firms]) for one in (left, right))
    if not a or not b:
        return None
    return Agreement("differs") if a.isdisjoint(b) else Agreement("shared")


def _place(left: Features, right: Features, _common: Collection[str]) -> Agreement | None:
    if not left.firms or not right.firms:
        return None
    a, b = (_union([firm.places for firm in one.firms]) for one in (left, right))
    if not a or not b:
        return None
    # Two towns of one province: each names a place that the other does not.
    return Agreement("shared") if a <= b or b <= a else Agreement("differs")


def _union(some: Sequence[frozenset[str]]) -> frozenset[str]:
    return some[0] if len(some) == 1 else frozenset[str]().union(*some)


def _family(left: Features, right: Features, _common: Collection[str]) -> Agreement | None:
    return _person_part(left.person, right.person, "family")


def _given(left: Features, right: Features, _common: Collection[str]) -> Agreement | None:
    return _person_part(left.person, right.person, "given")


def _person_part(
    left: PersonName | None, right: PersonName | None, part: Literal["family", "given"]
) -> Agreement | None:
    if left is None or right is None:
        return None
    if not left.family or not right.family:
        return _one_word(*((left, right) if not left.family else (right, left)), part)
    if _swapped(left, right):
        return Agreement("swapped")
    return _alike(*((left.family, right.family) if part == "family" else (left.given, right.given)))


def _one_word(single: PersonName, other: PersonName, part: Literal["family", "given"]) -> Agreement | None:
    """Of a name of one word nobody knows which part it is: it is compared with the part that it equals, if any."""
    word = single.given
    if other.family and word in {other.family, other.given}:
        return Agreement("equal", word) if word == getattr(other, part) else None
    return _alike(word, other.given) if part == "given" and word and other.given else None


def _alike(a: str, b: str) -> Agreement:
    if a == b:
        return Agreement("equal", a)
    if has_han(a) or has_han(b):
        return Agreement("sounds" if sound(a) == sound(b) else "differs")
    if len(min(a, b, key=len)) == 1 and a[0] == b[0]:
        return Agreement("sounds")
    return Agreement("near" if JaroWinkler.similarity(a, b) >= _NEAR_NAME else "differs")


def _swapped(a: PersonName, b: PersonName) -> bool:
    return a.family != a.given and (a.family, a.given) == (b.given, b.family)


def _contact(left: Features, right: Features, _common: Collection[str]) -> Agreement | None:
    if not left.contacts or not right.contacts:
        return None
    shared = _both(left.contacts, right.contacts)
    if shared:
        return Agreement("equal", min(shared))
    heard = {sound(one) for one in left.contacts} & {sound(one) for one in right.contacts}
    return Agreement("sounds" if heard else "differs")


def _phone(left: Features, right: Features, common: Collection[str]) -> Agreement | None:
    return _shared(left.phones, right.phones, common)


def _email(left: Features, right: Features, common: Collection[str]) -> Agreement | None:
    found = _shared(left.emails, right.emails, common)
    if found is None or found.level != "differs":
        return found
    near = any(_near_mail(a, b) for a in left.emails for b in right.emails)
    return Agreement("near") if near else found


def _near_mail(a: str, b: str) -> bool:
    return a.rpartition("@")[0] == b.rpartition("@")[0] or JaroWinkler.similarity(a, b) >= _NEAR_MAIL


def _shared(left: tuple[str, ...], right: tuple[str, ...], common: Collection[str]) -> Agreement | None:
    if not left or not right:
        return None
    shared = _both(left, right)
    if not shared:
        return Agreement("differs")
    return Agreement("shared") if any(value not in common for value in shared) else Agreement("common")


def _both(left: Sequence[str], right: Sequence[str]) -> list[str]:
    """What stands in both; lists are short, and sets would cost more to make."""
    return [one for one in left if one in right]


def _credit_code(left: Features, right: Features, common: Collection[str]) -> Agreement | None:
    a, b = left.credit_code, right.credit_code
    if not a or not b:
        return None
    if a != b:
        return Agreement("differs")
    return Agreement("common" if a in common else "equal")


def _id_number(left: Features, right: Features, common: Collection[str]) -> Agreement | None:
    a, b = left.id_number, right.id_number
    if not a or not b:
        return None
    if a == b:
        return Agreement("common" if a in common else "equal")
    return Agreement("near" if min(len(a), len(b)) >= _SHORTEST_ID and OSA.distance(a, b) == 1 else "differs")


def _birth_date(left: Features, right: Features, _common: Collection[str]) -> Agreement | None:
    a, b = left.birth_date, right.birth_date
    if not a or not b:
        return None
    if a == b:
        return Agreement("equal")
    distance = 1 if _day_for_month(a, b) else OSA.distance(a, b)
    return Agreement(_BY_DISTANCE.get(distance, "differs"))


def _day_for_month(a: str, b: str) -> bool:
    (year, month, day), other = a.split("-"), b.split("-")
    return other == [year, day, month]


def _street(left: Features, right: Features, _common: Collection[str]) -> Agreement | None:
    a, b = left.street, right.street
    if not a or not b:
        return None
    if a == b:
        return Agreement("same")
    alike = token_set_ratio(a, b)
    if left.numbers == right.numbers:
        number = left.numbers and alike >= _ALIKE_STREET
        return Agreement("same_number" if alike >= _NEAR_STREET else "number" if number else "differs")
    # In Chinese two houses of one street differ in one character: another number is another house, no slip of the pen.
    other_house = bool(left.numbers and right.numbers) and has_han(a)
    return Agreement("near" if alike >= _NEAR_STREET and not other_house else "differs")


def _postcode(left: Features, right: Features, _common: Collection[str]) -> Agreement | None:
    a, b = left.postcode, right.postcode
    if not a or not b:
        return None
    if a == b:
        return Agreement("equal", a)
    return Agreement("near" if OSA.distance(a, b) == 1 else "differs")


def _city(left: Features, right: Features, _common: Collection[str]) -> Agreement | None:
    a, b = left.city, right.city
    if not a or not b:
        return None
    if a == b:
        return Agreement("equal", a)
    near = not has_han(a) and (JaroWinkler.similarity(a, b) >= _NEAR_NAME or a.startswith(b) or b.startswith(a))
    return Agreement("near" if near else "differs")


_BRAND = ("whole", "equal", "sounds", "part", "near", "differs")
_NAME = ("equal", "swapped", "sounds", "near", "differs")
COMPARISONS: Mapping[str, Comparison] = {
    "kind": Comparison(("differs",), _kind),
    "brand": Comparison(_BRAND, _brand),
    "trade": Comparison(("shared", "differs"), _trade),
    "place": Comparison(("shared", "differs"), _place),
    "family_name": Comparison(_NAME, _family),
    "given_name": Comparison(_NAME, _given),
    "contact_person": Comparison(("equal", "sounds", "differs"), _contact),
    "phone": Comparison(("shared", "common", "differs"), _phone),
    "email": Comparison(("shared", "common", "near", "differs"), _email),
    "social_credit_code": Comparison(("equal", "common", "differs"), _credit_code),
    "id_number": Comparison(("equal", "common", "near", "differs"), _id_number),
    "birth_date": Comparison(("equal", "near", "far", "differs"), _birth_date),
    "street": Comparison(("same", "same_number", "near", "number", "differs"), _street),
    "postcode": Comparison(("equal", "near", "differs"), _postcode),
    "city": Comparison(("equal", "near", "differs"), _city),
}
