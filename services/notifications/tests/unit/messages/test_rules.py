"""What becomes of a message whose turn has come."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.directory import DirectoryCustomer
from notifications.messages.rules import (
    GATHER,
    IMPROVEMENT_DUE,
    PATIENCE,
    REQUEST_DUE,
    Heard,
    Hold,
    Message,
    Reader,
    Send,
    Suppress,
    awaited,
    decide,
    pause_before,
    quiet_until,
    reader_of,
    usable_address,
    zone_of,
)
from notifications.permissions import Verdict

NOON = datetime(2026, 3, 31, 4, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
QUIET = (time(21), time(8))
READER = Reader("張", ("zhang@example.com",), "zh-Hans", SHANGHAI)
YES, NO, NEVER = Verdict(allowed=True, event_id=uuid4()), Verdict(allowed=False), Verdict(allowed=False, refused=True)
ALL = Heard(NOON, NOON)


def a_message(**values: Any) -> Message:
    base: dict[str, Any] = dict.fromkeys(Message.__slots__)
    base |= {"id": uuid4(), "version": 1, "unit_id": "head-office", "created_at": NOON - timedelta(minutes=1)}
    base |= {
        "customer_id": uuid4(),
        "message_class": "service",
        "recipient": "customer",
        "channel": "email",
        "status": "queued",
        "attempts": 0,
    }
    return Message(**{**base, **values})


def test_a_permitted_message_goes_by_day() -> None:
    message = a_message()
    assert decide(message, READER, YES, NOON, QUIET) == Send("zhang@example.com", YES.event_id, message.customer_id)


def test_the_address_given_for_the_complaint_comes_first() -> None:
    verdict, message = replace(YES, address="desk@example.com"), a_message()
    assert decide(message, READER, verdict, NOON, None) == Send("desk@example.com", YES.event_id, message.customer_id)


@pytest.mark.parametrize("verdict", [NO, NEVER])
def test_without_permission_it_is_suppressed(verdict: Verdict) -> None:
    assert decide(a_message(), READER, verdict, NOON, None, ALL) == Suppress("no_permission", None)


def test_nothing_goes_out_about_a_complaint_that_was_never_made() -> None:
    void = replace(YES, allowed=False, void=True)
    assert decide(a_message(), READER, void, NOON, None) == Suppress("superseded")


def test_an_unknown_permission_is_waited_for_a_refusal_is_not() -> None:
    young = a_message(created_at=NOON)
    assert decide(young, READER, NO, NOON, None, ALL) == Hold(NOON + PATIENCE, "queued")
    assert decide(young, READER, NEVER, NOON, None) == Suppress("no_permission")


@pytest.mark.parametrize("heard", [Heard(), Heard(customers=NOON), Heard(NOON, NOON - timedelta(minutes=2))])
def test_nobody_is_without_permission_before_all_permissions_have_been_read(heard: Heard) -> None:
    assert isinstance(decide(a_message(), READER, NO, NOON, None, heard), Hold)


@pytest.mark.parametrize("heard", [Heard(), Heard(permissions=NOON), Heard(NOON - timedelta(minutes=2), NOON)])
def test_nobody_is_without_address_before_all_customers_have_been_read(heard: Heard) -> None:
    unknown = replace(READER, addresses=())
    assert isinstance(decide(a_message(), unknown, YES, NOON, None, heard), Hold)
    assert decide(a_message(), unknown, YES, NOON, None, ALL) == Suppress("no_address", YES.event_id)


def test_an_anonymous_complainant_has_no_news_on_the_way() -> None:
    nobody = a_message(customer_id=None)
    assert decide(nobody, replace(READER, addresses=()), NO, NOON, None) == Suppress("no_permission")


@pytest.mark.parametrize(("age", "wait"), [(0, 3), (4, 1), (40, 10), (3600, 60)])
def test_the_longer_it_waits_the_less_often_it_is_looked_at(age: int, wait: int) -> None:
    message = a_message(created_at=NOON - timedelta(seconds=age))
    assert decide(message, READER, NO, NOON, None) == Hold(NOON + timedelta(seconds=wait), "queued")


def test_the_erased_and_the_stale_get_nothing_whatever_was_allowed() -> None:
    assert decide(a_message(), replace(READER, erased=True), YES, NOON, None) == Suppress("erased")
    old = a_message(created_at=NOON - timedelta(hours=49))
    assert decide(old, READER, YES, NOON, None) == Suppress("historic")


@pytest.mark.parametrize(("kind", "held"), [("service", True), ("marketing", True), ("transactional", False)])
def test_quiet_hours_hold_all_but_transactional_messages(kind: str, held: bool) -> None:  # noqa: FBT001
    night = datetime(2026, 3, 31, 15, tzinfo=UTC)
    decision = decide(a_message(message_class=kind, created_at=night), READER, YES, night, QUIET)
    assert isinstance(decision, Hold if held else Send)
    if isinstance(decision, Hold):
        assert decision == Hold(datetime(2026, 4, 1, 0, tzinfo=UTC), "held")


def test_staff_are_told_without_permission_at_any_hour() -> None:
    night = datetime(2026, 3, 31, 15, tzinfo=UTC)
    message = a_message(message_class="staff", recipient="employee", created_at=night)
    assert isinstance(decide(message, READER, NO, night, QUIET), Send)


@pytest.mark.parametrize(
    ("moment", "ends"),
    [
        ("2026-03-31T12:59:59Z", None),
        ("2026-03-31T13:00:00Z", "2026-04-01T00:00:00Z"),
        ("2026-03-31T23:59:59Z", "2026-04-01T00:00:00Z"),
        ("2026-04-01T00:00:00Z", None),
    ],
)
def test_the_night_is_the_customers(moment: str, ends: str | None) -> None:
    expected = datetime.fromisoformat(ends) if ends else None
    assert quiet_until(datetime.fromisoformat(moment), SHANGHAI, QUIET) == expected


def test_quiet_hours_within_a_day_and_none_at_all() -> None:
    siesta = (time(12), time(14))
    assert quiet_until(NOON, SHANGHAI, siesta) == datetime(2026, 3, 31, 6, tzinfo=UTC)
    assert quiet_until(NOON, SHANGHAI, None) is None
    assert quiet_until(NOON, SHANGHAI, (time(12), time(12))) is None


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(["Asia/Shanghai", "America/New_York", "Pacific/Kiritimati", "Europe/Berlin", "Asia/Kathmandu"]),
    st.times(),
    st.times(),
)
def test_when_quiet_hours_end_they_are_over(now: datetime, zone: str, since: time, until: time) -> None:
    quiet = (since.replace(second=0, microsecond=0, fold=0), until.replace(second=0, microsecond=0, fold=0))
    end = quiet_until(now, ZoneInfo(zone), quiet)
    if end is not None:
        assert now < end <= now + timedelta(hours=26)
        assert quiet_until(end, ZoneInfo(zone), quiet) is None


def test_in_the_hour_that_comes_twice_the_wait_ends_later_and_not_before() -> None:
    second_round = datetime(2026, 11, 1, 6, 10, tzinfo=UTC)
    end = quiet_until(second_round, ZoneInfo("America/New_York"), (time(0, 30), time(1, 30)))
    assert end == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


def test_pauses_grow_and_end_at_an_hour() -> None:
    assert [pause_before(n, 1.0).total_seconds() for n in (1, 2, 3, 8, 20)] == [5, 10, 20, 640, 3600]
    assert all(2.5 <= pause_before(1).total_seconds() <= 7.5 for _ in range(100))


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "a@b",
        "@example.com",
        "a@",
        "a b@example.com",
        "a@example.com, b@example.com",
        "a@exa\nmple.com",
        "a@example.com\r\nBcc: b",
        "<a@example.com>",
        "a@-example.com",
        "a..b@example.com",
        ".a@example.com",
        "a.@example.com",
        "a@example..com",
        "a@example.com-",
        "張@example.com",
        "a@" + "x" * 300 + ".com",
    ],
)
def test_what_is_no_plain_address_is_not_used(address: str) -> None:
    assert usable_address((address, "good@example.com")) == "good@example.com"
    assert usable_address((address,)) is None


@pytest.mark.parametrize("address", ["a@b.c", "a.b+c@example.co.uk", "x_y'z@a-b.example", "1@2.3"])
def test_a_plain_address_is_used_as_it_is(address: str) -> None:
    assert usable_address((address,)) == address


def test_an_unknown_time_zone_is_the_firms() -> None:
    assert zone_of("Mars/Olympus", "Asia/Shanghai") == zone_of(None, "Asia/Shanghai") == SHANGHAI
    assert zone_of("../../etc/passwd", "Asia/Shanghai") == SHANGHAI


def customer(**values: Any) -> DirectoryCustomer:
    base: dict[str, Any] = dict.fromkeys(DirectoryCustomer.__slots__)
    base |= {"id": uuid4(), "canonical_id": uuid4(), "sequence": 1, "status": "active", "emails": (), "phones": ()}
    return DirectoryCustomer(**{**base, **values})


def test_a_reader_has_own_values_first_and_no_address_of_an_erased_record() -> None:
    own = customer(name="張", emails=("own@example.com",), language="en", time_zone="Europe/Berlin")
    other = customer(name="王", emails=("other@example.com", "own@example.com"))
    gone = customer(status="erased", emails=("gone@example.com",))
    known = {one.id: one for one in (own, other, gone)}
    reader = reader_of(own.id, tuple(known), known, "Asia/Shanghai")
    whose = {"own@example.com": own.id, "other@example.com": other.id}
    addresses = ("own@example.com", "other@example.com")
    assert reader == Reader("張", addresses, "en", ZoneInfo("Europe/Berlin"), whose=whose)
    send = decide(a_message(customer_id=own.id), replace(reader, addresses=addresses[1:]), YES, NOON, None)
    assert send == Send("other@example.com", YES.event_id, other.id)
    assert reader_of(uuid4(), (), {}, "Asia/Shanghai").addresses == ()
    assert reader_of(None, (), {}, "Asia/Shanghai").addresses == ()


def test_outcomes_of_an_improvement_gather_and_that_of_a_request_is_looked_at_at_once() -> None:
    told = a_message(intent="improvement-told", cause_id=uuid4())
    asked = a_message(intent="permission-request")
    assert awaited(told) == (IMPROVEMENT_DUE, told.cause_id, GATHER)
    assert awaited(asked) == (REQUEST_DUE, asked.id, timedelta(0))
    assert awaited(a_message(intent="complaint-answer")) is None
    assert timedelta(0) < GATHER
