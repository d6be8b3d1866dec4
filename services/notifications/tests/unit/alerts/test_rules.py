"""Whom a fact concerns, and who stands above."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from guanxi.directory import Employee, Unit
from guanxi.events.scores import SegmentChanged
from notifications.alerts.rules import (
    Cause,
    Matter,
    Recipient,
    Rule,
    Staff,
    concerns,
    outlives,
    recipients,
    superior,
)

TODAY = date(2026, 3, 31)
NOW = datetime(2026, 3, 31, 4, tzinfo=UTC)
OWNER, LEAD, BOSS, HOLDER = (uuid4() for _ in range(4))


def unit(code: str, lead: UUID | None = None, parent: str | None = None) -> Unit:
    return Unit(code, code, "department", True, parent, "Asia/Shanghai", lead, {})


def employee(employee_id: UUID, unit_id: str, left_on: date | None = None) -> Employee:
    return Employee(employee_id, None, None, unit_id, None, None, left_on)


def staff(*gone: UUID) -> Staff:
    units = [unit("head-office", BOSS), unit("sales", LEAD, "head-office"), unit("shop", None, "sales")]
    people = {OWNER: "shop", LEAD: "sales", BOSS: "head-office", HOLDER: "sales"}
    left = dict.fromkeys(gone, TODAY)
    return Staff(
        {one.code: one for one in units},
        {one: employee(one, code, left.get(one)) for one, code in people.items()},
        NOW,
    )


def matter(owner: UUID | None = OWNER, **values: Any) -> Matter:
    return Matter(Cause(uuid4(), "x", uuid4(), 1, uuid4(), {}, **values), owner, "shop")


def rule(*names: str, mode: str = "all", tiers: tuple[str, ...] = ()) -> Rule:
    return Rule(uuid4(), 1, "rule", "x", names, mode, tiers, False, None, True)


def told(found: list[Recipient]) -> list[UUID | None]:
    return [one.employee_id for one in found]


def test_all_are_told_each_once() -> None:
    assert told(recipients(rule("owner", "holder"), matter(holder_id=HOLDER), staff())) == [OWNER, HOLDER]
    assert told(recipients(rule("owner", "holder"), matter(holder_id=OWNER), staff())) == [OWNER]


def test_the_first_who_can_be_found_is_told() -> None:
    first = rule("fulfilling_lead", "owner", "head_office", mode="first")
    assert told(recipients(first, matter(fulfilling_unit="sales"), staff())) == [LEAD]
    assert told(recipients(first, matter(fulfilling_unit="shop"), staff())) == [OWNER]
    assert told(recipients(first, matter(None, fulfilling_unit="shop"), staff())) == [BOSS]


def test_for_a_leaver_the_lead_stands_in_then_who_stands_above() -> None:
    assert told(recipients(rule("owner"), matter(), staff(OWNER))) == [LEAD]
    assert told(recipients(rule("owner"), matter(), staff(OWNER, LEAD))) == [BOSS]


def test_who_leaves_tomorrow_is_still_told() -> None:
    here = staff()
    people = {**here.employees, OWNER: employee(OWNER, "shop", TODAY + timedelta(days=1))}
    assert told(recipients(rule("owner"), matter(), Staff(here.units, people, NOW))) == [OWNER]


def test_the_day_of_leaving_begins_by_the_clock_of_the_unit() -> None:
    here, midnight = staff(OWNER), datetime(2026, 3, 30, 16, tzinfo=UTC)
    before, after = (replace(here, now=midnight + timedelta(seconds=n)) for n in (-1, 0))
    assert told(recipients(rule("owner"), matter(), before)) == [OWNER]
    assert told(recipients(rule("owner"), matter(), after)) == [LEAD]


def test_nobody_at_all_is_all_of_head_office() -> None:
    found = recipients(rule("owner"), matter(), Staff({}, {}, NOW))
    assert found == [Recipient("head-office")]
    assert found[0].key == "unit:head-office"


def test_units_that_stand_above_each_other_in_a_ring_end_the_search() -> None:
    ring = {code: unit(code, None, other) for code, other in (("a", "b"), ("b", "a"))}
    assert Staff(ring, {}, NOW).answerable("a") is None


def test_silence_goes_to_the_lead_then_above_and_ends_at_the_top() -> None:
    here = staff()
    assert superior(Recipient("shop", OWNER), here) == Recipient("sales", LEAD)
    assert superior(Recipient("sales", LEAD), here) == Recipient("head-office", BOSS)
    assert superior(Recipient("head-office", BOSS), here) is None


@pytest.mark.parametrize(
    ("fallen_from", "tiers", "wanted"),
    [
        ("top", ("top",), True),
        ("high", ("top",), False),
        (None, ("top",), False),
        (None, (), False),
        ("top", (), False),
    ],
)
def test_a_rule_about_tiers_is_about_who_falls_from_them(
    fallen_from: str | None,
    tiers: tuple[str, ...],
    wanted: bool,  # noqa: FBT001
) -> None:
    cause = replace(matter(fallen_from=fallen_from).cause, type=SegmentChanged.TYPE)
    assert concerns(replace(rule("owner", tiers=tiers), fact=SegmentChanged.TYPE), cause) is wanted


def test_a_rule_about_another_fact_asks_for_no_tier() -> None:
    assert concerns(rule("owner"), matter().cause)
    assert not concerns(replace(rule("owner"), enabled=False), matter().cause)


def test_what_does_not_tell_its_place_comes_after_whatever_settled_it() -> None:
    cause = matter().cause
    assert [outlives(replace(cause, sequence=n), 5) for n in (0, 4, 5, 6)] == [True, False, False, True]


def test_who_promised_is_reminded_else_the_lead_who_has_to_keep_it() -> None:
    first = rule("promiser", "fulfilling_lead", mode="first")
    assert told(recipients(first, matter(promiser_id=HOLDER, fulfilling_unit="sales"), staff())) == [HOLDER]
    assert told(recipients(first, matter(fulfilling_unit="sales"), staff())) == [LEAD]
