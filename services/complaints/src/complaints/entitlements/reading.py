"""Reading all that is known of customers, for the rules: over all their records, as the caller may see them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain
from uuid import UUID
from zoneinfo import ZoneInfo

from complaints.entitlements import agreement_store, agreements, goods, store, thresholds
from complaints.entitlements.agreements import Copy, Promise
from complaints.entitlements.evaluation import File
from complaints.entitlements.goods import Record, Zones
from complaints.entitlements.offload import beside
from complaints.entitlements.rules import Settled
from complaints.entitlements.standing import Designation, Standing, Step
from complaints.routing.rules import HEAD_OFFICE
from guanxi import directory
from guanxi.db import Reader


@dataclass(frozen=True, slots=True)
class Clock:
    """The time zones of the units; days of the firm as a whole are head office's."""

    zones: Zones

    @property
    def firm(self) -> ZoneInfo:
        """Head office's time zone."""
        return self.zones.get(HEAD_OFFICE, directory.DEFAULT_ZONE)

    def day(self, at: datetime, unit: str = HEAD_OFFICE) -> date:
        """The day of a moment: the firm's, or the one where a unit is."""
        return at.astimezone(self.zones.get(unit, directory.DEFAULT_ZONE)).date()


async def clock(reader: Reader) -> Clock:
    """The time zones as the organisation has them."""
    return Clock({unit.code: directory.zone_of(unit.time_zone) for unit in await directory.units(reader)})


async def files(
    reader: Reader, families: Mapping[UUID, Sequence[UUID]], time: Clock, unit: str | None = None
) -> dict[UUID, File]:
    """What is known of each of these customers, given with all their records; of a `unit` only what it recorded."""
    ids = list(chain.from_iterable(families.values()))
    told = [one for one in await store.records(reader, ids) if unit in (None, one.unit_id)]
    settled = await store.settled(reader, {one.record_id for one in told if one.kind == goods.ORDER})
    standings = await _standings(reader, ids, time)
    regions = await store.regions(reader, ids)
    copies = await agreement_store.copies(reader, ids)
    decided = await agreement_store.decided(reader, {one.agreement_id for one in copies}) if copies else {}
    known = _Known(settled, *standings, regions, time, copies, decided)
    return await beside(len(told), _files, families, told, known)


@dataclass(frozen=True, slots=True)
class _Known:
    settled: Mapping[UUID, Settled]
    steps: Mapping[UUID, Sequence[Step]]
    designations: Mapping[UUID, Sequence[Designation]]
    regions: Mapping[UUID, str]
    time: Clock
    copies: Sequence[Copy] = ()
    decided: Mapping[UUID, Mapping[Promise, str]] = field(default_factory=dict)
    """What people decided about promises of agreements."""


def _files(families: Mapping[UUID, Sequence[UUID]], told: Sequence[Record], known: _Known) -> dict[UUID, File]:
    versions: dict[UUID, list[Record]] = {}
    for one in told:
        versions.setdefault(one.record_id, []).append(one)
    owned: dict[UUID | None, list[Record]] = {}
    ever: dict[UUID | None, set[UUID]] = {}
    for record_id, some in versions.items():
        # Who voids a record need not say whose it was.
        owner = max(some, key=lambda one: (not one.voided, one.version)).customer_id
        owned.setdefault(owner, []).extend(some)
        for one in some:
            ever.setdefault(one.customer_id, set()).add(record_id)
    files = {}
    for key, members in families.items():
        theirs = list(chain.from_iterable(owned.get(one, ()) for one in members))
        concerning: set[UUID] = set().union(*(ever.get(one, ()) for one in members))
        orders = list(chain.from_iterable(versions[one] for one in concerning))
        files[key] = _file(key, members, theirs, orders, known)
    return files


def _file(
    key: UUID, members: Sequence[UUID], owned: Sequence[Record], concerning: Sequence[Record], known: _Known
) -> File:
    """Goods are whose the record is now; what an order promised was promised to whomever it named then."""
    copies = [one for one in known.copies if one.customer_id in members]
    standing = Standing(
        list(chain.from_iterable(known.steps.get(one, ()) for one in members)),
        list(chain.from_iterable(known.designations.get(one, ()) for one in members)),
        next((known.regions[one] for one in (key, *members) if one in known.regions), None),
    )
    return File(
        members=frozenset(members),
        lots=goods.lots_of(owned, known.time.zones),
        orders=thresholds.stories(concerning, known.settled, frozenset(members)),
        standing=standing,
        zones=known.time.zones,
        agreements=agreements.agreements_of(copies, known.decided, known.time.day),
    )


async def _standings(
    reader: Reader, ids: Collection[UUID], time: Clock
) -> tuple[dict[UUID, list[Step]], dict[UUID, list[Designation]]]:
    steps: dict[UUID, list[Step]] = {}
    for row in await store.steps(reader, ids):
        step = Step(row["series_id"], row["version"], row["tier"], row["as_of"])
        steps.setdefault(row["customer_id"], []).append(step)
    designations: dict[UUID, list[Designation]] = {}
    for row in await store.designations(reader, ids):
        until = time.day(row["until"]) if row["until"] else None
        designations.setdefault(row["customer_id"], []).append(Designation(time.day(row["since"]), until))
    return steps, designations
