"""What a good report says once it is through the door, and its resolved twin."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from guanxi.events import fact_types, inbound, reports
from guanxi.events.contracts import sample
from guanxi.events.inbound import check_inbound, inbound_types

FAMILIES = {
    "profile",
    "contact",
    "order",
    "delivery",
    "return",
    "payment",
    "service",
    "complaint",
    "opinion",
    "mention",
}


def order(**changes: object) -> inbound.OrderReported:
    data = sample(inbound.OrderReported, full=False)["data"] | changes
    checked = check_inbound(inbound.OrderReported.TYPE, data)
    assert isinstance(checked.model, inbound.OrderReported), checked.errors
    return checked.model


def test_there_are_ten_families_each_with_its_twins() -> None:
    found = {(fact.family(), fact.twin()) for fact in inbound_types().values()}

    assert found == {(family, twin) for family in FAMILIES for twin in ("original", "corrected", "voided")}
    assert len(inbound_types()) == 30


@pytest.mark.parametrize("name", sorted(inbound_types()))
def test_takes_every_field_of_a_type_and_as_few_as_it_may_have(name: str) -> None:
    fact = inbound_types()[name]

    for full in (True, False):
        checked = check_inbound(name, sample(fact, full=full)["data"])
        assert checked.errors == checked.warnings == ()
        assert type(checked.model) is fact


@pytest.mark.parametrize("name", sorted(inbound_types()))
def test_every_type_resolves_to_a_report_with_the_same_data_and_its_origin(name: str) -> None:
    checked = check_inbound(name, sample(inbound_types()[name], full=True)["data"])
    assert checked.model is not None

    report = reports.resolved(checked.model, source="dealer-17", unit="taiyuan")

    assert name.replace("inbound", "reports") == report.TYPE
    assert report.model_dump(mode="json") == checked.model.model_dump(mode="json") | {
        "source": "dealer-17",
        "unit": "taiyuan",
    }
    assert type(report).model_validate_json(report.model_dump_json()) == report


def test_times_are_kept_in_utc() -> None:
    assert order(placed_at="2026-03-31T09:30:00+08:00").placed_at == datetime(2026, 3, 31, 1, 30, tzinfo=UTC)


def test_texts_lose_the_space_around_them() -> None:
    assert order(external_ref="  A-1 ").external_ref == "A-1"


def test_channels_are_an_open_list() -> None:
    data = sample(inbound.ContactReported, full=True)["data"] | {"channel": "mini_program"}

    assert check_inbound(inbound.ContactReported.TYPE, data).errors == ()


def test_a_total_without_all_its_parts_is_believed() -> None:
    assert order(total_minor=41_000_000).sum_minor == 41_000_000


def test_without_a_total_the_parts_are_added_up() -> None:
    line = {"sku": "a", "quantity": 3, "unit_price_minor": 500}

    placed = order(lines=[line, {"sku": "b", "quantity": 1, "amount_minor": 250}], discount_minor=50, tax_minor=10)

    assert placed.goods_minor == 1700
    assert placed.sum_minor == 1710


def test_a_total_of_all_its_parts_must_be_their_sum() -> None:
    parts = {"discount_minor": 100, "tax_minor": 10, "shipping_minor": 5, "lines": [{"sku": "a", "quantity": 1}]}
    parts["lines"][0]["amount_minor"] = 1000  # type: ignore[index]

    assert order(**parts, total_minor=915).sum_minor == 915
    data = sample(inbound.OrderReported, full=False)["data"] | parts | {"total_minor": 914}
    assert [error.code for error in check_inbound(inbound.OrderReported.TYPE, data).errors] == ["total-mismatch"]


def test_an_order_comes_to_nothing_at_least_and_to_what_can_be_stored_at_most() -> None:
    def refused(quantity: int, price: int, discount: int) -> list[tuple[str, str]]:
        line = {"sku": "a", "quantity": quantity, "unit_price_minor": price}
        data = sample(inbound.OrderReported, full=False)["data"] | {"lines": [line], "discount_minor": discount}
        return [(error.field, error.code) for error in check_inbound(inbound.OrderReported.TYPE, data).errors]

    assert refused(2, 500, 1000) == []
    assert refused(2, 500, 1001) == [("total_minor", "out-of-range")]
    assert ("lines[0].unit_price_minor", "too-large") in refused(10**9, 10**15, 0)


def test_a_reference_is_the_senders_name_for_what_is_reported() -> None:
    assert order().reference == "A-1001"
    contact = inbound.ContactReported(external_customer="c", channel="phone", direction="in")
    assert contact.reference is None


def test_a_profile_is_named_by_its_customer_and_simply_replaced() -> None:
    profile = inbound.ProfileReported(external_customer="c", kind="person", name="張建國")

    assert profile.reference == "c"
    assert profile.REPEATABLE
    assert not order().REPEATABLE


def test_readers_downstream_take_values_and_fields_of_a_later_release() -> None:
    data = sample(reports.ContactReported, full=True)["data"]
    data |= {"direction": "both", "mood": "calm"}
    data["promises"][0]["weight"] = 3

    report = reports.ContactReported.model_validate(data)

    assert report.direction == "both"
    assert "mood" not in report.model_fields_set


def test_each_resolved_report_is_named_like_its_inbound_twin() -> None:
    resolved = {name for name, fact in fact_types().items() if fact.TOPIC == "reports"}

    assert resolved == {name.replace("inbound", "reports") for name in inbound_types()}
