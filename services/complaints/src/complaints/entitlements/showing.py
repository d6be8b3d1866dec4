"""An answer, a policy and a rehearsal as their readers see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from complaints.entitlements import schemas
from complaints.entitlements.agreement_flags import Flag
from complaints.entitlements.policy_schemas import ClauseRead, MoverRead, PolicyItem, PolicyRead, RehearsalRead
from complaints.entitlements.rules import Version
from complaints.entitlements.schemas import AgreementFlagRead, EntitlementsRead, PolicyNamed, PromiseRead
from complaints.entitlements.usecases import Answered
from complaints.levels import rules as levels
from guanxi import directory
from guanxi.db import Reader


def entitlements(found: Answered) -> EntitlementsRead:
    """The whole answer."""
    answer, asked, version = found.answer, found.asked, found.version
    on, best = answer.on, answer.best()
    lots = [(one.lot, one) for one in answer.goods if one.lot is not None]
    none_bought = [one for goods in answer.goods if goods.lot is None for one in goods.tried]
    benefits = {one.clause.benefit: one for one in answer.customer if one.applies}
    for benefit in sorted({one.clause.benefit for goods in answer.goods for one in goods.tried}):
        served = answer.best(benefit)
        if served is not None and served[1].applies:
            benefits[benefit] = served[1]
    return EntitlementsRead(
        customer_id=asked.customer_id,
        canonical_id=found.canonical_id,
        on=on,
        sku=asked.sku,
        order_id=asked.order_id,
        policy=PolicyNamed.model_validate(version),
        vip=answer.vip,
        service_level=levels.VIP if answer.vip else levels.ORDINARY,
        covered=best is not None and best[1].applies,
        warranty=schemas.tried(best[1], on) if best else None,
        benefits=[schemas.tried(one, on) for one in benefits.values()],
        goods=[schemas.goods(one, lot, on) for lot, one in reversed(lots[-schemas.MOST_GOODS :])],
        goods_count=len(lots),
        tried=[schemas.tried(one, on) for one in (*answer.customer, *none_bought)],
    )


def agreement_flag(one: Flag) -> AgreementFlagRead:
    """A flag as it is shown."""
    return AgreementFlagRead(
        agreement_id=one.agreement_id,
        customer_id=one.customer_id,
        version=one.version,
        clauses=list(one.clauses),
        promises=[PromiseRead(version=version, clause=code) for version, code in one.promises],
    )


def policy(one: Version) -> PolicyRead:
    """A policy with all that it says."""
    item = PolicyItem.model_validate(one)
    clauses = [ClauseRead.model_validate(clause) for clause in one.policy.clauses]
    more = {"clauses": clauses, "rehearsed": one.rehearsal is not None}
    return PolicyRead.model_validate({**item.model_dump(), **one.body, **more})


async def rehearsal(reader: Reader, one: Version) -> RehearsalRead:
    """What came of the last rehearsal, with the names of those concerned."""
    result = one.rehearsal or {}
    movers: Sequence[Mapping[str, object]] = result.get("movers", ())
    known = await directory.customers(reader, [UUID(str(mover["customer_id"])) for mover in movers])
    named = [
        MoverRead.model_validate(
            {**mover, "name": who.name if (who := known.get(UUID(str(mover["customer_id"])))) else None}
        )
        for mover in movers
    ]
    return RehearsalRead.model_validate({**result, "policy_id": one.id, "number": one.number, "movers": named})
