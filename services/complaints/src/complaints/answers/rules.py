"""What was said about a ticket; each is the columns of its row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Something said about one ticket."""

    id: UUID
    version: int = 1
    created_at: datetime
    recorded_at: datetime
    unit_id: str
    complaint_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Said):
    """What we answered. `quality` (1 to 5) and `conduct` are its check: rude, blaming, slow."""

    text: str | None
    remedy: str | None = None
    answered_by: UUID | None = None
    quality: int | None = None
    conduct: Sequence[str] = ()
    in_time: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply(Said):
    """What the customer said while it was their turn."""

    channel: str
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict(Said):
    """Whether it was solved, as the customer sees it; `given_by` is `customer`, or who wrote it down for them."""

    solved: bool
    given_by: str
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """Everything said, each in the order it was said."""

    answers: Sequence[Answer] = ()
    replies: Sequence[Reply] = ()
    verdicts: Sequence[Verdict] = ()
