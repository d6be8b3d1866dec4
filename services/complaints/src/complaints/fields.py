"""The field types of this service's requests and answers: the limits and forms of the facts, in one place."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Depends, Header
from pydantic import BaseModel, ConfigDict, StringConstraints, WithJsonSchema

from guanxi.events import Personal
from guanxi.events.fields import AddressText, Channel, Code, PersonalText, Reference, Sku, UtcTime
from guanxi.http import ETAG_SCHEMA, if_match

__all__ = [
    "LONGEST_NOTE",
    "About",
    "AddressText",
    "Body",
    "Cause",
    "Channel",
    "Code",
    "Conduct",
    "IfMatchGiven",
    "Level",
    "Note",
    "PersonalText",
    "Read",
    "Reference",
    "Remedy",
    "Severity",
    "Sku",
    "UtcTime",
    "example",
]

Cause = Literal["quality", "price", "indifference", "image", "neglect", "other"]
Severity = Literal["low", "normal", "high", "critical"]
About = Literal["internal", "external"]
Remedy = Literal["answer", "repair", "exchange", "refund", "goodwill", "apology", "none"]
Conduct = Literal["rude", "blaming", "slow"]
Level = Literal["vip", "ordinary"]
LONGEST_NOTE = 2_000
Note = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NOTE, pattern=r"^[^\u0000]*$"),
    Personal("text"),
]
"""A few sentences that stay in this service."""


class Body(BaseModel):
    """A request's body: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def example(**values: Any) -> ConfigDict:
    """A body's `model_config` that shows this example in the API's reference."""
    return ConfigDict(json_schema_extra={"examples": [values]})


class Read(BaseModel):
    """Part of an answer, made from a row or a dataclass."""

    model_config = ConfigDict(from_attributes=True, use_attribute_docstrings=True)


async def version_given(
    value: Annotated[
        str | None,
        WithJsonSchema({"anyOf": [ETAG_SCHEMA, {"type": "null"}]}),
        Header(alias="If-Match", description='The ETag you have read, such as `"7"`: at any other version, 412.'),
    ] = None,
) -> int | None:
    """The version in If-Match, where there is one: the row's lock keeps changes apart even without it."""
    return None if value is None else await if_match(value)


IfMatchGiven = Annotated[int | None, Depends(version_given)]
