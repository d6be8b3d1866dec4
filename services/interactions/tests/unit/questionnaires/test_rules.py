"""What may be asked, and on which scale."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.problems import Unprocessable
from interactions.questionnaires import rules
from interactions.questionnaires.rules import Question, Scale

WORDS = {"zh-Hans": "准时吗？", "zh-Hant": "準時嗎？", "en": "On time?"}
TEN = Scale()


def questions(count: int, **values: Any) -> list[Question]:
    return [Question(**{"item": f"q-{n}", "text": WORDS, **values}) for n in range(count)]


def wrong(kind: Any, asked: list[Question], scale: Scale = TEN, title: dict[str, str] = WORDS) -> list[tuple[str, str]]:
    with pytest.raises(Unprocessable) as refused:
        rules.check(kind, title, asked, scale)
    return [(error.field, error.code) for error in refused.value.errors]


@pytest.mark.parametrize("count", [5, 10])
def test_a_card_has_five_to_ten_graded_questions(count: int) -> None:
    rules.check("card", WORDS, [*questions(count), Question(item="free", text=WORDS, asks="words")], TEN)


@pytest.mark.parametrize("count", [0, 4, 11])
def test_a_shorter_or_a_longer_card_is_refused(count: int) -> None:
    words = [Question(item=f"w-{n}", text=WORDS, asks="words") for n in range(6)]
    assert wrong("card", [*questions(count), *words]) == [("questions", "card-length")]


def test_a_survey_may_have_any_length_and_one_language() -> None:
    rules.check("survey", {"en": "Needs"}, questions(1, text={"en": "On time?"}), TEN)


def test_a_card_is_printed_in_each_language() -> None:
    asked = [*questions(5), Question(item="free", text={"en": "Anything else?"}, asks="words")]
    assert wrong("card", asked, title={"en": "Card"}) == [
        ("title", "language-missing"),
        ("questions[5].text", "language-missing"),
    ]


def test_a_guides_graded_questions_measure_an_indicator_each() -> None:
    asked = [
        Question(item="a", text=WORDS, indicator="speed"),
        Question(item="b", text=WORDS),
        Question(item="c", text=WORDS, asks="words"),
    ]
    assert wrong("interview", asked) == [("questions[1].indicator", "missing")]
    twice = questions(2, indicator="speed")
    assert {field for field, _ in wrong("interview", twice)} == {
        "questions[0].indicator",
        "questions[1].indicator",
    }


def test_each_question_has_a_name_of_its_own_and_a_scale_goes_up() -> None:
    asked = questions(2, item="same")
    assert wrong("survey", asked, Scale(lowest=3, highest=3)) == [
        ("scale.highest", "not-above"),
        ("questions[1].item", "repeated"),
    ]


@pytest.mark.parametrize(
    ("lowest", "highest", "grades"),
    [(0, 10, [0, 5, 10]), (1, 5, [0, 3, 5, 8, 10]), (0, 100, [0, 5, 10]), (1, 4, [0, 3, 7, 10])],
)
def test_grades_are_stretched_evenly_halves_upwards(lowest: int, highest: int, grades: list[int]) -> None:
    scale = Scale(lowest=lowest, highest=highest)
    step = (highest - lowest) // (len(grades) - 1)
    assert [scale.on_ten(grade) for grade in range(lowest, highest + 1, step)] == grades


@given(st.integers(0, 99), st.integers(1, 100), st.data())
def test_whatever_the_scale_order_and_ends_are_kept(lowest: int, span: int, data: st.DataObject) -> None:
    scale = Scale(lowest=lowest, highest=lowest + span)
    lower, higher = sorted(data.draw(st.tuples(*[st.integers(lowest, lowest + span)] * 2)))
    assert 0 <= scale.on_ten(lower) <= scale.on_ten(higher) <= 10
    assert (scale.on_ten(scale.lowest), scale.on_ten(scale.highest)) == (0, 10)


def test_words_fall_back_to_a_language_that_there_is() -> None:
    assert rules.in_language(WORDS, "en") == "On time?"
    assert rules.in_language({"en": "On time?"}, "zh-Hant") == "On time?"
