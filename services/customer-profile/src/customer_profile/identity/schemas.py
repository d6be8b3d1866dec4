"""What callers send and get about aliases and merges."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, JsonValue

from customer_profile.customers.rules import MASKED_FIELDS, FieldChange
from customer_profile.identity.worksheet_rules import Line
from guanxi.events import Personal
from guanxi.events.fields import Code, Reference


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class NewMerge(_Strict):
    """Two records that are the same customer."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "survivor_id": "019a3c5e-7d10-7abc-8def-0123456789ab",
                    "absorbed_id": "019a3c5e-7d11-7abc-8def-0123456789ab",
                    "reason": "same-phone",
                }
            ]
        }
    )

    survivor_id: UUID
    """The record that is to speak for both."""
    absorbed_id: UUID
    reason: Code
    """Why, as a code: `same-phone`, `told-by-customer`, ..."""


class Undoing(_Strict):
    """Why a merge is undone."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "mistake"}]})

    reason: Code | None = None


class MergeRead(BaseModel):
    """A merge, standing (`active`) or `undone`."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    status: str
    survivor_id: UUID
    absorbed_id: UUID
    reason: str
    merged_by: str
    created_at: datetime
    undone_at: datetime | None
    undone_by: str | None
    undone_reason: str | None


class Difference(BaseModel):
    """One field in which the two records differ; both values are kept."""

    field: str
    survivor: JsonValue
    absorbed: JsonValue


class MaskedDifference(Difference):
    """One that not everybody may see."""

    survivor: Annotated[JsonValue, Personal("id")]
    absorbed: Annotated[JsonValue, Personal("id")]


class MergePreview(BaseModel):
    """What a merge would make; nothing has been changed."""

    dry_run: Literal[True] = True
    canonical_id: UUID
    members: list[UUID]
    differences: list[MaskedDifference | Difference]


class WorksheetItem(BaseModel):
    """Something that came to one record while the merge stood. Fields by name, never by value."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    n: int
    kind: Literal[
        "field", "contact_point", "owner", "alias", "assignment", "referral", "agreement", "rows", "match_decision"
    ]
    customer_id: UUID
    """The record that it stands under, and stays under when the merge is undone."""
    what: str
    """The field, the role, the section of other services' rows, or the status of the matcher's pair."""
    source: str | None
    """The publisher that reported it; none for what was entered by hand."""
    by: str | None
    count: int
    at: datetime | None
    """The last time."""
    advice: Literal["by_itself", "look"]
    """`look`: entered by hand under the id that spoke for both, so it may be meant for the other one."""
    where: str
    """The route to look at it, and to put it right."""


class WorksheetRead(BaseModel):
    """What a person goes through when a merge is undone; the same before and after."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    merge_id: UUID
    status: str
    speaks: UUID
    """The id that the records were read and written by."""
    members: list[UUID]
    since: datetime
    until: datetime | None
    """When it was undone; null while it stands."""
    to_look_at: int
    items: list[WorksheetItem]


class NewAlias(_Strict):
    """A source's name for the customer."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"source": "dealer-17", "external_ref": "C-1001"}]})

    source: Code
    external_ref: Reference


class AliasRead(BaseModel):
    """A source's name for the customer."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    customer_id: UUID
    source: str
    external_ref: str | None
    created_at: datetime


def difference(change: FieldChange) -> MaskedDifference | Difference:
    """A difference as it is shown."""
    made = MaskedDifference if change.field in MASKED_FIELDS else Difference
    return made(field=change.field, survivor=change.old, absorbed=change.new)


_WHERE = {
    **dict.fromkeys(("field", "contact_point", "owner"), "/v1/customers/{id}"),
    "alias": "/v1/customers/{id}/aliases",
    "assignment": "/v1/customers/{id}/assignments",
    "referral": "/v1/customers/{id}/referrals",
    "agreement": "/v1/customers/{id}/agreements",
    "match_decision": "/v1/match-candidates?customer={id}&status={what}",
    "contacts": "/v1/interactions?customer_id={id}",
    "orders": "/v1/orders?customer_id={id}",
    "promises": "/v1/promises?customer_id={id}",
    "complaints": "/v1/complaints?customer_id={id}",
}


def item_of(line: Line, n: int, speaks: UUID) -> WorksheetItem:
    """A line as it is shown."""
    where = _WHERE[line.what if line.kind == "rows" else line.kind].format(id=line.customer_id, what=line.what)
    return WorksheetItem(
        n=n,
        kind=line.kind,
        customer_id=line.customer_id,
        what=line.what,
        source=line.source,
        by=line.by,
        count=line.count,
        at=line.at,
        advice=line.advice(speaks),
        where=where,
    )
