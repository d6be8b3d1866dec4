"""What events say, as facts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from guanxi.events import Fact, fact_types
from guanxi.events.customers import AgreementChanged, CustomerReferred, CustomerReferredVoided
from guanxi.events.entitlements import EntitlementPolicyPublished, GoodwillApproved, GoodwillSpent
from guanxi.events.improvements import ProblemRecognised
from guanxi.events.interactions import (
    ContactPlanned,
    InterviewCompleted,
    OrderLine,
    OrderPlaced,
    OrderPlacedVoided,
    PaymentReceived,
    PlanItemDone,
    PlanItemMissed,
    PromiseDueSoon,
    PromiseKept,
    PromiseMadeVoided,
    VisitReported,
)
from guanxi.events.notifications import ImprovementTold
from guanxi.testing import an_event
from scoring.facts.reading import SAYS, VOIDS, reached, rows_of
from scoring.facts.rules import Graded, current

_NOON = datetime(2026, 3, 31, 4, tzinfo=UTC)


def _order(goods_minor: int, *lines: OrderLine) -> OrderPlaced:
    return OrderPlaced(
        unit="head-office",
        source="dealer-17",
        order_id=UUID(int=1),
        placed_at=_NOON,
        currency="CNY",
        total_minor=goods_minor,
        goods_minor=goods_minor,
        line_count=len(lines),
        lines=lines,
    )


def test_every_event_of_interactions_and_complaints_is_read() -> None:
    published: set[type[Fact]] = {
        fact for fact in fact_types().values() if fact.TOPIC in ("interactions", "complaints")
    }
    not_of_a_customer = {VisitReported, EntitlementPolicyPublished, ProblemRecognised}
    still_to_come = {PromiseDueSoon, ContactPlanned, PlanItemDone, PlanItemMissed}
    assert published - {*SAYS, *VOIDS} == not_of_a_customer | still_to_come, "say what it means, or why nothing"
    assert {*SAYS, *VOIDS} - published == {AgreementChanged, CustomerReferred, CustomerReferredVoided, ImprovementTold}


def test_an_order_keeps_the_margin_its_lines_declare_and_what_is_left_for_the_default() -> None:
    lines = (
        OrderLine(sku="a", quantity=1, amount_minor=10_000, margin_bp=2_500),
        OrderLine(sku="b", quantity=1, amount_minor=5_000),
    )
    [row] = rows_of(an_event(_order(15_000, *lines), aggregate=UUID(int=1)))
    assert (row.kind, row.amount_minor, row.traits.margin_minor, row.traits.unmargined_minor) == (
        *("order", 15_000, 2_500, 5_000),
    )


def test_a_promise_kept_after_its_moment_is_late() -> None:
    def kept(minutes: int) -> PromiseKept:
        return PromiseKept(
            unit="head-office",
            promise_id=UUID(int=1),
            fulfilling_unit="logistics",
            made_at=_NOON,
            due_at=_NOON + timedelta(days=1),
            kept_at=_NOON + timedelta(days=1, minutes=minutes),
        )

    assert [rows_of(an_event(kept(n)))[0].traits.in_time for n in (-1, 0, 1)] == [True, True, False]


def test_a_date_without_a_zone_stays_that_date_in_china_and_europe() -> None:
    paid = PaymentReceived.model_validate(
        {"unit": "u", "payment_id": UUID(int=1), "paid_on": "2026-03-31", "amount_minor": 1, "currency": "CNY"}
    )
    [row] = rows_of(an_event(paid))
    assert row.occurred_at == datetime(2026, 3, 31, 12, tzinfo=UTC)


def test_voiding_a_promise_voids_what_came_of_it() -> None:
    rows = rows_of(an_event(PromiseMadeVoided(unit="u", promise_id=UUID(int=1)), sequence=4))
    assert {row.kind for row in rows} >= {"promise", "promise.kept", "promise.broken"}
    assert all(row.voided and row.sequence == 4 for row in rows)


def test_a_source_is_told_up_to_its_reports_and_not_to_what_we_did_about_them() -> None:
    old, new = (an_event(_order(1), time=_NOON - timedelta(days=n), recorded=_NOON) for n in (3, 1))
    again = an_event(_order(1), time=new.time + timedelta(minutes=14), recorded=_NOON - timedelta(hours=1))
    own = an_event(_order(1).model_copy(update={"source": None}), time=_NOON)
    voided = an_event(OrderPlacedVoided(unit="u", source="dealer-17", order_id=UUID(int=1)), time=_NOON)
    told = reached([new, old, own, voided, again])
    assert told == {("dealer-17", new.time): again.recordedtime}
    ahead = an_event(_order(1), time=_NOON + timedelta(days=9), recorded=_NOON)
    assert reached([ahead]) == {("dealer-17", _NOON): _NOON}
    early = an_event(_order(1), time=old.time, recorded=old.time)
    assert reached([early, new]) == {("dealer-17", old.time): old.time, ("dealer-17", new.time): _NOON}


def test_what_goodwill_cost_takes_the_place_of_what_was_approved() -> None:
    said = {"goodwill_id": UUID(int=1), "unit": "u", "kind": "exchange", "currency": "CNY", "approved_at": _NOON}
    approved = GoodwillApproved.model_validate(said | {"cost_minor": 1_000})
    spent = GoodwillSpent.model_validate(said | {"cost_minor": 1_200, "spent_at": _NOON + timedelta(days=3)})
    facts = [
        row
        for sequence, fact in ((3, spent), (2, approved))
        for row in rows_of(an_event(fact, aggregate=UUID(int=1), sequence=sequence))
    ]
    assert [(row.kind, row.amount_minor) for row in current(facts)] == [("goodwill", 1_200)]


def test_an_interview_keeps_each_indicator_with_what_it_matters() -> None:
    grades = [{"indicator": "delivery", "expected": 5, "obtained": 2, "importance": 4}]
    held = {"unit": "u", "interview_id": UUID(int=1), "guide": "g", "guide_version": 1, "held_at": _NOON}
    fact = InterviewCompleted.model_validate(held | {"grades": grades, "questions": 3, "answered": 3})
    [row] = rows_of(an_event(fact))
    assert row.traits.grades == (Graded("delivery", 5, 2, 4),)


def test_a_voided_referral_has_no_unit_and_is_a_fact_all_the_same() -> None:
    ids = {"referral_id": UUID(int=1), "referrer_id": UUID(int=2), "referred_id": UUID(int=3)}
    [row] = rows_of(an_event(CustomerReferredVoided.model_validate(ids), sequence=2))
    assert (row.kind, row.voided) == ("referral", True)
