"""What a promise is and what may become of it: kept, broken, renegotiated, withdrawn, or closed as historic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from guanxi.events import HISTORIC_AFTER, Event
from guanxi.ports import derived_id
from guanxi.problems import Conflict, Unprocessable
from interactions.record import Record

DUE_KIND = "promise"
REMINDER_KIND = "promise_reminder"
BY_TIME = "due"
"""`settled_by` of a promise that nobody settled before its moment came."""

Status = Literal["open", "kept", "broken", "renegotiated", "withdrawn", "historic"]
Ending = Literal["kept", "broken", "renegotiated", "withdrawn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What was promised, by when, by whom, and which unit has to keep it."""

    what: str | None
    due_at: datetime
    promiser_id: UUID | None
    promiser_name: str | None
    fulfilling_unit: str
    what_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise(Record):
    """A promise as it stands; `slot` is its place among the promises of its contact."""

    contact_id: UUID | None
    slot: int | None
    what: str | None
    what_code: str | None
    promiser_id: UUID | None
    promiser_name: str | None
    fulfilling_unit: str
    due_at: datetime
    made_at: datetime
    status: Status
    settled_at: datetime | None = None
    settled_by: str | None = None
    reason: str | None = None
    note: str | None = None
    replaced_by: UUID | None = None
    replaces: UUID | None = None
    reminded_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """The promises of one contact as its newest version tells them."""

    contact_id: UUID
    customer_id: UUID | None
    unit_id: str
    source: str | None
    external_ref: str | None
    made_at: datetime
    historic: bool
    terms: tuple[Terms, ...]
    cause: Event[Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What somebody says became of a promise."""

    ending: Ending
    at: datetime
    by: str
    new_due_at: datetime | None = None
    reason: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What a contact's newest version makes of its promises."""

    changed: tuple[Promise, ...] = ()
    """Rows to write, new ones included, each with its new version."""
    made: tuple[UUID, ...] = ()
    corrected: tuple[UUID, ...] = ()
    reopened: tuple[UUID, ...] = ()
    """Broken by time under the old terms and open under the new ones; two versions up, one for each fact."""
    voided: tuple[UUID, ...] = ()


def first_status(due_at: datetime, now: datetime, *, historic: bool) -> Status:
    """Open, unless its moment lies in the past and we learned of it too late for anybody to act."""
    late = historic or now - due_at > HISTORIC_AFTER
    return "historic" if late and due_at <= now else "open"


def new_promise(made: Made, slot: int, terms: Terms, promise_id: UUID, now: datetime) -> Promise:
    """The promise in one place of a contact."""
    return Promise(
        id=promise_id,
        customer_id=made.customer_id,
        unit_id=made.unit_id,
        source=made.source,
        external_ref=made.external_ref,
        recorded_at=now,
        contact_id=made.contact_id,
        slot=slot,
        made_at=made.made_at,
        status=first_status(terms.due_at, now, historic=made.historic),
        **_values(terms),
    )


def revise(made: Made, known: Sequence[Promise], now: datetime) -> Revision:
    """Bring the promises of a contact into line with its newest version, place by place.

    A place whose promise was voided before gets a new one, under an id that names the event: voided is final. With a
    promise that was renegotiated goes whatever took its place.
    """
    live = {one.slot: one for one in known if one.voided_at is None and one.replaces is None}
    used = {one.id for one in known}
    changed, new, corrected, reopened = list[Promise](), list[UUID](), list[UUID](), list[UUID]()
    for slot, terms in enumerate(made.terms):
        before = live.pop(slot, None)
        if before is None:
            one = new_promise(made, slot, terms, _promise_id(made, slot, used), now)
            new.append(one.id)
        elif before.made_at == made.made_at and all(getattr(before, k) == v for k, v in _values(terms).items()):
            continue
        else:
            one = _with_terms(before, made, terms, now)
            (reopened if before.status == "broken" and one.status == "open" else corrected).append(one.id)
        changed.append(one)
    gone = [void(one, now) for first in live.values() for one in _chain(first, known) if one.voided_at is None]
    return Revision(
        changed=(*changed, *gone),
        made=tuple(new),
        corrected=tuple(corrected),
        reopened=tuple(reopened),
        voided=tuple(one.id for one in gone),
    )


def redate(made: Made, known: Sequence[Promise], now: datetime) -> Revision:
    """Bring the promises of a contact that took place at another moment into line with it; their terms stay.

    Raises 422 when one of them was due by then.
    """
    live = [one for one in known if one.voided_at is None]
    if any(one.due_at <= made.made_at for one in live):
        detail = "It must come before the moments by which its promises are due."
        raise Unprocessable.field("occurred_at", "not-before", detail)
    first = sorted((one for one in live if one.replaces is None), key=lambda one: one.slot or 0)
    return revise(replace(made, terms=tuple(_terms(one) for one in first)), known, now)


def void(promise: Promise, now: datetime) -> Promise:
    """Taken back: it was never made."""
    return replace(promise, voided_at=now, version=promise.version + 1)


def settle(promise: Promise, outcome: Outcome, replaced_by: UUID | None = None) -> Promise:
    """The promise with its outcome.

    Raises 409 when it has one already, 422 for a moment before it was made.
    """
    if promise.voided_at is not None:
        raise Conflict("promise-voided", "This promise has been taken back: it was never made.")
    if promise.status != "open":
        raise Conflict("promise-settled", f"This promise is {promise.status}; it has no second outcome.")
    if outcome.at < promise.made_at:
        raise Unprocessable.field("at", "before-made", "The outcome cannot lie before the promise was made.")
    return replace(
        promise,
        status=outcome.ending,
        settled_at=outcome.at,
        settled_by=outcome.by,
        reason=outcome.reason,
        note=outcome.note,
        replaced_by=replaced_by,
        version=promise.version + 1,
    )


def reopened(promise: Promise) -> Promise:
    """The promise without the outcome that it was wrongly given.

    Raises 409 unless it was kept or broken: of one that is renegotiated another took the place, one that the customer
    let us off is none any more.
    """
    if promise.voided_at is not None:
        raise Conflict("promise-voided", "This promise has been taken back: it was never made.")
    if promise.status not in ("kept", "broken"):
        raise Conflict("outcome-final", f"This promise is {promise.status}: only kept and broken can be put right.")
    return replace(
        promise,
        status="open",
        settled_at=None,
        settled_by=None,
        reason=None,
        note=None,
        version=promise.version + 1,
    )


def refuse_due(promise: Promise, now: datetime) -> None:
    """Raise 409 for a promise whose moment has passed: it cannot be open again."""
    if promise.due_at <= now:
        raise Conflict("promise-due", "Its moment has passed: say what became of it instead (PATCH).")


def renegotiated(promise: Promise, outcome: Outcome, new_id: UUID, now: datetime) -> Promise:
    """The promise that takes the place of a renegotiated one; its new moment must come after the agreement."""
    if outcome.new_due_at is None:
        raise Unprocessable.field("new_due_at", "missing", "A renegotiated promise needs its new moment.")
    if outcome.new_due_at <= outcome.at:
        raise Unprocessable.field("new_due_at", "not-after", "The new moment must come after the renegotiation.")
    return replace(
        promise,
        id=new_id,
        version=1,
        recorded_at=now,
        made_at=outcome.at,
        due_at=outcome.new_due_at,
        status=first_status(outcome.new_due_at, now, historic=now - outcome.at > HISTORIC_AFTER),
        replaces=promise.id,
        reminded_at=None,
    )


def _chain(promise: Promise, known: Sequence[Promise]) -> list[Promise]:
    by_id = {one.id: one for one in known}
    chain = [promise]
    while (after := by_id.get(chain[-1].replaced_by or promise.id)) and after.id != promise.id:
        chain.append(after)
    return chain


def _with_terms(before: Promise, made: Made, terms: Terms, now: datetime) -> Promise:
    changed = replace(
        before, made_at=made.made_at, customer_id=made.customer_id, version=before.version + 1, **_values(terms)
    )
    if (before.due_at, before.promiser_id) != (terms.due_at, terms.promiser_id):
        changed = replace(changed, reminded_at=None)
    if before.status in ("kept", "renegotiated", "withdrawn") or (
        before.status == "broken" and (before.settled_by != BY_TIME or terms.due_at <= now)
    ):
        return changed
    # Whoever had promised in time is not let off by a late correction: only what was historic may stay so.
    was_historic = before.status == "historic"
    status = first_status(terms.due_at, now, historic=made.historic) if was_historic else "open"
    twice = before.status == "broken" and status == "open"
    version = changed.version + 1 if twice else changed.version
    return replace(changed, status=status, settled_at=None, settled_by=None, version=version)


def _promise_id(made: Made, slot: int, used: set[UUID]) -> UUID:
    first = derived_id(made.contact_id, f"promise/{slot}")
    if first not in used or made.cause is None:
        return first
    return derived_id(made.cause.id, f"promise/{slot}")


def _terms(promise: Promise) -> Terms:
    return Terms(**{field.name: getattr(promise, field.name) for field in fields(Terms)})


def _values(terms: Terms) -> dict[str, Any]:
    return {
        "what": terms.what,
        "what_code": terms.what_code,
        "due_at": terms.due_at,
        "promiser_id": terms.promiser_id,
        "promiser_name": terms.promiser_name,
        "fulfilling_unit": terms.fulfilling_unit,
    }
