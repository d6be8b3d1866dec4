"""What complaints have changed: common problems, improvements, and whom they concern; on the topic of complaints."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from guanxi.events._envelope import Fact
from guanxi.events.complaints import CAUSES
from guanxi.events.fields import Code, Count, IsoDate, Language, Part, Reference, ShortText, Sku, UtcTime, Vocabulary

IMPROVEMENT_SOURCES = ("problem", "review", "suggestion")


class ProblemRecognised(Fact, type="guanxi.complaints.ProblemRecognised.v1"):
    """A person has recognised that many complaints have one cause; no subject, aggregate is the problem."""

    problem_id: UUID
    cause: Annotated[Code, Vocabulary(CAUSES)]
    sku: Sku | None = None
    complaints: Count
    since: IsoDate
    """The day of the first complaint that counts for it."""
    recognised_by: UUID | None = None
    recognised_at: UtcTime


class Wording(Part):
    """A short text of the firm's in one language."""

    language: Language
    words: ShortText


class ImprovementPublished(Fact, type="guanxi.complaints.ImprovementPublished.v1"):
    """The firm changed something and says so; no subject, aggregate is the improvement.

    `ComplaintImproved` follows for each complaint that it answers.
    """

    improvement_id: UUID
    source: Annotated[Code, Vocabulary(IMPROVEMENT_SOURCES)]
    problem_id: UUID | None = None
    cycle_id: UUID | None = None
    """The review cycle that it came from."""
    cause: Annotated[Code, Vocabulary(CAUSES)] | None = None
    sku: Sku | None = None
    indicator: Code | None = None
    """The quality indicator that it is to move."""
    titles: tuple[Wording, ...]
    """What was changed, for customers to read."""
    effective_on: IsoDate
    published_at: UtcTime
    owner_id: UUID | None = None
    complainants: Count = 0
    """Customers who complained of it and are known to us."""
    anonymous: Count = 0
    """Complaints of it without a name: nobody can be told."""


class ComplaintImproved(Fact, type="guanxi.complaints.ComplaintImproved.v1"):
    """What a customer complained of was changed; aggregate is the pair of improvement and complaint, its sequence 1."""

    improvement_id: UUID
    complaint_id: UUID
    number: Reference
    """The complaint's."""
    unit: Code
    cause: Annotated[Code, Vocabulary(CAUSES)]
    sku: Sku | None = None
    titles: tuple[Wording, ...]
    effective_on: IsoDate
