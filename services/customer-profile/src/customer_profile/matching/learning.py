"""Proposing weights of a site's own: a sample of its records, everybody they share a key with, and what these say."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar
from uuid import UUID
from weakref import WeakSet

from customer_profile.matching import store
from customer_profile.matching.comparing import compare
from customer_profile.matching.desk import only_internal
from customer_profile.matching.features import Features
from customer_profile.matching.keys import FEW, STRONG, Holders, more, together
from customer_profile.matching.rules import Policy, judge
from customer_profile.matching.training import Pattern, Proposal, Sample, pattern, train
from customer_profile.matching.usecases import policy_in_force
from guanxi.auth import Principal
from guanxi.db import Pool
from guanxi.problems import Conflict

RECORDS = 3_000
"""How many records are picked; those they share a key with come on top."""
FEWEST = 100
_RANDOM_PAIRS = 30_000
_TOLD = 200
_NAMES_NOBODY = 20
_AT_ONCE = 500

_AT_WORK: WeakSet[Pool] = WeakSet()

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Drawn:
    records: Mapping[UUID, Features]
    pairs: Mapping[tuple[UUID, UUID], frozenset[str]]
    common: frozenset[str]
    picked: int
    total: int

    @property
    def possible(self) -> int:
        """Pairs with at least one picked record in it."""
        return self.picked * (self.total - 1) - self.picked * (self.picked - 1) // 2


async def propose(pool: Pool, principal: Principal) -> Proposal:
    """Learn weights from this site's records; changes nothing.

    403 for external units; 409 where there are too few records, and while this process learns for somebody else.
    """
    only_internal(principal)
    if pool in _AT_WORK:
        raise Conflict("learning-already", "Weights are being learned for somebody else; ask again in a minute.")
    _AT_WORK.add(pool)
    try:
        async with pool.read() as reader:
            policy = await policy_in_force(reader)
        drawn = await _draw(pool)
        if drawn.picked < FEWEST or not drawn.pairs:
            raise Conflict("too-few-records", f"There are not {FEWEST} records yet of which some share anything.")
        # Shielded: a thread goes on when its caller has gone, and nobody else shall begin meanwhile.
        return await asyncio.shield(asyncio.to_thread(_learned, drawn, policy))
    finally:
        _AT_WORK.discard(pool)


async def _draw(pool: Pool) -> _Drawn:
    async with pool.read() as reader:
        total = await store.count(reader)
        picked = await store.sample(reader, RECORDS, total)
    holders: dict[bytes, Holders] = {}
    known = {hash_: key for one in picked.values() for hash_, key in store.hashed(one).items()}
    for hashes in _chunks(list(known)):
        async with pool.read() as reader:
            holders |= await store.holders(reader, hashes)
    pairs: dict[tuple[UUID, UUID], set[str]] = defaultdict(set)
    for id_, one in picked.items():
        for hash_, (kind, _) in store.hashed(one).items():
            for other in together(holders.get(hash_, ()), kind):
                if other != id_:
                    pairs[min(id_, other), max(id_, other)].add(kind)
    records = dict(picked)
    for ids in _chunks(sorted({id_ for both in pairs for id_ in both} - picked.keys())):
        async with pool.read() as reader:
            records |= {id_: one for id_, (one, _) in (await store.records(reader, ids)).items()}
    common = frozenset(
        value for hash_, (kind, value) in known.items() if kind in STRONG and more(holders.get(hash_, ()), FEW)
    )
    whole = {both: frozenset(kinds) for both, kinds in pairs.items() if all(id_ in records for id_ in both)}
    return _Drawn(records, whole, common, len(picked), total)


def _learned(drawn: _Drawn, policy: Policy) -> Proposal:
    together: dict[str, Counter[Pattern]] = defaultdict(Counter)
    candidates: Counter[Pattern] = Counter()
    for (left, right), kinds in drawn.pairs.items():
        seen = pattern(compare(drawn.records[left], drawn.records[right], drawn.common))
        candidates[seen] += 1
        for kind in kinds:
            together[kind][seen] += 1
    sample = Sample(_at_random(drawn), together, candidates, drawn.possible)
    weights = train(sample, frequencies=frequencies(list(drawn.records.values())))
    after, before = (_bands(drawn, replace(policy, weights=one)) for one in (weights, policy.weights))
    return Proposal(
        weights, len(drawn.records), len(drawn.pairs), 2.0**weights.prior * drawn.possible, after, before, policy.number
    )


def _at_random(drawn: _Drawn) -> Counter[Pattern]:
    dice, some = random.Random(len(drawn.records)), list(drawn.records.values())  # noqa: S311 - a sample, no secret
    pairs = (dice.sample(some, 2) for _ in range(_RANDOM_PAIRS))
    return Counter(pattern(compare(left, right, drawn.common)) for left, right in pairs)


def _bands(drawn: _Drawn, policy: Policy) -> dict[str, int]:
    found = Counter({"auto": 0, "review": 0, "none": 0})
    for left, right in drawn.pairs:
        found[judge(drawn.records[left], drawn.records[right], policy, drawn.common).band] += 1
    return dict(found)


def frequencies(records: Sequence[Features]) -> dict[str, dict[str, float]]:
    """How often the most frequent values of each comparison occur, 0 to 1.

    A policy outlives its customers: only what so many share stays that it names nobody.
    """
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for one in records:
        for name, value in _values(one):
            seen[name][value] += 1
    return {
        name: {
            value: count / counts.total()
            for value, count in counts.most_common(_TOLD)
            if _NAMES_NOBODY <= count < counts.total()
        }
        for name, counts in seen.items()
    }


def _values(one: Features) -> Iterator[tuple[str, str]]:
    yield from (("brand", firm.brand) for firm in one.firms if firm.brand)
    if one.person:
        yield from (("family_name", value) for value in (one.person.family,) if value)
        yield from (("given_name", value) for value in (one.person.given,) if value)
    yield from (("city", value) for value in (one.city,) if value)


def _chunks(some: Sequence[T]) -> Iterator[Sequence[T]]:
    return (some[n : n + _AT_ONCE] for n in range(0, len(some), _AT_ONCE))
