from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from complaints.entitlements.evaluation import Answer, Tried, evaluate
from complaints.entitlements.rules import add_months
from complaints.entitlements.standing import Designation

from .builders import (
    ME,
    STAND,
    clauses,
    delivery,
    file_of,
    order,
    shipped,
    tier,
)

_BIG = 50_000_000
_LIFELONG = {"tender-documents", "samples", "guide-and-logistics", "warranty"}


def day(text: str) -> date:
    return date.fromisoformat(text)


def warranty(answer: Answer) -> Tried:
    found = answer.best()
    assert found is not None
    return found[1]


def benefits(answer: Answer) -> set[str]:
    goods = {one.clause.benefit for of in answer.goods for one in of.tried if one.applies}
    return goods | {one.clause.benefit for one in answer.customer if one.applies}


def reasons(answer: Answer) -> dict[str, str]:
    return {one.clause.code: one.reason for one in (*answer.customer, *answer.goods[0].tried)}


@pytest.mark.parametrize(
    ("start", "months", "last"),
    [
        ("2026-01-15", 6, "2026-07-15"),
        ("2026-08-31", 6, "2027-02-28"),
        ("2027-08-31", 6, "2028-02-29"),
        ("2026-10-31", 1, "2026-11-30"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2026-12-01", 12, "2027-12-01"),
    ],
)
def test_months_are_those_of_the_calendar(start: str, months: int, last: str) -> None:
    assert add_months(day(start), months) == day(last)


def test_three_who_ask_about_one_model_delivered_seven_months_ago() -> None:
    bought = order("2026-04-01")
    goods = [bought, delivery(bought, "2026-04-20")]
    claim = day("2026-11-20")
    small = warranty(evaluate(shipped(), file_of(goods), claim, STAND))
    assert (small.applies, small.reason, small.clause.code) == (False, "expired", "warranty.all")
    assert small.until == day("2026-10-20")
    vip = warranty(evaluate(shipped(), file_of(goods, steps=[tier("top", "2026-11-01")]), claim, STAND))
    assert (vip.applies, vip.clause.code, vip.days_left(claim)) == (True, "warranty.vip", 151)
    assert vip.until == day("2027-04-20")
    large = warranty(evaluate(shipped(), file_of([*goods, order("2026-05-01", _BIG)]), claim, STAND))
    assert (large.applies, large.clause.code, large.until, large.days_left(claim)) == (
        *(True, "lifelong.service", None, None),
    )


def test_the_last_day_is_covered_and_the_next_is_not() -> None:
    bought = order("2026-01-10")
    file = file_of([bought, delivery(bought, "2026-01-15")])
    assert warranty(evaluate(shipped(), file, day("2026-07-15"))).days_left(day("2026-07-15")) == 0
    assert warranty(evaluate(shipped(), file, day("2026-07-15"))).applies
    assert not warranty(evaluate(shipped(), file, day("2026-07-16"))).applies


def test_what_was_not_delivered_is_covered_from_its_order() -> None:
    found = warranty(evaluate(shipped(), file_of([order("2026-01-10")]), day("2026-02-01")))
    assert (found.since, found.until) == (day("2026-01-10"), day("2026-07-10"))


@pytest.mark.parametrize(
    ("steps", "covered"),
    [
        ([tier("top", "2025-12-01"), tier("middle", "2026-03-01", 2)], True),  # at delivery, not at the claim
        ([tier("top", "2026-09-01")], True),  # at the claim, not at delivery
        ([tier("top", "2026-02-01"), tier("middle", "2026-03-01", 2)], False),  # between the two
        ([tier("top", "2026-09-01"), tier(None, "2026-09-01", 2)], False),  # of one day the later counts
        ([tier("high", "2025-12-01")], False),
        ([], False),
    ],
)
def test_a_vip_is_one_by_the_better_of_delivery_and_claim(steps: list[Any], *, covered: bool) -> None:
    bought = order("2026-01-05")
    file = file_of([bought, delivery(bought, "2026-01-15")], steps=steps)
    assert warranty(evaluate(shipped(), file, day("2026-09-30"))).applies is covered


@pytest.mark.parametrize(
    ("since", "until", "covered"),
    [
        ("2026-09-01", None, True),
        ("2025-01-01", "2026-01-16", True),
        ("2025-01-01", "2026-01-15", False),
        ("2026-10-01", None, False),
    ],
)
def test_a_key_customer_is_a_vip_while_designated(since: str, until: str | None, *, covered: bool) -> None:
    bought = order("2026-01-05")
    one = Designation(day(since), day(until) if until else None)
    file = file_of([bought, delivery(bought, "2026-01-15")], designations=[one])
    assert warranty(evaluate(shipped(), file, day("2026-09-30"))).applies is covered


@pytest.mark.parametrize(("total", "reached"), [(_BIG - 1, False), (_BIG, True), (_BIG + 1, True)])
def test_the_threshold_is_inclusive(total: int, *, reached: bool) -> None:
    found = evaluate(shipped(), file_of([order("2026-01-10", total)], region="CN-14"), day("2030-01-01"))
    assert (benefits(found) >= _LIFELONG) is reached
    assert (reasons(found)["lifelong.tenders"] == "order-too-small") is not reached


def test_two_orders_below_it_are_not_one_above_it() -> None:
    file = file_of([order("2026-01-10", _BIG - 1), order("2026-01-10", _BIG - 1)])
    assert not benefits(evaluate(shipped(), file, day("2026-02-01"))) & {"tender-documents", "samples"}


@pytest.mark.parametrize(
    ("currency", "total", "said"),
    [
        ("USD", 6_954_103, "applies"),  # 7.19 CNY on that day: 500,000.0057
        ("USD", 6_954_102, "order-too-small"),
        ("JPY", 10_416_667, "applies"),  # no minor digits: 0.0480
        ("JPY", 10_416_666, "order-too-small"),  # 499,999.968 yuan are 49,999,997 fen
        ("XAU", 10**12, "unrated"),
    ],
)
def test_other_money_counts_at_the_declared_rate_of_the_orders_day(currency: str, total: int, said: str) -> None:
    found = evaluate(shipped(), file_of([order("2026-01-10", total, currency=currency)]), day("2026-02-01"))
    assert reasons(found)["lifelong.tenders"] == said


@pytest.mark.parametrize(("region", "said"), [("CN-14", "applies"), ("CN-44", "in-town"), (None, "region-unknown")])
def test_guide_and_logistics_are_for_customers_out_of_town(region: str | None, said: str) -> None:
    found = evaluate(shipped(), file_of([order("2026-01-10", _BIG)], region=region), day("2026-02-01"))
    assert reasons(found)["lifelong.guide"] == said
    assert reasons(found)["lifelong.samples"] == "applies"


def test_nothing_is_owed_before_the_order_was_placed() -> None:
    found = evaluate(shipped(), file_of([order("2026-03-10", _BIG)]), day("2026-03-09"))
    assert reasons(found)["lifelong.tenders"] == "no-order"
    assert reasons(found)["warranty.all"] == "nothing-bought"


def test_within_thirty_days_goods_are_replaced_without_a_question() -> None:
    bought = order("2026-01-05")
    file = file_of([bought, delivery(bought, "2026-01-15")])
    assert "replacement" in benefits(evaluate(shipped(), file, day("2026-02-14")))
    assert "replacement" not in benefits(evaluate(shipped(), file, day("2026-02-15")))


def test_every_clause_is_listed_with_its_reason() -> None:
    bought = order("2026-01-05")
    found = evaluate(shipped(), file_of([bought, delivery(bought, "2026-01-15")]), day("2026-11-20"), STAND)
    assert reasons(found) == {
        "warranty.all": "expired",
        "warranty.vip": "not-vip",
        "vip.service-level": "not-vip",
        "lifelong.service": "order-too-small",
        "lifelong.tenders": "order-too-small",
        "lifelong.samples": "order-too-small",
        "lifelong.guide": "region-unknown",
        "replacement.no-questions": "expired",
        "advice.all": "applies",
    }


def test_what_was_agreed_beats_the_policy_for_better_and_for_worse() -> None:
    agreed = {"code": "agreement.airport", "benefit": "warranty", "months": 6, "customers": [str(ME)]}
    policy = shipped(clauses=clauses(agreed))
    bought = order("2025-10-01", _BIG * 4)
    file = file_of([bought, delivery(bought, "2025-10-20")], steps=[tier("top", "2025-01-01")])
    found = evaluate(policy, file, day("2026-11-20"))
    answer = warranty(found)
    assert (answer.clause.code, answer.reason, answer.until) == ("agreement.airport", "expired", day("2026-04-20"))
    assert {reasons(found)[code] for code in ("warranty.all", "warranty.vip", "lifelong.service")} == {
        "agreement-prevails"
    }
    assert reasons(found)["lifelong.tenders"] == "applies"
    somebody = uuid4()
    theirs = file_of([replace(bought, customer_id=somebody)], members=frozenset({somebody}))
    other = evaluate(policy, theirs, day("2026-11-20"))
    assert "agreement.airport" not in reasons(other)
    assert warranty(other).clause.code == "lifelong.service"


def test_an_agreement_about_some_articles_leaves_the_others_alone() -> None:
    agreed = {
        "code": "agreement.towers",
        "benefit": "warranty",
        "months": 1,
        "skus": ["TOWER-"],
        "customers": [str(ME)],
    }
    policy = shipped(clauses=clauses(agreed))
    found = evaluate(policy, file_of([order("2026-01-10")]), day("2026-04-01"), STAND)
    assert (warranty(found).clause.code, reasons(found)["agreement.towers"]) == ("warranty.all", "other-goods")


def test_of_an_article_bought_twice_the_newer_answers_and_each_is_shown() -> None:
    first, second = order("2026-01-05"), order("2026-09-05")
    file = file_of([first, second])
    found = evaluate(shipped(), file, day("2026-10-01"), STAND)
    assert [one.best().applies for one in found.goods if one.best()] == [False, True]  # type: ignore[union-attr]
    assert warranty(found).order_id == second.record_id
    of_first = evaluate(shipped(), file, day("2026-10-01"), STAND, first.record_id)
    assert not warranty(of_first).applies
