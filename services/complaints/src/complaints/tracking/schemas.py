"""What the holder of a link sees: their own complaint and nobody's else; units, never people."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import StrictBool

from complaints.fields import Body, Note, Read, example


class TrackingLink(Read):
    """The link that lets a complainant follow one complaint; give it to nobody else."""

    token: str
    url: str


class TrackStep(Read):
    """A step on the way."""

    step: Literal["received", "held", "promised", "waiting_for_you", "answered", "resolved", "closed", "reopened"]
    at: datetime | None
    unit: str | None = None
    """The name of the unit that took it."""


class Track(Read):
    """Where a complaint is: received, who holds it, the promised time, the answer, whether it is solved."""

    number: str
    status: str
    filed_at: datetime
    holder: str
    """The name of the unit that answers for it."""
    asked: str | None
    """The unit that was asked to take it and has not accepted yet."""
    promised_at: datetime | None
    answered_at: datetime | None
    answer: str | None
    """The words of the last answer."""
    solved: bool | None
    may_judge: bool
    """Whether the verdict can be given now."""
    steps: list[TrackStep]


class VerdictCreate(Body):
    """Whether it is solved: yes closes the complaint, no reopens it."""

    model_config = example(solved=False, comment="One of the two stands is still missing.")

    solved: StrictBool
    comment: Note | None = None
