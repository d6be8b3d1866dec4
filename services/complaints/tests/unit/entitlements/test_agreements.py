"""What was agreed is tried first and beats the policy; what it had promised is not taken away behind anybody's back."""

from __future__ import annotations

import random
from dataclasses import replace
from uuid import uuid4

import pytest

from complaints.entitlements.agreements import Copy
from complaints.entitlements.evaluation import Answer
from complaints.entitlements.goods import Record

from .builders import (
    ME,
    STAND,
    ask,
    clauses,
    day,
    delivery,
    file_of,
    held,
    order,
    signed,
    tier,
    version,
    warranty,
    wording,
)

_BIG = 50_000_000


@pytest.fixture
def goods() -> list[Record]:
    bought = order("2025-10-01", _BIG * 4)
    return [bought, delivery(bought, "2025-10-20")]


def reasons(answer: Answer) -> dict[str, str]:
    return {one.clause.code: one.reason for one in (*answer.customer, *answer.goods[0].tried)}


def test_its_own_clause_beats_the_policy_for_better_and_for_worse(goods: list[Record]) -> None:
    worse = signed(version("2025-09-01", "2025-09-01", None, wording(months=6)))
    found = ask(file_of(goods, agreements=worse, steps=[tier("top", "2025-01-01")]), "2026-11-20")
    answer = warranty(found)
    assert (answer.clause.code, answer.reason, answer.until) == ("towers", "expired", day("2026-04-20"))
    assert {reasons(found)[code] for code in ("warranty.all", "warranty.vip", "lifelong.service")} == {
        "agreement-prevails"
    }
    assert reasons(found)["lifelong.tenders"] == "applies"
    better = signed(version("2025-09-01", "2025-09-01", None, wording(months=24)))
    assert warranty(ask(file_of(goods, agreements=better), "2026-11-20")).days_left(day("2026-11-20")) == 334


def test_the_answer_names_agreement_clause_and_version_and_tries_them_first(goods: list[Record]) -> None:
    first = version("2025-09-01", "2025-09-01", None, wording(months=6))
    second = replace(first, id=uuid4(), version=2, clauses=[wording(months=24)])
    tried = ask(file_of(goods, agreements=signed(first, second)), "2026-11-20").goods[0].tried
    agreed = tried[0].clause.agreed
    assert agreed is not None
    assert (tried[0].clause.code, agreed.id, agreed.version, agreed.kind) == ("towers", ME, 2, "service")
    assert [one.clause.agreed for one in tried[1:]] == [None] * (len(tried) - 1)


@pytest.mark.parametrize(
    ("on", "said"),
    [
        ("2025-12-31", "agreement-not-begun"),
        ("2026-01-01", "applies"),
        ("2026-06-30", "applies"),
        ("2026-07-01", "agreement-ended"),
    ],
)
def test_it_answers_on_the_days_on_which_it_is_in_force(goods: list[Record], on: str, said: str) -> None:
    file = file_of(goods, agreements=signed(version("2025-09-01", "2026-01-01", "2026-06-30")))
    found = ask(file, on)
    assert reasons(found)["towers"] == said
    assert (reasons(found)["warranty.all"] == "agreement-prevails") is (said == "applies")


def test_its_benefits_end_with_it(goods: list[Record]) -> None:
    tenders = wording("tenders", "tender-documents", "customer")
    terms = version("2025-09-01", "2025-09-01", "2026-03-31", wording(months=12), tenders)
    found = ask(file_of(goods, agreements=signed(terms)), "2026-03-01")
    assert warranty(found).until == day("2026-03-31")
    given = next(one for one in found.customer if one.clause.code == "tenders")
    assert (given.until, given.days_left(day("2026-03-01"))) == (day("2026-03-31"), 30)


def test_it_is_about_its_own_goods_and_lets_the_policy_answer_for_others(goods: list[Record]) -> None:
    file = file_of(goods, agreements=signed(version("2025-09-01", "2025-09-01", None, wording(skus=["TOWER-"]))))
    found = ask(file, "2025-12-01")
    assert (reasons(found)["towers"], warranty(found).clause.code) == ("other-goods", "lifelong.service")


