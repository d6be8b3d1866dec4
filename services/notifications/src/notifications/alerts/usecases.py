"""Raising, acknowledging, settling and escalating alerts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from guanxi import directory, due
from guanxi.auth import ADMIN, Principal
from guanxi.bus import log
from guanxi.db import Reader, Tx
from guanxi.events import Event
from guanxi.events.notifications import NotificationSent
from guanxi.problems import Conflict, Forbidden, NotFound, Stale, Unprocessable
from notifications import bell
from notifications.alerts import causes, rules, store
from notifications.alerts.rules import Cause, Matter, Recipient, Rule, Staff
from notifications.alerts.schemas import AcknowledgementPost, AlertRulePut
from notifications.alerts.store import Alert
from notifications.lateness import too_late
from notifications.messages import usecases as messages
from notifications.messages.rules import Wanted

ESCALATION = "alert-escalation"
_FINAL = frozenset({"done"})
_MAILS = {"promise-due-soon": "promise-reminder"}
"""Rules whose mail has words of its own; for all others it says that something waits in the inbox."""


@dataclass(frozen=True, slots=True)
class _Raising:
    rule: Rule
    cause: Cause
    recipient: Recipient
    escalated_from: UUID | None = None


async def raise_for(tx: Tx, events: Sequence[Event[Any]]) -> None:
    """Raise what these facts ask for. What was learned too late, or is settled by now, concerns nobody."""
    told = {event.id: event for event in events if not too_late(event, tx.now)}
    known = await store.rules(tx) if told else []
    facts = [causes.cause_of(event) for event in told.values()]
    pairs = [(rule, cause) for cause in facts for rule in known if rules.concerns(rule, cause)]
    if not pairs:
        return
    settled = await store.settled(tx, {cause.id: 0 for _, cause in pairs})
    fresh = [(rule, cause) for rule, cause in pairs if rules.outlives(cause, settled[cause.id])]
    matters = await _matters(tx, [cause for _, cause in fresh])
    staff = await _staff(tx, matters.values())
    wanted = [
        _Raising(rule, cause, recipient)
        for rule, cause in fresh
        for recipient in rules.recipients(rule, matters[cause.event_id], staff)
    ]
    await _raise(tx, wanted, staff, told)


async def settle(tx: Tx, ends: Mapping[UUID, int]) -> None:
    """Close what these causes raised up to these sequences: it has been seen to, or was never so."""
    await store.settled(tx, ends)
    # The moment's row before the alert's, as the loop of due moments takes them: so nobody waits in a ring.
    for alert_id in await store.open_of(tx, ends):
        await due.cancel(tx, ESCALATION, alert_id)
    await store.close(tx, ends)
    tx.after_commit(bell.ALERTS.ring)


async def escalate(tx: Tx, alert_id: UUID, at: datetime) -> None:
    """Tell who stands above, when nobody has acknowledged it until now."""
    found = await store.lock(tx, alert_id)
    if found is None or found.state != "raised" or found.due_at is None or found.due_at > at:
        return
    rule = next((one for one in await store.rules(tx) if one.code == found.rule), None)
    staff = await _staff(tx, (), [found.employee_id])
    above = rules.superior(Recipient(found.unit_id, found.employee_id), staff)
    if rule is None or above is None:
        return
    await store.mark(tx, found, "escalated")
    await _raise(tx, [_Raising(rule, _cause_again(found), above, found.id)], staff)


async def acknowledge(tx: Tx, alert_id: UUID, body: AcknowledgementPost, principal: Principal) -> Alert:
    """Note that somebody is on it, or that it is done. Raises 404 for another's alert, 409 for one that is done."""
    await get(tx, principal, alert_id)
    await due.cancel(tx, ESCALATION, alert_id)
    found = await store.lock(tx, alert_id)
    if found is None:
        raise NotFound("alert")
    if found.state in _FINAL and body.state != "done":
        raise Conflict("already-done", "This alert is done.")
    tx.after_commit(bell.ALERTS.ring)
    return await store.mark(tx, found, body.state, by=principal.subject, note=body.note)


def may_see(principal: Principal, found: Alert) -> bool:
    """Whether an alert stands in the caller's inbox, or the caller is an administrator."""
    if principal.may(ADMIN):
        return True
    if found.employee_id is None:
        return found.unit_id == principal.unit
    return found.employee_id == principal.employee_id


async def get(reader: Reader, principal: Principal, alert_id: UUID) -> Alert:
    """One alert of the caller's, or 404."""
    found = await store.one(reader, alert_id)
    if found is None or not may_see(principal, found):
        raise NotFound("alert")
    return found


async def inbox(  # noqa: PLR0913 - one argument for each filter
    reader: Reader,
    principal: Principal,
    *,
    employee_id: UUID | None,
    state: str | None,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Alert]:
    """The caller's alerts, newest first; an administrator may name another employee."""
    whose, unit = whose_inbox(principal, employee_id)
    return await store.page(reader, whose, unit, state=state, after=after, limit=limit)


def whose_inbox(principal: Principal, employee_id: UUID | None) -> tuple[UUID | None, str | None]:
    """The employee whose inbox is read and the unit whose common one; 403 for another's without being administrator."""
    if employee_id is None or employee_id == principal.employee_id:
        return principal.employee_id, principal.unit
    if not principal.may(ADMIN):
        raise Forbidden
    return employee_id, None


async def list_rules(reader: Reader) -> list[Rule]:
    """Every rule."""
    return await store.rules(reader)


