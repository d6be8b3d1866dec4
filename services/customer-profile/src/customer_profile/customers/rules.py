"""What is true of customers whatever stores them: the record, what changed in it, what is published of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from customer_profile.customers.values import EMAIL, PHONE, normal_value, usable, value_hash
from customer_profile.matching.regions import region_of
from guanxi.events.directory import CustomerState
from guanxi.events.inbound.profiles import Address, Preferences, ProfileReported
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
class Said:
    """The last profile of one source that was applied to a record; of old ones the thread is not known."""

    at: datetime
    sequence: int
    thread: UUID | None


@dataclass(frozen=True, slots=True)
class Step:
    """What one change of a record did, and the source that made it; none where it was a person or the platform."""

    source: str | None
    diff: Sequence[FieldChange]


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


def reported(
    customer: Customer, profile: ProfileReported, source: str, region: str, new_id: Callable[[], UUID]
) -> Customer:
    """The record after a source described it: what the report leaves out stays, what it says replaces what was there.

    Of contact points it replaces only those that the same source gave before; a correction also takes away those of a
    kind that it leaves out.
    """
    region = (profile.address.country if profile.address else None) or region
    told = {name: getattr(profile, name) for name in _REPORTED if getattr(profile, name) is not None}
    if profile.preferences and customer.preferences:
        known = customer.preferences.model_dump(exclude_none=True)
        told["preferences"] = Preferences(**{**known, **profile.preferences.model_dump(exclude_none=True)})
    points = customer.contact_points
    for kind, values in ((PHONE, profile.phones), (EMAIL, profile.emails)):
        if values or profile.twin() == "corrected":
            given = [normal_value(kind, value, region) for value in values]
            points = with_reported_points(points, kind, given, source, new_id)
    return replace(customer, **told, contact_points=points)


def unsaid(customer: Customer, steps: Sequence[Step], source: str, *, opened: bool) -> Customer:
    """The record with the fields as they were before the source described it; what others have changed since stays.

    `steps` are all changes, newest first; `opened` says that the source's report opened the record.
    """
    fields = {name: _before(name, getattr(customer, name), steps, source, opened=opened) for name in _REPORTED}
    return replace(customer, **fields)


def withdrawn(customer: Customer, steps: Sequence[Step], source: str, *, opened: bool) -> Customer:
    """The record as if the source had never described it: its contact points are gone as well."""
    points = tuple(point for point in customer.contact_points if point.source != source)
    return replace(unsaid(customer, steps, source, opened=opened), contact_points=points)


def _before(field: str, value: Any, steps: Sequence[Step], source: str, *, opened: bool) -> Any:
    for step in steps:
        old = next((change.old for change in step.diff if change.field == field), _UNTOUCHED)
        if old is _UNTOUCHED:
            continue
        if step.source != source:
            return value
        value = _from_json(field, old)
    return {**_AT_FIRST, "acquisition_source": source}.get(field) if opened else value


def _from_json(field: str, value: Any) -> Any:
    read = _READ.get(field)
    return read(value) if read and value is not None else value


def with_reported_points(
    points: Sequence[ContactPoint], kind: str, values: Sequence[str], source: str, new_id: Callable[[], UUID]
) -> tuple[ContactPoint, ...]:
    """The points after a source has named all its values of one kind; those that others gave stay."""
    wanted = {value_hash(value): value for value in reversed(values)}
    kept = [p for p in points if p.kind != kind or p.source != source or value_hash(p.value) in wanted]
    known = {value_hash(p.value) for p in kept if p.kind == kind}
    added = [
        ContactPoint(new_id(), kind, value, source=source)
        for hashed, value in reversed(wanted.items())
        if hashed not in known
    ]
    return (*kept, *added)


_REPORTED = (
    *(
        "kind",
        "name",
        "legal_name",
        "legal_representative",
        "contact_person",
        "address",
        "social_credit_code",
        "id_number",
    ),
    *("birth_date", "industry", "size", "role", "preferences", "acquisition_source"),
)
_UNTOUCHED = object()
_AT_FIRST = {"kind": "person", "role": "end_user"}
"""What a report opens a record with when it says no more than its customer's name at the source."""
_READ: Mapping[str, Callable[[Any], Any]] = {
    "address": Address.model_validate,
    "preferences": Preferences.model_validate,
    "birth_date": date.fromisoformat,
}
COLUMNS = tuple(f.name for f in fields(Customer) if f.name != "contact_points")
