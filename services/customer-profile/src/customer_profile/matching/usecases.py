"""Looking at records as they change: what they are compared by, whom they are like, and what is merged by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from uuid import UUID

from customer_profile.customers import usecases as customers
from customer_profile.customers.rules import Customer, as_json
from customer_profile.customers.usecases import Actor
from customer_profile.identity import merging
from customer_profile.matching import rules, store
from customer_profile.matching.features import Features, features
from customer_profile.matching.keys import FEW, STRONG, Holders, crowd, more, together
from customer_profile.matching.rules import MATCHER, Candidate, Judgement, Pair, Policy
from guanxi.db import Reader, Tx

_AS_MATCHER = Actor(MATCHER)
_REASON = "matched"
_NO_LONGER = "evidence-gone"
_BREATH = 16
_AWAKE_S = 1.0

Both = tuple[UUID, UUID]
"""Two records, the one with the older id first."""
Hashes = Mapping[bytes, tuple[str, str]]
"""A record's keys by what they are kept as."""


async def look_at(tx: Tx, customer_ids: Collection[UUID], *, again: bool = False) -> None:
    """Compare these customers with whoever shares a key with them, and merge or part what follows.

    Those whose evidence has not changed are passed over, unless they are looked at `again` for a new policy.
    """
    await merging.alone(tx)
    gone = await customers.hold(tx, customer_ids)
    living = (await customers.load(tx, set(customer_ids) - gone)).values()
    policy = await policy_in_force(tx)
    fresh = {one.id: features_of(one) for one in living}
    known = await store.records(tx, fresh)
    changed = {id_: one for id_, one in fresh.items() if again or id_ not in known or known[id_][0] != one}
    if not changed:
        return
    await store.keep_records(tx, changed, policy.number)
    hashes = {id_: store.hashed(one) for id_, one in changed.items()}
    touched, holders = await _with_keys(tx, changed, hashes, {id_: one for id_, (one, _) in known.items()})
    hashes |= {id_: store.hashed(touched[id_]) for id_ in touched.keys() - hashes.keys()}
    pairs = {one.both: one for one in await store.candidates_of(tx, touched)}
    holders |= await store.holders(tx, set(chain.from_iterable(hashes.values())) - holders.keys())
    judged = await _compare(tx, touched, _Keys(hashes, holders), pairs, policy)
    await _note(tx, pairs, judged, policy)
    await settle(tx, touched)


async def settle(tx: Tx, customer_ids: Iterable[UUID]) -> None:
    """Merge and part by itself what the candidates ask for among these and theirs, and bring each pair's status up."""
    policy = await policy_in_force(tx)
    region, candidates = await _region(tx, customer_ids)
    standing = {frozenset((m.survivor_id, m.absorbed_id)): m for m in await merging.standing(tx, region)}
    confirmed = {frozenset(one.both) for one in candidates if one.confirmed}
    mine = {both for both, merge in standing.items() if merge.merged_by == MATCHER} - confirmed
    apart = {frozenset(one.both) for one in candidates if one.status == "never_same"}
    apart |= {
        frozenset((m.survivor_id, m.absorbed_id)) for m in await merging.undone(tx, region) if m.undone_by != MATCHER
    } - set(standing)
    wanted = rules.wanted(
        # A policy that merges nothing by itself keeps what stands.
        [
            Pair(*one.both, one.weight)
            for one in candidates
            if one.band == "auto" and (policy.automatic or frozenset(one.both) in mine)
        ],
        given=set(standing) - mine,
        standing=mine,
        apart=apart,
    )
    if wanted != mine:
        # All at once and in order: merge after merge would lock them in the order of the pairs.
        await customers.lock_all(tx, region)
    for both in sorted(mine - wanted, key=sorted):
        await merging.part(tx, standing[both].id, _NO_LONGER, _AS_MATCHER)
    for both in sorted(wanted - mine, key=sorted):
        older, younger = sorted(both)
        await merging.join(tx, older, younger, _REASON, _AS_MATCHER)
    await _bring_up(tx, candidates)


