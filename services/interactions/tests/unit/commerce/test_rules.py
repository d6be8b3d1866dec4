"""Where an order stands, what it comes to, and when a day is over."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.ports import SystemIds
from guanxi.problems import Unprocessable
from interactions.commerce import rules
from interactions.commerce.rules import Delivery, Followed, GoodsReturn, Line, Moved, Order, Payment

NOW = datetime(2026, 3, 31, 9, tzinfo=UTC)
TODAY = date(2026, 3, 31)
IDS = SystemIds()


def base(**values: Any) -> dict[str, Any]:
    return {"id": IDS.new(), "customer_id": IDS.new(), "unit_id": "head-office", "recorded_at": NOW, **values}


def order(**pieces: int) -> Order:
    lines = tuple(Line(sku=sku, quantity=count, amount_minor=100 * count) for sku, count in pieces.items())
    total = sum(line.amount_minor for line in lines)
    return Order(
        **base(),
        placed_at=NOW,
        currency="CNY",
        lines=lines,
        discount_minor=None,
        tax_minor=None,
        shipping_minor=None,
        goods_minor=total,
        total_minor=total,
        way=None,
        purpose=None,
    )


def delivery(**pieces: int) -> Delivery:
    return Delivery(**base(), external_order=None, delivered_at=NOW, lines=moved(pieces))


def back(amount: int = 0, **pieces: int) -> GoodsReturn:
    return GoodsReturn(
        **base(),
        external_order=None,
        returned_at=NOW,
        currency="CNY",
        amount_minor=amount,
        lines=moved(pieces),
        reason=None,
    )


def payment(amount: int, *, currency: str = "CNY", paid_on: date | None = TODAY) -> Payment:
    return Payment(
        **base(), external_order=None, at=NOW, due_on=None, paid_on=paid_on, amount_minor=amount, currency=currency
    )


def moved(pieces: dict[str, int]) -> tuple[Moved, ...]:
    return tuple(Moved(sku=sku, quantity=count) for sku, count in pieces.items())


@pytest.mark.parametrize(
    ("followed", "status"),
    [
        (Followed(), "placed"),
        (Followed(payments=[payment(300)]), "placed"),
        (Followed([delivery(a=1)]), "part_delivered"),
        (Followed([delivery(a=2)]), "part_delivered"),
        (Followed([delivery(c=9)]), "part_delivered"),
        (Followed([delivery(a=1), delivery(a=1, b=1)]), "delivered"),
        (Followed([delivery()]), "delivered"),
        (Followed([delivery()], payments=[payment(299)]), "delivered"),
        (Followed([delivery()], payments=[payment(100), payment(200)]), "closed"),
        (Followed([delivery()], payments=[payment(300, currency="USD")]), "delivered"),
        (Followed([delivery()], payments=[payment(300, paid_on=None)]), "delivered"),
        (Followed([delivery()], [back(100, a=1)], [payment(200)]), "closed"),
        (Followed([delivery()], [back(100, a=1)], [payment(100)]), "delivered"),
        (Followed([delivery()], [back(300, a=2, b=1)], [payment(300)]), "returned"),
        (Followed([], [back(100, a=1), back(200, a=1, b=1)]), "returned"),
    ],
)
def test_where_an_order_of_two_a_and_one_b_stands(followed: Followed, status: str) -> None:
    assert rules.order_status(order(a=2, b=1), followed) == status


def test_what_was_voided_does_not_count() -> None:
    gone = replace(delivery(), voided_at=NOW)
    assert rules.order_status(order(a=1), Followed([gone], [replace(back(1, a=1), voided_at=NOW)])) == "placed"
    assert rules.order_status(replace(order(a=1), voided_at=NOW), Followed([delivery()])) == "cancelled"


@given(st.integers(0, 2**32), st.integers(0, 5), st.integers(0, 3), st.integers(0, 4))
def test_the_order_of_arrival_does_not_matter(seed: int, deliveries: int, returns: int, payments: int) -> None:
    chance = random.Random(seed)
    bought = order(a=4, b=2)
    followed = Followed(
        [delivery(a=chance.randint(1, 3), b=1) for _ in range(deliveries)],
        [back(100, a=chance.randint(1, 3)) for _ in range(returns)],
        [payment(chance.randint(50, 300)) for _ in range(payments)],
    )
    found = rules.order_status(bought, followed)
    for items in (followed.deliveries, followed.returns, followed.payments):
        chance.shuffle(items)
    assert rules.order_status(bought, followed) == found


@pytest.mark.parametrize(
    ("parts", "sums"),
    [({}, (300, 300)), ({"discount_minor": 50}, (250, 250)), ({"tax_minor": 9, "shipping_minor": 1}, (300, 310))],
)
def test_an_order_comes_to_its_parts(parts: dict[str, int], sums: tuple[int, int]) -> None:
    given_parts = {"discount_minor": None, "tax_minor": None, "shipping_minor": None, **parts}
    found = rules.add_up(order(a=3).lines, **given_parts, total_minor=sums[1])
    assert (found.goods_minor, found.total_minor) == sums
    with pytest.raises(Unprocessable):
        rules.add_up(order(a=3).lines, **given_parts, total_minor=sums[1] + 1)


def test_more_than_was_ordered_cannot_come_back() -> None:
    bought = order(a=3)
    rules.check_returned(bought, [], moved({"a": 3}))
    rules.check_returned(bought, [replace(back(1, a=3), voided_at=NOW)], moved({"a": 3}))
    for before, lines in (([back(1, a=2)], {"a": 2}), ([], {"b": 1}), ([], {"a": 4})):
        with pytest.raises(Unprocessable):
            rules.check_returned(bought, before, moved(lines))


@pytest.mark.parametrize(
    ("zone", "moment"),
    [
        ("Asia/Shanghai", datetime(2026, 3, 28, 16, tzinfo=UTC)),
        ("UTC", datetime(2026, 3, 29, 0, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 3, 29, 4, tzinfo=UTC)),
    ],
)
def test_a_day_is_over_where_the_unit_is(zone: str, moment: datetime) -> None:
    assert rules.end_of_day(date(2026, 3, 28), ZoneInfo(zone)) == moment


@pytest.mark.parametrize(
    ("paid_on", "moment"),
    [
        (None, NOW),
        (date(2026, 3, 31), NOW),
        (date(2026, 3, 30), NOW),
        (date(2026, 3, 1), datetime(2026, 3, 1, 12, tzinfo=UTC)),
    ],
)
def test_a_payment_told_late_happened_on_its_day(paid_on: date | None, moment: datetime) -> None:
    assert rules.payment_moment(paid_on, NOW) == moment


def test_days_late_are_counted_from_the_day_due() -> None:
    late = replace(payment(1, paid_on=date(2026, 3, 31)), due_on=date(2026, 3, 29))
    assert rules.days_late(late) == 2
    assert rules.days_late(replace(late, due_on=date(2026, 4, 2))) == -2
    assert rules.days_late(replace(late, due_on=None)) is None
