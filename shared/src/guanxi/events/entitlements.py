"""What a customer may claim, and what the firm gives beyond it; on the topic of complaints."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, Strict, StrictBool, model_validator
from pydantic_core import PydanticCustomError

from guanxi.events._envelope import Fact
from guanxi.events.fields import Code, Count, Currency, IsoDate, Money, Part, Sku, UtcTime, Vocabulary

GOODWILL_KINDS = ("exchange", "repair", "refund", "credit", "service")
SERVICE_KINDS = ("exchange", "care", "use", "explanation", "repair")
_LONGEST_MONTHS, _LONGEST_DAYS = 1200, 36_500
_MOST_SKUS = 200


class ClauseTerms(Part):
    """What a clause asks and gives: everything it asks must hold. Neither `months` nor `days`: for life."""

    code: Code
    benefit: Code
    """`warranty` is what complaints ask about; any other is the firm's own word."""
    of: Annotated[Code, Vocabulary(("goods", "customer"))] = "goods"
    """Whether it is asked of each piece bought, or of the customer."""
    package: Code | None = None
    kinds: Annotated[tuple[Annotated[Code, Vocabulary(SERVICE_KINDS)], ...], Field(max_length=len(SERVICE_KINDS))] = ()
    """Kinds of after-sale service that it covers."""
    months: Annotated[int, Strict(), Field(ge=1, le=_LONGEST_MONTHS, examples=[6])] | None = None
    """Calendar months from delivery, else from the order."""
    days: Annotated[int, Strict(), Field(ge=1, le=_LONGEST_DAYS, examples=[30])] | None = None
    vip: StrictBool = False
    """For VIPs, at delivery or at the claim."""
    order_at_least_minor: Money | None = None
    """For who ever placed one order of so much, in the currency of the policy or agreement, or more."""
    out_of_town: StrictBool = False
    skus: Annotated[tuple[Sku, ...], Field(max_length=_MOST_SKUS)] = ()
    """For articles whose number begins so; none: for all."""


class NewClause(ClauseTerms):
    """A clause as it comes in, in a policy or an agreement: the same words, of this release alone, and one term."""

    model_config = ConfigDict(extra="forbid")

    of: Literal["goods", "customer"] = "goods"
    """Whether it is asked of each piece bought, or of the customer."""
    kinds: Annotated[
        tuple[Literal["exchange", "care", "use", "explanation", "repair"], ...], Field(max_length=len(SERVICE_KINDS))
    ] = ()
    """Kinds of after-sale service that it covers."""

    @model_validator(mode="after")
    def _one_term(self) -> Self:
        if self.months is not None and self.days is not None:
            raise PydanticCustomError("two_terms", "give months or days, not both")
        if self.of == "customer" and not (self.months is None and self.days is None):
            raise PydanticCustomError("term_of_customer", "only a clause of goods has a term: it runs from delivery")
        return self


class EntitlementPolicyPublished(Fact, type="guanxi.complaints.EntitlementPolicyPublished.v1"):
    """Another version of the rules of entitlement holds from a day; no subject, aggregate is the version."""

    policy_id: UUID
    number: Count
    """Its number: 1 is the shipped one."""
    effective_from: IsoDate
    clauses: tuple[Code, ...]
    approved_by: UUID | None = None


class Goodwill(Fact):
    """A claim met beyond entitlement; aggregate is the request, the subject its customer."""

    goodwill_id: UUID
    unit: Code
    complaint_id: UUID | None = None
    sku: Sku | None = None
    kind: Annotated[Code, Vocabulary(GOODWILL_KINDS)]
    cost_minor: Money
    """What it costs us: estimated when approved, true when spent."""
    currency: Currency
    approved_by: UUID | None = None
    approved_at: UtcTime


class GoodwillApproved(Goodwill, type="guanxi.complaints.GoodwillApproved.v1"):
    """Somebody with the right to has approved it."""


class GoodwillSpent(Goodwill, type="guanxi.complaints.GoodwillSpent.v1"):
    """It was given, at this cost."""

    spent_at: UtcTime