def test_a_clause_whose_condition_does_not_hold_leaves_the_policy_to_answer() -> None:
    bought = [order("2026-01-05")]
    only_vips = signed(version("2025-09-01", "2025-09-01", None, wording(months=24, vip=True)))
    found = ask(file_of(bought, agreements=only_vips), "2026-02-01")
    assert (reasons(found)["towers"], warranty(found).clause.code) == ("not-vip", "warranty.all")
    large = signed(version("2025-09-01", "2025-09-01", None, wording(order_at_least_minor=1_000_000)))
    assert reasons(ask(file_of(bought, agreements=large), "2026-02-01"))["towers"] == "order-too-small"
    bought = [order("2026-01-05", 1_000_000)]
    assert warranty(ask(file_of(bought, agreements=large), "2030-02-01")).clause.code == "towers"


@pytest.mark.parametrize(
    ("total", "currency", "said"),
    [
        (719_000, "CNY", "applies"),  # 7.19 CNY were a dollar on that day
        (718_999, "CNY", "order-too-small"),
        (100_000, "USD", "applies"),
        (99_999, "USD", "order-too-small"),
    ],
)
def test_an_amount_is_in_the_agreements_currency_at_the_rate_of_the_orders_day(
    total: int, currency: str, said: str
) -> None:
    terms = version("2025-09-01", "2025-09-01", None, wording(order_at_least_minor=100_000))
    agreed = signed(replace(terms, currency="USD"))
    found = ask(file_of([order("2026-01-10", total, currency=currency)], agreements=agreed), "2026-02-01")
    assert reasons(found)["towers"] == said


def test_an_order_in_the_agreements_currency_needs_no_rate_and_is_not_rounded() -> None:
    terms = replace(version("2025-09-01", "2025-09-01", None, wording(order_at_least_minor=100_000)), currency="XAU")
    for total, said in ((100_000, "applies"), (99_999, "order-too-small")):
        file = file_of([order("2026-01-10", total, currency="XAU")], agreements=signed(terms))
        assert reasons(ask(file, "2026-02-01"))["towers"] == said
    rates = {"VND": {"2009-01-01": "0.0003"}}
    terms = replace(terms, currency="VND")
    for total, said in ((100_000, "applies"), (99_999, "order-too-small")):
        file = file_of([order("2026-01-10", total, currency="VND")], agreements=signed(terms))
        assert reasons(ask(file, "2026-02-01", rates=rates))["towers"] == said


def test_without_a_rate_an_order_in_another_currency_is_unrated_not_small() -> None:
    terms = version("2025-09-01", "2025-09-01", None, wording(order_at_least_minor=100_000))
    unrated = signed(replace(terms, currency="XAU"))
    found = ask(file_of([order("2026-01-10", 719_000)], agreements=unrated), "2026-02-01")
    assert reasons(found)["towers"] == "unrated"


def test_it_beats_a_clause_of_the_policy_that_names_the_customer_which_beats_the_rest(goods: list[Record]) -> None:
    named = clauses({"code": "named", "benefit": "warranty", "months": 3, "customers": [str(ME)]})
    assert warranty(ask(file_of(goods), "2025-12-01", clauses=named)).clause.code == "named"
    both = ask(file_of(goods, agreements=signed(version("2025-09-01", "2025-09-01"))), "2025-12-01", clauses=named)
    assert (warranty(both).clause.code, reasons(both)["named"]) == ("towers", "agreement-prevails")


def test_of_two_agreements_the_one_that_serves_the_customer_best_answers(goods: list[Record]) -> None:
    other = replace(version("2025-09-01", "2025-09-01", None, wording("longer", months=36)), agreement_id=uuid4())
    file = file_of(goods, agreements=signed(version("2025-09-01", "2025-09-01"), other))
    assert warranty(ask(file, "2026-11-20")).clause.code == "longer"


@pytest.fixture
def shortened() -> list[Copy]:
    first = version("2025-09-01", "2025-09-01", None, wording(months=24))
    ended = replace(first, id=uuid4(), version=2, recorded_at=first.recorded_at.replace(year=2026, month=3))
    return [first, replace(ended, until=day("2026-03-31"))]


