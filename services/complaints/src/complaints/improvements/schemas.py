"""Improvements as they are proposed, changed and read; what everybody may read; the report on defects."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from complaints.fields import Body, Cause, Code, Read, Sku, example
from guanxi.events.fields import Currency, IsoDate, Language, Money, ShortText
from guanxi.http import Correction

ImprovementStatus = Literal["proposed", "approved", "published"]
_PROBLEM = "01980f5e-0a6e-7c31-9d0f-3f1f6a0b2c11"


class Title(Body):
    """What was changed, for customers to read, in one language."""

    language: Language
    words: ShortText


Titles = Annotated[tuple[Title, ...], Field(min_length=1, max_length=20)]


class ImprovementCreate(Body):
    """Something that the firm is to change."""

    model_config = example(
        source="problem",
        problem_id=_PROBLEM,
        titles=[
            {"language": "zh-Hans", "words": "展架备有缓冲库存，两天内发货"},
            {"language": "en", "words": "Stands in stock"},
        ],
        effective_on="2026-12-01",
    )

    source: Literal["problem", "review", "suggestion"]
    problem_id: UUID | None = None
    """For `problem`: its cause and article are the improvement's."""
    cycle_id: UUID | None = None
    """The review cycle that it came from."""
    cause: Cause | None = None
    """Of what complaints; left out for none: nobody is told then."""
    sku: Sku | None = None
    """Of which article; left out, of those complaints that name none."""
    complaints_since: IsoDate | None = None
    """It answers complaints from this day on; left out, the first of the problem, else of the last weeks."""
    indicator: Code | None = None
    """The quality indicator that it is to move."""
    titles: Titles
    owner_id: UUID | None = None
    """The employee who answers for it."""
    cost_minor: Money | None = None
    currency: Currency | None = None
    effective_on: IsoDate

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.source == "problem") != (self.problem_id is not None):
            raise PydanticCustomError("problem", "a problem is named where it is the source, and only there")
        if self.problem_id is not None and (self.cause or self.sku or self.complaints_since):
            raise PydanticCustomError("of_problem", "cause, sku and complaints_since are those of the problem")
        if (self.cost_minor is None) != (self.currency is None):
            raise PydanticCustomError("currency", "a cost needs its currency, and a currency its cost")
        return self


class ImprovementPatch(Correction):
    """What is to be put right in a proposal; a field left out stays, null empties one that may be empty."""

    model_config = example(effective_on="2026-12-15")

    indicator: Code | None = None
    titles: Titles | None = None
    owner_id: UUID | None = None
    cost_minor: Money | None = None
    currency: Currency | None = None
    effective_on: IsoDate | None = None

    FILLED = frozenset({"titles", "effective_on"})


class TitleRead(Read):
    """What was changed, in one language."""

    language: str
    words: str


class ImprovementRead(Read):
    """An improvement."""

    id: UUID
    version: int
    source: str
    problem_id: UUID | None
    cycle_id: UUID | None
    cause: str | None
    sku: str | None
    complaints_since: date
    indicator: str | None
    titles: list[TitleRead]
    owner_id: UUID | None
    cost_minor: int | None
    currency: str | None
    effective_on: date
    status: ImprovementStatus
    proposed_by: str
    approved_by: str | None
    approved_at: datetime | None
    published_at: datetime | None
    complainants: int
    """Customers who had complained of it when it was published, merged ones counted once."""
    anonymous: int
    """Complaints of it without a name."""
    created_at: datetime


class PublicImprovement(Read):
    """What the firm changed because it was told."""

    id: UUID
    titles: list[TitleRead]
    effective_on: date
    published_at: datetime


class DefectsRead(Read):
    """An article's complaints, and those of its quality for each million pieces sold in the same time."""

    sku: str
    complaints: int
    quality_complaints: int
    pieces_sold: int
    quality_per_million: int | None
    """Null where none were sold."""


class DefectsReport(Read):
    """By article, the most complaints of quality first; at most 200."""

    since: date
    until: date
    items: list[DefectsRead]
