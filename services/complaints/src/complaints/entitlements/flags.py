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
    """An order that brought a customer benefits as it was told once and does not as it stands.

    `version` is the order's now. Of an order that went from one customer to another each who would lose has a flag.
    """

    order_id: UUID
    customer_id: UUID
    version: int
    clauses: Sequence[str]


async def page(reader: Reader, after: Sequence[Any] | None, limit: int, now: datetime) -> list[Flag]:
    """Open flags by order and customer, one more than `limit` when there are more."""
    time = await reading.clock(reader)
    today = time.day(now)
    policy = (await life.in_force(reader, today)).policy
    last, who = (after[0], after[1]) if after else (_NOBODY, _NOBODY)
    rest = await _open(reader, [(last, one) for one in await store.owners(reader, last)], policy, today, time)
    found = [one for one in rest if one.customer_id > who]
    while len(found) <= limit and (some := await store.corrected(reader, last, _CHUNK)):
        last = some[-1][0]
        found += await _open(reader, some, policy, today, time)
    return found[: limit + 1]


async def decide(tx: Tx, order_id: UUID, decision: str, reason: str, principal: Principal) -> Flag:
    """Keep the benefits of an order, or withdraw them, as a lead or director. 403, 404; 409 `nothing-to-decide`.

    Where the order was of several customers, the word is about what it brought each of them.
    """
    await authority.check(tx, principal, authority.LEAD)
    await store.hold_decision(tx, order_id)
    owners = await store.owners(tx, order_id)
    if not owners:
        raise NotFound("order")
    time = await reading.clock(tx)
    today = time.day(tx.now)
    policy = (await life.in_force(tx, today)).policy
    found = await _open(tx, [(order_id, one) for one in owners], policy, today, time)
    if not found:
        raise Conflict("nothing-to-decide", "No benefit of this order waits for a decision.")
    first = found[0]
    settled = Settled(order_id, first.version, decision, principal.subject, reason)
    await store.settle(tx, settled, first.customer_id, principal.unit)
    return first


async def decided(tx: Tx, order_id: UUID) -> Flag:
    """A flag after its decision, for a repeat: what it was about is settled, so it names no clause any more."""
    found = await store.settled_for(tx, order_id)
    if found is None:
        raise NotFound("order")
    return Flag(order_id, *found, ())


async def _open(
    reader: Reader, owners: Sequence[tuple[UUID, UUID]], policy: Policy, today: date, time: reading.Clock
) -> list[Flag]:
    orders = {order for order, _ in owners}
    families = await directory.families(reader, {customer for _, customer in owners})
    files = await reading.files(reader, families, time)
    found = []
    for key, file in files.items():
        answer = evaluate(policy, file, today)
        tried = [*answer.customer, *(one for goods in answer.goods for one in goods.tried)]
        flagged = [one for one in tried if one.flagged and not one.promised_by]
        held = {one.order_id for one in flagged} & orders
        versions = {story.order_id: story.versions[-1].version for story in file.orders}
        found += [
            Flag(order, key, versions[order], sorted({t.clause.code for t in flagged if t.order_id == order}))
            for order in held
            if order is not None
        ]
    return sorted(found, key=lambda one: (one.order_id, one.customer_id))
