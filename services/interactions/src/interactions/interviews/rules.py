"""What an interview says: grades of quality indicators, words, opportunities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from guanxi.problems import Conflict, FieldError, Unprocessable
from interactions.questionnaires.rules import Questionnaire
from interactions.record import Kept
from interactions.timeline.rules import Entry, Summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was answered to one question of the guide."""

    item: str
    expected: int | None = None
    obtained: int | None = None
    importance: int | None = None
    words: str | None = None

    @property
    def given(self) -> bool:
        """Whether the customer said anything to it."""
        return self.obtained is not None or self.words is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """One quality indicator, on the guide's own scale."""

    item: str
    indicator: str
    obtained: int
    expected: int | None = None
    importance: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the answers come to."""

    grades: tuple[Graded, ...]
    words: dict[str, str]
    answered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Interview(Kept):
    """An interview as it stands; grades are on the guide's scale, words are by the question's name."""

    questionnaire: str
    questionnaire_version: int
    cycle_id: UUID | None
    interviewer_id: UUID | None
    contact_id: UUID
    contact_person: str | None
    held_at: datetime
    grades: tuple[Graded, ...]
    words: Mapping[str, str] | None
    note: str | None
    opportunities: tuple[Mapping[str, Any], ...] | None
    questions: int
    answered: int
    need_count: int
    opportunity_count: int


def heard(guide: Questionnaire, answers: Sequence[Answer]) -> Heard:
    """Take the answers apart; 422, with each field that is wrong, for what the guide does not ask or offer."""
    errors: list[FieldError] = []
    for n, one in enumerate(answers):
        errors += [replace(error, field=f"answers[{n}].{error.field}") for error in _check(guide, one)]
    items = [one.item for one in answers]
    for n, item in enumerate(items):
        if item in items[:n]:
            errors.append(FieldError(f"answers[{n}].item", "repeated", "A question is answered once."))
    if errors:
        raise Unprocessable("These answers do not fit the guide.", errors)
    return Heard(
        grades=tuple(_graded(guide, one) for one in answers if one.obtained is not None),
        words={one.item: one.words for one in answers if one.words is not None},
        answered=sum(one.given for one in answers),
    )


def _check(guide: Questionnaire, answer: Answer) -> list[FieldError]:
    question = guide.question(answer.item)
    if question is None:
        return [FieldError("item", "unknown-item", "The guide has no such question.")]
    grades = {name: getattr(answer, name) for name in ("expected", "obtained", "importance")}
    given = {name: grade for name, grade in grades.items() if grade is not None}
    if question.asks == "words":
        return [FieldError(name, "no-grade", "This question asks for words.") for name in given]
    scale = guide.scale
    outside = f"The guide grades from {scale.lowest} to {scale.highest}."
    errors = [FieldError(name, "outside-scale", outside) for name, grade in given.items() if not scale.holds(grade)]
    if given and answer.obtained is None:
        errors.append(FieldError("obtained", "missing", "What was expected means nothing without what was got."))
    return errors


def _graded(guide: Questionnaire, answer: Answer) -> Graded:
    question = guide.question(answer.item)
    assert question and question.indicator and answer.obtained is not None  # noqa: S101, PT018 - `_check` has looked
    return Graded(
        item=answer.item,
        indicator=question.indicator,
        expected=answer.expected,
        obtained=answer.obtained,
        importance=answer.importance,
    )


def refuse_voided(interview: Interview) -> None:
    """Raise 409 for an interview that has been voided: that is final."""
    if interview.voided_at is not None:
        raise Conflict("interview-voided", "This interview has been voided: it was not held. That is final.")


def void(interview: Interview, now: datetime) -> Interview:
    """The interview that was not held."""
    refuse_voided(interview)
    return replace(interview, voided_at=now, version=interview.version + 1)


def entry(interview: Interview) -> Entry:
    """Its row on the timeline."""
    assert interview.customer_id  # noqa: S101 - an interview is with somebody
    return Entry(
        id=interview.id,
        customer_id=interview.customer_id,
        at=interview.held_at,
        kind="interview",
        unit_id=interview.unit_id,
        sequence=interview.version,
        summary=Summary(
            code=interview.questionnaire, count=interview.need_count or None, contact_id=interview.contact_id
        ),
    )
