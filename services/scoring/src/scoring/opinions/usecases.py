"""Satisfaction of all customers together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from guanxi.db import Reader
from guanxi.problems import NotFound
from scoring.opinions import store
from scoring.opinions.store import Graded
from scoring.scorecards import files
from scoring.scorecards.opinions import SatisfactionCard

HUNDREDTHS = 100


@dataclass(frozen=True, slots=True)
class FacetSum:
    """What was expected and got of one facet; None: of what belongs to no facet. Means in hundredths of a grade."""

    facet: str | None
    grades: int
    anonymous: int
    expected_hundredths: int
    obtained_hundredths: int
    below: int
    equal: int
    above: int


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """What customers said in a span of time."""

    opinions: int
    anonymous: int
    whole: FacetSum | None
    items: list[FacetSum]


async def satisfaction(reader: Reader, facet: str | None, start: datetime, end: datetime) -> Satisfaction:
    """Obtained against expected, facet by facet, over named and anonymous opinions. 404 for no facet of ours."""
    card = files.satisfaction_cards()[0]
    if facet is not None and facet not in card.facets:
        raise NotFound("facet")
    found = await store.by_code(reader, start, end)
    count, anonymous = await store.opinions(reader, start, end)
    items = summed(found, card)
    wanted = [one for one in items if facet in (None, one.facet)]
    return Satisfaction(count, anonymous, summed_up(None, found), wanted)


async def graded(reader: Reader, codes: Sequence[str], start: datetime, end: datetime) -> FacetSum | None:
    """The grades under any of these codes, from a moment up to but without another; None where there are none."""
    return summed_up(codes[0], [one for one in await store.by_code(reader, start, end) if one.code in codes])


def summed(found: Iterable[Graded], card: SatisfactionCard) -> list[FacetSum]:
    """By facet, the widest gap below what was expected first."""
    by_facet: dict[str | None, list[Graded]] = {}
    for one in found:
        by_facet.setdefault(card.facet_of(one.code), []).append(one)
    made = [each for facet, some in by_facet.items() if (each := summed_up(facet, some))]
    return sorted(made, key=lambda one: (one.obtained_hundredths - one.expected_hundredths, one.facet or ""))


def summed_up(facet: str | None, some: Iterable[Graded]) -> FacetSum | None:
    """All together; None where there is no grade."""
    known = list(some)
    grades = sum(one.grades for one in known)
    if not grades:
        return None
    return FacetSum(
        facet=facet,
        grades=grades,
        anonymous=sum(one.anonymous for one in known),
        expected_hundredths=sum(one.expected for one in known) * HUNDREDTHS // grades,
        obtained_hundredths=sum(one.obtained for one in known) * HUNDREDTHS // grades,
        below=sum(one.below for one in known),
        equal=sum(one.equal for one in known),
        above=sum(one.above for one in known),
    )