@pytest.mark.parametrize("seed", range(3))
def test_a_shortened_agreement_is_flagged_and_nothing_withdrawn(shortened: list[Copy], seed: int) -> None:
    bought = order("2025-10-01")
    random.Random(seed).shuffle(shortened)
    answer = warranty(ask(file_of([bought], agreements=signed(*shortened)), "2026-11-20"))
    assert (held(answer), answer.until) == ((True, True, "held"), day("2027-10-01"))
    assert [(one.version, one.until) for one in answer.promised_by] == [(1, None)]
    early = warranty(ask(file_of([bought], agreements=signed(*shortened)), "2026-03-15"))
    assert held(early) == (True, True, "held")


def test_goods_that_were_got_after_the_change_were_promised_nothing(shortened: list[Copy]) -> None:
    found = ask(file_of([order("2026-03-02")], agreements=signed(*shortened)), "2026-11-20")
    assert (warranty(found).clause.code, warranty(found).reason) == ("warranty.all", "expired")
    assert reasons(found)["towers"] == "agreement-ended"
    on_the_day = ask(file_of([order("2026-03-01")], agreements=signed(*shortened)), "2026-11-20")
    assert held(warranty(on_the_day)) == (True, True, "held")


def test_goods_ordered_under_a_version_and_delivered_after_it_keep_what_it_promised(shortened: list[Copy]) -> None:
    for ordered, said in (("2026-03-01", (True, True, "held")), ("2026-03-02", (False, False, None))):
        bought = order(ordered)
        file = file_of([bought, delivery(bought, "2026-03-20")], agreements=signed(*shortened))
        assert held(warranty(ask(file, "2026-11-20"))) == said


def test_a_version_that_was_never_in_force_promised_nothing() -> None:
    first = version("2025-09-01", "2026-01-01", None, wording(months=24))
    typo = replace(first, id=uuid4(), version=2, clauses=[wording(months=2)])
    found = ask(file_of([order("2025-10-01")], agreements=signed(first, typo)), "2026-01-20")
    assert (warranty(found).reason, warranty(found).flagged) == ("expired", False)


def test_where_the_policy_gives_as_much_there_is_nothing_to_decide(goods: list[Record], shortened: list[Copy]) -> None:
    answer = warranty(ask(file_of(goods, agreements=signed(*shortened)), "2026-11-20"))
    assert (answer.clause.code, held(answer)) == ("lifelong.service", (True, False, "reached"))


def test_a_longer_agreement_and_a_clause_left_out_that_others_cover_take_nothing() -> None:
    first = version("2025-09-01", "2025-09-01", "2026-12-31")
    longer = replace(first, id=uuid4(), version=2, until=None, clauses=[wording("new", months=18)])
    answer = warranty(ask(file_of([order("2025-10-01")], agreements=signed(first, longer)), "2026-11-20"))
    assert (answer.clause.code, answer.flagged) == ("new", False)


@pytest.mark.parametrize(("decision", "applies"), [("kept", True), ("withdrawn", False)])
def test_what_a_person_decided_is_flagged_no_more(shortened: list[Copy], decision: str, *, applies: bool) -> None:
    agreed = signed(*shortened, decided={(1, "towers"): decision})
    answer = warranty(ask(file_of([order("2025-10-01")], agreements=agreed), "2026-11-20"))
    assert (answer.applies, answer.flagged) == (applies, False)


@pytest.mark.parametrize(("decision", "flagged"), [("withdrawn", True), ("kept", False)])
def test_what_is_promised_after_a_withdrawal_is_promised_anew_and_what_was_kept_stays_kept(
    shortened: list[Copy], decision: str, *, flagged: bool
) -> None:
    again = replace(shortened[0], id=uuid4(), version=3, recorded_at=shortened[1].recorded_at.replace(month=4))
    ended = replace(shortened[1], id=uuid4(), version=4, recorded_at=shortened[1].recorded_at.replace(month=5))
    agreed = signed(*shortened, again, ended, decided={(1, "towers"): decision})
    answer = warranty(ask(file_of([order("2025-10-01", sku=STAND)], agreements=agreed), "2026-11-20"))
    assert held(answer) == (True, flagged, "held")


def test_a_benefit_of_the_customer_is_held_as_well() -> None:
    tenders = wording("tenders", "tender-documents", "customer")
    first = version("2025-09-01", "2025-09-01", None, tenders)
    second = replace(first, id=uuid4(), version=2, clauses=[])
    (given, *_) = ask(file_of(agreements=signed(first, second)), "2026-11-20").customer
    assert (given.clause.code, held(given), given.until) == ("tenders", (True, True, "held"), None)
