from __future__ import annotations

from datetime import date
from uuid import uuid4

from complaints.entitlements.comparison import Costs, compare, costs_of
from complaints.entitlements.tally import Tally

from .builders import ME, STAND, clauses, delivery, file_of, order, shipped, tier

_ON = date(2026, 8, 1)


def test_nothing_moves_between_a_policy_and_itself() -> None:
    bought = order("2026-01-05", 60_000_000)
    file = file_of([bought, delivery(bought, "2026-01-15")], steps=[tier("top", "2026-01-01")], region="CN-14")
    assert compare(shipped(), shipped(), ME, file, _ON) is None


def test_a_longer_warranty_is_a_gain_and_a_shorter_one_a_loss() -> None:
    bought = order("2026-01-05", pieces=7)
    file = file_of([bought, delivery(bought, "2026-01-15")])
    longer = shipped(clauses=clauses({"code": "warranty.all", "months": 9}))
    found = compare(shipped(), longer, ME, file, _ON)
    assert found is not None
    (moved,) = found.moved
    assert (moved.benefit, moved.before, moved.after, moved.gained) == ("warranty", None, "2026-10-15", True)
    back = compare(longer, shipped(), ME, file, _ON)
    assert back is not None
    assert (back.loses, back.moved[0].pieces) == (True, 7)


def test_a_higher_threshold_takes_four_benefits() -> None:
    raised = [{"code": code, "order_at_least_minor": 70_000_000} for code in ("lifelong.service", "lifelong.tenders")]
    raised += [{"code": code, "order_at_least_minor": 70_000_000} for code in ("lifelong.samples", "lifelong.guide")]
    file = file_of([order("2026-07-05", 60_000_000)], region="CN-14")
    found = compare(shipped(), shipped(clauses=clauses(*raised)), ME, file, _ON)
    assert found is not None
    assert [(one.benefit, one.before, one.after) for one in found.moved] == [
        ("warranty", "life", "2027-01-05"),
        ("guide-and-logistics", "life", None),
        ("samples", "life", None),
        ("tender-documents", "life", None),
    ]


def test_expected_money_is_what_service_has_cost_per_piece() -> None:
    spent = [(STAND, "CNY", date(2026, 1, 1), 1000), (STAND, "USD", date(2026, 1, 1), 100)]
    spent.append(("OTHER", "XAU", date(2026, 1, 1), 5))
    costs = costs_of(spent, {STAND: 40, "OTHER": 5}, shipped())
    assert costs.of(STAND, 20) == 860  # (1000 + 719) * 20 / 40, half to even
    assert costs.of("OTHER", 1) is None
    assert costs.of(None, 1) is None


def test_a_rehearsal_names_those_who_lose_first_and_vips_among_them_before_others() -> None:
    bought = order("2026-01-05", pieces=10)
    told = [bought, delivery(bought, "2026-06-15")]
    less, more = ({"code": "warranty.all", "months": months} for months in (1, 9))
    plain, vip = file_of(told), file_of(told, steps=[tier("top", "2026-01-01")])
    shorter = shipped(clauses=clauses(less, {"code": "warranty.vip", "months": 2}))
    longer = shipped(clauses=clauses(more))
    loses, loses_vip = (compare(shipped(), shorter, uuid4(), file, _ON) for file in (plain, vip))
    gains = compare(shipped(), longer, uuid4(), plain, _ON)
    assert loses is not None
    assert loses_vip is not None
    assert gains is not None
    tally = Tally(Costs({STAND: 500}, {STAND: 100}))
    tally.add(4, [gains, loses, loses_vip])
    found = tally.result()
    assert [one["customer_id"] for one in found["movers"]] == [
        str(one.customer_id) for one in (loses_vip, loses, gains)
    ]
    assert (found["customers"], found["gaining"], found["losing"], found["vips_losing"]) == (4, 1, 2, 1)
    assert (found["expected_gain_minor"], found["expected_saving_minor"], found["pieces_unrated"]) == (50, 100, 0)
