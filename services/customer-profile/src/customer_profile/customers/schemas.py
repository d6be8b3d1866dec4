"""What callers send and get about customers."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, model_validator

from customer_profile.customers import rules, values
from guanxi.events.fields import (
    AddressText,
    BirthDate,
    Code,
    CreditCode,
    IdNumber,
    PersonName,
    ShortText,
    TimeZone,
    UtcTime,
)
from guanxi.events.inbound.profiles import Address, Preferences

Kind = Literal["person", "organisation"]
Role = Literal["end_user", "dealer", "partner", "supplier", "internal"]
Lifecycle = Literal["prospect", "active", "dormant", "former"]
Stage = Literal["interact", "continue", "understand", "relationship"]
PointKind = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$", examples=["phone"])]
_ANY = "ZZ"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class AddressBody(Address):
    """A postal address, from the country down to the door."""

    model_config = ConfigDict(extra="forbid")


class PreferencesBody(Preferences):
    """How the customer likes to be reached."""

    model_config = ConfigDict(extra="forbid")


class ContactPointBody(_Strict):
    """One way to reach the customer."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"kind": "phone", "value": "0351-555-0101", "preferred": True}]}
    )

    kind: PointKind
    """`phone`, `email`, `fax`, `wechat`, ...: an open list."""
    value: AddressText
    preferred: StrictBool = False
    """The one to use first among those of its kind."""
    hours: ShortText | None = None

    @model_validator(mode="after")
    def _readable(self) -> ContactPointBody:
        if self.kind == values.PHONE and not values.usable(values.PHONE, values.normal_phone(self.value, _ANY)):
            message = "a phone must hold at least five digits and have at most 40 characters"
            raise ValueError(message)
        if self.kind == values.EMAIL:
            _check_email(self.value)
        return self


def _check_email(value: str) -> None:
    try:
        validate_email(value, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        message = f"must be an e-mail address: {error}"
        raise ValueError(message) from error


def _real_code(value: str) -> str:
    if not values.valid_credit_code(value):
        message = "the check digit of this unified social credit code is wrong"
        raise ValueError(message)
    return value


RealCode = Annotated[CreditCode, AfterValidator(_real_code)]
ContactPoints = Annotated[tuple[ContactPointBody, ...], Field(max_length=50)]


class _Described(_Strict):
    """What a person may say of a customer."""

    role: Role = "end_user"
    stage: Stage = "interact"
    legal_name: PersonName | None = None
    legal_representative: PersonName | None = None
    contact_person: PersonName | None = None
    address: AddressBody | None = None
    social_credit_code: RealCode | None = None
    id_number: IdNumber | None = None
    birth_date: BirthDate | None = None
    industry: ShortText | None = None
    size: ShortText | None = None
    preferences: PreferencesBody | None = None
    time_zone: TimeZone | None = None
    acquisition_source: Code | None = None
    contact_points: ContactPoints = ()

    def own(self) -> dict[str, Any]:
        """The fields that were given, contact points apart, as the record keeps them."""
        given = {name: getattr(self, name) for name in self.model_fields_set if name in rules.OWN_FIELDS}
        if given.get("address"):
            given["address"] = Address.model_validate(given["address"].model_dump())
        if given.get("preferences"):
            given["preferences"] = Preferences.model_validate(given["preferences"].model_dump())
        return given


class NewRecord(_Described):
    """A customer to be registered."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "organisation",
                    "name": "山西煤產品總公司",
                    "address": {"country": "CN", "city": "太原", "line": "迎澤大街 1"},
                    "contact_points": [{"kind": "phone", "value": "0351-555-0101"}],
                }
            ]
        }
    )

    kind: Kind
    name: PersonName
    lifecycle: Lifecycle = "prospect"
    unit: Code | None = None
    """The unit whose record it is; the caller's own when not given."""
    owner_id: UUID | None = None
    """The employee who answers for the customer."""


class CustomerPatch(_Described):
    """What may be changed; a field left out stays as it is, contact points are replaced as a whole."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"industry": "coal", "size": "large"}]})

    kind: Kind = "person"
    name: PersonName | None = None
    lifecycle: Lifecycle = "prospect"


class NewAssignment(_Strict):
    """An employee for the customer: its one `owner`, a `steward` of its data, or one for `service`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"employee_id": "019a3c5e-7d10-7abc-8def-0123456789ab", "role": "owner", "reason": "handover"}]
        }
    )

    employee_id: UUID
    role: Literal["owner", "steward", "service"] = "owner"
    since: UtcTime | None = None
    reason: Code | None = None


class Verification(_Strict):
    """That somebody made sure of the record."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"verified_at": "2026-03-31T01:30:00Z"}]})

    verified_at: UtcTime | None = None
    """When; now, unless given."""
