"""Published rules over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class ScorecardItem(BaseModel):
    """One version of one set of rules."""

    model_config = ConfigDict(from_attributes=True)

    kind: str
    version: int
    status: str
    published_at: datetime


class ScorecardRead(ScorecardItem):
    """The same with every weight, threshold and text."""

    body: dict[str, Any] = Field(description="The published file as it is; its layout is described in its comments.")


class ScorecardList(BaseModel):
    """All versions."""

    items: list[ScorecardItem]
