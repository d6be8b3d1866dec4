"""The record: how values are written and searched, what a report changes, what is published."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_profile.customers.export import SHEET_TYPE, neutral, preferred
from customer_profile.customers.profiles import reported, with_reported_points
from customer_profile.customers.rules import (
    ContactPoint,
    Customer,
    changes,
    erased,
    image,
    new_customer,
    published,
    snapshot,
    state_before,
)
from customer_profile.customers.values import grams, normal_email, normal_phone, searched_grams, value_hash
from guanxi.events.inbound.profiles import Address, Preferences, ProfileReported
from guanxi.ports import SystemIds

IDS = SystemIds()
NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


def record(**own: Any) -> Customer:
    points = own.pop("contact_points", ())
    made = new_customer(IDS.new(), "head-office", NOW, kind="organisation", name="山西煤業", **own)
    return replace(made, contact_points=tuple(points))


def point(kind: str, value: str, **more: Any) -> ContactPoint:
    return ContactPoint(IDS.new(), kind, value, **more)


def said(**fields: Any) -> ProfileReported:
    return ProfileReported.model_validate(
        {"external_customer": "A-1", "kind": "organisation", "name": "山西煤業", **fields}
    )


@pytest.mark.parametrize(
    ("given_as", "region", "kept_as"),
    [
        ("138 0013 1234", "CN", "+8613800131234"),
        ("＋86 138-0013-1234", "CN", "+8613800131234"),
        ("0351-555-0101", "CN", "+863515550101"),
        ("(020) 7946 0018", "GB", "+442079460018"),
        ("+44 20 7946 0018", "CN", "+442079460018"),
        ("12", "CN", "12"),
        ("call the gatekeeper", "CN", "call the gatekeeper"),
        ("0351-555-0101 ext. 7", "CN", "0351-555-0101 ext. 7"),
    ],
)
def test_a_number_is_kept_in_e164_where_it_can_be_read_so(given_as: str, region: str, kept_as: str) -> None:
    assert normal_phone(given_as, region) == kept_as


def test_the_domain_of_an_address_has_no_case_the_local_part_has() -> None:
    assert normal_email(" Zhang@EXAMPLE.Com ") == "Zhang@example.com"
    assert value_hash("Zhang@example.com") == value_hash("zhang@EXAMPLE.com")


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_name_is_found_by_any_part_of_it(before: str, after: str) -> None:
    name = f"{before}山西煤業{after}"
    assert set(searched_grams("山西煤業")) <= set(grams(name))
    assert set(searched_grams(name)) <= set(grams(name))


@given(st.text(max_size=300))
def test_whatever_is_searched_for_can_be_searched_for(query: str) -> None:
    assert all(1 <= len(gram) <= 2 for gram in searched_grams(query))


def test_a_report_without_news_changes_nothing() -> None:
    before = record()
    once = reported(before, said(phones=["13800131234"], address={"city": "太原"}), "dealer-17", "CN", IDS.new)
    assert reported(once, said(phones=["+8613800131234"], address={"city": "太原"}), "dealer-17", "CN", IDS.new) == once
    assert {change.field for change in changes(before, once)} == {"address", "contact_points"}


def test_preferences_are_filled_in_one_by_one() -> None:
    before = record(preferences=Preferences(language="zh-Hans"))
    after = reported(before, said(preferences={"channel": "phone"}), "dealer-17", "CN", IDS.new)
    assert after.preferences == Preferences(language="zh-Hans", channel="phone")


def test_the_country_of_a_reported_address_decides_how_its_numbers_are_read() -> None:
    after = reported(record(), said(phones=["020 7946 0018"], address={"country": "GB"}), "dealer-17", "CN", IDS.new)
    assert [p.value for p in after.contact_points] == ["+442079460018"]


def test_a_number_that_another_gave_is_not_given_twice_and_not_taken_away() -> None:
    by_hand = point("phone", "+8613800131234", preferred=True)
    after = with_reported_points((by_hand,), "phone", ["+8613800131234", "+8613900139000"], "dealer-17", IDS.new)
    assert [(p.value, p.source) for p in after] == [("+8613800131234", None), ("+8613900139000", "dealer-17")]
    assert with_reported_points(after, "phone", ["+8613700137000"], "dealer-17", IDS.new)[0] == by_hand


def test_changes_name_fields_and_both_values() -> None:
    before = record(birth_date=date(1990, 3, 7))
    after = replace(before, birth_date=None, industry="coal", contact_points=(point("phone", "+8613800131234"),))
    assert {c.field: (c.old, c.new) for c in changes(before, after)} == {
        "birth_date": ("1990-03-07", None),
        "industry": (None, "coal"),
        "contact_points": ([], ["phone:+8613800131234"]),
    }


def test_undoing_changes_gives_the_record_as_it_was() -> None:
    one = record(industry="coal")
    two = replace(one, industry="steel", size="large")
    three = replace(two, industry=None)
    assert state_before(snapshot(three), [changes(two, three), changes(one, two)]) == snapshot(one)
    assert state_before(snapshot(three), [changes(two, three)]) == snapshot(two)


def test_what_is_published_is_what_others_need_preferred_ways_first() -> None:
    points = (
        point("phone", "+8613800131234"),
        point("phone", "+8613900139000", preferred=True),
        point("phone", "ask the porter"),
        point("wechat", "zhang"),
        point("email", "a@b.cn"),
    )
    state = published(
        record(contact_points=points, preferences=Preferences(language="zh-Hant"), birth_date=date(1990, 3, 7))
    )
    assert (state.phones, state.emails, state.language) == (
        ("+8613900139000", "+8613800131234"),
        ("a@b.cn",),
        "zh-Hant",
    )
    assert "1990" not in state.model_dump_json()
    assert "zhang" not in state.model_dump_json()
    assert "porter" not in state.model_dump_json()


def test_a_record_that_another_speaks_for_says_so() -> None:
    other = IDS.new()
    state = published(replace(record(), canonical_id=other))
    assert (state.status, state.canonical_id) == ("merged", other)


def test_an_erased_record_keeps_only_that_it_was() -> None:
    full = record(
        address=Address(city="太原"), id_number="1", contact_points=(point("phone", "+861"),), owner_id=IDS.new()
    )
    state = published(erased(full, NOW))
    assert state.model_dump(exclude_none=True, exclude_defaults=True) == {
        "id": full.id,
        "canonical_id": full.id,
        "status": "erased",
        "kind": "organisation",
        "role": "end_user",
        "unit": "head-office",
    }
    assert "太原" not in str(image(erased(full, NOW)))


def wide(*texts: str) -> list[str]:
    """The same in full-width forms, as an East Asian keyboard writes them."""
    return ["".join(chr(ord(one) + 0xFEE0) for one in text) for text in texts]


@pytest.mark.parametrize(
    "text", ["=1+1", "+861", "-1", "@SUM(A1)", "\tx", "\rx", *wide("=1+1", "+1", "-1", "@SUM(A1)")]
)
def test_no_cell_is_a_formula(text: str) -> None:
    assert neutral(text) == f"'{text}"


@pytest.mark.parametrize("cell", ["山西煤業", "", "7", "a=b"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert neutral(cell) == cell


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", "csv"),
        ("*/*", "csv"),
        ("text/csv", "csv"),
        (SHEET_TYPE, "xlsx"),
        (f"{SHEET_TYPE};q=0.5, text/csv;q=0.9", "csv"),
        (f"text/csv;q=0.2, {SHEET_TYPE}; q=0.3", "xlsx"),
        (f"{SHEET_TYPE};q=0", "csv"),
        (f"{SHEET_TYPE};q=nonsense", "csv"),
        (f"{SHEET_TYPE};charset=x", "xlsx"),
    ],
)
def test_the_form_of_an_export_is_the_one_that_is_wanted_most(accept: str, form: str) -> None:
    assert preferred(accept) == form


def test_the_province_of_an_address_is_published_and_goes_with_it() -> None:
    here = record(address=Address(city="太原市"))
    assert published(here).region == "CN-14"
    assert published(replace(here, address=None)).region is None
    assert published(erased(here, NOW)).region is None
