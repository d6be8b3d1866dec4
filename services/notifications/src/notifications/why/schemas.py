"""What the holder of a message's link sees: that message and no other, and nobody's name."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict


class ReceiptView(BaseModel):
    """What was said that let the message go."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    purpose: str
    channel: str
    since: datetime
    evidence: str | None
    """How we know: a form, a call; none for the address given for a complaint, and once it was erased."""
    source: str | None
    """The publisher that told us, where it was not said to us."""


class WhyView(BaseModel):
    """Why a message came. It names nobody: whoever has the link may read it."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    intent: str
    """What it was for: complaint-receipt, improvement-told, ..."""
    subject: str | None
    """Its subject line, without a name; none for one that never left."""
    message_class: str
    channel: str
    about: str
    """`complaint` when leave was given for one complaint only, else `class`."""
    sent_at: datetime | None
    permitted_at: datetime | None
    """When the permission was given that allowed it."""
    permission: ReceiptView | None
    stopped: bool
    """Whether such messages are stopped now."""
    question: Literal["improvement", "permission"] | None
    """What the message asks, if anything."""
    answer: bool | None
    """What was answered."""
    stop: str
    """POST here to get no more of these."""
