"""The least change that would move a customer."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.facts.rules import FactRow, Traits, current
from scoring.scorecards import files
from scoring.scorecards.cards import Scorecard
from scoring.scorecards.rules import rank_of
from scoring.scores.basis import basis
from scoring.scores.computing import score
from scoring.scores.levers import Change, least_changes
from scoring.scores.rules import Moment

from ..conftest import NOW, TODAY, ZONE, a_fact, an_order, at

VALUE, TRUST = files.value_card(), files.cards().trust


def _changes(facts: list[FactRow], card: Scorecard, at: Moment, tier: str | None = None) -> list[Change]:
    return least_changes(basis(facts, card, at), card, at, tier)


def _by_code(changes: list[Change]) -> dict[str, Change]:
    return {change.code: change for change in changes}


def test_the_least_amount_that_moves_up_does_and_a_step_less_does_not() -> None:
    facts = [an_order(1, 42_000_000, 3)]
    amount = _by_code(_changes(facts, VALUE, NOW, "middle"))["order-more"].amount_minor
    assert amount is not None
    assert score([*facts, an_order(2, amount)], VALUE, NOW).band == "high"
    assert score([*facts, an_order(2, amount - 100_000)], VALUE, NOW).band == "middle"


def test_a_tier_is_lost_only_below_its_own_threshold() -> None:
    facts = [an_order(1, 42_000_000, 20), an_order(2, 50_000_000, 3)]
    band = _by_code(_changes(facts, VALUE, NOW))["be-silent"]
    tier = _by_code(_changes(facts, VALUE, NOW, "top"))["be-silent"]
    top = VALUE.bands[0]
    assert top.keep_from is not None
    assert tier.value < top.keep_from
    assert tier == band
    assert tier.days is not None
    later = Moment(TODAY + timedelta(days=tier.days - 1), ZONE)
    before = score(facts, VALUE, later).value
    assert before is not None
    assert before >= top.keep_from


def test_nothing_moves_the_best_up() -> None:
    facts = [an_order(1, 42_000_000, 20), an_order(2, 50_000_000, 3)]
    assert {change.direction for change in _changes(facts, VALUE, NOW, "top")} == {"down"}


def test_after_a_broken_promise_waiting_or_keeping_restores_the_band() -> None:
    changes = _by_code(_changes([a_fact(1, "promise.broken")], TRUST, NOW))
    assert (changes["keep-promises"].count, changes["keep-promises"].band) == (4, "sound")
    days = changes["wait"].days
    assert days is not None
    broken = [a_fact(1, "promise.broken")]
    assert score(broken, TRUST, Moment(TODAY + timedelta(days=days), ZONE)).band == "sound"
    assert score(broken, TRUST, Moment(TODAY + timedelta(days=days - 1), ZONE)).band == "strained"


def test_the_unrated_are_moved_by_nothing_but_a_rate() -> None:
    assert _changes([an_order(1, 100, 1, currency="XCD")], VALUE, NOW) == []


def test_changes_stand_by_effort() -> None:
    efforts = [change.effort for change in _changes([a_fact(1, "promise.broken")], TRUST, NOW)]
    assert efforts == sorted(efforts)


@settings(max_examples=40, deadline=None)
@given(broken=st.lists(st.integers(0, 600), max_size=4), kept=st.lists(st.integers(0, 600), max_size=6))
def test_every_change_moves_the_band_in_its_direction(broken: list[int], kept: list[int]) -> None:
    facts: list[FactRow] = [a_fact(n, "promise.broken", days) for n, days in enumerate(broken)]
    facts += [a_fact(100 + n, "promise.kept", days, traits=Traits(in_time=True)) for n, days in enumerate(kept)]
    facts = current(facts)
    now = rank_of(TRUST.bands, score(facts, TRUST, NOW).band)
    for change in _changes(facts, TRUST, NOW):
        after = rank_of(TRUST.bands, change.band)
        assert after < now if change.direction == "up" else after > now


def test_being_silent_is_reckoned_as_if_the_source_told_of_it() -> None:
    facts = [an_order(1, 42_000_000, 100, source="dealer-17")]
    unheard = Moment(TODAY, ZONE, reach={"dealer-17": at(100)[0]})
    assert _by_code(_changes(facts, VALUE, unheard))["be-silent"] == _by_code(_changes(facts, VALUE, NOW))["be-silent"]


@settings(max_examples=40, deadline=None)
@given(days=st.lists(st.integers(0, 600), max_size=8), then=st.integers(0, 600))
def test_what_would_have_moved_a_past_day_rests_on_nothing_later(days: list[int], then: int) -> None:
    past = Moment(TODAY - timedelta(days=then), ZONE)
    for card, made in (
        (VALUE, [an_order(n, 10_000_000, ago) for n, ago in enumerate(days)]),
        (TRUST, [a_fact(n, "promise.broken", ago) for n, ago in enumerate(days)]),
    ):
        facts = current(made)
        happened = [fact for fact, ago in zip(made, days, strict=True) if ago >= then]
        assert _changes(facts, card, past) == _changes(current(happened), card, past)
