"""The field types that facts and the models of services are made of: texts, codes, money, times, what is personal.

Each limit is set once here, so that no fact can carry what PostgreSQL or a consumer would choke on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    StringConstraints,
)
from pydantic import GetCoreSchemaHandler as Handler
from pydantic import GetJsonSchemaHandler as JsonHandler
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from guanxi.events._envelope import Personal
from guanxi.events.codes import COUNTRIES, CURRENCIES

CHANNELS = (
    *("phone", "counter", "visit", "email", "post", "fax", "sms", "chat", "app", "web"),
    *("social", "dealer", "referral", "card", "other"),
)
AT_THE_DOOR: dict[str, bool] = {"door": True}
"""Validation context of intake: closed vocabularies bind there and stay open for every reader downstream."""

_MAX_MINOR = 10**15
_MAX_COUNT = 10**9
_NO_NUL = r"^[^\u0000]*$"
_CODE = r"^[A-Za-z0-9][A-Za-z0-9._:/-]*$"
_CHANNEL = r"^[a-z][a-z0-9_-]{0,31}$"
_PHONE = r"^[^\u0000]*(\d[^\u0000]*){5}$"
_EMAIL = r"^[^@\s\u0000]+@[^@\s\u0000]+$"
_CURRENCY = r"^[A-Z]{3}$"
_COUNTRY = r"^[A-Z]{2}$"
_LANGUAGE = r"^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8}){0,4}$"
_TIME_ZONE = r"^[A-Za-z][A-Za-z0-9_+/-]*$"
_SHA_256 = r"^[0-9a-f]{64}$"
_CREDIT_CODE = r"^[0-9A-HJ-NPQRTUWXY]{18}$"

PATTERN_HINTS = {
    _CODE: "must be a code: letters, digits and . _ : / -, beginning with a letter or digit",
    _CHANNEL: "must be a lower-case token, like phone or mini_program",
    _PHONE: "must hold at least five digits",
    _EMAIL: "must be an e-mail address",
    _CURRENCY: "must be an ISO 4217 code, like CNY",
    _COUNTRY: "must be an ISO 3166-1 alpha-2 code, like CN",
    _LANGUAGE: "must be a BCP 47 language tag, like zh-Hans",
    _TIME_ZONE: "must be a time zone of the IANA database, like Asia/Shanghai",
    _SHA_256: "must be a SHA-256 digest: 64 digits and lower-case letters from a to f",
    _CREDIT_CODE: "must be a unified social credit code: 18 digits and capitals",
}
"""What a pattern means, for the sender whose text did not match it."""

_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_YEARS = range(1850, 2200)


class Part(BaseModel):
    """What facts are made of: a value inside a fact."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Documents the known values of a text field; `closed` ones are enforced at the door and nowhere else."""

    values: tuple[str, ...]
    closed: bool = False

    def __get_pydantic_core_schema__(self, source: object, handler: Handler) -> CoreSchema:
        """Check the value after the text's own rules."""
        return core_schema.with_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: JsonHandler) -> dict[str, Any]:
        """List the values, as a closed or an open list."""
        key = "x-closed-values" if self.closed else "x-known-values"
        return {**handler(schema), key: list(self.values)}

    def _check(self, value: str, info: core_schema.ValidationInfo[Any]) -> str:
        if self.closed and info.context is AT_THE_DOOR and value not in self.values:
            raise PydanticCustomError("not_in_list", "must be one of {values}", {"values": ", ".join(self.values)})
        return value


def _time_text(value: object) -> object:
    if isinstance(value, datetime) or (isinstance(value, str) and _TIME.fullmatch(value)):
        return value
    raise PydanticCustomError("time_format", "must be an RFC 3339 time with offset, like 2026-03-31T09:30:00+08:00")


def _in_utc(value: datetime) -> datetime:
    if value.year not in _YEARS:
        raise PydanticCustomError("time_range", "must lie between the years 1850 and 2199")
    return value.astimezone(UTC)


def _date_text(value: object) -> object:
    if isinstance(value, str) and _DATE.fullmatch(value):
        return value
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise PydanticCustomError("date_format", "must be a date like 2026-03-31")


def _in_years(value: date) -> date:
    if value.year not in _YEARS:
        raise PydanticCustomError("date_range", "must lie between the years 1850 and 2199")
    return value


def _currency(value: str) -> str:
    if value not in CURRENCIES:
        raise PydanticCustomError("currency", "must be an ISO 4217 code, like CNY")
    return value


def _country(value: str) -> str:
    if value not in COUNTRIES:
        raise PydanticCustomError("country", "must be an ISO 3166-1 alpha-2 code, like CN")
    return value


class _Kept:
    """Marks an optional field that intake refuses rather than drops: a sum with a hole is wrong, not incomplete."""


KEPT = _Kept()


class _Telling:
    """Marks an optional field whose absence says something: intake refuses what it cannot read; blank is absent."""


