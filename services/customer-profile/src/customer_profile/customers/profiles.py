"""What a source's profile makes of a record, and the record without it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from customer_profile.customers.rules import ContactPoint, Customer, FieldChange
from customer_profile.customers.values import EMAIL, PHONE, normal_value, value_hash
from guanxi.events.inbound.profiles import Address, Preferences, ProfileReported


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
