"""Which version of a fact counts, and when."""

from __future__ import annotations

from itertools import permutations
from uuid import UUID

import pytest

from scoring.facts.rules import Traits, current

from ..conftest import a_fact, an_order, at


def test_the_highest_version_counts_whatever_comes_last() -> None:
    first, second = an_order(1, 100), an_order(1, 200, sequence=2)
    assert current([second, first]) == current([first, second]) == [second]


def test_a_voided_fact_is_out_even_when_its_original_comes_later() -> None:
    assert current([a_fact(1, "order", sequence=2, voided=True), an_order(1, 100)]) == []


def test_two_kinds_of_one_aggregate_are_two_facts() -> None:
    assert len(current([a_fact(1, "promise"), a_fact(1, "promise.broken", sequence=2)])) == 2


def test_what_was_learned_later_does_not_count_yet() -> None:
    early, late = an_order(1, 100, 30), an_order(1, 200, 30, sequence=2)
    corrected = a_fact(1, "order", 30, sequence=2, amount_minor=200, known_after=10)
    known = at(25)[0]
    assert current([early, corrected], known) == [early]
    assert current([early, late], known) == [late]


def test_a_missed_deadline_of_a_complaint_that_nobody_made_is_out() -> None:
    missed = a_fact(2, "deadline.missed", traits=Traits(complaint_id=UUID(int=1)))
    never = a_fact(1, "complaint", sequence=3, voided=True)
    assert current([missed]) == [missed]
    assert current([never, missed]) == []


def test_money_given_for_a_complaint_that_nobody_made_stays_given() -> None:
    given = a_fact(2, "goodwill", amount_minor=100, currency="CNY", traits=Traits(complaint_id=UUID(int=1)))
    never = a_fact(1, "complaint", sequence=3, voided=True)
    assert current([never, given]) == [given]


@pytest.mark.parametrize("seed", range(3))
def test_facts_stand_in_the_order_of_their_time(seed: int) -> None:
    facts = [an_order(n, 100, (n * 7 + seed) % 20) for n in range(1, 12)]
    found = current(facts)
    assert [one.occurred_at for one in found] == sorted(one.occurred_at for one in facts)
    assert current(reversed(facts)) == found


def test_what_happens_again_is_a_fact_of_its_own_until_its_beginning_is_voided() -> None:
    first, second = a_fact(1, "complaint.reopened", 9, sequence=3), a_fact(1, "complaint.reopened", 2, sequence=6)
    assert current([second, first, second]) == [first, second]
    gone = a_fact(1, "complaint.reopened", sequence=8, voided=True)
    assert current([gone, second, first]) == []
    assert current([a_fact(1, "complaint", sequence=8, voided=True), second, first]) == []


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_an_outcome_taken_back_and_given_again_counts_in_any_order(order: tuple[int, ...]) -> None:
    told = [
        a_fact(1, "promise.kept", 9, sequence=2),
        a_fact(1, "promise.kept", 3, sequence=3, voided=True),
        a_fact(1, "promise.broken", 9, sequence=4),
        a_fact(1, "promise", 20),
    ]
    assert [one.kind for one in current([told[n] for n in order])] == ["promise", "promise.broken"]
    back = [a_fact(1, "promise.broken", 2, sequence=5, voided=True), a_fact(1, "promise.kept", 9, sequence=6)]
    assert [one.kind for one in current([*back, *(told[n] for n in order)])] == ["promise", "promise.kept"]
