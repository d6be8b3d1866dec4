"""Keeping the radar up to date with the facts: who is at risk is told once, and is looked after once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from guanxi import directory
from guanxi.bus import log
from guanxi.db import Reader, Tx
from guanxi.directory import DirectoryCustomer
from guanxi.events import HISTORIC_AFTER, Event
from guanxi.events.relationships import CareTaskOpened, RelationshipAtRisk
from guanxi.events.relationships import Signal as SignalFact
from scoring.radar import store
from scoring.radar.rules import EPISODE, Reading, care_due
from scoring.radar.store import CareTask, RiskCount, Watch
from scoring.scorecards import files
from scoring.scorecards.risk import AT_RISK, CALM
from scoring.scores.computing import Picture

FIRM = "head-office"


@dataclass(frozen=True, slots=True)
class Houses:
    """Units of ours and of dealers: what the firm thinks of a customer, and does about it, is no dealer's to see."""

    units: Mapping[UUID, str] = field(default_factory=dict)
    """Employee -> unit."""
    internal: frozenset[str] = frozenset()

    def may_know(self, employee_id: UUID) -> bool:
        """Whether nothing says that this employee is a dealer's."""
        unit = self.units.get(employee_id)
        return unit is None or unit in self.internal


async def settle(
    tx: Tx,
    found: Sequence[Picture],
    causes: Mapping[UUID, datetime],
    people: Mapping[UUID, DirectoryCustomer],
) -> None:
    """Write how each customer stands, tell whose risk changed, and open a care task for whoever has come to be at risk.

    A task is opened once an episode. One that is learned of from old news alone alerts nobody, so its task is left to
    the next reading: at the latest at midnight.
    """
    before = await store.of_customers(tx, [each for one in found for each in one.members])
    houses = await _houses(tx, found, people)
    watches: list[Watch] = []
    tasks: list[CareTask] = []
    events: list[Event[RelationshipAtRisk] | Event[CareTaskOpened]] = []
    for one in found:
        was, fresh = before.get(one.customer_id), tx.now - causes[one.customer_id] <= HISTORIC_AFTER
        now = _watch(one, was, _task_of(one, before))
        if now.risk == AT_RISK and now.care_task_id is None and fresh:
            task = _care_task(tx, one, people, houses)
            now = replace(now, care_task_id=task.id)
            tasks.append(task)
            events.append(_opened(tx, task, one))
        if now != was:
            watches.append(now)
        if now.version > (was.version if was else 0):
            events.append(_told(tx, now, was, one.watch, causes[one.customer_id]))
    await store.save(tx, watches)
    await store.open_tasks(tx, tasks)
    await store.end(tx, [each for one in found for each in one.members if each != one.customer_id])
    await log.record(tx, *events)


async def counts(reader: Reader) -> list[RiskCount]:
    """How many customers are in each risk."""
    return await store.counts(reader)


async def page(
    reader: Reader, risk: str, *, rhythm: bool | None, after: Sequence[object] | None, limit: int
) -> list[Watch]:
    """Customers in a risk, most points first; `rhythm`: only those with, or without, one of their own."""
    return await store.page(reader, risk, rhythm=rhythm, after=after, limit=limit)


async def present(reader: Reader, customer_id: UUID) -> Watch | None:
    """How a customer stood when it was last read; None before that, and for who is part of another."""
    found = (await store.of_customers(reader, [customer_id])).get(customer_id)
    return None if found is None or found.ended else found


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Delete what the radar has made of these customers."""
    return await store.forget(tx, customer_ids)


def _watch(one: Picture, was: Watch | None, task: UUID | None) -> Watch:
    reading = one.watch
    risk = reading.standing.risk
    moved = risk != (was.risk if was else CALM)
    return Watch(
        id=store.watch_id(one.customer_id),
        version=(was.version if was else 0) + moved,
        customer_id=one.customer_id,
        risk=risk,
        since=reading.standing.since,
        episode=reading.standing.episode,
        # The day on which it was last found different: what has not changed is not written anew each midnight.
        as_of=reading.as_of if was is None or moved else was.as_of,
        points=reading.points,
        rhythm=reading.rhythm,
        signals=tuple((each.code, each.points, each.usual) for each in reading.signals if each.points),
        cause=reading.cause,
        care_task_id=task if risk in EPISODE else None,
        members=one.members,
    )


def _task_of(one: Picture, before: Mapping[UUID, Watch]) -> UUID | None:
    # Whoever was absorbed at risk brings its care task along: the same people are not asked to care twice.
    # Only as it is absorbed: the task of a record that has been part of another since belongs to an episode gone by.
    own = before.get(one.customer_id)
    known = [own] if own else []
    known += [before[each] for each in one.members if each in before and not before[each].ended]
    return next((each.care_task_id for each in known if each.risk in EPISODE and each.care_task_id), None)


async def _houses(reader: Reader, found: Sequence[Picture], people: Mapping[UUID, DirectoryCustomer]) -> Houses:
    """Where those who may get a care task, and their owners, belong."""
    risky = [one for one in found if one.watch.standing.risk == AT_RISK]
    if not risky:
        return Houses()
    known = [people[each] for one in risky for each in (one.customer_id, *one.members) if each in people]
    owners = await directory.employees(reader, sorted({each.owner_id for each in known if each.owner_id}))
    units = {one.id: one.unit_id for one in owners.values()}
    codes = {*units.values(), *(each.unit_id for each in known if each.unit_id)}
    lineage = await directory.lineage(reader, codes)
    return Houses(units, frozenset(code for code in codes if code in lineage and lineage[code].internal))


def _care_task(tx: Tx, one: Picture, people: Mapping[UUID, DirectoryCustomer], houses: Houses) -> CareTask:
    known = [people[each] for each in (one.customer_id, *one.members) if each in people]
    reading = one.watch
    owner = next((each.owner_id for each in known if each.owner_id and houses.may_know(each.owner_id)), None)
    unit = houses.units.get(owner) if owner else None
    homes = [unit, *(each.unit_id for each in known)]
    return CareTask(
        id=tx.new_id(),
        customer_id=one.customer_id,
        unit_id=next((each for each in homes if each in houses.internal), FIRM),
        episode=reading.standing.episode,
        owner_id=owner,
        due_on=care_due(files.radar_card(), reading.as_of),
        cause=reading.cause,
        signals=tuple(each.code for each in reading.signals if each.points),
    )


def _opened(tx: Tx, task: CareTask, one: Picture) -> Event[CareTaskOpened]:
    fact = CareTaskOpened(
        task_id=task.id,
        owner_id=task.owner_id,
        unit=task.unit_id,
        due_on=task.due_on,
        cause=task.cause,
        countermeasures=one.watch.countermeasures,
        signals=task.signals,
        opened_at=tx.now,
        members=one.members,
    )
    return log.draft(tx, fact, aggregate=task.id, sequence=1, subject=task.customer_id)


def _told(tx: Tx, now: Watch, was: Watch | None, reading: Reading, at: datetime) -> Event[RelationshipAtRisk]:
    fact = RelationshipAtRisk(
        risk=now.risk,
        previous_risk=was.risk if was else None,
        as_of=reading.as_of,
        signals=tuple(
            SignalFact(code=one.code, seen=one.seen, usual=one.usual, fact_id=one.fact_id)
            for one in reading.signals
            if one.points
        ),
        cause=now.cause,
        countermeasures=reading.countermeasures,
        version=str(files.radar_card().version),
        members=now.members,
    )
    return log.draft(tx, fact, aggregate=now.id, sequence=now.version, subject=now.customer_id, time=at)
