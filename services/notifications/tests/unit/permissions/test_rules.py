"""What may be sent to whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.events.complaints import ComplaintFiled, ComplaintFiledVoided
from guanxi.events.reports import ProfileReported
from guanxi.testing.builders import an_event
from notifications.permissions.rules import (
    FOR_EVER,
    REFUSALS,
    Standing,
    judge,
    leave_of,
    permission_id,
    reported,
    void_of,
)

ME, OTHER = uuid4(), uuid4()
START = datetime(2026, 1, 1, tzinfo=UTC)
STATES = ("unknown", "asked", "granted", "denied", "withdrawn", "expired")


def said(state: str, customer: UUID | None = ME, day: int = 0, address: str | None = None) -> Standing:
    return Standing(uuid4(), customer, state, START + timedelta(days=day), address)


def test_unknown_means_no() -> None:
    verdict = judge(ME, [])
    assert (verdict.allowed, verdict.refused, verdict.event_id) == (False, False, None)
    assert not judge(ME, [said("unknown")]).allowed


@pytest.mark.parametrize("state", ["asked", "expired"])
def test_asked_and_expired_mean_no_without_being_a_refusal(state: str) -> None:
    verdict = judge(ME, [said(state)])
    assert (verdict.allowed, verdict.refused) == (False, False)


def test_a_grant_allows_and_is_named() -> None:
    granted = said("granted")
    assert judge(ME, [granted]).event_id == granted.event_id


@pytest.mark.parametrize("state", sorted(REFUSALS))
def test_a_refusal_by_another_record_wins_over_everything(state: str) -> None:
    refusal = said(state, OTHER)
    verdict = judge(ME, [said("granted", day=9), refusal], [said("granted", day=9, address="a@example.com")])
    assert (verdict.allowed, verdict.refused, verdict.event_id) == (False, True, refusal.event_id)


def test_a_grant_by_another_record_helps_where_the_customer_said_nothing() -> None:
    assert judge(ME, [said("granted", OTHER)]).allowed
    assert not judge(ME, [said("granted", OTHER, day=9), said("withdrawn")]).allowed
    assert not judge(ME, [said("granted", OTHER, day=9), said("expired")]).allowed


def test_an_address_given_for_a_complaint_is_the_newest_word_when_it_came_last() -> None:
    given_later = said("granted", day=2, address="a@example.com")
    verdict = judge(ME, [said("denied", day=1)], [given_later])
    assert (verdict.allowed, verdict.address) == (True, "a@example.com")
    assert not judge(ME, [said("denied", day=3)], [given_later]).allowed


def test_on_a_tie_the_stricter_word_counts() -> None:
    assert not judge(ME, [said("denied", day=2)], [said("granted", day=2)]).allowed


def test_an_anonymous_complainant_is_judged_by_the_complaint_alone() -> None:
    assert judge(None, [], [said("granted", None, address="a@example.com")]).allowed
    assert not judge(None, [], [said("granted", None), said("withdrawn", None, day=1)]).allowed
    assert not judge(None, []).allowed


def test_the_address_of_a_withdrawn_complaint_is_not_used() -> None:
    verdict = judge(ME, [said("granted", day=9)], [said("granted", address="a@example.com"), said("withdrawn", day=1)])
    assert (verdict.allowed, verdict.address) == (True, None)


standings = st.builds(
    said, st.sampled_from(STATES), st.sampled_from([ME, OTHER, uuid4()]), st.integers(0, 5), st.none()
)


@given(st.lists(standings, max_size=6), st.lists(standings, max_size=3), st.randoms())
def test_the_order_in_which_things_are_read_does_not_matter(
    said_all: list[Standing], tickets: list[Standing], r: Any
) -> None:
    before = judge(ME, said_all, tickets)
    r.shuffle(said_all)
    r.shuffle(tickets)
    after = judge(ME, said_all, tickets)
    assert (before.allowed, before.refused) == (after.allowed, after.refused)


@given(st.lists(standings, max_size=6), st.lists(standings, max_size=3), st.sampled_from(sorted(REFUSALS)))
def test_one_more_refusal_never_opens_a_way(said_all: list[Standing], tickets: list[Standing], state: str) -> None:
    if not judge(ME, said_all, tickets).allowed:
        assert not judge(ME, [*said_all, said(state, OTHER, 9)], tickets).allowed
        assert not judge(ME, said_all, [*tickets, said(state, ME, 9)]).allowed


@given(st.lists(standings, max_size=6))
def test_nothing_is_allowed_that_nobody_granted(said_all: list[Standing]) -> None:
    if judge(ME, said_all).allowed:
        assert any(one.state == "granted" for one in said_all)


def profile(*permissions: dict[str, Any]) -> ProfileReported:
    values = {"external_customer": "A-1", "kind": "person", "name": "張", "source": "dealer-17", "unit": "dealer-17"}
    return ProfileReported.model_validate({**values, "permissions": permissions})


def test_reported_permissions_become_statements_with_stable_ids() -> None:
    one = {"purpose": "service", "channel": "email", "state": "granted", "evidence": "form"}
    event = an_event(profile(one, {**one, "channel": "sms", "evidence": None}), subject=ME)
    first, second = reported(event)
    assert [said.id for said in reported(event)] == [first.id, second.id]
    assert first.permission_id == permission_id(ME, "service", "email")
    assert (first.counts, second.counts) == (True, False)
    assert first.said_at == event.time


def test_a_statement_dated_ahead_counts_from_when_we_learned_it() -> None:
    one = {
        "purpose": "service",
        "channel": "email",
        "state": "granted",
        "evidence": "form",
        "at": "2190-01-01T00:00:00Z",
    }
    event = an_event(profile(one), subject=ME)
    assert reported(event)[0].said_at == event.recordedtime


def test_a_profile_of_nobody_says_nothing() -> None:
    assert reported(an_event(profile())) == []


def test_an_address_given_for_a_complaint_is_leave_and_its_absence_is_none() -> None:
    complaint = uuid4()
    values = {"number": "C-1", "unit": "head-office", "channel": "web", "cause": "quality", "severity": "high"}
    values |= {"status": "assigned", "holder_unit": "desk", "service_level": "standard", "filed_at": START.isoformat()}
    fact = ComplaintFiled.model_validate(
        {"complaint_id": complaint, **values, "reply_to": {"channel": "email", "address": "a@example.com"}}
    )
    leave = leave_of(an_event(fact, subject=ME, sequence=3))
    assert (leave.ticket_id, leave.sequence, leave.channel, leave.address) == (complaint, 3, "email", "a@example.com")
    assert leave.standing == Standing(complaint, ME, "granted", START, "a@example.com")
    assert leave_of(an_event(fact.model_copy(update={"reply_to": None}))).standing is None


def test_a_complaint_that_was_never_made_gives_no_leave_whatever_comes_later() -> None:
    fact = ComplaintFiledVoided(complaint_id=uuid4(), number="C-1", unit="head-office")
    leave = void_of(an_event(fact, subject=ME, sequence=2))
    assert (leave.void, leave.standing, leave.sequence) == (True, None, FOR_EVER)


def test_a_question_takes_nothing_from_what_another_record_allowed() -> None:
    allowed = said("granted", OTHER)
    assert judge(ME, [said("asked", day=9), allowed]).event_id == allowed.event_id