async def policy_in_force(reader: Reader) -> Policy:
    """The policy of now."""
    found = await store.policy(reader)
    if found is None:
        message = "there is no match policy: the migration has not seeded one"
        raise RuntimeError(message)
    return found


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Forget what these customers were compared by; pairs with one of them in it are over."""
    return await store.erase(tx, customer_ids)


def features_of(customer: Customer) -> Features:
    """What a record is compared by."""
    return features(
        kind=customer.kind,
        names=(customer.name, customer.legal_name),
        contacts=(customer.contact_person, customer.legal_representative),
        points=((point.kind, point.value) for point in customer.contact_points),
        credit_code=customer.social_credit_code,
        id_number=customer.id_number,
        birth_date=as_json(customer.birth_date),
        address=customer.address,
    )


async def _with_keys(
    tx: Tx, changed: Mapping[UUID, Features], hashes: Mapping[UUID, Hashes], known: Mapping[UUID, Features]
) -> tuple[dict[UUID, Features], dict[bytes, Holders]]:
    """Write the keys of changed records.

    Gives these with whoever holds a key that became or ceased to be common, and who holds each key that moved.
    """
    new, gone, names = set[tuple[bytes, UUID]](), set[tuple[bytes, UUID]](), dict[bytes, str]()
    for id_, now in hashes.items():
        before = store.hashed(known[id_]) if id_ in known else {}
        new |= {(hash_, id_) for hash_ in now.keys() - before.keys()}
        gone |= {(hash_, id_) for hash_ in before.keys() - now.keys()}
        names |= {hash_: kind for hash_, (kind, _) in chain(now.items(), before.items())}
    moving = {hash_ for hash_, _ in new ^ gone}
    before_holders = await store.holders(tx, moving)
    await store.change_keys(tx, gone, new)
    holders = await _holders_now(tx, before_holders, gone, new)
    moved = set[UUID]()
    for hash_ in moving:
        some, others = before_holders.get(hash_, ()), holders.get(hash_, ())
        limits = (FEW, crowd(names[hash_])) if names[hash_] in STRONG else (crowd(names[hash_]),)
        # Across a limit one of the two sides is always known whole.
        if any(more(some, limit) != more(others, limit) for limit in limits):
            moved.update(some or (), others or ())
    known_others = await store.records(tx, moved - changed.keys())
    return {**changed, **{id_: one for id_, (one, _) in known_others.items()}}, holders


async def _holders_now(
    tx: Tx,
    before: Mapping[bytes, Holders],
    gone: Collection[tuple[bytes, UUID]],
    new: Collection[tuple[bytes, UUID]],
) -> dict[bytes, Holders]:
    """Who holds each of these keys after the change. Asked anew is only a crowd of which somebody is gone."""
    crowds = {hash_ for hash_, some in before.items() if some is None}
    now = {hash_: set(some) for hash_, some in before.items() if some is not None}
    for hash_, id_ in gone:
        if hash_ not in crowds:
            now.setdefault(hash_, set()).discard(id_)
    for hash_, id_ in new:
        if hash_ not in crowds:
            now.setdefault(hash_, set()).add(id_)
    held: dict[bytes, Holders] = {hash_: sorted(some) for hash_, some in now.items()}
    unsure = {hash_ for hash_, _ in gone} & crowds
    return held | dict.fromkeys(crowds - unsure) | await store.holders(tx, unsure)


@dataclass(frozen=True, slots=True)
class _Keys:
    """The keys of the records at hand, and who holds them."""

    of: Mapping[UUID, Hashes]
    holders: Mapping[bytes, Holders]

    def common(self) -> set[str]:
        """Values of strong keys that too many share to say much."""
        every = ((hash_, key) for some in self.of.values() for hash_, key in some.items())
        return {value for hash_, (kind, value) in every if kind in STRONG and more(self.holders[hash_], FEW)}

    def pairs(self) -> set[Both]:
        """Each record with whoever shares a key with it, unless a crowd does."""
        found = set[Both]()
        for id_, some in self.of.items():
            for hash_, (kind, _) in some.items():
                others = together(self.holders[hash_], kind)
                found.update((min(id_, other), max(id_, other)) for other in others if other != id_)
        return found


async def _compare(
    tx: Tx, touched: Mapping[UUID, Features], keys: _Keys, known: Iterable[Both], policy: Policy
) -> dict[Both, Judgement]:
    """Compare each of these with all that share a key with it, unless a crowd does, and with whom it was compared."""
    common, pairs = keys.common(), keys.pairs() | set(known)
    others = await store.records(tx, set(chain.from_iterable(pairs)) - touched.keys())
    every = {**touched, **{id_: one for id_, (one, _) in others.items()}}
    found: dict[Both, Judgement] = {}
    awake = time.monotonic()
    for n, (left, right) in enumerate(sorted(pairs)):
        if n % _BREATH == 0:
            await asyncio.sleep(0)
            if time.monotonic() - awake > _AWAKE_S:
                # The server ends a transaction that asks nothing for five seconds.
                await tx.fetchval("SELECT 1")
                awake = time.monotonic()
        if left in every and right in every:
            found[left, right] = rules.judge(every[left], every[right], policy, common)
    return found


async def _note(tx: Tx, known: Mapping[Both, Candidate], judged: Mapping[Both, Judgement], policy: Policy) -> None:
    rows = [
        _noted(tx, both, known.get(both), judgement, policy)
        for both, judgement in judged.items()
        if both in known or judgement.band != "none"
    ]
    units = await customers.places(tx, [row.left_id for row in rows if not row.unit_id])
    await store.keep(tx, [row if row.unit_id else replace(row, unit_id=units[row.left_id].unit_id) for row in rows])


def _noted(tx: Tx, both: Both, known: Candidate | None, judgement: Judgement, policy: Policy) -> Candidate:
    made = Candidate(
        id=tx.new_id(),
        version=1,
        created_at=tx.now,
        recorded_at=tx.now,
        unit_id="",
        left_id=both[0],
        right_id=both[1],
        weight=judgement.weight,
        parts=judgement.parts,
        band=judgement.band,
        held_by=judgement.held_by,
        status="open",
        policy_number=policy.number,
    )
    return known.judged_anew(made) if known else made


async def _region(reader: Reader, customer_ids: Iterable[UUID]) -> tuple[set[UUID], list[Candidate]]:
    """All records that merges and surest pairs join to these, however far, and every candidate among them."""
    region, frontier = set[UUID](), set(customer_ids)
    candidates: dict[UUID, Candidate] = {}
    while frontier:
        region |= frontier
        beside = set[UUID]()
        for one in await store.candidates_of(reader, frontier):
            candidates[one.id] = one
            if one.band == "auto":
                beside.update(one.both)
        for merge in await merging.standing(reader, frontier):
            beside.update((merge.survivor_id, merge.absorbed_id))
        frontier = beside - region
    return region, list(candidates.values())


async def _bring_up(tx: Tx, candidates: Sequence[Candidate]) -> None:
    records = await customers.places(tx, chain.from_iterable(one.both for one in candidates))
    moved: list[Candidate] = []
    for one in candidates:
        left, right = (records.get(id_) for id_ in one.both)
        together = left is not None and right is not None and left.canonical_id == right.canonical_id
        status = rules.status_of(one, together=together)
        once = one.joined_once or (together and one.band == "auto")
        if (status, once) != (one.status, one.joined_once):
            moved.append(replace(one, status=status, joined_once=once, version=one.version + 1, recorded_at=tx.now))
    await store.keep(tx, moved)
