"""The field types that all facts are made of: texts, codes, money, times, and what is personal.

Each limit is set once here, so that no fact can carry what PostgreSQL or a consumer would choke on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, Strict, StringConstraints
from pydantic import GetCoreSchemaHandler as Handler
from pydantic import GetJsonSchemaHandler as JsonHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from guanxi.events._codes import COUNTRIES, CURRENCIES
from guanxi.events._envelope import Personal

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
    _CREDIT_CODE: "must be a unified social credit code: 18 digits and capitals",
}
"""What a pattern means, for the sender whose text did not match it."""

_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_YEARS = range(1850, 2200)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Documents the known values of a text field; `closed` ones are enforced at the door and nowhere else."""

    values: tuple[str, ...]
    closed: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: Handler) -> CoreSchema:
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


def _text(limit: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=limit, pattern=_NO_NUL)


def _tag(kind: str) -> Any:
    return Field(json_schema_extra={"x-personal": kind})


Reference = Annotated[str, _text(200)]
"""A name that another system gave: an order number, a customer number."""
ShortText = Annotated[str, _text(200)]
Text = Annotated[str, _text(20_000)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=_CODE)]
"""A code of ours or of the firm's, never a sentence."""
Sku = Annotated[str, _text(64)]
Channel = Annotated[
    str,
    StringConstraints(pattern=_CHANNEL),
    Vocabulary(
        (
            *("phone", "counter", "visit", "email", "post", "fax", "sms", "chat", "app", "web"),
            *("social", "dealer", "referral", "other"),
        )
    ),
]
"""A lower-case token; the list is open."""

PersonName = Annotated[str, _text(200), Personal("name"), _tag("name")]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, pattern=_PHONE, max_length=40),
                  Personal("phone"), _tag("phone")]  # fmt: skip
Email = Annotated[str, StringConstraints(strip_whitespace=True, pattern=_EMAIL, max_length=254),
                  Personal("email"), _tag("email")]  # fmt: skip
IdNumber = Annotated[str, _text(40), Personal("id"), _tag("id")]
CreditCode = Annotated[str, StringConstraints(pattern=_CREDIT_CODE), Personal("id"), _tag("id")]
"""China's unified social credit code (GB 32100-2015)."""
AddressText = Annotated[str, _text(300), Personal("address"), _tag("address")]
PersonalText = Annotated[str, _text(20_000), Personal("text"), _tag("text")]
PersonalShortText = Annotated[str, _text(200), Personal("text"), _tag("text")]

UtcTime = Annotated[AwareDatetime, BeforeValidator(_time_text), AfterValidator(_in_utc)]
"""RFC 3339 with an offset; kept in UTC."""
IsoDate = Annotated[date, BeforeValidator(_date_text), AfterValidator(_in_years)]
BirthDate = Annotated[IsoDate, Personal("id"), _tag("id")]

Currency = Annotated[str, StringConstraints(pattern=_CURRENCY), AfterValidator(_currency)]
"""ISO 4217."""
Country = Annotated[str, StringConstraints(pattern=_COUNTRY), AfterValidator(_country)]
"""ISO 3166-1 alpha-2."""
Language = Annotated[str, StringConstraints(pattern=_LANGUAGE, max_length=35)]
"""BCP 47."""
TimeZone = Annotated[str, StringConstraints(pattern=_TIME_ZONE, max_length=64)]
"""A name of the IANA time zone database."""

Money = Annotated[int, Strict(), Field(ge=0, le=_MAX_MINOR, description="Integer minor units of `currency`."), KEPT]
SignedMoney = Annotated[
    int,
    Strict(),
    Field(ge=-_MAX_MINOR, le=_MAX_MINOR, description="Integer minor units of `currency`; may be negative."),
]
Quantity = Annotated[int, Strict(), Field(ge=1, le=_MAX_COUNT, description="Pieces."), KEPT]
Count = Annotated[int, Strict(), Field(ge=0, le=_MAX_COUNT)]
SignedCount = Annotated[int, Strict(), Field(ge=-_MAX_COUNT, le=_MAX_COUNT)]
Grade = Annotated[int, Strict(), Field(ge=0, le=10, description="A grade on the questionnaire's scale, 0 to 10.")]
