"""What callers send and get about agreements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from guanxi.events.entitlements import ClauseTerms, NewClause
from guanxi.events.fields import Currency, DocumentHash, IsoDate, RecordReference
from guanxi.http import Correction

Kind = Literal["sale", "service", "strategic"]
Clauses = Annotated[tuple[NewClause, ...], Field(max_length=50)]


class NewAgreement(BaseModel):
    """What was agreed with this customer."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "kind": "service",
                    "since": "2026-03-31",
                    "reference": "BY-2026-017",
                    "clauses": [
                        {"code": "towers", "benefit": "warranty", "kinds": ["repair"], "months": 6, "skus": ["TOWER-"]}
                    ],
                }
            ]
        },
    )

    kind: Kind
    since: IsoDate
    """The first day on which its clauses answer."""
    until: IsoDate | None = None
    """The last day on which they do; none: it is open. A sale stays open while its warranties run."""
    clauses: Clauses = ()
    """What it grants by itself; of one benefit and the same goods they beat the policy, for better and for worse."""
    currency: Currency | None = None
    """Of the amounts in its clauses."""
    reference: RecordReference | None = None
    """The number that the contract bears."""
    document_hash: DocumentHash | None = None
    """Of the signed document, which stays where it is."""

    def own(self) -> dict[str, Any]:
        """Its fields as an agreement has them."""
        return _own({name: getattr(self, name) for name in type(self).model_fields})


class AgreementPatch(Correction):
    """What is different from now on; with `until` it ends, with null for `until` it is open again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"until": "2027-03-31"}]})
    FILLED: ClassVar[frozenset[str]] = frozenset({"kind", "since", "clauses"})

    kind: Kind | None = None
    since: IsoDate | None = None
    until: IsoDate | None = None
    """The last day on which its clauses answer."""
    clauses: Clauses | None = None
    """All of them: those left out are gone."""
    currency: Currency | None = None
    """Of the amounts in its clauses."""
    reference: RecordReference | None = None
    document_hash: DocumentHash | None = None

    def own(self) -> dict[str, Any]:
        """The fields given, as an agreement has them."""
        return _own({name: getattr(self, name) for name in self.model_fields_set})


class ClauseShown(BaseModel):
    """A clause of an agreement."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    benefit: str
    of: str
    package: str | None
    kinds: list[str]
    months: int | None
    days: int | None
    vip: bool
    order_at_least_minor: int | None
    out_of_town: bool
    skus: list[str]


class AgreementRead(BaseModel):
    """An agreement, or one of its versions."""

    model_config = ConfigDict(from_attributes=True, use_attribute_docstrings=True)

    id: UUID
    version: int
    customer_id: UUID
    unit_id: str
    kind: Kind
    since: date
    until: date | None
    clauses: list[ClauseShown]
    currency: str | None
    """Of the amounts in its clauses."""
    reference: RecordReference | None
    document_hash: DocumentHash | None
    changed_by: str
    """Who wrote this version."""
    created_at: datetime
    recorded_at: datetime
    """When this version was written."""


def _own(values: Mapping[str, Any]) -> dict[str, Any]:
    given: Iterable[NewClause] = values.get("clauses", ())
    clauses = tuple(ClauseTerms.model_validate(one.model_dump()) for one in given)
    return {**values, "clauses": clauses} if "clauses" in values else dict(values)
