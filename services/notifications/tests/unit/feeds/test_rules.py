"""Who may have which fact, and how it is signed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from guanxi.events import Event, Fact
from guanxi.events.complaints import ComplaintFiled
from guanxi.events.customers import CustomerReferred, CustomerUpdated
from guanxi.events.scores import SegmentChanged
from guanxi.testing.builders import an_event
from notifications.feeds.rules import (
    FACTS,
    FED,
    PAUSES,
    Subscription,
    may_ask_for,
    may_have,
    new_secret,
    next_try,
    public_body,
    sign,
    without_personal,
)

NOW = datetime(2026, 3, 31, tzinfo=UTC)
CUSTOMER = uuid4()


def subscriber(*, internal: bool = False, types: Any = FACTS) -> Subscription:
    return Subscription(uuid4(), 1, "dealer-17", tuple(types), "https://x", None, "active", None, NOW, internal)


def a_complaint(unit: str = "dealer-17") -> Event[ComplaintFiled]:
    values = {"number": "C-1", "channel": "web", "cause": "quality", "severity": "high", "status": "assigned"}
    values |= {"holder_unit": "desk", "service_level": "standard", "filed_at": NOW.isoformat(), "unit": unit}
    reply = {"channel": "email", "address": "zhang@example.com"}
    fact = ComplaintFiled.model_validate({"complaint_id": uuid4(), **values, "reply_to": reply})
    return an_event(fact, subject=CUSTOMER)


def a_move(*members: Any) -> Event[SegmentChanged]:
    fact = SegmentChanged(segment="tier", as_of=NOW.date(), direction="down", members=members)
    return an_event(fact, subject=CUSTOMER)


def test_the_signature_is_the_standards_own_example() -> None:
    found = sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        datetime.fromtimestamp(1614265330, UTC),
        b'{"test": 2432232314}',
    )
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_secrets_are_fresh_and_long() -> None:
    assert len({new_secret() for _ in range(100)}) == 100
    assert len(new_secret()) == len("whsec_") + 44


def test_a_fact_with_a_unit_goes_to_that_unit_and_to_the_firm() -> None:
    assert may_have(subscriber(), a_complaint())
    assert not may_have(subscriber(), a_complaint("dealer-18"))
    assert may_have(subscriber(internal=True), a_complaint("dealer-18"))


def test_what_was_not_asked_for_goes_to_nobody() -> None:
    assert not may_have(subscriber(types=()), a_complaint())
    assert not may_have(subscriber(internal=True, types=()), a_complaint())


def test_what_the_firm_thinks_of_a_customer_stays_in_the_firm() -> None:
    assert not may_have(subscriber(), a_move(CUSTOMER))
    assert may_have(subscriber(internal=True), a_move(CUSTOMER))
    asked = {name for name in FACTS if may_ask_for(name, internal=False)}
    ours = {name for name in FACTS if name.startswith("guanxi.scores.")}
    assert set(FACTS) - asked == ours | {CustomerReferred.TYPE}
    assert all(may_ask_for(name, internal=True) for name in FACTS)


def test_what_carries_no_unit_and_is_no_score_goes_to_no_dealer() -> None:
    bare = {fact.__name__ for fact in FED if "unit" not in fact.model_fields and fact.TOPIC != "scores"}
    assert "CustomerMerged" in bare
    assert {fact.TOPIC for fact in FED} == {"complaints", "customers", "interactions", "scores"}


def test_a_body_carries_no_personal_field_and_no_trace() -> None:
    event = a_complaint().model_copy(update={"traceparent": "00-x", "correlationid": "x", "causationid": "y"})
    body = public_body(event, internal=False)
    assert "zhang" not in str(body)
    assert "reply_to" not in body["data"]
    assert body["data"]["number"] == "C-1"
    assert not {"traceparent", "correlationid", "causationid"} & set(body)


def test_a_customers_own_facts_go_to_a_dealer_without_the_number_that_merges_count_in() -> None:
    customer = UUID("01980f5e-0a6e-7c31-9d0f-3f1f6a0b2c11")
    changed = CustomerUpdated(customer_id=customer, unit="dealer-17", changed=("name",))
    event = an_event(changed, aggregate=customer, subject=customer, sequence=3)
    assert "sequence" not in public_body(event, internal=False)
    assert public_body(event, internal=True)["sequence"] == 3
    assert public_body(a_complaint(), internal=False)["sequence"] == a_complaint().sequence


def personal_names(fact: type[Fact]) -> set[str]:
    schema = fact.model_json_schema()
    parts = schema.get("$defs", {})

    def holds(part: Any) -> bool:
        if isinstance(part, dict):
            name = str(part.get("$ref", "")).rpartition("/")[2]
            return (
                part.get("x-personal", "reference") != "reference"
                or (name != "" and holds(parts[name]))
                or any(map(holds, part.values()))
            )
        return isinstance(part, list) and any(map(holds, part))

    return {name for name, part in schema["properties"].items() if holds(part)}


@pytest.mark.parametrize("fact", FED, ids=lambda fact: fact.__name__)
def test_whatever_a_schema_calls_personal_is_left_out_of_the_body(fact: type[Fact]) -> None:
    everything = dict.fromkeys(fact.model_fields)
    assert not personal_names(fact) & set(without_personal(fact, everything))


def test_a_subscriber_knows_its_own_records_by_what_it_calls_them() -> None:
    assert without_personal(ComplaintFiled, {"external_ref": "C-7", "reply_to": None}) == {"external_ref": "C-7"}


def test_the_address_of_a_complainant_is_personal() -> None:
    assert personal_names(ComplaintFiled) == {"reply_to"}


@pytest.mark.parametrize("attempt", range(1, len(PAUSES) + 1))
def test_each_failure_waits_longer(attempt: int) -> None:
    at = next_try(attempt, NOW, 1.0)
    assert at == NOW + PAUSES[attempt - 1]
    assert list(PAUSES) == sorted(PAUSES)


def test_after_the_last_one_it_has_failed() -> None:
    assert next_try(len(PAUSES) + 1, NOW) is None
    assert sum(PAUSES, timedelta()) > timedelta(days=1)


def test_a_referral_names_two_records_and_goes_to_units_of_the_firm_only() -> None:
    fact = CustomerReferred(
        referral_id=uuid4(), referrer_id=uuid4(), referred_id=CUSTOMER, unit="dealer-17", referred_on=NOW.date()
    )
    event = an_event(fact, subject=fact.referrer_id)
    assert not may_ask_for(event.type, internal=False)
    assert not may_have(subscriber(), event)
    assert may_have(subscriber(internal=True), event)
