"""The body of every voiding."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from guanxi.events.fields import Code


class NewVoiding(BaseModel):
    """That a record was wrong altogether."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "entered-twice"}]})

    reason: Code | None = Field(default=None, description="A code of yours; it is kept in the audit trail.")
