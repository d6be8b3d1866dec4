"""Satisfaction of all customers, facet by facet."""

from __future__ import annotations

from scoring.opinions.store import Graded
from scoring.opinions.usecases import summed
from scoring.scorecards import files

CARD = files.satisfaction_cards()[0]


def _graded(code: str | None, grades: int = 1) -> Graded:
    return Graded(code, grades, 0, 5 * grades, 2 * grades, grades, 0, 0)


def test_an_indicator_belongs_to_the_facet_that_the_version_in_force_gives_it() -> None:
    found = [_graded("delivery"), _graded("punctual", 2), _graded("price", 4), _graded(None, 8)]
    shipped = {one.facet: one.grades for one in summed(found, CARD)}
    assert shipped == {"service": 1, "price": 4, None: 10}
    in_force = {"delivery": "price", "punctual": "service"}
    assert {one.facet: one.grades for one in summed(found, CARD, in_force)} == {"price": 5, "service": 2, None: 8}
