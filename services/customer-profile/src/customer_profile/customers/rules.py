"""What is true of customers whatever stores them: the record, what changed in it, what is published of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from customer_profile.customers.values import EMAIL, PHONE, usable
from customer_profile.matching.regions import region_of
from guanxi.events.directory import CustomerState
from guanxi.events.inbound.profiles import Address, Preferences
from guanxi.ports import id_time

_OPENING = timedelta(seconds=5)
OWN_FIELDS = (
    *("kind", "role", "lifecycle", "stage", "name", "legal_name", "legal_representative", "contact_person"),
    *("address", "social_credit_code", "id_number", "birth_date", "industry", "size", "preferences", "time_zone"),
    *("acquisition_source", "owner_id", "verified_at", "verified_by"),
)
PERSONAL_FIELDS = (
    *("name", "legal_name", "legal_representative", "contact_person", "address", "social_credit_code"),
    *("id_number", "birth_date", "preferences", "industry", "size", "acquisition_source"),
)
MERGED = "canonical_id"
"""The one field that merges change: of those an external unit learns nothing."""
MASKED_FIELDS = frozenset({"contact_points", "social_credit_code", "id_number", "birth_date"})


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """One way to reach the customer; `source` is the publisher that said so, none when a person of ours did."""

    id: UUID
    kind: str
    value: str
    preferred: bool = False
    hours: str | None = None
    source: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What must be unique within a customer."""
        return self.kind, self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer's own values; merging never changes them, only `canonical_id`.

    `version` and `recorded_at` count merges too; `edition` and `edited_at` do not: they are what its unit may know.
    """

    id: UUID
    version: int
    created_at: datetime
    recorded_at: datetime
    unit_id: str
    canonical_id: UUID
    kind: str
    role: str
    lifecycle: str
    stage: str
    verified_at: datetime
    name: str | None = None
    legal_name: str | None = None
    legal_representative: str | None = None
    contact_person: str | None = None
    address: Address | None = None
    social_credit_code: str | None = None
    id_number: str | None = None
    birth_date: date | None = None
    industry: str | None = None
    size: str | None = None
    preferences: Preferences | None = None
    time_zone: str | None = None
    acquisition_source: str | None = None
    owner_id: UUID | None = None
    verified_by: UUID | None = None
    erased_at: datetime | None = None
    edition: int
    edited_at: datetime
    contact_points: tuple[ContactPoint, ...] = ()

    @property
    def status(self) -> str:
        """`active`, `merged` (another record speaks for it) or `erased`."""
        if self.erased_at:
            return "erased"
        return "active" if self.canonical_id == self.id else "merged"

    def version_for(self, *, internal: bool) -> int:
        """The version that a caller is shown: an external unit learns nothing of merges."""
        return self.version if internal else self.edition

    def next(self, now: datetime, *, own: bool) -> Customer:
        """Its next version; `own` when a value of its own is another, and not only who speaks for it."""
        after = replace(self, version=self.version + 1, recorded_at=now)
        return replace(after, edition=self.edition + 1, edited_at=now) if own else after


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after, as JSON values."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Revision:
    """One change of a record; an erased customer's says nothing of what changed."""

    version: int
    edition: int
    recorded_at: datetime
    actor: str
    employee_id: UUID | None
    source: str | None
    diff: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class Assignment:
    """An employee who is there for the customer: as `owner`, `steward` or for `service`."""

    id: UUID
    customer_id: UUID
    employee_id: UUID
    role: str
    since: datetime
    until: datetime | None
    reason: str | None


def new_customer(id: UUID, unit_id: str, now: datetime, at: datetime | None = None, **own: Any) -> Customer:  # noqa: A002 - the column's word
    """A prospect nobody knows more of than what is given; `at` is when it became one (default: now)."""
    at = at or now
    born: dict[str, Any] = {"role": "end_user", "lifecycle": "prospect", "stage": "interact", "verified_at": at, **own}
    born |= {"version": 1, "recorded_at": now, "edition": 1, "edited_at": now}
    return Customer(id=id, created_at=at, unit_id=unit_id, canonical_id=id, **born)


