"""Learning weights from a site's own records, without anybody saying which of them are the same customer.

`u` comes from pairs picked at random: nearly all of them are different customers. `m` and the share of matches come
from pairs that share a key, by expectation and maximisation (Winkler 1988), one kind of key at a time: what brought the
pairs together is not learned from them. The prior is the number of matches expected among all pairs that were compared,
over the number of all possible pairs; and how often two customers share what is as rare as a phone number is counted
among the compared pairs too, since no random sample would meet one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log2

from customer_profile.matching.comparing import COMPARISONS, Agreement
from customer_profile.matching.weights import DEFAULT, Odds, Weights, probability

_ROUNDS = 50
_STILL = 1e-5
_FLOOR = 1e-6
_FEWEST = 30
_INDEPENDENT = 2
_TOLD_BY = {
    "name": {"family_name", "given_name"},
    "word": {"family_name", "given_name"},
    "word_and_place": {"family_name", "given_name", "city", "postcode"},
    "address": {"street", "city", "postcode"},
    "contact_person": {"contact_person", "city"},
}

_RAREST = 1e-12
# Whoever agrees like this shares a key: every such pair is among the candidates, and no sample would meet one.
_ALWAYS_TOGETHER = frozenset(
    {
        *(("brand", "whole"), ("brand", "equal"), ("phone", "shared"), ("email", "shared")),
        *(("social_credit_code", "equal"), ("id_number", "equal")),
    }
)

_IDENTIFYING = frozenset(
    {
        *("brand", "family_name", "given_name", "phone", "email", "social_credit_code", "id_number", "birth_date"),
        "street",
    }
)

Pattern = tuple[tuple[str, str], ...]
"""The levels of one pair: (comparison, level)."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What there is to learn from: pairs picked at random, and by kind of key those that share one."""

    random: Counter[Pattern]
    together: Mapping[str, Counter[Pattern]]
    candidates: Counter[Pattern]
    possible: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """Weights that were learned, from how much, and what the policy of now would make of the same pairs with them.

    `matches` is how many of the pairs are expected to be one customer, which need be no whole number.
    """

    weights: Weights
    records: int
    pairs: int
    matches: float
    bands: Mapping[str, int]
    bands_now: Mapping[str, int]
    number: int


def pattern(found: Mapping[str, Agreement]) -> Pattern:
    """The levels of one pair, without the values."""
    return tuple((name, one.level) for name, one in found.items())


def train(
    sample: Sample, start: Weights = DEFAULT, frequencies: Mapping[str, Mapping[str, float]] | None = None
) -> Weights:
    """Weights of these records. What they say too little of keeps the odds of `start`.

    All of `start` stays where the records identify customers by one kind of evidence only: nothing else tells then how
    good that one is.
    """
    weights = replace(start, odds=_with_random(start, sample.random), frequencies=frequencies or {})
    learned: dict[str, list[Mapping[str, float]]] = defaultdict(list)
    for kind, pairs in sample.together.items():
        for name, m in _maximised(weights, pairs, _TOLD_BY.get(kind, {kind})).items():
            learned[name].append(m)
    if not learned.keys() & _IDENTIFYING:
        return start
    odds = {name: _averaged(levels, learned.get(name, ())) for name, levels in weights.odds.items()}
    return _with_prior(replace(weights, odds=odds), sample)


def _with_random(start: Weights, pairs: Counter[Pattern]) -> dict[str, dict[str, Odds]]:
    seen: dict[str, Counter[str]] = {name: Counter() for name in COMPARISONS}
    for levels, count in pairs.items():
        for name, level in levels:
            seen[name][level] += count
    return {name: _with_u(levels, seen[name]) for name, levels in start.odds.items()}


def _with_u(levels: Mapping[str, Odds], seen: Counter[str]) -> dict[str, Odds]:
    total = seen.total()
    if total < _FEWEST or len(levels) == 1:
        return dict(levels)
    # A level that no random pair reached is as rare as it was thought to be, but not more frequent than one in all.
    return {
        level: Odds(odds.m, _proper(seen[level] / total if seen[level] else min(odds.u, 0.5 / total), _FLOOR / 10))
        for level, odds in levels.items()
    }


def _proper(share: float, least: float) -> float:
    """A probability that is neither 0 nor 1: what was never seen, or always, may still be otherwise."""
    return min(max(share, least), 1 - _FLOOR)


def _maximised(start: Weights, pairs: Counter[Pattern], told: Iterable[str]) -> dict[str, dict[str, float]]:
    """`m` of each comparison but those `told` by the key that brought these pairs together."""
    used = [name for name in start.odds if name not in set(told) and len(start.odds[name]) > 1]
    total, told_of = pairs.total(), {name for levels in pairs for name, _ in levels}
    if total < _FEWEST or len(told_of.intersection(used)) < _INDEPENDENT:
        return {}
    m = {name: {level: odds.m for level, odds in start.odds[name].items()} for name in used}
    share = 0.5
    for _ in range(_ROUNDS):
        matches = 0.0
        heard: dict[str, dict[str, float]] = {name: dict.fromkeys(m[name], _FLOOR) for name in used}
        for levels, count in pairs.items():
            bits = log2(share / (1 - share))
            bits += sum(log2(m[name][level] / start.odds[name][level].u) for name, level in levels if name in m)
            likely = probability(bits) * count
            matches += likely
            for name, level in levels:
                if name in heard:
                    heard[name][level] += likely
        before, share = share, min(max(matches / total, _FLOOR), 1 - _FLOOR)
        m = {
            name: {level: _proper(seen / sum(some.values()), _FLOOR * 10) for level, seen in some.items()}
            for name, some in heard.items()
        }
        if abs(before - share) < _STILL:
            break
    enough = {name for name in used if sum(heard[name].values()) >= _FEWEST}
    return {name: m[name] for name in enough}


def _averaged(levels: Mapping[str, Odds], learned: Sequence[Mapping[str, float]]) -> dict[str, Odds]:
    if not learned:
        return dict(levels)
    return {level: Odds(sum(one[level] for one in learned) / len(learned), odds.u) for level, odds in levels.items()}


def _with_prior(weights: Weights, sample: Sample) -> Weights:
    for _ in range(_ROUNDS):
        matches, apart = 0.0, defaultdict[tuple[str, str], float](float)
        for levels, count in sample.candidates.items():
            bits = weights.prior + sum(weights.odds[name][level].bits for name, level in levels)
            likely = probability(bits) * count
            matches += likely
            for key in levels:
                if key in _ALWAYS_TOGETHER:
                    apart[key] += count - likely
        share = min(max(matches / sample.possible, _RAREST), 0.5)
        prior = log2(share / (1 - share))
        still = abs(prior - weights.prior) < _STILL
        odds = {
            name: {level: _with_rare(name, level, one, apart, sample.possible) for level, one in levels.items()}
            for name, levels in weights.odds.items()
        }
        weights = replace(weights, prior=prior, odds=odds)
        if still:
            break
    return weights


def _with_rare(name: str, level: str, odds: Odds, apart: Mapping[tuple[str, str], float], possible: int) -> Odds:
    if not apart.get((name, level)):
        return odds
    return Odds(odds.m, min(max(apart[name, level], 0.5) / possible, odds.m, 1 - _FLOOR))
