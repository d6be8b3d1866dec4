"""Problems as they are read, and their solution as it is decided."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from complaints.fields import LONGEST_NOTE, Body, Read, Remedy, example

ProblemStatus = Literal["suspected", "recognised", "solution_decided", "improved"]
Words = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NOTE, pattern=r"^[^\u0000]*$"),
]
"""The firm's own words, about nobody."""


class SolutionBody(Body):
    """How everybody who complains of it is answered."""

    model_config = example(text="Send new stands by express, without asking the old ones back.", remedy="exchange")

    text: Words
    remedy: Remedy | None = None


class ProblemRead(Read):
    """A cause (and article) that many complain of."""

    id: UUID
    version: int
    cause: str
    sku: str | None
    status: ProblemStatus
    since: date
    """The day of the first complaint that counts for it."""
    complaints: int
    complainants: int
    """Customers, merged ones counted once, and complaints without a name."""
    recognised_by: str | None
    recognised_at: datetime | None
    solution: str | None
    remedy: str | None
    decided_by: str | None
    decided_at: datetime | None
    created_at: datetime
