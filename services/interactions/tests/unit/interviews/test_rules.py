"""What an interview's answers come to."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from guanxi.problems import Unprocessable
from interactions.interviews import rules
from interactions.interviews.rules import Answer
from interactions.questionnaires.rules import Question, Questionnaire

GUIDE = Questionnaire(
    id=UUID(int=1),
    code="kqi",
    version=1,
    kind="interview",
    unit_id="head-office",
    recorded_at=datetime(2026, 1, 1, tzinfo=UTC),
    title={"en": "Guide"},
    questions=(
        Question(item="speed", text={"en": "Fast?"}, indicator="delivery"),
        Question(item="price", text={"en": "Fair?"}, indicator="price"),
        Question(item="plans", text={"en": "Plans?"}, asks="words"),
    ),
    lowest=1,
    highest=5,
    lapse_days=30,
)


def test_grades_are_by_indicator_and_words_by_question() -> None:
    heard = rules.heard(
        GUIDE,
        [
            Answer(item="speed", expected=5, obtained=2, importance=4, words="Always late."),
            Answer(item="plans", words="A second plant."),
            Answer(item="price"),
        ],
    )
    assert [(one.indicator, one.expected, one.obtained, one.importance) for one in heard.grades] == [
        ("delivery", 5, 2, 4)
    ]
    assert heard.words == {"speed": "Always late.", "plans": "A second plant."}
    assert heard.answered == 2


def test_each_answer_that_does_not_fit_is_named() -> None:
    answers = [
        Answer(item="speed", obtained=0),
        Answer(item="speed", obtained=3),
        Answer(item="price", expected=3),
        Answer(item="plans", obtained=3),
        Answer(item="nothing", obtained=3),
    ]
    with pytest.raises(Unprocessable) as refused:
        rules.heard(GUIDE, answers)
    assert [(error.field, error.code) for error in refused.value.errors] == [
        ("answers[0].obtained", "outside-scale"),
        ("answers[2].obtained", "missing"),
        ("answers[3].obtained", "no-grade"),
        ("answers[4].item", "unknown-item"),
        ("answers[1].item", "repeated"),
    ]
