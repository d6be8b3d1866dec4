"""What a contact is, from whichever door it comes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from guanxi.events import HISTORIC_AFTER, Event
from guanxi.events.interactions import CustomerContacted, CustomerContactedVoided
from guanxi.events.reports import ContactReported
from guanxi.problems import Conflict
from interactions.promises.rules import Made, Terms
from interactions.record import Record
from interactions.reports.rules import Admitted
from interactions.timeline.rules import Entry, Summary

Direction = Literal["in", "out"]
ContactKind = Literal["contact", "visit", "call", "meeting", "interview", "letter"]
Need = Literal["need_now", "later", "none"]

_KINDS: dict[str, ContactKind] = {
    "visit": "visit",
    "counter": "visit",
    "phone": "call",
    "post": "letter",
    "fax": "letter",
    "email": "letter",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact(Record):
    """Somebody of ours and the customer spoke or wrote to each other."""

    channel: str
    direction: str
    kind: str
    employee_id: UUID | None
    employee_name: str | None
    contact_person: str | None
    subject: str | None
    content: str | None
    outcome: str | None
    need_on: date | None
    occurred_at: datetime
    duration_s: int | None
    cues: tuple[str, ...]
    rival_named: str | None
    promise_count: int

    @property
    def historic(self) -> bool:
        """Whether we learned of it more than 48 hours late."""
        return self.recorded_at - self.occurred_at > HISTORIC_AFTER


@dataclass(frozen=True, slots=True)
class Staff:
    """An employee as a contact needs them."""

    id: UUID
    subject: str | None
    name: str | None
    unit_id: str


class StaffByName:
    """Finds the employee that a report means by a name or an account."""

    def __init__(self, staff: Iterable[Staff]) -> None:
        self._by_name: Mapping[str, list[Staff]] = defaultdict(list)
        for one in staff:
            for name in {one.name, one.subject} - {None}:
                self._by_name[str(name)].append(one)

    def find(self, name: str | None, unit: str) -> Staff | None:
        """The only one of this name, else the only one of it in the unit; of several we guess nobody."""
        found = self._by_name.get(name, []) if name else []
        if len(found) > 1:
            found = [one for one in found if one.unit_id == unit]
        return found[0] if len(found) == 1 else None


def kind_of(channel: str) -> ContactKind:
    """The kind of contact that a channel usually carries."""
    return _KINDS.get(channel, "contact")


def names_in(reports: Sequence[Admitted[ContactReported]]) -> set[str]:
    """Every name of staff in these reports."""
    data = [one.event.data for one in reports]
    names = {report.employee for report in data} | {promise.promiser for report in data for promise in report.promises}
    return {name for name in names if name}


def from_report(report: Admitted[ContactReported], staff: StaffByName, now: datetime) -> Contact:
    """The contact that a report tells of."""
    event, data = report.event, report.event.data
    employee = staff.find(data.employee, data.unit)
    return Contact(
        id=event.aggregateid,
        customer_id=event.subject,
        unit_id=data.unit,
        source=data.source,
        external_ref=data.external_ref,
        recorded_at=now,
        voided_at=report.voided_at,
        channel=data.channel,
        direction=data.direction,
        kind=kind_of(data.channel),
        employee_id=employee.id if employee else None,
        employee_name=data.employee,
        contact_person=data.contact_person,
        subject=data.subject,
        content=data.content,
        outcome=data.outcome,
        need_on=data.need_on,
        occurred_at=event.time,
        duration_s=data.duration_s,
        cues=data.cues,
        rival_named=data.rival_named,
        promise_count=len(data.promises),
    )


def promises_in(report: Admitted[ContactReported], contact: Contact, staff: StaffByName) -> Made:
    """What was promised in a reported contact; without a promiser it was the contact's employee."""
    terms = []
    for one in report.event.data.promises:
        name = one.promiser or contact.employee_name
        promiser = staff.find(name, contact.unit_id)
        terms.append(
            Terms(
                what=one.what,
                due_at=one.due_at,
                promiser_id=promiser.id if promiser else None,
                promiser_name=name,
                fulfilling_unit=promiser.unit_id if promiser else contact.unit_id,
            )
        )
    return promised(contact, terms, report.event)


def promised(contact: Contact, terms: Sequence[Terms], cause: Event[Any] | None = None) -> Made:
    """The promises of a contact, for the ledger; `cause` is the report that told of them."""
    return Made(
        contact_id=contact.id,
        customer_id=contact.customer_id,
        unit_id=contact.unit_id,
        source=contact.source,
        external_ref=contact.external_ref,
        made_at=contact.occurred_at,
        historic=contact.historic or (cause is not None and cause.historic),
        terms=tuple(terms),
        cause=cause,
    )


def corrected(contact: Contact, changes: Mapping[str, Any]) -> Contact:
    """The contact as it should have been; 409 when it did not take place at all."""
    refuse_voided(contact)
    return replace(contact, **changes)


def refuse_voided(contact: Contact) -> None:
    """Raise 409 for a contact that has been voided: that is final."""
    if contact.voided_at is not None:
        raise Conflict("contact-voided", "This contact has been voided: it did not take place. That is final.")


def fact(contact: Contact, kind: type[CustomerContacted]) -> CustomerContacted:
    """The fact that it took place; codes only, what was said stays here."""
    return kind(
        unit=contact.unit_id,
        source=contact.source,
        external_ref=contact.external_ref,
        contact_id=contact.id,
        channel=contact.channel,
        direction=contact.direction,
        kind=contact.kind,
        employee_id=contact.employee_id,
        outcome=contact.outcome,
        need_on=contact.need_on,
        occurred_at=contact.occurred_at,
        duration_s=contact.duration_s,
        cue_count=len(contact.cues),
        rival_named=contact.rival_named is not None,
        promise_count=contact.promise_count,
    )


def voided_fact(contact: Contact) -> CustomerContactedVoided:
    """The fact that it did not take place."""
    return CustomerContactedVoided(
        unit=contact.unit_id, source=contact.source, external_ref=contact.external_ref, contact_id=contact.id
    )


def entry(contact: Contact) -> Entry:
    """Its row on the timeline."""
    assert contact.customer_id  # noqa: S101 - a contact is with somebody
    return Entry(
        id=contact.id,
        customer_id=contact.customer_id,
        at=contact.occurred_at,
        kind="contact",
        unit_id=contact.unit_id,
        sequence=contact.version,
        summary=Summary(
            channel=contact.channel,
            direction=contact.direction,
            code=contact.kind,
            outcome=contact.outcome,
            count=contact.promise_count or None,
        ),
    )
