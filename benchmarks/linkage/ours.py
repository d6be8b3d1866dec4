"""What Guanxi's matching makes of a set: shipped weights, and those it learns from the set without its labels."""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from dataclasses import replace
from itertools import combinations

from benchmarks.linkage.score import Scored
from benchmarks.linkage.sets import Labelled, Pair
from customer_profile.matching.comparing import compare
from customer_profile.matching.keys import FEW, STRONG, crowd, keys
from customer_profile.matching.learning import frequencies
from customer_profile.matching.rules import Policy, judge
from customer_profile.matching.training import Pattern, Sample, pattern, train

_RANDOM_PAIRS = 50_000


def scored(given: Labelled) -> tuple[Scored, Scored]:
    """The set by shipped weights and by learned ones."""
    started = time.perf_counter()
    together, common = _together(given)
    shipped = _judged(given, together, common, Policy(number=1), "shipped", time.perf_counter() - started)
    started = time.perf_counter()
    policy = replace(
        Policy(number=1), weights=train(_sample(given, together, common), frequencies=frequencies(given.records))
    )
    return shipped, _judged(given, together, common, policy, "learned", time.perf_counter() - started)


def _together(given: Labelled) -> tuple[dict[Pair, set[str]], frozenset[str]]:
    holders: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, record in enumerate(given.records):
        for key in keys(record):
            holders[key].append(number)
    found: dict[Pair, set[str]] = defaultdict(set)
    for (kind, _), some in holders.items():
        for pair in combinations(some, 2) if len(some) <= crowd(kind) else ():
            found[pair].add(kind)
    common = frozenset(value for (kind, value), some in holders.items() if kind in STRONG and len(some) > FEW)
    return found, common


def _sample(given: Labelled, together: dict[Pair, set[str]], common: frozenset[str]) -> Sample:
    records, dice = given.records, random.Random(1)
    drawn = (dice.sample(records, 2) for _ in range(_RANDOM_PAIRS))
    at_random = Counter(pattern(compare(left, right, common)) for left, right in drawn)
    by_kind: dict[str, Counter[Pattern]] = defaultdict(Counter)
    candidates: Counter[Pattern] = Counter()
    for (left, right), kinds in together.items():
        seen = pattern(compare(records[left], records[right], common))
        candidates[seen] += 1
        for kind in kinds:
            by_kind[kind][seen] += 1
    return Sample(at_random, by_kind, candidates, len(records) * (len(records) - 1) // 2)


def _judged(  # noqa: PLR0913 - what a run depends on
    given: Labelled, together: dict[Pair, set[str]], common: frozenset[str], policy: Policy, how: str, before: float
) -> Scored:
    started = time.perf_counter()
    weights, auto = {}, set[Pair]()
    for left, right in given.judged or together:
        judgement = judge(given.records[left], given.records[right], policy, common)
        weights[left, right] = judgement.weight
        if judgement.band == "auto":
            auto.add((left, right))
    return Scored(f"guanxi, {how}", weights, before + time.perf_counter() - started, frozenset(auto))
