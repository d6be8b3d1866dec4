"""Everything wrong with a report is named by its field; nothing that arrives makes the door fall over."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guanxi.events.contracts import sample
from guanxi.events.inbound import check_inbound, inbound_types

JsonObject = dict[str, Any]
GONE = object()


def good(name: str) -> JsonObject:
    data: JsonObject = sample(inbound_types()[f"guanxi.inbound.{name}.v1"], full=True)["data"]
    return data


def with_value(data: JsonObject, path: str, value: object) -> JsonObject:
    """`data` with `value` at a path like `lines.0.sku`; GONE takes the field out."""
    target: Any = data
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in way:
        target = target[step]
    if value is GONE:
        del target[last]
    else:
        target[last] = value
    return data


REFUSED: list[tuple[str, str, object, str, str]] = [
    # type, where, what, field named, code
    ("ProfileReported", "external_customer", GONE, "external_customer", "missing"),
    ("ProfileReported", "external_customer", 17, "external_customer", "string-type"),
    ("ProfileReported", "external_customer", "", "external_customer", "string-too-short"),
    ("ProfileReported", "external_customer", "   ", "external_customer", "string-too-short"),
    ("ProfileReported", "external_customer", "x" * 201, "external_customer", "string-too-long"),
    ("ProfileReported", "external_customer", "a\0b", "external_customer", "nul-character"),
    ("ProfileReported", "external_customer", "\ud800", "external_customer", "string-unicode"),
    ("ProfileReported", "external_customer", ["a"], "external_customer", "string-type"),
    ("ProfileReported", "external_customer", None, "external_customer", "string-type"),
    ("ProfileReported", "kind", GONE, "kind", "missing"),
    ("ProfileReported", "kind", "company", "kind", "not-in-list"),
    ("ProfileReported", "kind", "Person", "kind", "not-in-list"),
    ("ProfileReported", "kind", True, "kind", "string-type"),
    ("ProfileReported", "name", GONE, "name", "missing"),
    ("ProfileReported", "name", "張\0建國", "name", "nul-character"),
    ("ProfileReported", "nickname", "老張", "nickname", "unknown-field"),
    ("ProfileReported", "canonical_id", "x", "canonical_id", "unknown-field"),
    ("ProfileReported", "address.street", "x", "address.street", "unknown-field"),
    ("ProfileReported", "permissions.0.granted_by", "x", "permissions[0].granted_by", "unknown-field"),
    ("ProfileReported", "一 二", 1, '["\\u4e00 \\u4e8c"]', "unknown-field"),
    ("ProfileReported", "phones", ["0351-555-0101"] * 21, "phones", "too-long"),
    ("ContactReported", "channel", GONE, "channel", "missing"),
    ("ContactReported", "channel", "Phone", "channel", "string-pattern-mismatch"),
    ("ContactReported", "channel", "電話", "channel", "string-pattern-mismatch"),
    ("ContactReported", "channel", "x" * 33, "channel", "string-too-long"),
    ("ContactReported", "direction", GONE, "direction", "missing"),
    ("ContactReported", "direction", "sideways", "direction", "not-in-list"),
    ("ContactReported", "direction", {"in": True}, "direction", "string-type"),
    ("ContactReported", "promises.0.by", "李明", "promises[0].by", "unknown-field"),
    ("OrderReported", "external_ref", GONE, "external_ref", "missing"),
    ("OrderReported", "placed_at", GONE, "placed_at", "missing"),
    ("OrderReported", "placed_at", "2026-03-31", "placed_at", "time-format"),
    ("OrderReported", "placed_at", "2026-03-31T09:30:00", "placed_at", "time-format"),
    ("OrderReported", "placed_at", "yesterday", "placed_at", "time-format"),
    ("OrderReported", "placed_at", 1774920600, "placed_at", "time-format"),
    ("OrderReported", "placed_at", "2026-02-31T09:30:00+08:00", "placed_at", "time-parsing"),
    ("OrderReported", "placed_at", "2026-03-31T24:30:00Z", "placed_at", "time-parsing"),
    ("OrderReported", "placed_at", "0001-01-01T00:00:00+14:00", "placed_at", "time-range"),
    ("OrderReported", "placed_at", "9999-12-31T23:59:59-12:00", "placed_at", "time-range"),
    ("OrderReported", "currency", GONE, "currency", "missing"),
    ("OrderReported", "currency", "RMB", "currency", "currency"),
    ("OrderReported", "currency", "cny", "currency", "string-pattern-mismatch"),
    ("OrderReported", "currency", "XXX", "currency", "currency"),
    ("OrderReported", "currency", "元", "currency", "string-pattern-mismatch"),
    ("OrderReported", "lines", GONE, "lines", "missing"),
    ("OrderReported", "lines", [], "lines", "too-short"),
    ("OrderReported", "lines", {}, "lines", "tuple-type"),
    ("OrderReported", "lines", "tower-1200", "lines", "tuple-type"),
    ("OrderReported", "lines.0", "tower-1200", "lines[0]", "model-type"),
    ("OrderReported", "lines.0.quantity", GONE, "lines[0].quantity", "missing"),
    ("OrderReported", "lines.0.quantity", 0, "lines[0].quantity", "greater-than-equal"),
    ("OrderReported", "lines.0.quantity", -3, "lines[0].quantity", "greater-than-equal"),
    ("OrderReported", "lines.0.quantity", 2.0, "lines[0].quantity", "int-type"),
    ("OrderReported", "lines.0.quantity", True, "lines[0].quantity", "int-type"),
    ("OrderReported", "lines.0.quantity", "3", "lines[0].quantity", "int-type"),
    ("OrderReported", "lines.0.quantity", 2**63, "lines[0].quantity", "less-than-equal"),
    ("OrderReported", "lines.0.amount_minor", "50萬", "lines[0].amount_minor", "int-type"),
    ("OrderReported", "lines.0.amount_minor", 1e400, "lines[0].amount_minor", "int-type"),
    ("OrderReported", "lines.0.amount_minor", float("nan"), "lines[0].amount_minor", "int-type"),
    ("OrderReported", "lines.0.amount_minor", -1, "lines[0].amount_minor", "greater-than-equal"),
    ("OrderReported", "lines.0.amount_minor", 10**400, "lines[0].amount_minor", "less-than-equal"),
    ("OrderReported", "lines.0.unit_price_minor", "42,000", "lines[0].unit_price_minor", "int-type"),
    ("OrderReported", "lines.0.colour", "gold", "lines[0].colour", "unknown-field"),
    ("OrderReported", "total_minor", "50萬", "total_minor", "int-type"),
    ("OrderReported", "total_minor", 42_500_001, "total_minor", "total-mismatch"),
    ("OrderReported", "discount_minor", 1.5, "discount_minor", "int-type"),
    ("OrderReported", "discount_minor", 0, "total_minor", "total-mismatch"),
    ("OrderReported", "tax_minor", False, "tax_minor", "int-type"),
    ("DeliveryReported", "external_order", GONE, "external_order", "missing"),
    ("DeliveryReported", "delivered_at", "soon", "delivered_at", "time-format"),
    ("DeliveryReported", "lines.0.quantity", "many", "lines[0].quantity", "int-type"),
    ("ReturnReported", "returned_at", GONE, "returned_at", "missing"),
    ("ReturnReported", "lines.0.quantity", 0, "lines[0].quantity", "greater-than-equal"),
    ("ReturnReported", "lines.0.sku", GONE, "lines[0].sku", "missing"),
    ("ReturnReported", "lines.0.amount_minor", GONE, "lines[0].amount_minor", "missing"),
    ("PaymentReported", "amount_minor", "50萬", "amount_minor", "int-type"),
    ("PaymentReported", "amount_minor", GONE, "amount_minor", "missing"),
    ("PaymentReported", "currency", GONE, "currency", "missing"),
    ("PaymentReported", "due_on", "31.12.2026", "due_on", "date-format"),
    ("PaymentReported", "paid_on", "yesterday", "paid_on", "date-format"),
    ("DeliveryReported", "lines", "tower-1200", "lines", "tuple-type"),
    ("DeliveryReported", "lines.0", "tower-1200", "lines[0]", "model-type"),
    ("DeliveryReported", "lines.0.sku", 1200, "lines[0].sku", "string-type"),
    ("ProfileReported", "revision", 0, "revision", "greater-than-equal"),
    ("OrderReportedCorrected", "revision", "2", "revision", "int-type"),
    ("ServiceReported", "kind", "polish", "kind", "not-in-list"),
    ("ServiceReported", "cost_minor", "-", "cost_minor", "int-type"),
    ("ServiceReported", "currency", GONE, "currency", "missing"),
    ("ComplaintReported", "channel", GONE, "channel", "missing"),
    ("ComplaintReported", "escalate", True, "escalate", "unknown-field"),
    ("OpinionReported", "questionnaire", "how was it?", "questionnaire", "string-pattern-mismatch"),
    ("OpinionReported", "grades", [], "grades", "too-short"),
    ("OpinionReported", "grades.0.obtained", 11, "grades[0].obtained", "less-than-equal"),
    ("OpinionReported", "grades.0.obtained", "good", "grades[0].obtained", "int-type"),
    ("OpinionReported", "grades.0.item", GONE, "grades[0].item", "missing"),
    ("MentionReported", "platform", GONE, "platform", "missing"),
    ("MentionReported", "text", "x" * 60_001, "text", "string-too-long"),
    ("ContactReportedCorrected", "external_ref", GONE, "external_ref", "missing"),
    ("ContactReportedVoided", "external_ref", GONE, "external_ref", "missing"),
    ("ContactReportedVoided", "content", "x", "content", "unknown-field"),
    ("ProfileReportedVoided", "external_customer", GONE, "external_customer", "missing"),
]

DROPPED: list[tuple[str, str, object, str, str]] = [
    ("ProfileReported", "birth_date", "2001-02-31", "birth_date", "date-parsing"),
    ("ProfileReported", "birth_date", "31.03.2001", "birth_date", "date-format"),
    ("ProfileReported", "birth_date", 0, "birth_date", "date-format"),
    ("ProfileReported", "birth_date", "0201-03-31", "birth_date", "date-range"),
    ("ProfileReported", "phones.0", 3515550101, "phones[0]", "string-type"),
    ("ProfileReported", "phones.0", "none", "phones[0]", "string-pattern-mismatch"),
    ("ProfileReported", "emails.0", "zhang(at)example.com", "emails[0]", "string-pattern-mismatch"),
    ("ProfileReported", "emails", "zhang@example.com", "emails", "tuple-type"),
    ("ProfileReported", "address", "太原市", "address", "model-type"),
    ("ProfileReported", "address.country", "China", "address.country", "string-pattern-mismatch"),
    ("ProfileReported", "address.country", "XX", "address.country", "country"),
    ("ProfileReported", "social_credit_code", "12345", "social_credit_code", "string-pattern-mismatch"),
    ("ProfileReported", "role", "king", "role", "not-in-list"),
    ("ProfileReported", "preferences.language", "chinese!", "preferences.language", "string-pattern-mismatch"),
    ("ProfileReported", "permissions.0.purpose", "spam", "permissions[0]", "not-in-list"),
    ("ProfileReported", "permissions.0.at", "2026-03-31", "permissions[0].at", "time-format"),
    ("ContactReported", "outcome", "perhaps", "outcome", "not-in-list"),
    ("ContactReported", "need_on", "tomorrow", "need_on", "date-format"),
    ("ContactReported", "duration_s", -4, "duration_s", "greater-than-equal"),
    ("ContactReported", "content", "a\0b", "content", "nul-character"),
    ("ContactReported", "content", {"deep": [[[[]]]]}, "content", "string-type"),
    ("ContactReported", "promises.0.due_at", "Friday", "promises[0]", "time-format"),
    ("ContactReported", "cues.0", 5, "cues[0]", "string-type"),
    ("OrderReported", "lines.0.name", 5, "lines[0].name", "string-type"),
    ("OrderReported", "way", ["by hand"], "way", "string-type"),
    ("ComplaintReported", "severity", "terrible", "severity", "not-in-list"),
    ("ComplaintReported", "cause", "fate", "cause", "not-in-list"),
    ("OpinionReported", "grades.0.expected", 99, "grades[0].expected", "less-than-equal"),
]


@pytest.mark.parametrize(("name", "where", "what", "field", "code"), REFUSED)
def test_refuses_the_report_and_names_the_field(name: str, where: str, what: object, field: str, code: str) -> None:
    checked = check_inbound(f"guanxi.inbound.{name}.v1", with_value(good(name), where, what))

    assert checked.model is None
    assert (field, code) in [(error.field, error.code) for error in checked.errors]
    assert all(error.detail for error in checked.errors)


@pytest.mark.parametrize(("name", "where", "what", "field", "code"), DROPPED)
def test_drops_a_bad_optional_field_with_a_warning(name: str, where: str, what: object, field: str, code: str) -> None:
    checked = check_inbound(f"guanxi.inbound.{name}.v1", with_value(good(name), where, what))

    assert checked.errors == ()
    assert checked.model is not None
    named = [(warning.field, warning.code) for warning in checked.warnings]
    assert len(named) == 1
    assert named[0][1] == code
    assert named[0][0].startswith(field)


def test_keeps_the_good_neighbours_of_a_dropped_item() -> None:
    data = with_value(good("ProfileReported"), "phones", [1, "0351-555-0101", "x", "+8613800000000"])
    data["emails"] = ["nobody", "zhang@example.com"]

    checked = check_inbound("guanxi.inbound.ProfileReported.v1", data)

    assert [warning.field for warning in checked.warnings] == ["phones[0]", "phones[2]", "emails[0]"]
    assert checked.model is not None
    kept = checked.model.model_dump()
    assert kept["phones"] == ("0351-555-0101", "+8613800000000")
    assert kept["emails"] == ("zhang@example.com",)
    assert data["phones"][0] == 1, "what was given is left as it came"


def test_takes_blank_and_null_optional_fields_as_absent_without_a_warning() -> None:
    data = good("ProfileReported") | {"legal_name": "", "birth_date": "  ", "industry": None}

    checked = check_inbound("guanxi.inbound.ProfileReported.v1", data)

    assert checked.warnings == ()
    assert checked.model is not None
    assert {checked.model.model_dump()[name] for name in ("legal_name", "birth_date", "industry")} == {None}


def test_takes_a_blank_date_of_payment_as_absent() -> None:
    checked = check_inbound("guanxi.inbound.PaymentReported.v1", good("PaymentReported") | {"paid_on": ""})

    assert (checked.errors, checked.warnings) == ((), ())
    assert checked.model is not None
    assert checked.model.model_dump()["paid_on"] is None


def test_lists_errors_and_warnings_together() -> None:
    data = good("OrderReported") | {"currency": "RMB", "way": 5}

    checked = check_inbound("guanxi.inbound.OrderReported.v1", data)

    assert [error.field for error in checked.errors] == ["currency"]
    assert [warning.field for warning in checked.warnings] == ["way"]


def test_names_the_cause_too_when_dropping_it_leaves_a_complaint_about_nothing() -> None:
    data = {"channel": "phone", "cause": "fate"}

    checked = check_inbound("guanxi.inbound.ComplaintReported.v1", data)

    assert [error.field for error in checked.errors] == ["text"]
    assert [warning.field for warning in checked.warnings] == ["cause"]


def test_a_line_must_say_what_was_sold_and_for_how_much() -> None:
    data = good("OrderReported") | {"lines": [{"quantity": 1}], "total_minor": None}

    checked = check_inbound("guanxi.inbound.OrderReported.v1", data)

    assert [error.field for error in checked.errors] == ["lines[0].sku", "lines[0].amount_minor"]


def test_refuses_more_than_two_thousand_lines_and_takes_exactly_so_many() -> None:
    line = {"sku": "a", "quantity": 1, "amount_minor": 1}
    data = good("OrderReported") | {"total_minor": None}

    many = check_inbound("guanxi.inbound.OrderReported.v1", data | {"lines": [line] * 2001})
    enough = check_inbound("guanxi.inbound.OrderReported.v1", data | {"lines": [line] * 2000})

    assert [(error.field, error.code) for error in many.errors] == [("lines", "too-long")]
    assert enough.errors == ()


def test_lists_no_more_than_a_hundred_faults() -> None:
    data = good("OrderReported") | {"lines": [{"quantity": 0}] * 2000}

    assert len(check_inbound("guanxi.inbound.OrderReported.v1", data).errors) == 100


def test_never_repeats_the_value_it_refuses() -> None:
    data = good("ProfileReported") | {"id_number": 110101199003070000, "birth_date": "1990-03-77", "phones": ["secret"]}

    checked = check_inbound("guanxi.inbound.ProfileReported.v1", data)

    told = " ".join(f"{warning.field} {warning.detail}" for warning in checked.warnings)
    assert len(checked.warnings) == 3
    assert not any(value in told for value in ("110101199003070000", "1990-03-77", "secret"))


@pytest.mark.parametrize(
    "type_name",
    ["", "guanxi.inbound.Nothing.v1", "guanxi.inbound.OrderReported.v2", "guanxi.reports.OrderReported.v1"],
)
def test_refuses_types_that_are_no_inbound_report(type_name: str) -> None:
    checked = check_inbound(type_name, {})

    assert [(error.field, error.code) for error in checked.errors] == [("type", "unknown-type")]


@pytest.mark.parametrize("data", [None, [], "text", 5, True, {"\ud800": 1}, [{}]])
def test_refuses_data_that_is_no_object(data: object) -> None:
    checked = check_inbound("guanxi.inbound.OrderReported.v1", data)

    assert checked.model is None
    assert checked.errors[0].field == "data"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.characters(categories=["Cs"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = sorted({name for fact in inbound_types().values() for name in fact.model_fields})


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(sorted(inbound_types())), JSON | st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_never_raises_whatever_json_it_is_given(type_name: str, data: object) -> None:
    checked = check_inbound(type_name, data)

    assert (checked.model is None) == bool(checked.errors)


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(sorted(inbound_types())), st.data())
def test_never_raises_when_parts_of_a_good_report_are_replaced(type_name: str, draw: st.DataObject) -> None:
    data: JsonObject = sample(inbound_types()[type_name], full=True)["data"]
    for name in draw.draw(st.lists(st.sampled_from(sorted(data)), min_size=1, unique=True)):
        nested = isinstance(data[name], list) and isinstance(data[name][0], dict)
        if nested and draw.draw(st.booleans()):
            data[name][0][draw.draw(st.sampled_from(sorted(data[name][0])))] = draw.draw(JSON)
        else:
            data[name] = draw.draw(JSON)

    checked = check_inbound(type_name, data)

    assert (checked.model is None) == bool(checked.errors)
    assert checked.model is None or check_inbound(type_name, checked.model.model_dump(mode="json")).warnings == ()
