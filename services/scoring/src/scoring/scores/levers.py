"""The least change that would move the band or the tier: found by trying, on the facts as they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

from scoring.facts.rules import FactRow, Traits
from scoring.scorecards.cards import Scorecard
from scoring.scorecards.rules import Lever, band_of, rank_of
from scoring.scores.basis import Basis
from scoring.scores.rules import Moment, end_of

Direction = Literal["up", "down"]
Reached = Callable[[int], bool]


@dataclass(frozen=True, slots=True)
class Change:
    """So many facts, such an amount (in minor units of the firm's currency) or so many days, and where that leads."""

    code: str
    direction: Direction
    count: int | None
    amount_minor: int | None
    days: int | None
    value: int
    band: str
    effort: int


def least_changes(known: Basis, card: Scorecard, moment: Moment, tier: str | None = None) -> list[Change]:
    """What would move the customer, the least effort first; of each lever the fewest steps that do it.

    Moves the tier when one is given (which is lost only below its own threshold), else the band. Nothing moves an
    unrated customer but a rate.
    """
    now = known.value_on(moment.day)
    if now is None:
        return []
    standing = tier or band_of(card.bands, now)
    found = [_try(lever, known, card, moment, _goal(card, standing, lever.direction)) for lever in card.levers]
    return sorted((one for one in found if one is not None), key=lambda one: (one.effort, one.code))


def _goal(card: Scorecard, standing: str, direction: Direction) -> Reached:
    rank = rank_of(card.bands, standing)
    if direction == "up":
        return lambda value: rank_of(card.bands, band_of(card.bands, value)) < rank
    band = card.bands[rank]
    floor = band.keep_from if band.keep_from is not None else band.start
    return lambda value: floor is not None and value < floor


def _try(lever: Lever, known: Basis, card: Scorecard, moment: Moment, goal: Reached) -> Change | None:
    silent = known.heard()

    def after(steps: int) -> int | None:
        if lever.wait_days:
            return silent.value_on(moment.day + timedelta(days=steps * lever.wait_days))
        return known.plus(_imagined(lever, moment, steps)).value_on(moment.day)

    def does(steps: int) -> bool:
        value = after(steps)
        return value is not None and goal(value)

    steps = _first(does, lever.most) if lever.wait_days else _least(does, lever.most)
    value = after(steps) if steps else None
    if steps is None or value is None:
        return None
    return Change(
        code=lever.code,
        direction=lever.direction,
        count=steps if lever.add and lever.step_minor is None else None,
        amount_minor=None if lever.step_minor is None else steps * lever.step_minor,
        days=steps * lever.wait_days or None,
        value=value,
        band=band_of(card.bands, value),
        effort=steps * lever.effort,
    )


def _least(does: Callable[[int], bool], most: int) -> int | None:
    # More of the same thing only ever moves further: halve the range.
    if not does(most):
        return None
    low, high = 1, most
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if does(middle) else (middle + 1, high)
    return low


def _first(does: Callable[[int], bool], most: int) -> int | None:
    # Waiting heals and harms at once, so that the first day is the only safe answer.
    return next((steps for steps in range(1, most + 1) if does(steps)), None)


def _imagined(lever: Lever, moment: Moment, steps: int) -> list[FactRow]:
    count, amount = (steps, None) if lever.step_minor is None else (1, steps * lever.step_minor)
    at = end_of(moment.day, moment.zone) - timedelta(seconds=1)
    traits = Traits(unmargined_minor=amount, in_time=True, solved=True, count=0)
    return [FactRow(UUID(int=n + 1), lever.add or "", 1, None, "", at, at, amount, None, traits) for n in range(count)]