def known_at(customer: Customer, moment: datetime) -> bool:
    """Whether we had the record then; `created_at` is when its source first knew the customer, maybe years before.

    The id is made some moments after its transaction began, and `recorded_at` names the beginning.
    """
    return moment >= (id_time(customer.id) or customer.created_at) - _OPENING


def as_json(value: Any) -> Any:
    """A field's value as JSON keeps it."""
    if isinstance(value, Address | Preferences):
        return value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def changes(before: Customer, after: Customer) -> tuple[FieldChange, ...]:
    """The fields whose values differ; contact points as lists of `kind:value`."""
    found = [
        FieldChange(name, as_json(getattr(before, name)), as_json(getattr(after, name)))
        for name in (*OWN_FIELDS, MERGED)
        if getattr(before, name) != getattr(after, name)
    ]
    old, new = written_points(before.contact_points), written_points(after.contact_points)
    return (*found, FieldChange("contact_points", old, new)) if old != new else tuple(found)


def written_points(points: Iterable[ContactPoint]) -> list[str]:
    """Contact points as texts, in an order of their own."""
    return sorted(
        f"{p.kind}:{p.value}{' preferred' if p.preferred else ''}{f' ({p.hours})' if p.hours else ''}" for p in points
    )


def snapshot(customer: Customer) -> dict[str, Any]:
    """Every own field as JSON, contact points included."""
    own = {name: as_json(getattr(customer, name)) for name in (*OWN_FIELDS, MERGED)}
    return own | {"contact_points": written_points(customer.contact_points)}


def image(customer: Customer) -> dict[str, Any]:
    """The whole record as JSON: what a merge keeps of the two."""
    own = {name: as_json(getattr(customer, name)) for name in COLUMNS}
    points = [{name: as_json(value) for name, value in asdict(point).items()} for point in customer.contact_points]
    return own | {"contact_points": points}


def state_before(present: Mapping[str, Any], undone: Iterable[Sequence[FieldChange]]) -> dict[str, Any]:
    """The snapshot as it was before some revisions, which are given newest first."""
    state = dict(present)
    for diff in undone:
        state.update({change.field: change.old for change in diff})
    return state


def published(customer: Customer) -> CustomerState:
    """What all other services may know; of an erased customer only that it was."""
    if customer.erased_at:
        return CustomerState(
            id=customer.id,
            canonical_id=customer.canonical_id,
            status="erased",
            kind=customer.kind,
            role=customer.role,
            unit=customer.unit_id,
        )
    return CustomerState(
        id=customer.id,
        canonical_id=customer.canonical_id,
        status=customer.status,
        kind=customer.kind,
        role=customer.role,
        unit=customer.unit_id,
        name=customer.name,
        legal_name=customer.legal_name,
        language=customer.preferences.language if customer.preferences else None,
        time_zone=customer.time_zone,
        region=region(customer.address),
        owner_id=customer.owner_id,
        emails=reached_by(customer, EMAIL),
        phones=reached_by(customer, PHONE),
    )


def region(address: Address | None) -> str | None:
    """The province or the foreign country that an address lies in, as a code; None where it names none that we know."""
    return region_of(address.country, address.province, address.city) if address else None


def reached_by(customer: Customer, kind: str) -> tuple[str, ...]:
    """Addresses of one kind that can be used, preferred first, then in the order they were learned."""
    points = sorted((p for p in customer.contact_points if p.kind == kind), key=lambda p: (not p.preferred, p.id))
    return tuple(p.value for p in points if usable(kind, p.value))


def erased(customer: Customer, now: datetime) -> Customer:
    """The record with nothing personal left in it."""
    own: dict[str, Any] = dict.fromkeys(PERSONAL_FIELDS)
    return replace(customer, **own, contact_points=(), owner_id=None, erased_at=customer.erased_at or now)


COLUMNS = tuple(f.name for f in fields(Customer) if f.name != "contact_points")
