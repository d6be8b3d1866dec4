"""Benefits that a changed agreement would take away: shown to a person, who decides; until then they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from complaints import authority
from complaints.entitlements import agreement_store, life, reading
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
    """An agreement that had promised benefits and does not give them as it stands; `version` is its now."""

    agreement_id: UUID
    customer_id: UUID
    version: int
    clauses: Sequence[str]


async def page(reader: Reader, after: Sequence[Any] | None, limit: int, now: datetime) -> list[Flag]:
    """Open flags by agreement, one more than `limit` when there are more."""
    time = await reading.clock(reader)
    today = time.day(now)
    policy = (await life.in_force(reader, today)).policy
    last = after[0] if after else _NOBODY
    found: list[Flag] = []
    while len(found) <= limit and (some := await agreement_store.changed(reader, last, _CHUNK)):
        last = some[-1][0]
        found += await _open(reader, some, policy, today, time)
    return found[: limit + 1]


async def decide(tx: Tx, agreement_id: UUID, decision: str, reason: str, principal: Principal) -> Flag:
    """Keep what an agreement had promised, or withdraw it, as a lead or director. 403, 404; 409 `nothing-to-decide`."""
    await authority.check(tx, principal, authority.LEAD)
    await agreement_store.hold_decision(tx, agreement_id)
    customer_id = await agreement_store.customer(tx, agreement_id)
    if customer_id is None:
        raise NotFound("agreement")
    time = await reading.clock(tx)
    today = time.day(tx.now)
    policy = (await life.in_force(tx, today)).policy
    found = await _open(tx, [(agreement_id, customer_id)], policy, today, time)
    if not found:
        raise Conflict("nothing-to-decide", "Nothing that this agreement had promised waits for a decision.")
    settled = Settled(agreement_id, found[0].version, decision, principal.subject, reason)
    await agreement_store.settle(tx, settled, customer_id, principal.unit)
    return found[0]


async def decided(tx: Tx, agreement_id: UUID) -> Flag:
    """A flag after its decision, for a repeat: what it was about is settled, so it names no clause any more."""
    customer_id = await agreement_store.customer(tx, agreement_id)
    settled = (await agreement_store.settled(tx, [agreement_id])).get(agreement_id)
    if customer_id is None or settled is None:
        raise NotFound("agreement")
    return Flag(agreement_id, customer_id, settled.at_version, ())


async def _open(
    reader: Reader, some: Sequence[tuple[UUID, UUID]], policy: Policy, today: date, time: reading.Clock
) -> list[Flag]:
    wanted = {agreement for agreement, _ in some}
    families = await directory.families(reader, {customer for _, customer in some})
    files = await reading.files(reader, families, time)
    found = []
    for file in files.values():
        answer = evaluate(policy, file, today)
        tried = [*answer.customer, *(one for goods in answer.goods for one in goods.tried)]
        held = [(one.promised_by.id, one.clause.code) for one in tried if one.flagged and one.promised_by]
        for agreement in file.agreements:
            codes = sorted({code for id_, code in held if id_ == agreement.id})
            if codes and agreement.id in wanted:
                found.append(Flag(agreement.id, agreement.customer_id, agreement.now.agreed.version, codes))
    return sorted(found, key=lambda one: one.agreement_id)
