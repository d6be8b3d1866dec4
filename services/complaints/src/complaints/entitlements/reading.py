"""Reading all that is known of customers, for the rules: over all their records, as the caller may see them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from uuid import UUID
from zoneinfo import ZoneInfo

from complaints.entitlements import goods, store, thresholds
from complaints.entitlements.evaluation import File
from complaints.entitlements.goods import Record, Zones
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

    def day(self, at: datetime) -> date:
        """The firm's day of a moment."""
        return at.astimezone(self.firm).date()


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
    by_record: dict[UUID, list[Record]] = {}
    for one in told:
        by_record.setdefault(one.record_id, []).append(one)
    owners = {key: _owner(versions) for key, versions in by_record.items()}
    by_owner: dict[UUID, list[Record]] = {}
    for key, versions in by_record.items():
        by_owner.setdefault(owners[key], []).extend(versions)
    return {
        key: _file(
            members,
            list(chain.from_iterable(by_owner.get(one, ()) for one in members)),
            Standing(
                [step for one in members for step in standings[0].get(one, ())],
                [designation for one in members for designation in standings[1].get(one, ())],
                next((regions[one] for one in (key, *members) if one in regions), None),
            ),
            settled,
            time,
        )
        for key, members in families.items()
    }


def _file(
    members: Sequence[UUID],
    told: Sequence[Record],
    standing: Standing,
    settled: Mapping[UUID, Settled],
    time: Clock,
) -> File:
    return File(
        members=frozenset(members),
        lots=goods.lots_of(told, time.zones),
        orders=thresholds.stories(told, settled),
        standing=standing,
        zones=time.zones,
    )


def _owner(versions: Sequence[Record]) -> UUID:
    """Whose a record is: its newest version says."""
    return max(versions, key=lambda one: one.version).customer_id


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
