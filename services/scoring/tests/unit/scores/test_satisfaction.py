"""Satisfaction by its scorecard."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from scoring.facts.rules import FactRow, Graded, Traits
from scoring.scorecards import files
from scoring.scores import satisfaction
from scoring.scores.computing import picture, score
from scoring.scores.rules import Moment, Score

from ..conftest import NOW, TODAY, ZONE, a_fact

CARDS = {card.facet: card for card in files.satisfaction_cards()}
WHOLE, SERVICE, PRICE = CARDS[None], CARDS["service"], CARDS["price"]
Grade = tuple[str | None, int | None, int]


def _said(number: int, *grades: Grade, kind: str = "card", days_ago: int = 0) -> FactRow:
    traits = Traits(status=kind, grades=tuple(Graded(*grade) for grade in grades))
    return a_fact(number, "interview" if kind == "interview" else "opinion", days_ago, traits=traits)


def _of(*facts: FactRow, card: object = WHOLE, moment: Moment = NOW) -> Score:
    return score(facts, card, moment)  # type: ignore[arg-type]


def test_as_expected_is_the_middle_and_each_grade_moves_it() -> None:
    scores = [_of(_said(1, (None, 4, obtained))) for obtained in (1, 2, 3, 4, 5)]
    assert [one.value for one in scores] == [14, 26, 38, 50, 62]
    assert [one.band for one in scores] == ["below", "below", "below", "equal", "above"]


def test_the_interview_of_the_story_is_below_expectation_in_service() -> None:
    found = _of(_said(1, ("delivery", 5, 2), kind="interview"), card=SERVICE)
    assert (found.value, found.band, WHOLE.outcomes[found.band]) == (14, "below", "churn")
    assert [(one.code, one.points) for one in found.reasons] == [("base", 50), ("interview", -36)]
    assert _of(_said(1, ("delivery", 5, 2), kind="interview"), card=PRICE).band == "unrated"


def test_what_was_not_expected_cannot_be_compared() -> None:
    found = _of(_said(1, ("service", None, 1)))
    assert (found.value, found.band, [one.code for one in found.reasons]) == (None, "unrated", ["no-opinion"])


def test_an_indicator_belongs_to_the_facet_that_the_version_in_force_gives_it() -> None:
    said = _said(1, ("delivery", 5, 2), kind="interview")
    moved = Moment(TODAY, ZONE, facets={"delivery": "price"})
    assert _of(said, card=PRICE, moment=moved).value == 14
    assert _of(said, card=SERVICE, moment=moved).value is None


def test_newer_opinions_outweigh_older_ones() -> None:
    good, bad = _said(1, ("service", 4, 5), days_ago=360), _said(2, ("service", 4, 2))
    older, newer = _of(good, bad), _of(good, _said(2, ("service", 4, 2), days_ago=360))
    assert (older.value or 0) < (newer.value or 0)
    assert _of(bad).value == 26


def test_an_interview_weighs_more_than_a_card() -> None:
    found = _of(_said(1, ("service", 4, 5)), _said(2, ("service", 4, 2), kind="interview"))
    assert found.value == 50 + 3 - 18


def test_what_matters_to_the_customer_weighs_in_the_whole_and_not_within_a_facet() -> None:
    def held(price: int) -> FactRow:
        grades = (Graded("price", 4, 4, price), Graded("service", 4, 2, 1))
        return a_fact(1, "interview", traits=Traits(status="interview", grades=grades))

    assert [_of(held(price)).value for price in (1, 5, 9)] == [38, 46, 48]
    assert [_of(held(price), card=SERVICE).value for price in (1, 5, 9)] == [26, 26, 26]


def test_complaints_say_nothing_of_satisfaction() -> None:
    said = _said(1, ("service", 4, 4))
    complaints = [a_fact(10 + n, kind) for n, kind in enumerate(("complaint", "complaint.reopened", "deadline.missed"))]
    assert _of(said, *complaints) == _of(said)


def test_a_customer_who_said_nothing_has_no_score_of_it() -> None:
    everything = picture(a_fact(1, "order").aggregate_id, (), [a_fact(1, "order")], files.cards(), NOW)
    assert set(everything.scores) == {"value.existing", "trust"}
    said = picture(a_fact(1, "order").aggregate_id, (), [_said(1, ("service", 4, 2))], files.cards(), NOW)
    assert set(said.scores) - set(everything.scores) == {
        *("satisfaction", "satisfaction.service", "value.learning"),
    }


_CODES = st.sampled_from(["price", "service", "delivery", "other", None])
_GRADES = st.lists(st.tuples(_CODES, st.none() | st.integers(0, 10), st.integers(0, 10)), min_size=1, max_size=5)


@given(st.lists(st.tuples(_GRADES, st.sampled_from(["card", "survey", "interview"]), st.integers(0, 900)), max_size=8))
def test_reasons_add_up_whatever_the_order_and_days_alone_change_no_single_opinion(
    said: list[tuple[list[Grade], str, int]],
) -> None:
    facts = [_said(n + 1, *grades, kind=kind, days_ago=days) for n, (grades, kind, days) in enumerate(said)]
    found = _of(*facts)
    shuffled = [*facts, *facts[:2]]
    random.Random(7).shuffle(shuffled)
    assert _of(*shuffled) == found
    if found.value is not None:
        assert found.value == sum(one.points for one in found.reasons)
        assert 0 <= found.value <= 100
    if len(facts) == 1 and found.value is not None:
        assert _of(*facts, moment=Moment(TODAY + timedelta(days=100), ZONE)).value == found.value


def test_what_matters_is_looked_up_once_however_many_answers_there_are() -> None:
    class Looked(list[tuple[int, str | None, int]]):
        times = 0

        def __iter__(self) -> Iterator[tuple[int, str | None, int]]:
            self.times += 1
            return super().__iter__()

    facts = [_said(n, ("service", 4, 5), ("price", 4, 2)) for n in range(1, 30)]
    found = satisfaction.opinions(facts, WHOLE, ZONE)
    day = TODAY.toordinal()
    matters = Looked([(day - 9, "price", 5), (day - 1, "price", 1), (day - 1, "price", 2), (day + 1, "price", 5)])
    measured = satisfaction.measure(satisfaction.Opinions(found.answers, matters), WHOLE, day)
    assert matters.times == 1
    # Of the newest interview the heavier: price counts 2 and service, of which none spoke, 3.
    assert measured.value == 50 + round(WHOLE.points_per_grade * (3 * 1 - 2 * 2) / 5)
