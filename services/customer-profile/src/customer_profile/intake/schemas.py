"""What callers send and get at the desk of inbound reports."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from guanxi.events.fields import UtcTime

ReportStatus = Literal["received", "resolved", "passed_anonymous", "rejected"]
DoorName = Literal["kafka", "http", "import"]

EXAMPLE_EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "dealer-17-2026-000001",
    "source": "dealer-17",
    "type": "guanxi.inbound.OrderReported.v1",
    "time": "2026-03-31T09:30:00+08:00",
    "data": {
        "external_customer": "C-1001",
        "external_ref": "SO-2026-0042",
        "placed_at": "2026-03-31T09:30:00+08:00",
        "currency": "CNY",
        "lines": [{"sku": "MODEL-747", "quantity": 10, "amount_minor": 420000}],
    },
}

BATCH_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/cloudevents-batch+json": {
            "schema": {
                "type": "array",
                "maxItems": 500,
                "items": {"type": "object", "description": "A CloudEvent 1.0."},
            },
            "example": [EXAMPLE_EVENT],
        },
        "application/json": {
            "schema": {"type": "array", "maxItems": 500, "items": {"type": "object"}},
            "example": [EXAMPLE_EVENT],
        },
    },
}
"""The request body of a batch, for the OpenAPI document: it is read event by event, so no model stands for it."""


class Fault(BaseModel):
    """What is wrong with one field of an event."""

    model_config = ConfigDict(from_attributes=True)

    field: str = Field(
        description="Its path in the event, such as `data.lines[0].quantity`.", examples=["data.placed_at"]
    )
    code: str = Field(examples=["missing"])
    detail: str = Field(examples=["is required"])


class EventResult(BaseModel):
    """What became of one event of a batch."""

    id: str = Field(description="The event's id, or a name given to one without a readable id.")
    status: Literal["received", "duplicate", "rejected"]
    report_id: UUID | None = Field(description="Where to find it at the desk.")
    customer: Literal["registered", "known", "anonymous"] | None = Field(
        default=None, description="Whether the report opened a customer's record, found one, or names nobody."
    )
    errors: list[Fault] = []
    warnings: list[Fault] = Field(default=[], description="Optional fields that were left out, and why.")
    repeated: bool = Field(
        default=False, description="Whether it had come before, so that nothing new was kept; also of a rejected one."
    )


class BatchResult(BaseModel):
    """One result an event, in the order sent."""

    id: UUID
    results: list[EventResult]


class CheckedEvent(BaseModel):
    """What intake would say of one event."""

    id: str
    status: Literal["acceptable", "rejected"]
    errors: list[Fault] = []
    warnings: list[Fault] = []


class CheckResult(BaseModel):
    """One result an event, in the order sent; nothing was stored."""

    results: list[CheckedEvent]


class InboundReport(BaseModel):
    """One event that came in, as its sender's desk shows it."""

    id: UUID
    source: str
    unit_id: str
    event_id: str
    type: str | None
    family: str | None
    external_customer: str | None
    external_ref: str | None
    time: datetime | None
    status: ReportStatus
    errors: list[Fault]
    warnings: list[Fault]
    customer_id: UUID | None
    aggregate_id: UUID | None
    sequence: int | None
    revision: int = Field(description="1 as it came; raised by each mending and resubmission.")
    received_by: DoorName
    recorded_at: datetime
    version: int


class InboundReportDetail(InboundReport):
    """The same with its body; personal fields are masked for readers without `pii:read`."""

    body: Any = Field(description="The event as JSON; null where it could not be read as JSON or was erased.")
    raw: str | None = Field(description="The bytes as they came, in base64, where they were no JSON we could keep.")


class Mending(BaseModel):
    """The event's data as it should have been; attributes left out stay as they came."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"data": EXAMPLE_EVENT["data"]}]})

    data: dict[str, Any]
    type: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    time: UtcTime | None = None
    subject: UUID | None = Field(default=None, description="null takes it out, so that the sender's name counts.")


class Figures(BaseModel):
    """How many events of one publisher came in, and what became of them."""

    source: str
    events: int = Field(description="All that are kept: resolved, anonymous and rejected.")
    resolved: int
    passed_anonymous: int
    rejected: int
    registered: int = Field(description="Customers whose record a report of this publisher opened.")
    superseded: int = Field(description="Taken in, but a newer report of the same reference was known.")
    passed_on: dict[str, int] = Field(description="Reports passed on to the other services, by family.")
    duplicates: int
    rejected_by_reason: dict[str, int] = Field(description="By the code of the first fault.")
