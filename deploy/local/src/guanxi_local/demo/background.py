"""Sixty customers with two years of history, as inbound reports: the background before which the story is told.

Pure and seeded: the same day gives the same history, so that running the demo again sends only duplicates.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5

SOURCE = "erp"
CUSTOMERS = 60
DAYS = 730
_NAMESPACE = UUID("6f6b1c1e-6f5f-5d3a-9a53-2f0c7a3f6c11")
_PLACES = ("廣州", "深圳", "杭州", "晉中", "太原", "長春", "首都", "白雲", "廈門", "成都", "西安", "武漢")
_TRADES = ("禮品行", "紀念品店", "機場商店", "文化公司", "貿易公司", "百貨", "旅遊公司", "模型店")
_BRANDS = ("恒信", "金橋", "東方", "鴻運", "順達", "博雅", "華彩", "新友", "大成", "明珠")
_GOODS = (("MODEL-A320", 18_800), ("MODEL-TOWER", 9_900), ("GIFT-SET", 12_500), ("STAND-OAK", 4_200))
_CHANNELS = ("phone", "visit", "email", "chat")


@dataclass(frozen=True, slots=True)
class Habit:
    """How a customer deals with us."""

    every_days: int
    size: int
    days_late: int
    stops_after: int


def history(today: datetime) -> Iterator[dict[str, Any]]:
    """CloudEvents of all customers, in order of time for each of them."""
    midnight = datetime.combine(today.astimezone(UTC).date(), time(), UTC)
    for number in range(CUSTOMERS):
        yield from _customer(number, midnight)


def event(kind: str, name: str, at: datetime, data: dict[str, Any], source: str = SOURCE) -> dict[str, Any]:
    """One CloudEvent whose id follows from its name, so that sending it again is a duplicate."""
    return {
        "specversion": "1.0",
        "id": str(uuid5(_NAMESPACE, f"{source}/{name}")),
        "source": source,
        "type": f"guanxi.inbound.{kind}.v1",
        "time": at.isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": data,
    }


def _customer(number: int, midnight: datetime) -> Iterator[dict[str, Any]]:
    dice = random.Random(number)  # noqa: S311 - a background, not a secret
    ref = f"C{number:04}"
    habit = Habit(dice.choice((14, 30, 30, 45, 90)), dice.choice((2, 5, 10, 40)), dice.choice((0, 0, 0, 3, 20)), DAYS)
    if not number % 10:
        habit = Habit(habit.every_days, habit.size, habit.days_late, DAYS // 2)
    start = midnight - timedelta(days=DAYS)
    yield event("ProfileReported", f"{ref}/profile", start, _profile(number, ref, dice))
    day, order = dice.randrange(habit.every_days), 0
    while day < min(habit.stops_after, DAYS - 3):
        at = start + timedelta(days=day, hours=2 + dice.randrange(8))
        yield from _purchase(ref, order, at, habit, midnight, dice)
        order += 1
        day += max(3, round(habit.every_days * dice.uniform(0.7, 1.3)))


def _profile(number: int, ref: str, dice: random.Random) -> dict[str, Any]:
    place, brand = _PLACES[number % len(_PLACES)], _BRANDS[(number * 7) % len(_BRANDS)]
    permissions = [{"purpose": "service", "channel": "email", "state": "granted", "evidence": "contract"}]
    return {
        "external_customer": ref,
        "kind": "organisation",
        "name": f"{place}{brand}{_TRADES[(number * 3) % len(_TRADES)]}",
        "contact_person": dice.choice(("陳生", "李小姐", "王經理", "張主任", "劉總")),
        "phones": [f"+8620{8100_0000 + number * 37}"],
        "emails": [f"buyer{number:03}@example.com"],
        "address": {"country": "CN", "city": place, "line": f"中山路{number + 1}號"},
        "industry": "gifts",
        "role": "dealer" if number % 6 == 0 else "end_user",
        "preferences": {"language": "zh-Hant" if number % 2 else "zh-Hans"},
        "permissions": permissions if number % 3 else [],
    }


def _purchase(  # noqa: PLR0913 - what one purchase depends on
    ref: str, order: int, at: datetime, habit: Habit, midnight: datetime, dice: random.Random
) -> Iterator[dict[str, Any]]:
    name = f"{ref}/{order:04}"
    sku, price = dice.choice(_GOODS)
    quantity = max(1, round(habit.size * dice.uniform(0.5, 1.5)))
    amount = quantity * price
    line = {"sku": sku, "quantity": quantity, "amount_minor": amount}
    placed = {"external_customer": ref, "external_ref": f"O-{name}", "placed_at": _text(at), "currency": "CNY"}
    yield event("OrderReported", f"{name}/order", at, {**placed, "lines": [line], "total_minor": amount})
    delivered, due = at + timedelta(days=5), at + timedelta(days=30)
    if delivered < midnight:
        data = {"external_customer": ref, "external_ref": f"D-{name}", "external_order": f"O-{name}"}
        yield event("DeliveryReported", f"{name}/delivery", delivered, {**data, "delivered_at": _text(delivered)})
    paid = due + timedelta(days=dice.randrange(habit.days_late + 1))
    if paid < midnight:
        data = {"external_customer": ref, "external_ref": f"P-{name}", "external_order": f"O-{name}"}
        money = {"due_on": _day(due), "paid_on": _day(paid), "amount_minor": amount, "currency": "CNY"}
        yield event("PaymentReported", f"{name}/payment", paid, {**data, **money})
    if dice.choice((True, False)):
        contact = {"external_customer": ref, "external_ref": f"K-{name}", "direction": dice.choice(("in", "out"))}
        yield event("ContactReported", f"{name}/contact", at, {**contact, "channel": dice.choice(_CHANNELS)})


def _text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _day(at: datetime) -> str:
    return at.date().isoformat()
