"""Service standards as they are written and read."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StrictInt, model_validator
from pydantic_core import PydanticCustomError

from complaints.deadlines.rules import STEPS, Standards
from complaints.fields import Body, Level, Read, example

Minutes = Annotated[StrictInt, Field(ge=1, le=60_000, examples=[480])]
"""Minutes of working time."""


class StandardBody(Body):
    """How long a step may take at a level."""

    level: Level
    step: Literal["acknowledge", "answer", "resolve"]
    business_minutes: Minutes


class StandardsBody(Body):
    """A whole set of standards: each step of each level once."""

    model_config = example(
        standards=[
            {"level": level, "step": step, "business_minutes": minutes}
            for level, times in (("ordinary", (240, 960, 2400)), ("vip", (60, 480, 1440)))
            for step, minutes in zip(STEPS, times, strict=True)
        ],
        handover_limit=3,
        wrong_hands_minutes=480,
    )

    standards: Annotated[list[StandardBody], Field(max_length=6)]
    handover_limit: Annotated[StrictInt, Field(ge=1, le=100)] = 3
    """At so many hand-overs a complaint escalates by itself."""
    wrong_hands_minutes: Minutes = 480
    """After so much working time in wrong hands it escalates by itself."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        given = [(one.level, one.step) for one in self.standards]
        wanted = {(level, step) for level in ("ordinary", "vip") for step in STEPS}
        if len(given) != len(wanted) or set(given) != wanted:
            raise PydanticCustomError("incomplete", "each step of each level must be given, once")
        return self


class StandardRead(Read):
    """How long a step may take at a level."""

    level: str
    step: str
    business_minutes: int


class StandardsRead(Read):
    """The set in force; its number is its ETag."""

    number: int
    standards: list[StandardRead]
    handover_limit: int
    wrong_hands_minutes: int


def standards_of(body: StandardsBody, number: int) -> Standards:
    """The set that a body describes, under its number."""
    return Standards(
        number=number,
        minutes={(one.level, one.step): one.business_minutes for one in body.standards},
        handover_limit=body.handover_limit,
        wrong_hands_minutes=body.wrong_hands_minutes,
    )


def shown(standards: Standards) -> StandardsRead:
    """The set as it is read."""
    listed = [
        StandardRead(level=level, step=step, business_minutes=minutes)
        for (level, step), minutes in sorted(standards.minutes.items())
    ]
    return StandardsRead(
        number=standards.number,
        standards=listed,
        handover_limit=standards.handover_limit,
        wrong_hands_minutes=standards.wrong_hands_minutes,
    )
