"""How single values are written, compared and looked up: numbers, addresses of mail, names in any script."""

from __future__ import annotations

import hashlib
import re
import unicodedata

import phonenumbers
from pydantic import TypeAdapter, ValidationError
from stdnum.cn import uscc

from guanxi.events.fields import Email, Phone

PHONE, EMAIL = "phone", "email"
_USABLE: dict[str, TypeAdapter[str]] = {PHONE: TypeAdapter(Phone), EMAIL: TypeAdapter(Email)}
_NOT_LETTERS = re.compile(r"[\W_]+")
_LONGEST_NAME = 200


def normal_phone(value: str, region: str) -> str:
    """E.164 where the number can be read so in the region (ISO 3166-1), else the text as it was given."""
    text = unicodedata.normalize("NFKC", value).strip()
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return text
    if number.extension or not phonenumbers.is_possible_number(number):
        return text
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def normal_email(value: str) -> str:
    """Without spaces, the domain in lower case; the local part is its server's business."""
    local, _, domain = unicodedata.normalize("NFC", value).strip().rpartition("@")
    return f"{local}@{domain.lower()}"


def normal_value(kind: str, value: str, region: str) -> str:
    """A contact point's value as it is kept."""
    if kind in {PHONE, "fax"}:
        return normal_phone(value, region)
    return normal_email(value) if kind == EMAIL else value.strip()


def valid_credit_code(value: str) -> bool:
    """Whether the check digit of a unified social credit code is right (GB 32100-2015)."""
    return bool(uscc.is_valid(value))


def value_hash(value: str) -> bytes:
    """What a value is looked up by: equal for spellings that only differ in case and width."""
    return hashlib.sha256(unicodedata.normalize("NFKC", value).strip().casefold().encode()).digest()


def fold(text: str) -> str:
    """Without case, width, spaces and punctuation, so that `Ａcme Ltd.` is found by `acmeltd`."""
    return _NOT_LETTERS.sub("", unicodedata.normalize("NFKC", text).casefold())


def grams(*names: str | None) -> list[str]:
    """Single characters and pairs of neighbours of the folded names, sorted: what a name is found by, in any script."""
    found: set[str] = set()
    for name in filter(None, names):
        text = fold(name[:_LONGEST_NAME])
        found.update(text)
        found.update(text[n : n + 2] for n in range(len(text) - 1))
    return sorted(found)


def searched_grams(query: str) -> list[str]:
    """What a record must have all of to be found: the pairs of the query, or its one character."""
    text = fold(query[:_LONGEST_NAME])
    return sorted({text[n : n + 2] for n in range(len(text) - 1)} or set(text))


def usable(kind: str, value: str) -> bool:
    """Whether a contact point's value is what its kind promises: what is not could not be published."""
    try:
        _USABLE[kind].validate_python(value)
    except ValidationError:
        return False
    return True
