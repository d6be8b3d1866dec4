"""Hand-overs over HTTP."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from guanxi.events.fields import Code, IsoDate, PersonalText, PersonName, UtcTime


class NewHandover(BaseModel):
    """That a customer is to go from one employee to another."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "customer_id": "0198c0de-0000-7000-8000-000000000001",
                    "from_employee": "0198c0de-0000-7000-8000-000000000002",
                    "to_employee": "0198c0de-0000-7000-8000-000000000003",
                    "reason": "new-territory",
                    "joint_visit_on": "2026-04-07",
                }
            ]
        },
    )

    customer_id: UUID
    from_employee: UUID
    to_employee: UUID | None = Field(default=None, description="Who takes over; to be named by the unit's lead else.")
    reason: Code
    joint_visit_on: IsoDate | None = Field(default=None, description="The day on which both are to see the customer.")


class NewJointVisit(BaseModel):
    """That both have seen the customer; it becomes a contact of whoever takes over."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"to_employee": "0198c0de-0000-7000-8000-000000000003"}]}
    )

    to_employee: UUID | None = Field(default=None, description="Who takes over, where nobody has been named yet.")
    at: UtcTime | None = Field(default=None, description="Now, if not given; not in the future.")
    whom: PersonName | None = Field(default=None, description="Whom they spoke with.")
    result: PersonalText | None = None


class NewHandoverCompletion(BaseModel):
    """That the customer has been handed over."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"without_joint_visit": "customer-abroad"}]}
    )

    to_employee: UUID | None = Field(default=None, description="Who takes over, where nobody has been named yet.")
    without_joint_visit: Code | None = Field(
        default=None, description="Why there was no joint visit; needed where there was none. Kept in the audit trail."
    )


class HandoverRead(BaseModel):
    """A hand-over as it stands."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    customer_id: UUID
    unit: str = Field(validation_alias="unit_id", description="The unit that has to see to it.")
    from_employee: UUID = Field(validation_alias="from_id")
    to_employee: UUID | None = Field(validation_alias="to_id", description="Null: the unit's lead has to say.")
    status: str
    reason: str
    single_tie: bool = Field(description="Whether nobody else of ours was known to the customer.")
    leaves_on: date | None
    joint_visit_on: date | None = Field(description="The day on which both are to see the customer, or did.")
    plan_item_id: UUID | None = Field(description="The joint visit as it is planned.")
    contact_id: UUID | None = Field(description="The joint visit as it took place.")
    done_at: datetime | None
    recorded_at: datetime


class ExposedCustomer(BaseModel):
    """A customer tied to an employee, with all that were merged into it."""

    model_config = ConfigDict(from_attributes=True)

    customer_id: UUID
    members: list[UUID]
    strength: int = Field(description="0 to 100, by the declared formula.")
    contacts: int = Field(description="Exchanges that name the employee, within the formula's window.")
    interviews: int
    promises_kept: int
    last_contact_at: datetime | None
    others: int = Field(description="Other employees, who stay, whom the customer knows.")
    single_tie: bool = Field(description="Whether the customer would know nobody of ours any more.")
    owner: bool = Field(description="Whether the employee answers for the customer.")
    formula: str = Field(description="Version of the formula.")
