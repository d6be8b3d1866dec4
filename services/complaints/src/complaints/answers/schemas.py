"""What is said about a complaint."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StrictBool, StrictInt

from complaints.fields import Body, Channel, Conduct, Note, PersonalText, Remedy, example


class AnswerCreate(Body):
    """What the customer is answered, and how the answer was checked."""

    model_config = example(text="The stands leave today, at our cost.", remedy="apology", quality=4)

    text: PersonalText
    remedy: Remedy | None = None
    quality: Annotated[StrictInt, Field(ge=1, le=5)] | None = None
    """5: answers all that was asked."""
    conduct: Annotated[list[Conduct], Field(max_length=3)] = Field(default_factory=list)
    """What was wrong with how it was said."""


class ReplyCreate(Body):
    """What the customer said."""

    model_config = example(channel="phone", text="The red ones, please.")

    channel: Channel = "other"
    text: PersonalText


class ResolutionCreate(Body):
    """What put it right."""

    model_config = example(remedy="exchange")

    remedy: Remedy | None = None


class ReopeningCreate(Body):
    """Why it is not over."""

    model_config = example(reason="One of the two stands is still missing.", by_customer=True)

    reason: Note
    by_customer: StrictBool = True
    """Whether the customer said so."""


class ClosureCreate(Body):
    """How it ended."""

    model_config = example(solved=True)

    solved: StrictBool | None = None
    """What the customer said; leave it out when they said nothing."""
