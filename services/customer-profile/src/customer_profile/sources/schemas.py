"""What callers send and get about publishers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StrictInt, StringConstraints

from customer_profile.sources import rules


def _known(names: list[str]) -> list[str]:
    unknown = rules.unknown_names(names)
    if unknown:
        message = f"must be names of reports ({', '.join(rules.known_names())}), not {', '.join(unknown)[:200]}"
        raise ValueError(message)
    return sorted(set(names))


SourceName = Annotated[str, StringConstraints(pattern=rules.NAME)]
AllowedTypes = Annotated[
    list[Annotated[str, Field(max_length=100)]],
    Field(min_length=1, max_length=50, description="Names of reports, such as `OrderReported`; twins are included."),
    AfterValidator(_known),
]
Contact = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
UnitCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$")]


class NewSource(BaseModel):
    """A publisher to be registered."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "dealer-17", "unit_id": "dealer-17", "create_unit": True}]},
    )

    name: SourceName
    unit_id: UnitCode = Field(description="The code of the unit whose reports these are.")
    partitions: StrictInt = Field(default=1, ge=1, le=3, description="Partitions of its topic; never changed later.")
    create_unit: StrictBool = Field(
        default=False, description="Make the unit, as an external one, when it is not known."
    )
    allowed_types: AllowedTypes | None = Field(default=None, description="What it may send; all when not given.")
    contact: Contact | None = Field(default=None, description="Whom to tell when its reports are refused.")


class SourcePatch(BaseModel):
    """What may be changed; a field left out stays as it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"paused": True}]})

    paused: StrictBool | None = None
    allowed_types: AllowedTypes | None = Field(default=None, description="null allows all.")
    contact: Contact | None = None


class Source(BaseModel):
    """A publisher and its topic."""

    id: UUID
    name: str
    unit_id: str
    partitions: int
    allowed_types: list[str] | None
    contact: str | None
    status: Literal["creating", "ready"] = Field(description="`ready` once its topic exists.")
    paused_at: datetime | None
    watermark: datetime | None = Field(description="The newest time of an event taken in.")
    topic: str = Field(description="Publish here, keyed by `data.external_customer`.")
    unit_created: bool = Field(default=False, description="Whether this call made the unit.")
    version: int
    created_at: datetime
