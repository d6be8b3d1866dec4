"""Asking for goodwill, deciding, spending, and the budgets that it comes out of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from complaints import authority
from complaints.entitlements import life, reading
from complaints.entitlements import usecases as entitlements
from complaints.entitlements.usecases import Answered, Asked
from complaints.goodwill import rules, store
from complaints.goodwill.rules import Budget, Decision, Request
from complaints.tickets import usecases as tickets
from guanxi import directory
from guanxi.auth import Principal
from guanxi.bus import log
from guanxi.db import Reader, Tx
from guanxi.events import Event
from guanxi.events.entitlements import GoodwillApproved, GoodwillSpent
from guanxi.problems import Conflict, NotFound, Stale, Unprocessable


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked for; `unit` is the one whose budget is to pay (None: the caller's)."""

    about: Asked
    complaint_id: UUID | None
    kind: str
    cost_minor: int
    currency: str
    note: str | None
    unit: str | None


async def ask(tx: Tx, wish: Wish, principal: Principal) -> Request:
    """Ask for goodwill, with the answer of entitlement that it goes beyond. 404, 410; 409 `entitled`; 422."""
    customer_id = wish.about.customer_id
    await directory.share_lock(tx, customer_id)
    await _check_complaint(tx, wish.complaint_id, customer_id, principal)
    unit = wish.unit or principal.unit
    await _check_unit(tx, unit)
    found = await entitlements.answer(tx, principal, wish.about, tx.now)
    _check_currency(wish.currency, found.version.policy.rates.currency)
    answer = _answer(found)
    if rules.entitled(wish.kind, answer["kinds"], covered=answer["covered"]):
        raise Conflict("entitled", f"It needs no goodwill: {answer['clause']} covers it.")
    made = Request(
        id=tx.new_id(),
        created_at=tx.now,
        recorded_at=tx.now,
        unit_id=unit,
        customer_id=customer_id,
        complaint_id=wish.complaint_id,
        sku=wish.about.sku,
        kind=wish.kind,
        cost_minor=wish.cost_minor,
        currency=wish.currency,
        note=wish.note,
        answer=answer,
        asked_by=principal.subject,
    )
    await store.insert(tx, made)
    return made


async def decide(tx: Tx, request_id: UUID, decision: Decision, reason: str | None, principal: Principal) -> Request:
    """Approve a request out of this year's budget of its unit, or refuse it. 403, 404.

    409 `already-decided`, `own-request`, `no-budget`, `budget-exhausted`.
    """
    before = await find(tx, request_id, lock=True)
    after = rules.decided(before, decision, reason, principal.subject, tx.now)
    clock = await reading.clock(tx)
    policy = (await life.in_force(tx, clock.day(tx.now))).policy
    level = await authority.level(tx, principal)
    rules.check_decider(before, decision, level, principal.subject, policy.goodwill_lead_limit_minor)
    zone = clock.zones.get(before.unit_id, directory.DEFAULT_ZONE)
    after = replace(after, decider_id=principal.employee_id)
    if decision == rules.APPROVED:
        after = replace(after, year=tx.now.astimezone(zone).year)
        await _commit(tx, after)
    await store.save(tx, after)
    if decision == rules.APPROVED:
        await log.record(tx, _told(tx, after, GoodwillApproved(**_fact(after, after.cost_minor))))
    return after


async def spend(tx: Tx, request_id: UUID, cost_minor: int, spent_at: datetime | None) -> Request:
    """Enter what it truly cost; the budget pays that instead of the estimate, even if it was more. 404, 409."""
    before = await find(tx, request_id, lock=True)
    at = spent_at or tx.now
    if at > tx.now or (before.decided_at is not None and at < before.decided_at):
        raise Unprocessable.field("spent_at", "spent-at", "It lies between the approval and now.")
    after = rules.spent(before, cost_minor, at, tx.now)
    if after.year is not None:
        await store.adjust(tx, after.unit_id, after.year, cost_minor - before.cost_minor)
    await store.save(tx, after)
    await log.record(tx, _told(tx, after, GoodwillSpent(**_fact(after, cost_minor), spent_at=at)))
    return after


