"""The radar: a customer against its own past."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from itertools import groupby
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.facts.rules import FactRow, Traits, current
from scoring.radar.rhythm import usual_of
from scoring.radar.rules import Reading, history, read
from scoring.scorecards import files
from scoring.scores.rules import Moment

from ..conftest import NOW, TODAY, ZONE, a_fact, an_order
from .simulated import HABIT, START, WATCHED, Life, lives

CARD = files.radar_card()
LANGUAGES = {"zh-Hans", "zh-Hant", "en"}


def _monthly(silent: int, *, every: int = 30, times: int = 8, source: str | None = None) -> list[FactRow]:
    return [an_order(n + 1, 100_000, silent + every * n, source=source) for n in range(times)]


def _contact(number: int, days_ago: int, **traits: object) -> FactRow:
    return a_fact(number, "contact", days_ago, traits=Traits(**traits))  # type: ignore[arg-type]


def _read(facts: list[FactRow], moment: Moment = NOW) -> Reading:
    return read(current(facts, moment.known_at), CARD, moment)


def test_the_silent_shop_of_the_story_is_at_risk_with_what_is_usual_beside_it() -> None:
    found = _read(
        [
            *_monthly(55),
            *(a_fact(100 + n, "invitation.lapsed", 20 * n + 5) for n in range(2)),
            *(_contact(200 + n, 10 + 30 * n, employee_id=UUID(int=9), rival_named=n == 0) for n in range(5)),
        ]
    )
    assert found.standing.risk == "at_risk"
    seen = {one.code: (one.seen, one.usual) for one in found.signals}
    assert seen["order_rhythm"] == (55, 30)
    assert seen["unanswered_invitations"] == (2, None)
    assert seen["rival_named"] == (1, None)
    assert seen["single_tie"] == (5, None)
    assert (found.cause, found.countermeasures) == ("competitive", ("price", "quality", "brand"))


def test_within_its_own_rhythm_a_customer_is_calm_however_slow_that_is() -> None:
    assert _read(_monthly(29)).standing.risk == "calm"
    assert _read(_monthly(100, every=95)).standing.risk == "calm"
    assert _read(_monthly(100, every=10)).standing.risk == "lost"


def test_silence_alone_goes_from_calm_over_watch_and_at_risk_to_lost_and_an_order_ends_it() -> None:
    orders = _monthly(0)
    days = [_read(orders, Moment(TODAY + timedelta(days=n), ZONE)) for n in range(140)]
    risks = [one.standing.risk for one in days]
    assert [risk for risk, _ in groupby(risks)] == ["calm", "watch", "at_risk", "lost"]
    late = TODAY + timedelta(days=139)
    back = a_fact(99, "order", -139)
    found = read(current([*orders, back]), CARD, Moment(late, ZONE))
    assert (found.standing.risk, found.standing.since, found.standing.episode) == ("recovered", late, None)
    again = _read([*orders, back], Moment(late + timedelta(days=CARD.recovered_days), ZONE))
    assert again.standing.risk != "recovered"


def test_between_the_points_where_a_risk_is_reached_and_kept_it_stays_as_it_is() -> None:
    reached = [_contact(300, 40, rival_named=True), *(a_fact(310 + n, "invitation.lapsed", 30) for n in range(2))]
    cues = _contact(320, 30, count=3)
    ties = [_contact(330 + n, 45, employee_id=UUID(int=9)) for n in range(4)]
    assert _read([*reached, cues, *ties]).standing.risk == "at_risk"
    answered = a_fact(340, "opinion", 10)
    kept = _read([*reached, cues, *ties, answered])
    assert (kept.points, kept.standing.risk) == (40, "at_risk")
    assert _read([*reached[:1], cues, *ties, answered]).standing.risk == "watch"


def test_cue_marks_are_counted_within_their_window_and_a_slip_of_the_hand_is_not_believed() -> None:
    def cues(*contacts: FactRow) -> list[tuple[int, int]]:
        return [(one.seen, one.points) for one in _read(list(contacts)).signals if one.code == "cue_marks"]

    assert cues(_contact(1, 10, count=2), _contact(2, 5, count=0)) == [(2, 10)]
    assert cues(_contact(1, 10, count=2), _contact(2, 5, count=9)) == [(11, CARD.counted["cue_marks"].most)]
    assert cues(_contact(1, CARD.counted["cue_marks"].window_days, count=2)) == []
    assert cues(_contact(1, 10, count=2**31 - 1)) == [(100, 15)]


def test_without_enough_orders_there_is_no_rhythm_and_that_is_said() -> None:
    few = _read(_monthly(300, times=3))
    assert (few.rhythm, few.standing.risk) == (False, "calm")
    assert _read(_monthly(300, times=4)).rhythm


def test_one_holiday_moves_neither_the_median_nor_its_spread() -> None:
    steady, holiday = usual_of([30] * 11, CARD.baseline), usual_of([30] * 10 + [120], CARD.baseline)
    assert steady is not None
    assert holiday is not None
    assert (steady.median, steady.spread) == (holiday.median, holiday.spread)
    assert holiday.limit(CARD.order_steps[1]) > steady.limit(CARD.order_steps[1])


def test_silence_counts_only_as_far_as_the_customers_source_has_told() -> None:
    def told(days_ago: int) -> Moment:
        up_to = datetime.combine(TODAY - timedelta(days=days_ago), time(12), ZONE)
        return Moment(TODAY, ZONE, reach={"dealer-17": up_to})

    orders = _monthly(60, source="dealer-17")
    assert _read(orders, told(0)).standing.risk == "at_risk"
    unheard = _read(orders, told(40))
    assert (unheard.standing.risk, unheard.told_until) == ("calm", TODAY - timedelta(days=40))
    assert [one.seen for one in unheard.signals if one.code == "order_rhythm"] == [20]


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        ([], "natural"),
        ([a_fact(400, "promise.broken", 20)], "fault"),
        ([_contact(401, 20, rival_named=True)], "competitive"),
        ([_contact(401, 20, rival_named=True), a_fact(400, "promise.broken", 20)], "fault"),
        ([_contact(401, 20, rival_named=True), a_fact(402, "deadline.missed", 20)], "competitive"),
        ([a_fact(400, "promise.broken", 300)], "natural"),
    ],
)
def test_the_cause_is_what_most_was_found_of(facts: list[FactRow], cause: str) -> None:
    assert _read([*_monthly(60), *facts]).cause == cause


@given(st.integers(0, 10_000), st.integers(0, WATCHED))
@settings(max_examples=60, deadline=None)
def test_the_same_facts_in_any_order_and_twice_give_the_same_reading(seed: int, day: int) -> None:
    [life] = lives(seed, 1)
    facts = life.facts()
    shuffled = [*facts, *facts[::2]]
    random.Random(seed).shuffle(shuffled)
    moment = Moment(START + timedelta(days=day), ZONE)
    assert _read(shuffled, moment) == _read(facts, moment)


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_what_happens_later_changes_no_day_before(seed: int) -> None:
    [life] = lives(seed, 1)
    day = random.Random(seed).randrange(HABIT, WATCHED)
    moment = Moment(START + timedelta(days=day), ZONE)
    until = [one for one in life.facts() if one.occurred_at.astimezone(ZONE).date() <= moment.day]
    assert _read(until, moment) == _read(life.facts(), moment)


def _alarms(life: Life) -> set[date]:
    """The days of the watched year on which the customer became one at risk."""
    end = Moment(START + timedelta(days=WATCHED), ZONE)
    days = {one.episode for one in history(current(life.facts()), CARD, end) if one.episode}
    return {day for day in days if day >= START + timedelta(days=HABIT)}


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_the_history_tells_of_each_day_what_was_read_on_it(seed: int) -> None:
    [life] = lives(seed, 1)
    facts = current(life.facts())
    told = history(facts, CARD, Moment(START + timedelta(days=WATCHED), ZONE))
    for day in (START + timedelta(days=n) for n in range(HABIT, WATCHED, 7)):
        known = [one for one in told if one.since is None or one.since <= day]
        assert read(facts, CARD, Moment(day, ZONE)).standing == known[-1]


@pytest.mark.parametrize("seed", range(20))
def test_planted_leavers_are_found_before_they_are_plainly_lost_and_few_others_are(seed: int) -> None:
    """Recall of at least 0.8 before twice the longest gap of the customer's past, at most 5 % of the others alarmed."""
    found = leavers = alarmed = stayers = 0
    for life in lives(seed, 100):
        alarms = _alarms(life)
        if life.leaver:
            leavers += 1
            lost = START + timedelta(days=life.plainly_lost)
            found += any(START + timedelta(days=life.orders[-1]) < day < lost for day in alarms)
        else:
            stayers += 1
            alarmed += bool(alarms)
    assert found / leavers >= 0.8
    assert alarmed / stayers <= 0.05


def test_every_code_of_the_rule_has_its_text_in_three_languages() -> None:
    codes = {"order_rhythm", "contact_rhythm", "single_tie", *CARD.counted}
    codes |= {cause.name for cause in CARD.causes} | {one for cause in CARD.causes for one in cause.countermeasures}
    assert set(CARD.texts) == codes
    assert all(set(text) == LANGUAGES and all(text.values()) for text in CARD.texts.values())
