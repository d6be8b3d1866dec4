"""Benefits that a changed agreement would take away: shown to a person, who decides; until then they stand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from complaints import authority
from complaints.entitlements import agreement_store, life, reading
from complaints.entitlements.agreements import Decided, Promise
from complaints.entitlements.evaluation import evaluate
from complaints.entitlements.rules import Policy
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
    promises: Sequence[Promise]

    @property
    def clauses(self) -> Sequence[str]:
        """The clauses that had promised them, by code."""
        return sorted({code for _, code in self.promises})


@dataclass(frozen=True, slots=True)
class Word:
    """What a person says, `kept` or `withdrawn`, and why: of these promises, or of all that wait (None)."""

    decision: str
    reason: str
    only: Collection[Promise] | None = None


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


async def decide(tx: Tx, agreement_id: UUID, word: Word, principal: Principal) -> Flag:
    """Keep what an agreement had promised, or withdraw it, as a lead or director.

    403, 404; 409 `nothing-to-decide`, also where one of the promises named does not wait.
    """
    await authority.check(tx, principal, authority.LEAD)
    await agreement_store.hold_decision(tx, agreement_id)
    customer_id = await agreement_store.customer(tx, agreement_id)
    if customer_id is None:
        raise NotFound("agreement")
    time = await reading.clock(tx)
    today = time.day(tx.now)
    policy = (await life.in_force(tx, today)).policy
    found = await _open(tx, [(agreement_id, customer_id)], policy, today, time)
    if not found or not set(found[0].promises).issuperset(word.only or ()):
        raise Conflict("nothing-to-decide", "Nothing of this that the agreement had promised waits for a decision.")
    shown = found[0] if word.only is None else replace(found[0], promises=sorted(set(word.only)))
    made = Decided(
        agreement_id=agreement_id,
        customer_id=customer_id,
        at_version=shown.version,
        promises=shown.promises,
        decision=word.decision,
        decided_by=principal.subject,
        reason=word.reason,
    )
    await agreement_store.decide(tx, made, principal.unit)
    return shown


async def decided(tx: Tx, agreement_id: UUID) -> Flag:
    """A flag after its decision, for a repeat: what it was about is settled, so it names no clause any more."""
    found = await agreement_store.last_decided(tx, agreement_id)
    if found is None:
        raise NotFound("agreement")
    return Flag(agreement_id, *found, ())


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
        waits: dict[UUID, set[Promise]] = {}
        for one in (one for one in tried if one.flagged):
            for by in one.promised_by:
                waits.setdefault(by.id, set()).add((by.version, one.clause.code))
        for agreement in file.agreements:
            if agreement.id in waits and agreement.id in wanted:
                version, promises = agreement.now.agreed.version, sorted(waits[agreement.id])
                found.append(Flag(agreement.id, agreement.customer_id, version, promises))
    return sorted(found, key=lambda one: one.agreement_id)
