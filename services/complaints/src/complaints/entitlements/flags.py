"""Benefits that a correction would take away: shown to a person, who decides; until then they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from complaints import authority
from complaints.entitlements import life, reading, store
from complaints.entitlements.evaluation import evaluate
from complaints.entitlements.rules import Policy, Settled
from guanxi import directory
from guanxi.auth import Principal
from guanxi.db import Reader, Tx
from guanxi.problems import Conflict, NotFound

_NOBODY = UUID(int=0)
_CHUNK = 200


@dataclass(frozen=True, slots=True)
class Flag:
    """An order that brought benefits as it was first told and does not as it stands; `version` is the order's now."""

    order_id: UUID
    customer_id: UUID
    version: int
    clauses: Sequence[str]


async def page(reader: Reader, after: Sequence[Any] | None, limit: int, now: datetime) -> list[Flag]:
    """Open flags by order, one more than `limit` when there are more."""
    last, found = after[0] if after else _NOBODY, list[Flag]()
    time = await reading.clock(reader)
    today = time.day(now)
    policy = (await life.in_force(reader, today)).policy
    while len(found) <= limit and (some := await store.corrected(reader, last, _CHUNK)):
        last = some[-1][0]
        found += await _open(reader, dict(some), policy, today, time)
    return sorted(found, key=lambda one: one.order_id)[: limit + 1]


async def decide(tx: Tx, order_id: UUID, decision: str, reason: str, principal: Principal) -> Flag:
    """Keep the benefits of an order, or withdraw them, as a lead or director. 403, 404; 409 `nothing-to-decide`."""
    await authority.check(tx, principal, authority.LEAD)
    owner = await store.owner(tx, order_id)
    if owner is None:
        raise NotFound("order")
    time = await reading.clock(tx)
    today = time.day(tx.now)
    policy = (await life.in_force(tx, today)).policy
    found = await _open(tx, {order_id: owner}, policy, today, time)
    if not found:
        raise Conflict("nothing-to-decide", "No benefit of this order waits for a decision.")
    await store.settle(tx, Settled(order_id, found[0].version, decision, principal.subject, reason), principal.unit)
    return found[0]


async def decided(tx: Tx, order_id: UUID) -> Flag:
    """A flag after its decision, for a repeat: what it was about is settled, so it names no clause any more."""
    owner, settled = await store.owner(tx, order_id), await store.settled(tx, [order_id])
    if owner is None:
        raise NotFound("order")
    return Flag(order_id, owner, settled[order_id].at_version, ())


async def _open(
    reader: Reader, owners: dict[UUID, UUID], policy: Policy, today: date, time: reading.Clock
) -> list[Flag]:
    families = await directory.families(reader, owners.values())
    files = await reading.files(reader, families, time)
    flags = []
    for key, file in files.items():
        answer = evaluate(policy, file, today)
        tried = [*answer.customer, *(one for goods in answer.goods for one in goods.tried)]
        held = {one.order_id for one in tried if one.flagged} & owners.keys()
        versions = {story.order_id: story.versions[-1].version for story in file.orders}
        flags += [
            Flag(
                order, key, versions[order], sorted({t.clause.code for t in tried if t.flagged and t.order_id == order})
            )
            for order in held
            if order is not None
        ]
    return flags
