"""What people do about possible duplicates: go through them, decide, compare any two, set the policy."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from customer_profile.customers import desk as files
from customer_profile.customers import usecases as customers
from customer_profile.identity import merging
from customer_profile.identity.rules import Merge
from customer_profile.matching import rules, store, usecases
from customer_profile.matching.keys import FEW, STRONG, more
from customer_profile.matching.rules import Candidate, Judgement, Policy
from guanxi.auth import Principal
from guanxi.db import Pool, Reader, Tx
from guanxi.problems import Conflict, Forbidden, NotFound, Stale, Unprocessable
from guanxi.service import Runtime

_AT_ONCE = 25
_PAUSE_S = 0.05
_LOG = structlog.get_logger()


async def listed(  # noqa: PLR0913 - the parts of a query
    reader: Reader, status: str, customer_id: UUID | None, after: Sequence[Any] | None, limit: int, principal: Principal
) -> list[Candidate]:
    """Pairs of one status, the surest first, and one more than `limit`."""
    only_internal(principal)
    return await store.listed(reader, status, customer_id, after, limit)


async def find(reader: Reader, candidate_id: UUID, principal: Principal) -> Candidate:
    """One pair. 403 for external units, 404."""
    only_internal(principal)
    found = await store.candidate(reader, candidate_id)
    if found is None:
        raise NotFound("match candidate")
    return found


async def pair(reader: Reader, one_id: UUID, other_id: UUID) -> Candidate | None:
    """What is held of two records, if anything ever brought them together."""
    wanted = tuple(sorted((one_id, other_id)))
    return next((one for one in await store.candidates_of(reader, [one_id]) if one.both == wanted), None)


async def names(reader: Reader, some: Iterable[Candidate]) -> dict[UUID, str | None]:
    """What each record of these pairs is called by itself; none where it was erased."""
    found = await customers.load(reader, {id_ for one in some for id_ in one.both})
    return {id_: record.name for id_, record in found.items()}


async def compared(reader: Reader, left_id: UUID, right_id: UUID, principal: Principal) -> Judgement:
    """Any two records side by side under the policy of now, whether or not anything brought them together. 404, 410."""
    only_internal(principal)
    if left_id == right_id:
        raise Unprocessable.field("right", "same", "must be another record than left")
    left, right = [usecases.features_of(await files.own(reader, id_, principal)) for id_ in (left_id, right_id)]
    hashes = {**store.hashed(left), **store.hashed(right)}
    strong = {hash_: value for hash_, (kind, value) in hashes.items() if kind in STRONG}
    holders = await store.holders(reader, strong)
    common = {value for hash_, value in strong.items() if more(holders.get(hash_, ()), FEW)}
    return rules.judge(left, right, await usecases.policy_in_force(reader), common)


async def decide(tx: Tx, candidate_id: UUID, decision: str, reason: str, principal: Principal) -> Candidate:
    """Merge the two records of a pair, or keep them apart for ever. 404; 409 for what is decided or over.

    `same` lets the older record speak; what the matcher has merged it confirms, and that stays. `never_same` undoes
    what the matcher has merged of it; what people merged they undo themselves.
    """
    only_internal(principal)
    await merging.alone(tx)
    one = await store.candidate(tx, candidate_id, lock=True)
    if one is None:
        raise NotFound("match candidate")
    if one.status == "expired":
        raise Conflict("candidate-expired", "What these two agreed on is not there any more.")
    # A person's word stands against what a person said before; merging is undone as every merge is.
    if one.status == decision == "never_same" or (one.status == "merged" and decision == "same" and one.confirmed):
        raise Conflict("already-decided", "That is what was decided already.")
    said = replace(
        one,
        version=one.version + 1,
        recorded_at=tx.now,
        decided_at=tx.now,
        decided_by=principal.subject,
        reason=reason,
        status="never_same" if decision == "never_same" else "open",
    )
    await store.keep(tx, [said])
    if decision == "same" and not await _together(tx, one):
        await merging.merge(tx, *one.both, reason, principal)
    await usecases.settle(tx, one.both)
    found = await store.candidate(tx, candidate_id)
    if found is None:
        raise NotFound("match candidate")
    if decision == "never_same" and await _together(tx, found):
        raise Conflict("merged-by-hand", "People have merged these records; undo that merge first.")
    return found


async def merged_by_hand(tx: Tx, merge: Merge) -> None:
    """Bring the pairs up that a person's merge, or its undoing, touches."""
    await usecases.settle(tx, (merge.survivor_id, merge.absorbed_id))


async def policies(reader: Reader, principal: Principal) -> list[Policy]:
    """All policies, the newest first."""
    only_internal(principal)
    return await store.policies(reader)


async def set_policy(tx: Tx, made: Policy, principal: Principal) -> Policy:
    """Put the next policy in force; every record is looked at anew in the background. 412 when another came first."""
    only_internal(principal)
    present = await usecases.policy_in_force(tx)
    if made.number != present.number + 1 or not await store.new_policy(tx, made):
        raise Stale(present.number)
    return made


async def look_again(runtime: Runtime) -> None:
    """Look at the records that the policy of now has not judged, some at a time: people's merges come in between."""
    pool = runtime.database.consumers
    while True:
        async with pool.read() as reader:
            policy = await usecases.policy_in_force(reader)
            some = await store.behind(reader, policy.number, _AT_ONCE)
        if not some:
            return
        await _look(pool, some, policy.number)
        await asyncio.sleep(_PAUSE_S)


async def _look(pool: Pool, some: Sequence[UUID], policy_number: int) -> None:
    try:
        async with pool.begin() as tx:
            await usecases.look_at(tx, some, again=True)
    except (asyncpg.InterfaceError, ConnectionError, asyncpg.PostgresConnectionError):
        raise
    except Exception:  # noqa: BLE001 - whatever one of them has, the others go on
        if len(some) > 1:
            for one in some:
                await _look(pool, [one], policy_number)
            return
        # One that cannot be looked at keeps nobody else waiting; its next change brings it again.
        _LOG.exception("record was not looked at", customer=str(some[0]))
        async with pool.begin() as tx:
            await store.seen(tx, some[0], policy_number)


def only_internal(principal: Principal) -> None:
    """403 for external units: what others hold is no business of theirs."""
    if not principal.internal:
        raise Forbidden("Possible duplicates are looked at by internal units.", "internal-only")


async def _together(tx: Tx, one: Candidate) -> bool:
    found = await customers.load(tx, one.both)
    return len({record.canonical_id for record in found.values()}) == 1
