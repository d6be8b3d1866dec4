"""How strong ties are, whom a leaver exposes, and on which day both see the customer."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.problems import Conflict, Unprocessable
from interactions.handovers import formula, rules
from interactions.handovers.formula import Formula
from interactions.handovers.rules import Bonds, Handover, Tally

CUSTOMER, LEAVER, COLLEAGUE, GONE = (UUID(int=n) for n in range(1, 5))
NOW = datetime(2026, 3, 2, tzinfo=UTC)
COUNTED = Formula(
    version="t",
    window_days=365,
    most=100,
    contact=2,
    interview=10,
    promise_kept=6,
    contacts_of_a_tie=2,
    days_before=7,
)


def tally(employee: UUID, contacts: int = 0, interviews: int = 0, kept: int = 0) -> Tally:
    return Tally(
        customer_id=CUSTOMER,
        employee_id=employee,
        contacts=contacts,
        interviews=interviews,
        promises_kept=kept,
        last_contact_at=NOW if contacts else None,
    )


def bonds(*tallies: Tally, owners: frozenset[UUID] = frozenset()) -> Bonds:
    return Bonds(customer_id=CUSTOMER, members=(CUSTOMER,), owners=owners, tallies=tallies)


def handover(**values: Any) -> Handover:
    own: dict[str, Any] = {
        "id": UUID(int=9),
        "customer_id": CUSTOMER,
        "unit_id": "head-office",
        "recorded_at": NOW,
        "from_id": LEAVER,
        "to_id": None,
        "status": "planned",
        "reason": "leaving",
        "single_tie": True,
        "leaves_on": date(2026, 3, 31),
        "joint_visit_on": date(2026, 3, 24),
    }
    return Handover(**own | values)


def test_the_declared_formula_is_whole() -> None:
    newest = formula.newest()
    assert newest.version == "1"
    assert newest.window_days == 365
    assert 0 < newest.contact < newest.promise_kept < newest.interview < newest.most
    assert (newest.contacts_of_a_tie, newest.days_before) == (1, 7)


def test_the_strength_is_the_declared_sum_up_to_the_declared_most() -> None:
    assert rules.strength(tally(LEAVER, 3, 1, 2), COUNTED) == 3 * 2 + 10 + 2 * 6
    assert rules.strength(tally(LEAVER), COUNTED) == 0
    assert rules.strength(tally(LEAVER, contacts=51), COUNTED) == 100


@given(st.integers(0, 80), st.integers(0, 20), st.integers(0, 20))
def test_more_of_anything_never_weakens_a_tie(contacts: int, interviews: int, kept: int) -> None:
    before = rules.strength(tally(LEAVER, contacts, interviews, kept), COUNTED)
    for more in ((1, 0, 0), (0, 1, 0), (0, 0, 1)):
        grown = tally(LEAVER, contacts + more[0], interviews + more[1], kept + more[2])
        assert before <= rules.strength(grown, COUNTED) <= COUNTED.most


def test_the_only_one_whom_a_customer_knows_is_a_single_tie() -> None:
    alone = rules.exposure(bonds(tally(LEAVER, 2), tally(COLLEAGUE, 1)), LEAVER, {COLLEAGUE}, COUNTED)
    assert (alone.single_tie, alone.others, alone.to_hand_over) == (True, 0, True)
    two = rules.exposure(bonds(tally(LEAVER, 2), tally(COLLEAGUE, 2)), LEAVER, {COLLEAGUE}, COUNTED)
    assert (two.single_tie, two.others, two.to_hand_over) == (False, 1, False)


def test_who_has_left_or_will_is_nobody_to_rely_on() -> None:
    found = rules.exposure(bonds(tally(LEAVER, 2), tally(GONE, 9)), LEAVER, set(), COUNTED)
    assert (found.single_tie, found.others) == (True, 0)


def test_an_owner_hands_over_even_a_customer_whom_others_know_or_nobody_does() -> None:
    owners = frozenset({LEAVER})
    known = rules.exposure(bonds(tally(COLLEAGUE, 5), owners=owners), LEAVER, {COLLEAGUE}, COUNTED)
    assert (known.owner, known.single_tie, known.strength, known.to_hand_over) == (True, False, 0, True)
    unknown = rules.exposure(bonds(owners=owners), LEAVER, set(), COUNTED)
    assert (unknown.single_tie, unknown.to_hand_over) == (False, True)


def weekdays(day: date) -> bool:
    return day.isoweekday() < 6


@pytest.mark.parametrize(
    ("leaves", "today", "found"),
    [
        ((2026, 3, 31), (2026, 3, 2), (2026, 3, 24)),
        # A week before is a Sunday: of two days as near, the earlier.
        ((2026, 3, 29), (2026, 3, 2), (2026, 3, 23)),
        ((2026, 3, 28), (2026, 3, 2), (2026, 3, 20)),
        # Shorter than the notice: from tomorrow.
        ((2026, 3, 6), (2026, 3, 2), (2026, 3, 3)),
        # Nothing but a week-end lies between: that has to do.
        ((2026, 3, 9), (2026, 3, 6), (2026, 3, 7)),
        ((2026, 3, 3), (2026, 3, 2), (2026, 3, 2)),
        ((2026, 3, 2), (2026, 3, 2), None),
        ((2026, 2, 27), (2026, 3, 2), None),
    ],
)
def test_the_joint_visit_is_on_a_working_day_before_the_leaving(
    leaves: tuple[int, int, int], today: tuple[int, int, int], found: tuple[int, int, int] | None
) -> None:
    day = rules.joint_visit_day(date(*leaves), date(*today), 7, weekdays)
    assert day == (date(*found) if found else None)


@given(st.dates(date(2026, 1, 1), date(2027, 1, 1)), st.integers(-5, 60))
def test_a_joint_visit_never_lies_in_the_past_or_after_the_leaving(today: date, notice: int) -> None:
    leaves = today + timedelta(days=notice)
    day = rules.joint_visit_day(leaves, today, 7, weekdays)
    assert (day is None) == (notice <= 0)
    assert day is None or today <= day < leaves


def test_who_left_long_ago_is_no_news() -> None:
    def begins(day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=UTC)

    assert rules.news(date(2026, 4, 1), begins, NOW)
    assert rules.news(date(2026, 2, 28), begins, NOW)
    assert not rules.news(date(2026, 2, 27), begins, NOW)
    assert not rules.news(None, begins, NOW)


def test_it_is_looked_at_each_midnight_until_they_have_left() -> None:
    def begins(day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=UTC)

    leaves, today, looks = date(2026, 3, 5), date(2026, 3, 2), []
    while at := rules.next_look(leaves, today, begins):
        today = at.date()
        looks.append(today)
    assert looks == [date(2026, 3, 3), date(2026, 3, 4), date(2026, 3, 5)]


def test_who_is_on_the_way_under_another_id_is_not_handed_over_twice() -> None:
    exposed = [rules.exposure(bonds(tally(LEAVER, 2)), LEAVER, set(), COUNTED)]
    absorbed = UUID(int=77)
    assert rules.uncovered(exposed, [], {}) == exposed
    assert rules.uncovered(exposed, [handover(customer_id=absorbed)], {absorbed: CUSTOMER}) == []
    assert rules.uncovered(exposed, [handover(customer_id=absorbed)], {absorbed: absorbed}) == exposed
    weak = [rules.exposure(bonds(tally(LEAVER, 1)), LEAVER, set(), COUNTED)]
    assert rules.uncovered(weak, [], {}) == []


def test_the_way_of_a_handover() -> None:
    visited = rules.visited(handover(), COLLEAGUE, date(2026, 3, 25), UUID(int=8))
    assert (visited.status, visited.to_id, visited.joint_visit_on, visited.version) == (
        "joint_visit",
        COLLEAGUE,
        date(2026, 3, 25),
        2,
    )
    with pytest.raises(Conflict):
        rules.visited(visited, COLLEAGUE, date(2026, 3, 26), UUID(int=8))
    done = rules.completed(visited, COLLEAGUE, NOW, None)
    assert (done.status, done.done_at, done.version) == ("done", NOW, 3)
    with pytest.raises(Conflict):
        rules.completed(done, COLLEAGUE, NOW, None)
    with pytest.raises(Conflict):
        rules.visited(done, COLLEAGUE, date(2026, 3, 26), UUID(int=8))


def test_without_a_visit_or_a_successor_it_is_not_done() -> None:
    with pytest.raises(Unprocessable) as refused:
        rules.completed(handover(), COLLEAGUE, NOW, None)
    assert [error.field for error in refused.value.errors] == ["without_joint_visit"]
    with pytest.raises(Unprocessable) as refused:
        rules.completed(handover(), None, NOW, "abroad")
    assert [error.field for error in refused.value.errors] == ["to_employee"]
    assert rules.completed(handover(), COLLEAGUE, NOW, "abroad").status == "done"
