"""What a complaint is filed with."""

from __future__ import annotations

from typing import Self
from uuid import UUID

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from complaints.fields import (
    About,
    AddressText,
    Body,
    Cause,
    Channel,
    Code,
    PersonalText,
    Reference,
    Severity,
    Sku,
    example,
)
from guanxi.http import Correction


class ReplyTo(Body):
    """Where the answer to this complaint may go; the address is used for nothing else."""

    channel: Channel
    address: AddressText


class ComplaintPatch(Correction):
    """What was taken down wrongly; a field left out stays as it is, null empties one that may be empty."""

    model_config = example(cause="price", sku="STAND-40")

    channel: Channel | None = None
    cause: Cause | None = None
    severity: Severity | None = None
    about: About | None = None
    sku: Sku | None = None
    text: PersonalText | None = None
    wish: PersonalText | None = None
    reply_to: ReplyTo | None = None

    FILLED = frozenset({"channel", "cause", "severity"})


class VoidingCreate(Body):
    """That nobody complained."""

    model_config = example(reason="entered-twice")

    reason: Code
    """A code of yours; it is kept in the audit trail."""


class ComplaintCreate(Body):
    """A complaint; a text or a cause is needed."""

    model_config = example(
        channel="phone",
        text="The stands came two weeks late.",
        cause="neglect",
        sku="STAND-40",
        unit="finance",
        reply_to={"channel": "email", "address": "zhang@example.com"},
    )

    customer_id: UUID | None = None
    """Nobody in particular when left out: complaints may be anonymous."""
    channel: Channel
    text: PersonalText | None = None
    cause: Cause | None = None
    """`other` when only a text is given."""
    sku: Sku | None = None
    wish: PersonalText | None = None
    """What the customer would have us do."""
    severity: Severity | None = None
    about: About | None = None
    """Whether it is about one of our own units, or about somebody outside."""
    reply_to: ReplyTo | None = None
    external_ref: Reference | None = None
    unit: Code | None = None
    """The unit that the customer came to: it holds the complaint until it hands it on. A dealer or another external
    unit holds only what it filed itself."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.text is None and self.cause is None:
            raise PydanticCustomError("missing", "a complaint needs a text or a cause")
        return self
