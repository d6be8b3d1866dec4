"""What the wrong doors teach the router: where complaints of a cause end, a rule could have sent them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from complaints.routing.rules import Rule, best

FEWEST = 3
"""From how many complaints at one unit on a cause teaches anything."""
_PRIORITY = 100


@dataclass(frozen=True, slots=True)
class Ending:
    """How many complaints of a cause and product, sent to a wrong door by the router, lie with this unit in the end."""

    cause: str
    sku: str | None
    unit: str
    complaints: int


@dataclass(frozen=True, slots=True)
class Lesson:
    """A rule by which `complaints` of the `of` that had come to a wrong door would have come to where they ended.

    `replaces` is the rule of that cause that sends them elsewhere now; without one it is a rule to add.
    """

    cause: str
    to_unit: str
    priority: int
    complaints: int
    of: int
    replaces: Rule | None


def lessons(endings: Sequence[Ending], rules: Sequence[Rule]) -> list[Lesson]:
    """A rule for each cause whose complaints are sent to wrong doors and mostly end at one unit; the surest first.

    What a rule about a product decides is a matter of that product, and not counted. A cause teaches with at least
    `FEWEST` complaints at one unit that are more than half of its own, where the rules send it elsewhere.
    """
    counted = defaultdict[str, list[Ending]](list)
    deciding: dict[str, Rule | None] = {}
    for one in endings:
        rule = best(rules, one.cause, one.sku)
        if rule is None or rule.sku_prefix is None:
            # Of rules without a product the same one is best for every product.
            deciding[one.cause] = rule
            counted[one.cause].append(one)
    found = [_lesson(some, deciding[cause]) for cause, some in counted.items()]
    return sorted((one for one in found if one), key=lambda one: (-one.complaints, one.cause))


def _lesson(endings: Sequence[Ending], now: Rule | None) -> Lesson | None:
    at: Counter[str] = Counter()
    for one in endings:
        at[one.unit] += one.complaints
    unit, most = min(at.items(), key=lambda each: (-each[1], each[0]))
    if most < FEWEST or 2 * most <= at.total() or (now and now.to_unit == unit):
        return None
    return Lesson(
        cause=endings[0].cause,
        to_unit=unit,
        # Of two rules of one priority the one that names the cause wins over that for all, and a product's over both.
        priority=now.priority if now else _PRIORITY,
        complaints=most,
        of=at.total(),
        replaces=now if now and now.cause else None,
    )
