"""Facts about who the customer is; whole states are in `directory` and `organisation`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from guanxi.events._envelope import Fact
from guanxi.events.entitlements import ClauseTerms
from guanxi.events.fields import (
    Code,
    Currency,
    DocumentHash,
    IsoDate,
    Part,
    PersonalReference,
    RecordReference,
    UtcTime,
    Vocabulary,
)

KINDS = ("person", "organisation")
ROLES = ("end_user", "dealer", "partner", "supplier", "internal")
LIFECYCLES = ("prospect", "active", "dormant", "former")
AGREEMENTS = ("sale", "service", "strategic")


class CustomerRegistered(Fact, type="guanxi.customers.CustomerRegistered.v1"):
    """A record was opened, by a person over HTTP or by the first report of an external customer."""

    customer_id: UUID
    kind: Annotated[Code, Vocabulary(KINDS)]
    role: Annotated[Code, Vocabulary(ROLES)]
    lifecycle: Annotated[Code, Vocabulary(LIFECYCLES)]
    unit: Code
    source: Code | None = None
    """The publisher whose report opened it; none when opened over HTTP."""
    external_customer: PersonalReference | None = None
    owner_id: UUID | None = None
    """The employee who answers for the customer."""
    by: UUID | None = None
    """The employee who opened it."""


class CustomerUpdated(Fact, type="guanxi.customers.CustomerUpdated.v1"):
    """Fields of the record changed; their values are in the directory, where published at all."""

    customer_id: UUID
    unit: Code
    changed: tuple[Code, ...]
    """Names of the fields that changed."""
    source: Code | None = None
    by: UUID | None = None


class MergedComponent(Part):
    """Customers that count as one: the canonical id and all members, oldest first."""

    canonical_id: UUID
    members: tuple[UUID, ...]


class CustomerMerged(Fact, type="guanxi.customers.CustomerMerged.v1"):
    """Two records were joined; subject is the survivor, aggregate the merge. No fact moves."""

    merge_id: UUID
    survivor_id: UUID
    absorbed_id: UUID
    component: MergedComponent
    reason: Code | None = None
    by: UUID | None = None


class CustomerUnmerged(Fact, type="guanxi.customers.CustomerUnmerged.v1"):
    """A merge was undone; subject is the survivor, aggregate the merge."""

    merge_id: UUID
    survivor_id: UUID
    absorbed_id: UUID
    components: tuple[MergedComponent, ...]
    """What the one component fell into: one or two components."""
    reason: Code | None = None
    by: UUID | None = None


class CustomerErasureRequested(Fact, type="guanxi.customers.CustomerErasureRequested.v1"):
    """A person asked to be forgotten: each service erases the rows of these customers."""

    request_id: UUID
    customer_ids: tuple[UUID, ...]
    requested_at: UtcTime


class CustomerErased(Fact, type="guanxi.customers.CustomerErased.v1"):
    """The customer's own record holds no personal data any more."""

    customer_id: UUID
    request_id: UUID | None = None
    erased_at: UtcTime


class CustomerReferred(Fact, type="guanxi.customers.CustomerReferred.v1"):
    """A customer brought us another one; subject is who referred, aggregate the referral."""

    referral_id: UUID
    referrer_id: UUID
    referred_id: UUID
    unit: Code
    """The unit of the referred customer's record."""
    referred_on: IsoDate
    by: UUID | None = None


class CustomerReferredVoided(Fact, type="guanxi.customers.CustomerReferredVoided.v1"):
    """There was no such referral; final."""

    referral_id: UUID
    referrer_id: UUID
    referred_id: UUID


class AgreementChanged(Fact, type="guanxi.customers.AgreementChanged.v1"):
    """What was agreed with a customer, whole, as it stands from now on; aggregate is the agreement."""

    agreement_id: UUID
    customer_id: UUID
    unit: Code
    """The unit of the customer's record."""
    kind: Annotated[Code, Vocabulary(AGREEMENTS)]
    since: IsoDate
    """The first day on which its clauses answer."""
    until: IsoDate | None = None
    """The last day; none: it is open."""
    clauses: tuple[ClauseTerms, ...] = ()
    """What it grants the customer by itself, whatever the policy says."""
    currency: Currency | None = None
    """Of the amounts in its clauses; none where there are none."""
    reference: RecordReference | None = None
    """The number that the contract bears."""
    document_hash: DocumentHash | None = None
    by: UUID | None = None
    """The employee who entered or changed it."""


class AccountOwnerChanged(Fact, type="guanxi.customers.AccountOwnerChanged.v1"):
    """Another employee answers for the customer, or nobody does."""

    customer_id: UUID
    unit: Code
    owner_id: UUID | None = None
    previous_owner_id: UUID | None = None
    reason: Code | None = None
    by: UUID | None = None


class EmployeeLeft(Fact, type="guanxi.customers.EmployeeLeft.v1"):
    """An employee left; what was theirs falls to the lead of the unit. Aggregate is the employee, no subject."""

    employee_id: UUID
    unit: Code
    left_on: IsoDate
    lead_id: UUID | None = None
