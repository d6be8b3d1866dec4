"""What may be written into an agreement, and when there is a next version."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from customer_profile.agreements.rules import Agreement, changed, checked
from customer_profile.agreements.schemas import AgreementPatch, NewAgreement
from guanxi.events import make_event, parse
from guanxi.events.entitlements import ClauseTerms
from guanxi.problems import Unprocessable

_NOW = datetime(2026, 3, 31, 4, tzinfo=UTC)
_TOWERS = {"code": "towers", "benefit": "warranty", "months": 6, "skus": ["TOWER-"]}


def agreement(**values: Any) -> Agreement:
    first = Agreement(
        id=uuid4(),
        version=1,
        created_at=_NOW,
        recorded_at=_NOW,
        unit_id="head-office",
        customer_id=uuid4(),
        kind="service",
        since=date(2026, 1, 1),
        clauses=(ClauseTerms.model_validate(_TOWERS),),
        reference="BY-1",
        changed_by="li.ming",
    )
    return replace(first, **values)


def patch(**values: Any) -> dict[str, Any]:
    return AgreementPatch.model_validate(values).own()


def test_a_change_is_the_next_version_and_says_who_made_it() -> None:
    later = _NOW + timedelta(days=1)
    after = changed(agreement(), patch(until="2026-12-31"), "zhao", later)
    assert (after.version, after.recorded_at, after.changed_by, after.until) == (2, later, "zhao", date(2026, 12, 31))
    assert (after.created_at, after.reference, len(after.clauses)) == (_NOW, "BY-1", 1)


@pytest.mark.parametrize(
    "same", [{"kind": "service"}, {"clauses": [_TOWERS]}, {"until": None}, {"since": "2026-01-01"}]
)
def test_saying_the_same_again_is_no_version(same: dict[str, Any]) -> None:
    before = agreement()
    assert changed(before, patch(**same), "zhao", _NOW) is before


@pytest.mark.parametrize(("until", "right"), [("2026-01-01", True), ("2025-12-31", False)])
def test_the_last_day_is_not_before_the_first(until: str, *, right: bool) -> None:
    one = agreement(until=date.fromisoformat(until))
    if right:
        assert checked(one) is one
        return
    with pytest.raises(Unprocessable) as refused:
        checked(one)
    assert [(error.field, error.code) for error in refused.value.errors] == [("until", "before-start")]


def test_a_first_day_after_the_last_is_refused_in_a_change_too() -> None:
    with pytest.raises(Unprocessable):
        changed(agreement(until=date(2026, 6, 30)), patch(since="2026-07-01"), "zhao", _NOW)


def test_two_clauses_have_two_codes() -> None:
    twice = (ClauseTerms.model_validate(_TOWERS), ClauseTerms.model_validate({**_TOWERS, "skus": ["STAND-"]}))
    with pytest.raises(Unprocessable) as refused:
        checked(agreement(clauses=twice))
    assert [error.field for error in refused.value.errors] == ["clauses[0].code", "clauses[1].code"]


def test_an_amount_has_a_currency() -> None:
    large = (ClauseTerms.model_validate({**_TOWERS, "order_at_least_minor": 100_000}),)
    with pytest.raises(Unprocessable) as refused:
        checked(agreement(clauses=large))
    assert [error.field for error in refused.value.errors] == ["currency"]
    assert checked(agreement(clauses=large, currency="USD")).fact(None).currency == "USD"


@pytest.mark.parametrize(
    "wrong",
    [
        {"months": 6, "days": 30},
        {"of": "customer"},
        {"of": "house"},
        {"kinds": ["painting"]},
        {"months": 0},
        {"months": "6"},
        {"names": {"en": "Six months"}},
        {"customers": []},
        {"code": "six months"},
    ],
)
def test_a_clause_is_checked_as_a_policys_is(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        NewAgreement.model_validate({"kind": "sale", "since": "2026-01-01", "clauses": [{**_TOWERS, **wrong}]})


@pytest.mark.parametrize(
    "wrong", [{}, {"kind": None}, {"since": None}, {"clauses": None}, {"customer_id": str(uuid4())}]
)
def test_a_change_says_something_and_empties_only_what_may_be_empty(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        AgreementPatch.model_validate(wrong)
    assert patch(until=None, reference=None) == {"until": None, "reference": None}


def test_the_fact_holds_all_of_it_and_reads_words_of_a_later_release() -> None:
    one = agreement(document_hash="ab" * 32, until=date(2026, 12, 31))
    fact = one.fact(None)
    event = make_event(
        fact, id=uuid4(), recorded=_NOW, aggregate=one.id, sequence=1, subject=one.customer_id, time=_NOW
    )
    assert parse(event.to_json()).data == fact
    said = fact.model_dump(mode="json")
    said["clauses"][0] |= {"kinds": ["painting"], "of": "house", "share_borne": 5}
    read = type(fact).model_validate(said)
    assert (read.clauses[0].kinds, read.clauses[0].months) == (("painting",), 6)
