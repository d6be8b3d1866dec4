"""Proposing, approving and publishing improvements, and telling each complaint that one answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from complaints import authority
from complaints.entitlements import reading
from complaints.entitlements import usecases as entitlements
from complaints.improvements import rules, store
from complaints.improvements.rules import Answered, Improvement
from complaints.problems import rules as problem_rules
from complaints.problems import usecases as problems
from guanxi import directory, due
from guanxi.auth import Principal
from guanxi.bus import log
from guanxi.db import Reader, Tx
from guanxi.events import Event
from guanxi.events.improvements import ComplaintImproved, ImprovementPublished
from guanxi.problems import Conflict, NotFound, Stale, Unprocessable

DUE = "improvement"
"""The kind of an improvement's row in `due`: complaints that it answers wait to be told of."""
CHUNK = 200
MOST_ARTICLES = 200
QUARTER = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Defects:
    """Complaints of an article, and those of its quality for each million pieces sold in the same time."""

    sku: str
    complaints: int
    quality_complaints: int
    pieces_sold: int
    quality_per_million: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """The articles complained of between two days."""

    since: date
    until: date
    items: Sequence[Defects]


async def propose(tx: Tx, given: Mapping[str, Any], days: int, principal: Principal) -> Improvement:
    """Propose an improvement; from a problem it takes its cause and article. 422.

    Without a problem it answers complaints of the last `days`, unless it names a day.
    """
    values, clock = dict(given), await reading.clock(tx)
    if values["source"] == rules.PROBLEM:
        found = await _problem(tx, values["problem_id"])
        values |= {"cause": found.cause, "sku": found.sku, "complaints_since": found.since}
    if values["complaints_since"] is None:
        values["complaints_since"] = clock.day(tx.now) - timedelta(days=days)
    await _check_owner(tx, values["owner_id"])
    made = Improvement(
        id=tx.new_id(),
        created_at=tx.now,
        recorded_at=tx.now,
        unit_id=principal.unit,
        proposed_by=principal.subject,
        **values,
    )
    await store.insert(tx, made)
    return made


async def amend(tx: Tx, improvement_id: UUID, changes: Mapping[str, Any], expected: int) -> Improvement:
    """Put a proposal right. 404, 412, 422; 409 `already-approved`."""
    before = await find(tx, improvement_id, lock=True)
    if before.version != expected:
        raise Stale(before.version)
    await _check_owner(tx, changes.get("owner_id"))
    after = rules.amended(before, changes, tx.now)
    if (after.cost_minor is None) != (after.currency is None):
        raise Unprocessable.field("currency", "currency", "A cost needs its currency, and a currency its cost.")
    await store.save(tx, after)
    return after


async def approve(tx: Tx, improvement_id: UUID, principal: Principal) -> Improvement:
    """Approve what another has proposed, as a lead or director. 403, 404, 409."""
    before = await find(tx, improvement_id, lock=True)
    await authority.check(tx, principal, authority.LEAD)
    after = rules.approved(before, principal.subject, tx.now)
    await store.save(tx, after)
    return after


async def publish(tx: Tx, improvement_id: UUID, principal: Principal) -> Improvement:
    """Say to everybody what was changed; each complaint that it answers is told of right after. 403, 404, 409."""
    before = await find(tx, improvement_id, lock=True)
    await authority.check(tx, principal, authority.LEAD)
    clock = await reading.clock(tx)
    after = rules.published(before, clock.firm, tx.now)
    after = await _counted(tx, after, clock)
    await store.save(tx, after)
    await log.record(tx, _told(tx, after))
    if after.problem_id is not None and after.answers_before is not None:
        await problems.improve(tx, after.problem_id, after.answers_before)
    if after.cause is not None:
        await due.schedule(tx, tx.now, DUE, after.id)
    return after


