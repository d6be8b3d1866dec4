"""Random lives of tickets: whatever is tried, in whatever order, an open ticket has exactly one holder."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from complaints.tickets import rules
from complaints.tickets.rules import BEING_WORKED_ON, MOVES, Status, Step, Ticket
from guanxi.problems import Conflict

NOW = datetime(2026, 11, 23, tzinfo=UTC)
UNITS = ("finance", "logistics", "sales", "complaint-desk")
PEOPLE = {unit: uuid4() for unit in UNITS}
LIMIT = 3

units = st.sampled_from(UNITS)


def a_ticket(status: Status = Status.ASSIGNED, unit: str = "finance", holder_id: UUID | None = None) -> Ticket:
    return Ticket(
        id=uuid4(),
        created_at=NOW,
        recorded_at=NOW,
        filed_at=NOW,
        unit_id="head-office",
        number="GX-2026-000001",
        channel="phone",
        status=status,
        holder_unit=unit,
        holder_id=holder_id,
    )


class LifeOfATicket(RuleBasedStateMachine):
    """Every step at any time; the machine refuses what it refuses, and then nothing has changed."""

    def __init__(self) -> None:
        super().__init__()
        self.ticket = a_ticket()
        self.before = self.ticket

    @initialize(unit=units)
    def file(self, unit: str) -> None:
        self.ticket = self.before = rules.assign(a_ticket(Status.RECEIVED, unit))

    def take(self, step: Callable[[Ticket], Ticket]) -> None:
        self.before = self.ticket
        with suppress(Conflict):
            self.ticket = step(self.ticket)

    @rule(unit=units)
    def hand_over(self, unit: str) -> None:
        self.take(lambda t: rules.offer(t, unit))
        assert self.ticket.holder_unit == self.before.holder_unit

    @rule()
    def accept(self) -> None:
        unit = self.ticket.offered_to or self.ticket.holder_unit
        self.take(lambda t: rules.accept(t, PEOPLE[unit], NOW))
        if self.ticket is not self.before:
            assert (self.ticket.holder_unit, self.ticket.holder_id) == (unit, PEOPLE[unit])
            assert self.ticket.handovers - self.before.handovers == (self.before.offered_to is not None)

    @rule()
    def wait(self) -> None:
        self.take(rules.wait)

    @rule()
    def reply(self) -> None:
        self.take(rules.go_on)

    @rule(unit=units)
    def answer(self, unit: str) -> None:
        self.take(lambda t: rules.answer(t, PEOPLE[unit], None, NOW))
        assert self.ticket.holder_unit == self.before.holder_unit

    @rule()
    def resolve(self) -> None:
        self.take(lambda t: rules.resolve(t, "repair", NOW))

    @rule(solved=st.one_of(st.none(), st.booleans()))
    def close(self, solved: bool | None) -> None:  # noqa: FBT001 - hypothesis gives it
        self.take(lambda t: rules.close(t, NOW, solved=solved))
        if self.ticket is not self.before:
            assert self.before.status is Status.RESOLVED

    @rule()
    def reopen(self) -> None:
        self.take(rules.reopen)

    @rule(unit=units)
    def leave(self, unit: str) -> None:
        if self.ticket.open:
            self.take(lambda t: rules.fall_to(t, unit, PEOPLE[unit]))

    @rule()
    def escalate(self) -> None:
        self.take(rules.escalate)

    @invariant()
    def an_open_ticket_has_exactly_one_holder(self) -> None:
        assert self.ticket.holder_unit in UNITS

    @invariant()
    def its_status_is_one_that_the_machine_leads_to(self) -> None:
        reachable = {self.before.status}
        for _ in range(3):
            reachable |= {after for (status, _), after in MOVES.items() if status in reachable}
        assert self.ticket.status in reachable

    @invariant()
    def what_is_answered_says_when(self) -> None:
        answered = self.ticket.status in {Status.ANSWERED, Status.RESOLVED, Status.CLOSED}
        assert (self.ticket.answered_at is not None) == answered
        assert (self.ticket.closed_at is not None) == (self.ticket.status is Status.CLOSED)

    @invariant()
    def nothing_that_only_grows_shrinks(self) -> None:
        for name in ("handovers", "reopen_count", "escalation_level"):
            assert getattr(self.ticket, name) >= getattr(self.before, name)

    @invariant()
    def nothing_is_offered_that_is_not_worked_on(self) -> None:
        assert self.ticket.offered_to is None or self.ticket.status in BEING_WORKED_ON


TestLifeOfATicket = LifeOfATicket.TestCase


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("step", Step)
def test_only_the_moves_of_the_machine_are_made(status: Status, step: Step) -> None:
    if (status, step) in MOVES:
        assert rules.move(status, step) is MOVES[status, step]
    else:
        with pytest.raises(Conflict):
            rules.move(status, step)


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.CLOSED])
def test_nothing_but_a_resolved_ticket_can_be_closed(status: Status) -> None:
    ticket = a_ticket(status)
    if status is Status.RESOLVED:
        assert not rules.close(ticket, NOW).open
    else:
        with pytest.raises(Conflict, match="Hand it on"):
            rules.close(ticket, NOW)


def test_closing_twice_says_that_it_is_closed() -> None:
    with pytest.raises(Conflict) as refused:
        rules.close(a_ticket(Status.CLOSED), NOW)
    assert refused.value.code == "already-closed"


def test_accepting_twice_with_the_same_hands_is_refused_and_with_others_is_not() -> None:
    mine, colleague = uuid4(), uuid4()
    ticket = rules.accept(a_ticket(), mine, NOW)
    with pytest.raises(Conflict):
        rules.accept(ticket, mine, NOW)
    assert rules.accept(ticket, colleague, NOW).holder_id == colleague


def test_a_ticket_that_waits_for_the_customer_goes_on_waiting_in_new_hands() -> None:
    waiting = rules.wait(rules.accept(a_ticket(), uuid4(), NOW))
    moved = rules.accept(rules.offer(waiting, "sales"), PEOPLE["sales"], NOW)
    assert (moved.status, moved.holder_unit) == (Status.WAITING, "sales")


def test_an_answer_takes_an_offer_back() -> None:
    offered = rules.offer(rules.accept(a_ticket(), uuid4(), NOW), "sales")
    assert rules.answer(offered, None, None, NOW).offered_to is None


@pytest.mark.parametrize(("handovers", "too_often"), [(0, False), (2, False), (3, True), (4, False), (6, True)])
def test_each_third_hand_over_is_one_too_many(handovers: int, too_often: bool) -> None:  # noqa: FBT001 - a parameter of the test
    ticket = a_ticket()
    for n in range(handovers):
        ticket = rules.accept(rules.offer(ticket, UNITS[(n + 1) % 2]), None, NOW)
    assert rules.handed_on_too_often(ticket, LIMIT) is too_often
