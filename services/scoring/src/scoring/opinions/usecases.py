"""Satisfaction of all customers together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from guanxi.db import Reader
from guanxi.problems import NotFound
from scoring.indicators import usecases as indicators
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
    items = summed(found, card, await indicators.facets(reader))
    wanted = [one for one in items if facet in (None, one.facet)]
    return Satisfaction(count, anonymous, summed_up(None, found), wanted)


async def by_code(reader: Reader, start: datetime, end: datetime) -> list[Graded]:
    """All grades with an expectation, from a moment up to but without another, by code: a look at the whole firm."""
    return await store.by_code(reader, start, end)


def graded(found: Iterable[Graded], codes: Sequence[str]) -> FacetSum | None:
    """The grades under any of these codes; None where there are none."""
    return summed_up(codes[0], [one for one in found if one.code in codes])


def summed(
    found: Iterable[Graded], card: SatisfactionCard, facets: Mapping[str, str] = MappingProxyType({})
) -> list[FacetSum]:
    """By facet, the widest gap below what was expected first; `facets` are those of the indicators in force."""
    by_facet: dict[str | None, list[Graded]] = {}
    for one in found:
        facet = card.facet_of(facets.get(one.code, one.code) if one.code else None)
        by_facet.setdefault(facet, []).append(one)
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