async def set_budget(  # noqa: PLR0913 - whose, when, how much, at which version
    tx: Tx, unit: str, year: int, limit_minor: int, currency: str, expected: int | None, principal: Principal
) -> Budget:
    """Set what a unit may give in a calendar year, as a director. 403, 412, 422; 409 `committed`."""
    await authority.check(tx, principal, authority.DIRECTOR)
    await _check_unit(tx, unit)
    clock = await reading.clock(tx)
    _check_currency(currency, (await life.in_force(tx, clock.day(tx.now))).policy.rates.currency)
    before = await store.budget(tx, unit, year, lock=True)
    if expected is not None and expected != (before.version if before else 0):
        raise Stale(before.version if before else None)
    if before is not None and limit_minor < before.committed_minor:
        raise Conflict("committed", f"{before.committed_minor} of it have been given or promised already.")
    made = await store.set_budget(tx, unit, year, limit_minor, currency, expected)
    if made is None:
        raise Stale
    return made


async def find(reader: Reader, request_id: UUID, *, lock: bool = False) -> Request:
    """One request. 404."""
    found = await store.find(reader, request_id, lock=lock)
    if found is None:
        raise NotFound("goodwill request")
    return found


async def page(  # noqa: PLR0913 - one argument for each filter
    reader: Reader,
    status: str | None,
    customer_id: UUID | None,
    unit: str | None,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Request]:
    """Requests, the newest first; of a customer those of all its records."""
    members = await directory.members(reader, customer_id) if customer_id else None
    return await store.page(reader, status, members, unit, after, limit)


async def budgets(
    reader: Reader, unit: str | None, year: int | None, after: Sequence[Any] | None, limit: int
) -> list[Budget]:
    """Budgets, the newest first."""
    return await store.budgets(reader, unit, year, after, limit)


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Blank what was said about these customers; what was given stays."""
    return await store.erase(tx, customer_ids)


async def _commit(tx: Tx, one: Request) -> None:
    assert one.year is not None  # noqa: S101 - set with the approval
    if await store.commit(tx, one.unit_id, one.year, one.cost_minor):
        return
    budget = await store.budget(tx, one.unit_id, one.year)
    if budget is None:
        raise Conflict("no-budget", f"{one.unit_id} has no budget for goodwill in {one.year}.")
    raise Conflict("budget-exhausted", f"The budget of {one.unit_id} has {budget.left_minor} left in {one.year}.")


async def _check_complaint(tx: Tx, complaint_id: UUID | None, customer_id: UUID, principal: Principal) -> None:
    if complaint_id is None:
        return
    try:
        ticket = await tickets.read(tx, principal, complaint_id)
    except NotFound as error:
        raise Unprocessable.field("complaint_id", "unknown-complaint", "There is no such complaint.") from error
    if ticket.customer_id not in await directory.members(tx, customer_id):
        raise Unprocessable.field("complaint_id", "another-customer", "It is another customer's complaint.")


async def _check_unit(tx: Tx, code: str) -> None:
    unit = await directory.unit(tx, code)
    if unit is None or not unit.internal:
        raise Unprocessable.field("unit", "unknown-unit", "There is no such internal unit.")


def _check_currency(given: str, wanted: str) -> None:
    if given != wanted:
        raise Unprocessable.field("currency", "currency", f"Goodwill is counted in {wanted}.")


def _answer(found: Answered) -> dict[str, Any]:
    best = found.answer.best()
    tried = best[1] if best else None
    agreed = tried.clause.agreed if tried else None
    return {
        "policy_id": str(found.version.id),
        "number": found.version.number,
        "on": found.answer.on.isoformat(),
        "covered": tried is not None and tried.applies,
        "clause": tried.clause.code if tried else None,
        "kinds": list(tried.clause.kinds) if tried else [],
        "reason": tried.reason if tried else "no-clause",
        "until": tried.until.isoformat() if tried and tried.until else None,
        "order_id": str(tried.order_id) if tried and tried.order_id else None,
        "agreement_id": str(agreed.id) if agreed else None,
        "agreement_version": agreed.version if agreed else None,
    }


def _fact(one: Request, cost_minor: int) -> Mapping[str, Any]:
    return {
        "goodwill_id": one.id,
        "unit": one.unit_id,
        "complaint_id": one.complaint_id,
        "sku": one.sku,
        "kind": one.kind,
        "cost_minor": cost_minor,
        "currency": one.currency,
        "approved_by": one.decider_id,
        "approved_at": one.decided_at,
    }


def _told(tx: Tx, one: Request, fact: GoodwillApproved | GoodwillSpent) -> Event[Any]:
    time = fact.spent_at if isinstance(fact, GoodwillSpent) else fact.approved_at
    return log.draft(tx, fact, aggregate=one.id, sequence=one.version, subject=one.customer_id, time=time)
