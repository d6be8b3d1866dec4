"""Facts of one customer, on days counted back from a fixed one."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from scoring.facts.rules import FactRow, Traits
from scoring.scores.rules import Moment

TODAY = date(2026, 6, 30)
ZONE = ZoneInfo("Asia/Shanghai")
NOW = Moment(TODAY, ZONE)


def at(days_ago: int, known_after: int = 0) -> tuple[datetime, datetime]:
    """When it happened (noon in Shanghai) and when we learned of it."""
    happened = datetime.combine(TODAY - timedelta(days=days_ago), time(4), UTC)
    return happened, happened + timedelta(days=known_after)


def a_fact(
    number: int,
    kind: str,
    days_ago: int = 0,
    *,
    sequence: int = 1,
    amount_minor: int | None = None,
    currency: str | None = None,
    traits: Traits | None = None,
    voided: bool = False,
    known_after: int = 0,
) -> FactRow:
    """One version of one fact; `number` names it."""
    happened, learned = at(days_ago, known_after)
    return FactRow(
        aggregate_id=UUID(int=number),
        kind=kind,
        sequence=sequence,
        customer_id=None,
        unit_id="head-office",
        occurred_at=happened,
        recorded_at=learned,
        amount_minor=amount_minor,
        currency=currency,
        traits=traits or Traits(),
        voided=voided,
    )


def an_order(
    number: int,
    minor: int,
    days_ago: int = 0,
    *,
    currency: str = "CNY",
    sequence: int = 1,
    source: str | None = None,
) -> FactRow:
    """An order on which the default margin is earned."""
    traits = Traits(margin_minor=0, unmargined_minor=minor, count=1, source=source)
    return a_fact(number, "order", days_ago, amount_minor=minor, currency=currency, traits=traits, sequence=sequence)


def a_payment(number: int, days_late: int | None, days_ago: int = 0) -> FactRow:
    """A payment so many days after its day."""
    return a_fact(number, "payment", days_ago, amount_minor=100, currency="CNY", traits=Traits(days_late=days_late))