TELLING = _Telling()


def _text(limit: int, pattern: str = _NO_NUL) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=limit, pattern=pattern)


def _like(*examples: object) -> FieldInfo:
    field: FieldInfo = Field(examples=list(examples))
    return field


def _personal(kind: str, example: object) -> FieldInfo:
    field: FieldInfo = Field(examples=[example], json_schema_extra={"x-personal": kind})
    return field


def _integer(low: int, high: int, unit: str, example: int) -> FieldInfo:
    field: FieldInfo = Field(ge=low, le=high, examples=[example], json_schema_extra={"x-unit": unit})
    return field


Reference = Annotated[str, _text(200), _like("A-1001")]
"""A name that another system gave: an order number, a customer number."""
ShortText = Annotated[str, _text(200), _like("a few words")]
Code = Annotated[str, _text(64, _CODE), _like("some-code")]
"""A code of ours or of the firm's, never a sentence."""
Sku = Annotated[str, _text(64), _like("tower-1200")]
"""The firm's article number."""
Channel = Annotated[str, _text(32, _CHANNEL), Vocabulary(CHANNELS), _like("phone")]
"""A lower-case token; the list is open."""
Language = Annotated[str, _text(35, _LANGUAGE), _like("zh-Hans")]
"""BCP 47."""
TimeZone = Annotated[str, _text(64, _TIME_ZONE), _like("Asia/Shanghai")]
"""A name of the IANA time zone database."""
Currency = Annotated[str, StringConstraints(pattern=_CURRENCY), AfterValidator(_currency), _like("CNY")]
"""ISO 4217."""
Country = Annotated[str, StringConstraints(pattern=_COUNTRY), AfterValidator(_country), _like("CN")]
"""ISO 3166-1 alpha-2."""

UtcTime = Annotated[AwareDatetime, BeforeValidator(_time_text), AfterValidator(_in_utc), _like("2026-03-31T01:30:00Z")]
"""RFC 3339 with an offset; kept in UTC."""
IsoDate = Annotated[date, BeforeValidator(_date_text), AfterValidator(_in_years), _like("2026-03-31")]

PersonName = Annotated[str, _text(200), Personal("name"), _personal("name", "張建國")]
Phone = Annotated[str, _text(40, _PHONE), Personal("phone"), _personal("phone", "+863515550101")]
Email = Annotated[str, _text(254, _EMAIL), Personal("email"), _personal("email", "zhang@example.com")]
IdNumber = Annotated[str, _text(40), Personal("id"), _personal("id", "110101199003070000")]
PersonalReference = Annotated[str, _text(200), Personal("id"), _personal("id", "A-1001")]
"""A name that another system gave to a person."""
RecordReference = Annotated[str, _text(200), Personal("reference"), _personal("reference", "A-1001")]
"""A name that another system gave to a customer's record: whoever has that system finds the person by it. It is erased
with the customer, but never masked, and subscribers get it: they know their own records by it."""
DocumentHash = Annotated[
    str,
    StringConstraints(pattern=_SHA_256),
    Personal("reference"),
    _personal("reference", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
]
"""The SHA-256 digest of a signed document, which we do not keep: whoever has one can show that it is the same."""
CreditCode = Annotated[str, _text(18, _CREDIT_CODE), Personal("id"), _personal("id", "91350100M000100Y43")]
"""China's unified social credit code (GB 32100-2015)."""
BirthDate = Annotated[IsoDate, Personal("id"), _personal("id", "1990-03-07")]
AddressText = Annotated[str, _text(300), Personal("address"), _personal("address", "太原")]
PersonalText = Annotated[str, _text(60_000), Personal("text"), _personal("text", "The stands came late.")]
PersonalNote = Annotated[str, _text(200), Personal("text"), _personal("text", "after six")]
PersonalShortText = Annotated[str, _text(1000), Personal("text"), _personal("text", "stands delivered by Friday")]

Money = Annotated[int, Strict(), _integer(0, _MAX_MINOR, "minor units of currency", 42_000_000), KEPT]
SignedMoney = Annotated[int, Strict(), _integer(-_MAX_MINOR, _MAX_MINOR, "minor units of currency", 40_000_000), KEPT]
Quantity = Annotated[int, Strict(), _integer(1, _MAX_COUNT, "pieces", 1000), KEPT]
Count = Annotated[int, Strict(), _integer(0, _MAX_COUNT, "count", 1)]
Days = Annotated[int, Strict(), _integer(-_MAX_COUNT, _MAX_COUNT, "days", 3)]
Seconds = Annotated[int, Strict(), _integer(0, _MAX_COUNT, "seconds", 240)]
BasisPoints = Annotated[int, Strict(), _integer(0, 10_000, "hundredths of a percent", 3000)]
Grade = Annotated[int, Strict(), _integer(0, 10, "grade on the questionnaire's scale", 2)]
