"""The follow-up sheet over HTTP."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, Field

from interactions.contacts.schemas import InteractionRow
from interactions.needs.schemas import NeedRead
from interactions.plans.schemas import PlanItemRead
from interactions.promises.schemas import PromiseRead


class FollowUp(BaseModel):
    """What there is to come back to; of each list at most 50."""

    customer_id: UUID = Field(description="The id that stands for the customer.")
    last_contact: InteractionRow | None
    days_since: int | None = Field(description="Whole days since the last contact; null when there was none.")
    promises: list[PromiseRead] = Field(description="Open, the earliest due first.")
    plan_items: list[PlanItemRead] = Field(description="Still to be done, the next first.")
    needs: list[NeedRead] = Field(description="Still to be answered, the newest first.")
