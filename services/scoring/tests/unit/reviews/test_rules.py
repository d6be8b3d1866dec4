"""The life of a review cycle, and what counts as evidence."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from guanxi.events.reviews import STEPS
from guanxi.problems import Conflict, Unprocessable
from scoring.facts.rules import FactRow, Traits
from scoring.reviews import rules
from scoring.reviews.effects import effect
from scoring.reviews.rules import Cycle, Evidence, Wish
from scoring.scorecards import files

from ..conftest import TODAY, ZONE, a_fact, an_order

RULE = files.review_rule()
NOW = datetime(2026, 6, 30, 4, tzinfo=UTC)
IDS = [UUID(int=n + 1) for n in range(9)]
AGAIN = [UUID(int=n + 101) for n in range(9)]
CYCLE = UUID(int=1)
ENOUGH = Evidence(key_customers=1, indicator_versions=1, interviews=1, revisions=1)


def _planned(*wishes: Wish) -> Cycle:
    return rules.planned(IDS, 1, "head-office", TODAY, RULE, wishes)


def test_the_rule_names_the_eight_steps_in_order() -> None:
    assert tuple(one.code for one in RULE.steps) == STEPS


def test_steps_fall_due_one_after_the_other_unless_a_day_is_asked_for() -> None:
    cycle = _planned(Wish("interviews", UUID(int=7), TODAY + timedelta(days=60)))
    days = [(one.due_on - TODAY).days for one in cycle.steps]
    assert days == [7, 14, 60, 67, 95, 123, 130, 137]
    assert cycle.steps[2].owner_id == UUID(int=7)


@pytest.mark.parametrize(
    ("wishes", "field", "code"),
    [
        ([Wish("nothing")], "steps[0].code", "unknown"),
        ([Wish("telling"), Wish("telling")], "steps[0].code", "duplicate"),
        ([Wish("telling"), Wish("interviews", None, TODAY - timedelta(days=1))], "steps[1].due_on", "out-of-order"),
        ([Wish("telling", None, date.max)], "steps[0].due_on", "out-of-order"),
        ([Wish("key_customers", None, date.max)], "steps[0].due_on", "out-of-order"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_with_its_field(wishes: list[Wish], field: str, code: str) -> None:
    with pytest.raises(Unprocessable) as refused:
        _planned(*wishes)
    assert (refused.value.errors[0].field, refused.value.errors[0].code) == (field, code)


@pytest.mark.parametrize("day", [date.min, TODAY - timedelta(days=1), TODAY + timedelta(days=1827), date.max])
def test_a_cycle_starts_today_or_within_the_horizon(day: date) -> None:
    rules.check_start(TODAY, TODAY, RULE)
    with pytest.raises(Unprocessable):
        rules.check_start(day, TODAY, RULE)


def test_a_cycle_that_starts_later_than_planned_takes_its_days_along() -> None:
    cycle = rules.started(_planned(), TODAY + timedelta(days=10), NOW)
    assert (cycle.status, cycle.steps[0].state, cycle.steps[1].state) == ("running", "active", "waiting")
    assert (cycle.steps[0].due_on - TODAY).days == 17
    following = rules.again(cycle, AGAIN, 2, TODAY + timedelta(days=100))
    assert [(one.due_on - date(2026, 10, 8)).days for one in following.steps] == [7, 14, 42, 49, 77, 105, 112, 119]


def test_a_step_is_done_in_its_turn_once_and_on_evidence() -> None:
    first, second, *_ = rules.started(_planned(), TODAY, NOW).steps
    with pytest.raises(Conflict) as waiting:
        rules.done(second, RULE.step("indicators"), ENOUGH, None, "me", NOW)
    assert waiting.value.code == "step-waiting"
    with pytest.raises(Conflict) as lacking:
        rules.done(first, RULE.step("key_customers"), Evidence(), None, "me", NOW)
    assert lacking.value.code == "evidence-missing"
    done = rules.done(first, RULE.step("key_customers"), ENOUGH, None, "me", NOW)
    assert (done.state, done.done_by) == ("done", "me")
    with pytest.raises(Conflict) as again:
        rules.done(done, RULE.step("key_customers"), ENOUGH, None, "me", NOW)
    assert again.value.code == "step-done"
    assert rules.overdue(done) is None
    late = rules.overdue(first)
    assert late is not None
    assert rules.done(late, RULE.step("key_customers"), ENOUGH, None, "me", NOW).state == "done"


def test_an_evaluation_needs_to_be_said_and_a_revision_to_be_set() -> None:
    evaluation, revision = RULE.step("evaluation"), RULE.step("revision")
    step = replace(_planned().steps[5], state="active")
    for outcome in (None, "splendid"):
        with pytest.raises(Unprocessable):
            rules.done(step, evaluation, ENOUGH, outcome, "me", NOW)
    assert rules.done(step, evaluation, ENOUGH, "partly_met", "me", NOW).outcome == "partly_met"
    assert rules.missing(revision, Evidence(), "revised")
    assert rules.missing(revision, Evidence(), "unchanged") is None
    assert rules.missing(revision, ENOUGH, "revised") is None


def _facts() -> list[FactRow]:
    own = Traits(cycle_id=CYCLE)
    interview, other = a_fact(1, "interview", 9, traits=own), a_fact(2, "interview", 9)
    need = Traits(interview_id=interview.aggregate_id, pressing=True, status="assigned")
    answered = need._replace(status="answered", in_time=True)
    return [
        replace(interview, customer_id=UUID(int=50)),
        other,
        a_fact(3, "need", 8, traits=need),
        a_fact(3, "need", 8, traits=answered, sequence=2),
        a_fact(3, "need.answered", 7, traits=answered, sequence=2),
        a_fact(4, "need", 8, traits=need),
        a_fact(5, "need", 8, traits=need._replace(pressing=False)),
        a_fact(6, "need", 8, traits=need._replace(interview_id=other.aggregate_id)),
        a_fact(7, "improvement", 5, traits=own),
        a_fact(8, "improvement", 4, traits=own),
        a_fact(7, "improvement.told", 2, traits=Traits(count=3)),
    ]


def test_the_facts_of_a_cycle_are_its_evidence_in_whatever_order_they_come() -> None:
    facts = [*_facts(), *_facts()[::2]]
    random.Random(3).shuffle(facts)
    found = rules.evidence(facts, CYCLE)
    assert (found.interviews, found.customers) == (1, frozenset({UUID(int=50)}))
    assert (found.pressing, found.pressing_open, found.answered_in_time) == (2, 1, 1)
    assert (len(found.improvements), found.told) == (2, {UUID(int=7): 3})


def test_an_open_need_and_an_untold_improvement_hold_their_steps_up() -> None:
    found = rules.evidence(_facts(), CYCLE)
    assert rules.missing(RULE.step("pressing_needs"), found, None)
    assert rules.missing(RULE.step("telling"), found, None)
    assert rules.missing(RULE.step("improvement"), found, None) is None
    confirmed = a_fact(4, "need", 8, traits=Traits(interview_id=UUID(int=1), pressing=True, status="confirmed"))
    more = [replace(confirmed, sequence=2), a_fact(8, "improvement.told", 1, traits=Traits(count=0))]
    whole = rules.evidence([*_facts(), *more], CYCLE)
    assert rules.missing(RULE.step("pressing_needs"), whole, None) is None
    assert rules.missing(RULE.step("telling"), whole, None) is None


def test_an_answered_need_that_came_too_late_or_is_open_again_is_not_in_time() -> None:
    need = Traits(interview_id=UUID(int=1), pressing=True, status="answered", in_time=False)
    late = [a_fact(4, "need", 8, traits=need, sequence=2), a_fact(4, "need.answered", 7, traits=need, sequence=2)]
    found = rules.evidence([*_facts(), *late], CYCLE)
    assert (found.pressing_open, found.answered_in_time) == (0, 1)
    reopened = need._replace(status="reopened", in_time=None)
    found = rules.evidence([*_facts(), *late, a_fact(4, "need", 8, traits=reopened, sequence=3)], CYCLE)
    assert found.pressing_open == 1


def test_a_need_that_was_answered_in_time_and_then_reopened_is_not_answered_in_time() -> None:
    reopened = Traits(interview_id=UUID(int=1), pressing=True, status="reopened")
    back = a_fact(3, "need", 8, traits=reopened, sequence=3)
    found = rules.evidence([*_facts(), back], CYCLE)
    assert (found.pressing_open, found.answered_in_time) == (2, 0)
    again = Traits(interview_id=UUID(int=1), pressing=True, status="answered", in_time=False)
    found = rules.evidence([*_facts(), back, a_fact(3, "need", 8, traits=again, sequence=4)], CYCLE)
    assert (found.pressing_open, found.answered_in_time) == (1, 0)


def test_revenue_cost_and_retention_are_held_against_the_span_before() -> None:
    one, two = UUID(int=50), UUID(int=51)
    order = [an_order(10, 1_000_000, 50), an_order(11, 400_000, 50), an_order(12, 2_000_000, 5)]
    owners = (one, two, one)
    facts = [replace(fact, customer_id=who) for fact, who in zip(order, owners, strict=True)]
    facts.append(replace(a_fact(13, "goodwill", 4, amount_minor=100_000, currency="CNY"), customer_id=one))
    day = TODAY.toordinal()
    found = effect(facts, {one: one, two: two}, ((day - 60, day - 30), (day - 30, day)), files.value_card(), ZONE)
    assert (found.before.revenue_minor, found.before.cost_minor, found.before.customers) == (1_400_000, 0, 2)
    assert (found.after.revenue_minor, found.after.cost_minor, found.after.customers) == (2_000_000, 100_000, 1)
    assert found.after.profit_minor == 2_000_000 * 3 // 10 - 100_000
    assert (found.retained, found.retention_bp) == (1, 5_000)
    strange = replace(a_fact(14, "order", 4, amount_minor=5, currency="XAU"), customer_id=one)
    strange = replace(strange, traits=Traits(margin_minor=0, unmargined_minor=5))
    unknown = effect([*facts, strange], {}, ((day - 60, day - 30), (day - 30, day)), files.value_card(), ZONE)
    assert (unknown.before.revenue_minor, unknown.after.revenue_minor) == (1_400_000, None)
