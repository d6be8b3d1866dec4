"""What callers send and get about customers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, model_validator

from customer_profile.customers import rules
from customer_profile.customers.rules import Customer, FieldChange
from guanxi.events import Personal
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
from guanxi.http import Page

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
    preferred: bool = False
    """The one to use first among those of its kind."""
    hours: ShortText | None = None

    @model_validator(mode="after")
    def _readable(self) -> ContactPointBody:
        if self.kind == rules.PHONE and not rules.usable(rules.PHONE, rules.normal_phone(self.value, _ANY)):
            message = "a phone must hold at least five digits and have at most 40 characters"
            raise ValueError(message)
        if self.kind == rules.EMAIL:
            _check_email(self.value)
        return self


def _check_email(value: str) -> None:
    try:
        validate_email(value, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        message = f"must be an e-mail address: {error}"
        raise ValueError(message) from error


def _real_code(value: str) -> str:
    if not rules.valid_credit_code(value):
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

    employee_id: UUID
    role: Literal["owner", "steward", "service"] = "owner"
    since: UtcTime | None = None
    reason: Code | None = None


class AssignmentRead(BaseModel):
    """Who was assigned to the customer, as what and when."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    customer_id: UUID
    employee_id: UUID
    role: str
    since: datetime
    until: datetime | None
    reason: str | None


class Verification(_Strict):
    """That somebody made sure of the record."""

    verified_at: UtcTime | None = None
    """When; now, unless given."""


class _PointRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: str
    preferred: bool
    hours: str | None
    source: str | None = Field(description="The publisher that gave it; null when a person of ours did.")


class PhoneRead(_PointRead):
    """A number."""

    value: Annotated[str, Personal("phone")]


class EmailRead(_PointRead):
    """An address of mail."""

    value: Annotated[str, Personal("email")]


class OtherRead(_PointRead):
    """Any other way."""

    value: Annotated[str, Personal("id")]


PointRead = PhoneRead | EmailRead | OtherRead
_POINTS: Mapping[str, type[PointRead]] = {rules.PHONE: PhoneRead, "fax": PhoneRead, rules.EMAIL: EmailRead}


class CustomerRead(BaseModel):
    """A customer."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: UUID
    version: int
    status: str
    canonical_id: UUID
    """The record that speaks for this customer; its own id unless it was merged."""
    members: list[UUID]
    """All records that count as this customer, oldest first."""
    kind: str
    role: str
    lifecycle: str
    stage: str
    unit: str
    name: str | None
    legal_name: str | None
    legal_representative: str | None
    contact_person: str | None
    address: Address | None
    social_credit_code: Annotated[str | None, Personal("id")]
    id_number: Annotated[str | None, Personal("id")]
    birth_date: Annotated[str | None, Personal("id")]
    industry: str | None
    size: str | None
    preferences: Preferences | None
    time_zone: str | None
    acquisition_source: str | None
    owner_id: UUID | None
    contact_points: list[PointRead]
    created_at: datetime
    recorded_at: datetime
    verified_at: datetime
    verified_by: UUID | None


class Count(BaseModel):
    """How many there are; `more` when counting stopped at the bound."""

    value: int
    more: bool


class CustomerPage(Page[CustomerRead]):
    """One page of customers."""

    count: Count | None = None


class PlainChange(BaseModel):
    """One field before and after."""

    field: str
    old: JsonValue
    new: JsonValue


class MaskedChange(PlainChange):
    """One field that not everybody may see."""

    old: Annotated[JsonValue, Personal("id")]
    new: Annotated[JsonValue, Personal("id")]


class PlainValue(BaseModel):
    """One field's value."""

    field: str
    value: JsonValue


class MaskedValue(PlainValue):
    """One that not everybody may see."""

    value: Annotated[JsonValue, Personal("id")]


class RevisionRead(BaseModel):
    """One change of the record: who made it, when, and what it changed."""

    version: int
    recorded_at: datetime
    actor: str
    employee_id: UUID | None
    source: str | None
    changes: list[MaskedChange | PlainChange]


class RevisionPage(Page[RevisionRead]):
    """One page of revisions, newest first."""

    state: list[MaskedValue | PlainValue] | None = Field(
        default=None, description="With `as_of`: the fields as they were then; null before the record was opened."
    )


def customer_read(customer: Customer, members: Iterable[UUID] = (), *, internal: bool = True) -> CustomerRead:
    """A record as it is shown; who is external learns nothing of merges."""
    own = {name: getattr(customer, name) for name in CustomerRead.model_fields if hasattr(customer, name)}
    shown = {
        "unit": customer.unit_id,
        "birth_date": customer.birth_date.isoformat() if customer.birth_date else None,
        "members": list(members) if internal else [customer.id],
        "canonical_id": customer.canonical_id if internal else customer.id,
        "status": customer.status if internal else "active",
        "contact_points": [_POINTS.get(p.kind, OtherRead).model_validate(p) for p in customer.contact_points],
    }
    return CustomerRead(**{**own, **shown})


def change_read(change: FieldChange) -> MaskedChange | PlainChange:
    """A change as it is shown."""
    made = MaskedChange if change.field in rules.MASKED_FIELDS else PlainChange
    return made(field=change.field, old=change.old, new=change.new)


def state_read(state: Mapping[str, Any]) -> list[MaskedValue | PlainValue]:
    """A snapshot as it is shown."""
    made = [
        (MaskedValue if field in rules.MASKED_FIELDS else PlainValue, field, value) for field, value in state.items()
    ]
    return [model(field=field, value=value) for model, field, value in made]
