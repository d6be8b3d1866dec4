"""Profiles of customers, as a dealer or branch knows them."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from guanxi.events.fields import (
    AddressText,
    BirthDate,
    Channel,
    Country,
    CreditCode,
    Email,
    IdNumber,
    Language,
    Part,
    PersonalNote,
    PersonalReference,
    PersonalShortText,
    PersonName,
    Phone,
    ShortText,
    UtcTime,
    Vocabulary,
)
from guanxi.events.inbound._base import Inbound

KINDS = ("person", "organisation")
ROLES = ("end_user", "dealer", "partner", "supplier")
PURPOSES = ("service", "transactional", "marketing", "survey", "personal")
PERMISSION_STATES = ("granted", "denied", "withdrawn")

Purpose = Annotated[str, Vocabulary(PURPOSES, closed=True)]


class Address(Part):
    """A postal address, from the country down to the door."""

    country: Country | None = None
    province: AddressText | None = None
    city: AddressText | None = None
    district: AddressText | None = None
    line: AddressText | None = None
    postcode: AddressText | None = None


class Preferences(Part):
    """How the customer likes to be reached."""

    channel: Channel | None = None
    language: Language | None = None
    hours: PersonalNote | None = None


class ReportedPermission(Part):
    """What the customer said about being written to, and how we know."""

    purpose: Purpose
    channel: Channel
    state: Annotated[str, Vocabulary(PERMISSION_STATES, closed=True)]
    evidence: PersonalNote | None = None
    at: UtcTime | None = None


class ProfileReported(Inbound, type="guanxi.inbound.ProfileReported.v1"):
    """Who the customer is. A later report of the same `external_customer` replaces the earlier one."""

    REPEATABLE: ClassVar[bool] = True

    external_customer: PersonalReference
    kind: Annotated[str, Vocabulary(KINDS, closed=True)]
    name: PersonName
    legal_name: PersonName | None = None
    legal_representative: PersonName | None = None
    contact_person: PersonName | None = None
    phones: Annotated[tuple[Phone, ...], Field(max_length=20)] = ()
    emails: Annotated[tuple[Email, ...], Field(max_length=20)] = ()
    address: Address | None = None
    social_credit_code: CreditCode | None = None
    id_number: IdNumber | None = None
    birth_date: BirthDate | None = None
    industry: ShortText | None = None
    size: ShortText | None = None
    role: Annotated[str, Vocabulary(ROLES, closed=True)] | None = None
    preferences: Preferences | None = None
    acquisition_source: ShortText | None = None
    permissions: Annotated[tuple[ReportedPermission, ...], Field(max_length=50)] = ()

    @property
    def reference(self) -> str | None:
        """The external customer: a source has one profile of it."""
        return self.external_customer


class ProfileReportedCorrected(ProfileReported, type="guanxi.inbound.ProfileReportedCorrected.v1"):
    """The whole profile as it should have been reported."""


class ProfileReportedVoided(Inbound, type="guanxi.inbound.ProfileReportedVoided.v1"):
    """There is no such customer, and never was."""

    external_customer: PersonalReference
    reason: PersonalShortText | None = None

    @property
    def reference(self) -> str | None:
        """The external customer: a source has one profile of it."""
        return self.external_customer
