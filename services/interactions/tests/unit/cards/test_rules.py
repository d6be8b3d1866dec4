"""Codes that nobody guesses, and opinions that lead to nobody."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from guanxi.ports import SystemIds
from guanxi.problems import Conflict, Unprocessable
from interactions.cards import codes, rules
from interactions.cards.rules import Card, Filled, Invitation, Mark
from interactions.questionnaires.rules import Question, Questionnaire

KEY, NOW = b"k" * 32, datetime(2026, 3, 2, 13, 45, 12, tzinfo=UTC)
CUSTOMER, HANDED_BY = UUID(int=11), UUID(int=12)
ASKED = Questionnaire(
    id=UUID(int=1),
    code="after-delivery",
    version=2,
    kind="card",
    unit_id="head-office",
    recorded_at=NOW,
    title={"en": "How was it?"},
    questions=(
        Question(item="service", text={"en": "Service?"}, facet="service"),
        Question(item="free", text={"en": "More?"}, asks="words"),
    ),
    lowest=1,
    highest=5,
    lapse_days=7,
)
FILLED = Filled(marks=(Mark(item="service", obtained=4, expected=5),), free_text="late", signed=True)


def invitation(**values: Any) -> Invitation:
    one = Invitation(
        id=SystemIds().new(),
        customer_id=CUSTOMER,
        unit_id="dealer-17",
        recorded_at=NOW,
        questionnaire="after-delivery",
        questionnaire_version=2,
        channel="visit",
        handed_by=HANDED_BY,
        invited_at=NOW,
        lapses_at=rules.lapses_at(ASKED, NOW),
        code_hash="x",
    )
    return replace(one, **values)


def test_a_code_is_long_enough_and_the_same_each_time() -> None:
    owner = uuid4()
    made = {codes.code_of(KEY, owner, n) for n in range(1000)}
    assert len(made) == 1000
    assert codes.code_of(KEY, owner, 3) in made
    assert codes.code_of(b"x" * 32, owner, 3) not in made
    assert all(len(one.replace("-", "")) == 16 for one in made)
    letters = {letter for one in made for letter in one}
    assert letters == set("0123456789ABCDEFGHJKMNPQRSTVWXYZ-")


def test_a_code_is_known_however_it_is_typed() -> None:
    code = "7F3K-9QMA-2X01-40HE"
    assert codes.hash_of(code) == codes.hash_of("7f3k 9qma2xoi4ohe") == codes.hash_of(" 7F3K9QMA2XOL40HE ")
    assert codes.hash_of(code) != codes.hash_of("7F3K-9QMA-2X01-40HF")


def test_nothing_of_an_unsigned_card_leads_to_whom_it_was_handed() -> None:
    one = rules.anonymous(ASKED, replace(FILLED, signed=False), NOW)
    assert (one.customer_id, one.invitation_id, one.unit_id) == (None, None, "head-office")
    assert one.given_at == one.recorded_at == datetime(2026, 3, 2, tzinfo=UTC)
    assert one.id.version == 4, "an id of ours holds the millisecond in which it was made"
    said = str(asdict(one))
    assert not [word for word in (str(CUSTOMER), str(HANDED_BY), "dealer-17", "13, 45") if word in said]
    assert rules.anonymous(ASKED, FILLED, NOW).id != one.id


def test_a_signed_card_is_the_customers_opinion() -> None:
    one = invitation()
    card = Card(questionnaire="after-delivery", questionnaire_version=2, used=False, invitation=one)
    opinion = rules.signed(card, ASKED, FILLED, UUID(int=9), NOW)
    assert (opinion.customer_id, opinion.invitation_id, opinion.unit_id) == (CUSTOMER, one.id, "dealer-17")
    assert (opinion.given_at, opinion.kind, opinion.questionnaire_version) == (NOW, "card", 2)
    (grade,) = opinion.grades
    assert (grade.item, grade.expected, grade.obtained, grade.facet) == ("service", 10, 8, "service")


def test_each_grade_that_does_not_fit_is_named() -> None:
    marks = (
        Mark(item="service", obtained=0, expected=6),
        Mark(item="service", obtained=3),
        Mark(item="free", obtained=3),
        Mark(item="nothing", obtained=3),
    )
    with pytest.raises(Unprocessable) as refused:
        rules.check(ASKED, replace(FILLED, marks=marks))
    assert [(error.field, error.code) for error in refused.value.errors] == [
        ("grades[0].obtained", "outside-scale"),
        ("grades[0].expected", "outside-scale"),
        ("grades[2].item", "unknown-item"),
        ("grades[3].item", "unknown-item"),
        ("grades[1].item", "repeated"),
    ]
    with pytest.raises(Unprocessable):
        rules.check(ASKED, Filled(marks=(), free_text=None, signed=False))
    rules.check(ASKED, Filled(marks=(), free_text="only words", signed=False))


def test_a_code_is_good_once() -> None:
    card = Card(questionnaire="after-delivery", questionnaire_version=2, used=True)
    with pytest.raises(Conflict):
        rules.refuse_used(card)


def test_an_invitation_lapses_once_and_an_answer_comes_never_too_late() -> None:
    one = invitation()
    assert one.lapses_at == NOW + timedelta(days=7)
    assert rules.lapsed(one, one.lapses_at - timedelta(seconds=1)) is None
    gone = rules.lapsed(one, one.lapses_at)
    assert gone is not None
    assert (gone.status, gone.version, rules.lapsed(gone, one.lapses_at)) == ("lapsed", 2, None)
    assert rules.answered(gone).status == "answered"
    assert rules.lapsed(rules.answered(one), one.lapses_at) is None
