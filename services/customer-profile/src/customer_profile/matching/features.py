"""What of a record is evidence that it may be the same customer as another one, made comparable once and kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from customer_profile.customers.values import EMAIL, PHONE, valid_credit_code
from customer_profile.matching.folding import folded, has_han
from customer_profile.matching.names import FirmName, PersonName, firm_name, person_name
from guanxi.events.inbound.profiles import Address

_NUMBER = re.compile(r"\d+")
_STREET_WORDS = {"street": "st", "avenue": "ave", "road": "rd", "boulevard": "blvd", "drive": "dr", "place": "pl"}
_STREET_WORDS |= {"lane": "ln", "highway": "hwy", "square": "sq", "court": "ct", "crescent": "cr", "terrace": "tce"}
_STREET_WORDS |= {"north": "n", "south": "s", "east": "e", "west": "w", "close": "cl", "circuit": "cct"}
_ONLY_A_TITLE = re.compile("[\u4e00-\u9fff](?:先生|女士|小姐|太太|经理|主任|厂长|老板|老师|生|总|工)")
_KINDS_OF_PLACE = re.compile("(?:特别行政区|自治区|自治州|省|市|县|区)$")


class Features(NamedTuple):
    """Evidence of one record; what is not known is empty. Every text is folded, every list is sorted."""

    kind: str
    firms: tuple[FirmName, ...] = ()
    person: PersonName | None = None
    contacts: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    credit_code: str = ""
    id_number: str = ""
    birth_date: str = ""
    street: str = ""
    numbers: tuple[str, ...] = ()
    postcode: str = ""
    city: str = ""
    province: str = ""

    def as_json(self) -> dict[str, Any]:
        """As it is kept; what is empty is left out."""
        plain = {name: value for name in self._fields if (value := getattr(self, name))}
        if self.firms:
            plain["firms"] = [[f.whole, f.brand, sorted(f.places), sorted(f.trades)] for f in self.firms]
        if self.person:
            plain["person"] = [self.person.family, self.person.given]
        return plain

    @classmethod
    def of_json(cls, kept: Mapping[str, Any]) -> Features:
        """What `as_json` gave."""
        values: dict[str, Any] = dict(kept)
        for name in _LISTED:
            if name in values:
                values[name] = tuple(values[name])
        if "firms" in kept:
            values["firms"] = tuple(FirmName(w, b, frozenset(p), frozenset(t)) for w, b, p, t in kept["firms"])
        if "person" in kept:
            values["person"] = PersonName(*kept["person"])
        return cls(**values)


_LISTED = ("contacts", "phones", "emails", "numbers")


def features(  # noqa: PLR0913 - the fields of a record
    *,
    kind: str,
    names: Iterable[str | None] = (),
    contacts: Iterable[str | None] = (),
    points: Iterable[tuple[str, str]] = (),
    credit_code: str | None = None,
    id_number: str | None = None,
    birth_date: str | None = None,
    address: Address | None = None,
) -> Features:
    """Make a record's values comparable.

    `names` are what a firm is called (by itself and by law) or a person; `points` are (kind, value) with numbers in
    E.164. A credit code with a wrong check digit is no evidence.
    """
    called = [name for name in dict.fromkeys(names) if name and folded(name)]
    person = person_name(called[0]) if kind == "person" and called else None
    written = list(points)
    street = _street(address.line, address.district) if address else ""
    return Features(
        kind=kind,
        firms=() if kind == "person" else tuple(dict.fromkeys(firm_name(name) for name in called)),
        person=person,
        contacts=_several(_contact(one) for one in contacts if one),
        phones=_several(value for kind_, value in written if kind_ == PHONE),
        emails=_several(value.casefold() for kind_, value in written if kind_ == EMAIL),
        credit_code=credit_code.upper() if credit_code and valid_credit_code(credit_code) else "",
        id_number=folded(id_number).replace(" ", "") if id_number else "",
        birth_date=birth_date or "",
        street=street,
        numbers=_several(_NUMBER.findall(street)),
        postcode=folded(address.postcode or "").replace(" ", "") if address else "",
        city=_place(address.city) if address else "",
        province=_place(address.province) if address else "",
    )


def _contact(text: str) -> str:
    """A contact's name; nothing where it is a family name and a title, which many people answer to."""
    plain = folded(text).replace(" ", "")
    return "" if _ONLY_A_TITLE.fullmatch(plain) else plain


def _street(line: str | None, district: str | None) -> str:
    text = folded(" ".join(filter(None, (line, district))))
    if has_han(text):
        return text.replace(" ", "")
    return " ".join(_STREET_WORDS.get(word, word) for word in text.split())


def _place(text: str | None) -> str:
    return _KINDS_OF_PLACE.sub("", folded(text or ""))


def _several(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({value for value in values if value}))