async def put_rule(tx: Tx, code: str, body: AlertRulePut, version: int) -> Rule:
    """Change a rule; 404 when there is none, 412 when it has changed since it was read."""
    found = next((one for one in await store.rules(tx) if one.code == code), None)
    if found is None:
        raise NotFound("alert rule")
    _check_tiers(found, body)
    values = {**body.model_dump(), "recipients": tuple(body.recipients), "tiers": tuple(body.tiers)}
    changed = await store.put_rule(tx, Rule(id=found.id, version=version, code=code, fact=found.fact, **values))
    if changed is None:
        raise Stale(found.version)
    return changed


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Blank what staff noted about these customers; that there was an alert stays."""
    return await store.blank(tx, customer_ids)


def _check_tiers(rule: Rule, body: AlertRulePut) -> None:
    if rules.about_tiers(rule.fact) and not body.tiers:
        raise Unprocessable.field("tiers", "required", "name the tiers from which a fall is told")
    if body.tiers and not rules.about_tiers(rule.fact):
        raise Unprocessable.field("tiers", "not-here", "this rule's fact tells of no tiers")


async def _matters(tx: Tx, causes: Iterable[Cause]) -> dict[UUID, Matter]:
    causes = list(causes)
    families = await directory.families(tx, (one.customer_id for one in causes if one.customer_id))
    known = await directory.customers(tx, (one for family in families.values() for one in family))
    canonical = {one: top for top, family in families.items() for one in family}
    matters = {}
    for cause in causes:
        top = canonical.get(cause.customer_id) if cause.customer_id else None
        chain = dict.fromkeys([cause.customer_id, top, *families.get(top, ())] if top else [])
        records = [known[one] for one in chain if one in known]
        owner = next((one.owner_id for one in records if one.owner_id), None)
        matters[cause.event_id] = Matter(cause, owner, records[0].unit_id if records else None)
    return matters


async def _staff(tx: Tx, matters: Iterable[Matter], others: Iterable[UUID | None] = ()) -> Staff:
    units = {unit.code: unit for unit in await directory.units(tx)}
    named: set[UUID | None] = {unit.lead_id for unit in units.values()} | set(others)
    for matter in matters:
        named |= {matter.owner_id} | matter.cause.people
    employees = await directory.employees(tx, [one for one in named if one])
    return Staff(units, employees, tx.now)


async def _raise(
    tx: Tx, wanted: Sequence[_Raising], staff: Staff, told: Mapping[UUID, Event[Any]] = MappingProxyType({})
) -> None:
    rows = [_row(tx, one, staff) for one in wanted]
    raised = await store.add(tx, rows)
    for one in raised:
        if one.due_at is not None:
            await due.schedule(tx, one.due_at, ESCALATION, one.id)
    by_mail = [one for one in raised if one.urgent and _has_mail(one, staff)]
    await messages.queue(tx, [_mail(one) for one in by_mail])
    await log.record(tx, *(_drafted(tx, one, told.get(one.cause_event_id)) for one in raised))
    tx.after_commit(bell.ALERTS.ring)
    tx.after_commit(bell.MESSAGES.ring)


def _row(tx: Tx, one: _Raising, staff: Staff) -> dict[str, Any]:
    cause = one.cause
    return {
        "id": tx.new_id(),
        "unit": one.recipient.unit,
        "rule": one.rule.code,
        "recipient": one.recipient.key,
        "employee_id": one.recipient.employee_id,
        "customer_id": cause.customer_id,
        "cause_type": cause.type,
        "cause_id": cause.id,
        "cause_sequence": cause.sequence,
        "cause_event_id": cause.event_id,
        "facts": cause.facts,
        "urgent": one.rule.urgent,
        "due_at": _due_at(one, staff, tx.now),
        "escalated_from": one.escalated_from,
    }


def _due_at(one: _Raising, staff: Staff, now: datetime) -> datetime | None:
    if one.rule.escalate_after is None or rules.superior(one.recipient, staff) is None:
        return None
    return directory.hours_of(staff.units.get(one.recipient.unit)).after(now, one.rule.escalate_after)


def _cause_again(found: Alert) -> Cause:
    where = (found.cause_event_id, found.cause_type, found.cause_id, found.cause_sequence)
    return Cause(*where, found.customer_id, found.facts)


def _has_mail(one: Alert, staff: Staff) -> bool:
    told = staff.present(one.employee_id)
    return told is not None and bool(told.email)


def _mail(one: Alert) -> Wanted:
    return Wanted(
        intent=_MAILS.get(one.rule, "alert"),
        key=f"alert:{one.id}",
        message_class="staff",
        channel="email",
        recipient="employee",
        unit=one.unit_id,
        customer_id=one.customer_id,
        employee_id=one.employee_id,
        ticket_id=None,
        facts={"rule": one.rule, "number": one.facts.get("number", ""), "due_at": one.facts.get("due_at", "")},
        cause_type=one.cause_type,
        cause_id=one.cause_id,
        cause_event_id=one.cause_event_id,
    )


def _told(one: Alert) -> NotificationSent:
    return NotificationSent(
        message_id=one.id,
        intent=one.rule,
        message_class="staff",
        template="alert",
        channel="inbox",
        recipient="employee" if one.employee_id else "unit",
        employee_id=one.employee_id,
        unit=one.unit_id,
        cause_type=one.cause_type,
        cause_id=one.cause_id,
        sent_at=one.created_at,
    )


def _drafted(tx: Tx, one: Alert, cause: Event[Any] | None) -> Event[NotificationSent]:
    return log.draft(tx, _told(one), aggregate=one.id, sequence=one.version, subject=one.customer_id, cause=cause)
