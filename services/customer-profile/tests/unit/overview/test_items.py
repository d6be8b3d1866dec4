"""Facts become items of an overview that are the same in whatever order the facts come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_profile.overview.rules import (
    COMPLAINTS,
    KINDS,
    PROMISES,
    SCORES,
    VOIDED,
    Item,
    item,
    joined,
    newest,
    sections,
)
from guanxi.events import Event, Fact
from guanxi.events.interactions import (
    CustomerContacted,
    CustomerContactedVoided,
    PromiseKept,
    PromiseKeptVoided,
    PromiseMade,
)
from guanxi.events.notifications import NotificationSent
from guanxi.ports import SystemIds
from guanxi.testing import an_event

IDS = SystemIds()
PROMISE, CUSTOMER, OTHER = IDS.new(), IDS.new(), IDS.new()
NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)
WORD = {
    "promise_id": PROMISE,
    "unit": "head-office",
    "fulfilling_unit": "logistics",
    "made_at": NOON,
    "due_at": NOON + timedelta(days=3),
}


def told(fact: Fact, sequence: int, subject: UUID | None = CUSTOMER) -> Event[Any]:
    return an_event(
        fact, aggregate=PROMISE, sequence=sequence, subject=subject, recorded=NOON + timedelta(minutes=sequence)
    )


def an_item(**values: Any) -> Item:
    own: dict[str, Any] = {
        "section": PROMISES,
        "item_id": PROMISE,
        "customer_id": CUSTOMER,
        "unit_id": "head-office",
        "sequence": 1,
    }
    own |= {"status": "open", "at": NOON, "recorded_at": NOON, "body_sequence": 1, "body": {}, **values}
    return Item(**own)


def taken(*events: Event[Any]) -> Item:
    (found,) = newest(one for event in events if (one := item(event)))
    return found


LIFE = (
    told(PromiseMade.model_validate(WORD), 1),
    told(PromiseKept.model_validate({**WORD, "kept_at": NOON}), 2),
    told(PromiseKeptVoided.model_validate({"promise_id": PROMISE, "unit": "head-office"}), 3),
)


@pytest.mark.parametrize("order", list(permutations(LIFE)))
def test_a_promises_life_ends_the_same_in_any_order(order: Sequence[Event[Any]]) -> None:
    found = taken(*order, *order)
    assert (found.status, found.sequence, found.body_sequence) == ("open", 3, 2)
    assert found.body is not None
    assert found.body["fulfilling_unit"] == "logistics"


def test_void_is_final_whatever_comes_after() -> None:
    contact = {
        "contact_id": PROMISE,
        "unit": "dealer-17",
        "channel": "phone",
        "direction": "in",
        "kind": "call",
        "occurred_at": NOON,
    }
    void = told(CustomerContactedVoided.model_validate({"contact_id": PROMISE, "unit": "dealer-17"}), 2)
    late = told(CustomerContacted.model_validate(contact), 3)
    assert taken(void, late).status == VOIDED
    assert taken(late, void).status == VOIDED


def test_what_is_of_no_customer_makes_no_item() -> None:
    assert item(told(PromiseMade.model_validate(WORD), 1, subject=None)) is None


@pytest.mark.parametrize(("recipient", "shown"), [("customer", True), ("employee", False)])
def test_messages_to_staff_are_not_the_customers(recipient: str, *, shown: bool) -> None:
    sent = {"message_id": PROMISE, "intent": "receipt", "message_class": "service", "template": "t", "channel": "email"}
    fact = NotificationSent.model_validate({**sent, "recipient": recipient, "unit": "head-office", "sent_at": NOON})
    assert (item(told(fact, 1)) is not None) is shown


def test_every_fact_that_changes_only_the_status_has_another_that_tells_the_rest() -> None:
    told_whole = {kind.section for kind in KINDS.values() if kind.shown}
    assert {kind.section for kind in KINDS.values()} == told_whole


steps = st.lists(
    st.builds(
        lambda sequence, status, whole: an_item(
            sequence=sequence,
            status=f"{status}-{sequence}",
            recorded_at=NOON + timedelta(seconds=sequence),
            at=NOON + timedelta(hours=sequence) if whole else NOON,
            body_sequence=sequence if whole else None,
            body={"n": sequence} if whole else None,
        ),
        st.integers(1, 6),
        st.just("s"),
        st.booleans(),
    ),
    min_size=2,
    max_size=6,
    unique_by=lambda i: i.sequence,
)


@given(steps, st.randoms(use_true_random=False))
def test_joining_does_not_depend_on_the_order(items: list[Item], random: Any) -> None:
    shuffled = list(items)
    random.shuffle(shuffled)
    one, two = reduce(joined, items), reduce(joined, shuffled)
    assert (one.status, one.sequence, one.body, one.body_sequence) == (
        two.status,
        two.sequence,
        two.body,
        two.body_sequence,
    )
    if one.body is not None:
        assert one.at == two.at


def test_of_two_records_scores_the_canonical_records_counts() -> None:
    of = {"section": SCORES, "item_id": IDS.new(), "body": {"kind": "trust", "value": 61}}
    mine = an_item(**of, customer_id=CUSTOMER)
    newer = an_item(
        **{**of, "item_id": IDS.new(), "body": {"kind": "trust", "value": 74}},
        customer_id=OTHER,
        at=NOON + timedelta(days=9),
    )
    shown = sections([newer, mine], {SCORES: NOON}, CUSTOMER, internal=True)[SCORES]
    assert [(i.body or {})["value"] for i in shown.items] == [61]
    assert shown.as_of == NOON
    assert SCORES not in sections([mine], {}, CUSTOMER, internal=False)


def test_closed_complaints_are_not_shown() -> None:
    open_one = an_item(section=COMPLAINTS, status="assigned")
    over = an_item(section=COMPLAINTS, status="closed", item_id=IDS.new())
    assert sections([open_one, over], {}, CUSTOMER, internal=True)[COMPLAINTS].items == (open_one,)
