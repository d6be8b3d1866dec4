"""Routing rules as they are written and read."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictInt

from complaints.fields import Body, Cause, Code, Read, Sku, example


class RuleBody(Body):
    """Complaints that fit all conditions given go to the unit; the highest priority wins."""

    model_config = example(cause="quality", sku_prefix="STAND-", to_unit="logistics", priority=200)

    cause: Cause | None = None
    sku_prefix: Sku | None = None
    """The product's article number begins so."""
    to_unit: Code
    """An internal unit: external ones see, and so hold, only their own complaints."""
    priority: Annotated[StrictInt, Field(ge=0, le=1000)] = 100


class RuleRead(Read):
    """A rule in force. Without conditions, and with priority 0, it is the default route."""

    id: UUID
    version: int
    cause: str | None
    sku_prefix: str | None
    to_unit: str
    priority: int


class Rules(Read):
    """Every rule in force, the highest priority first."""

    items: list[RuleRead]