async def on_due(tx: Tx, improvement_id: UUID, _: datetime) -> None:
    """Tell of the next complaints that a published improvement answers, some hundred in a transaction.

    When all are told, it looks once more when its day begins, for who complained meanwhile, and daily for some weeks
    after it, for what was filed before and is learned late.
    """
    one = await store.find(tx, improvement_id, lock=True)
    if one is None or one.answers_before is None:
        return
    since = _begin(one.complaints_since, await reading.clock(tx))
    found = await store.unanswered(tx, one, since, one.answers_before, CHUNK)
    fresh = await store.answer(tx, one.id, found)
    await log.record(tx, *(_answered(tx, one, each, fresh[each.id]) for each in found if each.id in fresh))
    if len(found) == CHUNK:
        await due.schedule(tx, tx.now, DUE, one.id)
    elif (again := rules.looks_again(one, tx.now)) is not None:
        await due.schedule(tx, again, DUE, one.id)


async def find(reader: Reader, improvement_id: UUID, *, lock: bool = False) -> Improvement:
    """One improvement. 404."""
    found = await store.find(reader, improvement_id, lock=lock)
    if found is None:
        raise NotFound("improvement")
    return found


async def page(reader: Reader, status: str | None, after: Sequence[Any] | None, limit: int) -> list[Improvement]:
    """Improvements, the newest first."""
    return await store.page(reader, status, after, limit)


async def public(reader: Reader, after: Sequence[Any] | None, limit: int) -> list[Improvement]:
    """Published improvements, the last published first."""
    return await store.public(reader, after, limit)


async def defects(reader: Reader, since: date | None, until: date | None, now: datetime) -> Report:
    """By article: what was complained of and what was sold from one day to another, both included, in the firm's days.

    Without the last day until today, without the first the `QUARTER` before the last. 422 when they are the wrong way.
    """
    clock = await reading.clock(reader)
    last = until or clock.day(now)
    first = since or last - QUARTER
    if first > last:
        raise Unprocessable.field("since", "since", "It lies after the last day.")
    bounds = _begin(first, clock), _begin(last + timedelta(days=1), clock)
    pieces = await entitlements.sold(reader, *bounds)
    found = [
        Defects(sku, complaints, quality, pieces.get(sku, 0), rules.per_million(quality, pieces.get(sku, 0)))
        for sku, complaints, quality in await store.defects(reader, *bounds, MOST_ARTICLES)
    ]
    return Report(first, last, found)


async def _problem(tx: Tx, problem_id: UUID) -> problem_rules.Problem:
    try:
        found = await problems.find(tx, problem_id)
    except NotFound as error:
        raise Unprocessable.field("problem_id", "unknown-problem", "There is no such problem.") from error
    if found.status == problem_rules.SUSPECTED:
        raise Conflict("not-recognised", "Recognise the problem first.")
    return found


async def _check_owner(tx: Tx, owner_id: UUID | None) -> None:
    if owner_id is not None and await directory.employee(tx, owner_id) is None:
        raise Unprocessable.field("owner_id", "unknown-employee", "There is no such employee.")


async def _counted(tx: Tx, one: Improvement, clock: reading.Clock) -> Improvement:
    if one.cause is None or one.answers_before is None:
        return one
    found = await store.concerned(tx, one, _begin(one.complaints_since, clock), one.answers_before)
    canonical = await directory.canonical_ids(tx, {key for key in found if key is not None})
    return replace(one, complainants=len(set(canonical.values())), anonymous=found.get(None, 0))


def _begin(day: date, clock: reading.Clock) -> datetime:
    return datetime.combine(day, time(), clock.firm)


def _told(tx: Tx, one: Improvement) -> Event[ImprovementPublished]:
    names = ("source", "problem_id", "cycle_id", "cause", "sku", "indicator", "titles", "effective_on")
    said = {name: getattr(one, name) for name in (*names, "published_at", "owner_id", "complainants", "anonymous")}
    fact = ImprovementPublished.model_validate({"improvement_id": one.id, **said})
    return log.draft(tx, fact, aggregate=one.id, sequence=one.version, subject=None)


def _answered(tx: Tx, one: Improvement, complaint: Answered, pair: UUID) -> Event[ComplaintImproved]:
    fact = ComplaintImproved.model_validate(
        {
            "improvement_id": one.id,
            "complaint_id": complaint.id,
            "number": complaint.number,
            "unit": complaint.unit_id,
            "cause": complaint.cause,
            "sku": complaint.sku,
            "titles": one.titles,
            "effective_on": one.effective_on,
        }
    )
    return log.draft(tx, fact, aggregate=pair, sequence=1, subject=complaint.customer_id)
