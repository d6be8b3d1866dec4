"""What a questionnaire asks, on which scale, and what may be printed on a card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from guanxi.events.interactions import BUY_AGAIN
from guanxi.problems import FieldError, Unprocessable

Kind = Literal["card", "survey", "exit", "interview"]
Language = Literal["zh-Hans", "zh-Hant", "en"]
Asks = Literal["grade", "words"]
LANGUAGES: tuple[Language, ...] = ("zh-Hans", "zh-Hant", "en")
FACETS = (
    "price",
    "quality",
    "brand",
    "service",
    "cost",
    "promise",
    "staff",
    "complaints",
    "contact",
    "product",
    "image",
    BUY_AGAIN,
)
"""What items are usually about; firms add their own."""
CARD_LEAST, CARD_MOST = 5, 10
"""How many graded questions an opinion card has: fewer tell nothing, more are not filled in on the spot."""
CARD_GRADES = 11
"""How many grades a card offers at most: each is a box to tick."""
TEN = 10
"""The highest grade of the scale that facts carry; the lowest is 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The grades that a questionnaire offers, whole numbers from `lowest` to `highest`."""

    lowest: int = 0
    highest: int = TEN

    def holds(self, grade: int) -> bool:
        """Whether this is one of its grades."""
        return self.lowest <= grade <= self.highest

    def on_ten(self, grade: int) -> int:
        """The grade as facts carry it: stretched evenly to 0 to 10, halves upwards (of 1 to 5, a 4 is an 8)."""
        span = self.highest - self.lowest
        return (2 * TEN * (grade - self.lowest) + span) // (2 * span)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question: for a grade, or for words."""

    item: str
    text: Mapping[str, str]
    asks: Asks = "grade"
    facet: str | None = None
    indicator: str | None = None
    asks_expected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Questionnaire:
    """One version of a questionnaire, as it will always have been."""

    id: UUID
    code: str
    version: int
    kind: Kind
    unit_id: str
    recorded_at: datetime
    title: Mapping[str, str]
    questions: tuple[Question, ...]
    lowest: int
    highest: int
    lapse_days: int

    @property
    def scale(self) -> Scale:
        """Its grades."""
        return Scale(lowest=self.lowest, highest=self.highest)

    @property
    def graded(self) -> tuple[Question, ...]:
        """The questions that ask for a grade."""
        return tuple(one for one in self.questions if one.asks == "grade")

    def question(self, item: str) -> Question | None:
        """The question of that name."""
        return next((one for one in self.questions if one.item == item), None)


def in_language(words: Mapping[str, str], language: str) -> str:
    """What is said in a language; where it is not, in the first of ours in which it is."""
    return next((words[one] for one in (language, *LANGUAGES) if one in words), "")


def check(kind: Kind, title: Mapping[str, str], questions: Sequence[Question], scale: Scale) -> None:
    """Raise 422, with each field that is wrong, for what cannot be asked like this."""
    errors = [*_check_scale(scale), *_check_items(questions)]
    if kind == "card":
        errors += _check_card(title, questions, scale)
    if kind == "interview":
        errors += _check_guide(questions)
    if errors:
        raise Unprocessable("This cannot be asked like this.", errors)


def _check_scale(scale: Scale) -> Iterator[FieldError]:
    if scale.lowest >= scale.highest:
        yield FieldError("scale.highest", "not-above", "The highest grade must lie above the lowest.")


def _check_items(questions: Sequence[Question]) -> Iterator[FieldError]:
    seen: set[str] = set()
    for n, one in enumerate(questions):
        if one.item in seen:
            yield FieldError(f"questions[{n}].item", "repeated", "Each question needs a name of its own.")
        seen.add(one.item)


def _check_card(title: Mapping[str, str], questions: Sequence[Question], scale: Scale) -> Iterator[FieldError]:
    if scale.highest - scale.lowest >= CARD_GRADES:
        yield FieldError("scale.highest", "too-many", f"A card offers at most {CARD_GRADES} grades.")
    graded = sum(one.asks == "grade" for one in questions)
    if not CARD_LEAST <= graded <= CARD_MOST:
        words = f"A card has {CARD_LEAST} to {CARD_MOST} graded questions; this has {graded}."
        yield FieldError("questions", "card-length", words)
    asked = {"title": title} | {f"questions[{n}].text": one.text for n, one in enumerate(questions)}
    for field, words_by_language in asked.items():
        if missing := [language for language in LANGUAGES if language not in words_by_language]:
            yield FieldError(field, "language-missing", f"A card is printed in each language: {', '.join(missing)}.")


def _check_guide(questions: Sequence[Question]) -> Iterator[FieldError]:
    often = Counter(one.indicator for one in questions if one.asks == "grade")
    for n, one in enumerate(questions):
        if one.asks != "grade":
            continue
        if one.indicator is None:
            words = "A graded question of an interview names the quality indicator that it measures."
            yield FieldError(f"questions[{n}].indicator", "missing", words)
        elif often[one.indicator] > 1:
            yield FieldError(f"questions[{n}].indicator", "repeated", "One graded question measures an indicator.")
