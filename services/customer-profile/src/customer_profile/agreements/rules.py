"""An agreement with a customer, its versions, and what may be written into one. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from guanxi.events.customers import AgreementChanged
from guanxi.events.entitlements import ClauseTerms
from guanxi.problems import FieldError, Unprocessable


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One version of what was agreed with a customer; `since` and `until` are days, both included."""

    id: UUID
    version: int
    created_at: datetime
    recorded_at: datetime
    unit_id: str
    customer_id: UUID
    kind: str
    since: date
    until: date | None = None
    clauses: tuple[ClauseTerms, ...] = ()
    currency: str | None = None
    reference: str | None = None
    document_hash: str | None = None
    changed_by: str

    def fact(self, by: UUID | None) -> AgreementChanged:
        """The whole of it, as others are told; `by` is the employee who wrote this version."""
        return AgreementChanged(
            agreement_id=self.id,
            customer_id=self.customer_id,
            unit=self.unit_id,
            kind=self.kind,
            since=self.since,
            until=self.until,
            clauses=self.clauses,
            currency=self.currency,
            reference=self.reference,
            document_hash=self.document_hash,
            by=by,
        )


def checked(one: Agreement) -> Agreement:
    """The agreement, when it can be one. 422: a last day before the first, two clauses of one code, a bare amount."""
    errors = []
    if one.until is not None and one.until < one.since:
        errors.append(FieldError("until", "before-start", f"must not lie before {one.since}, the first day"))
    if one.currency is None and any(clause.order_at_least_minor is not None for clause in one.clauses):
        errors.append(FieldError("currency", "required", "the amounts in its clauses have a currency"))
    counted = Counter(clause.code for clause in one.clauses)
    for n, clause in enumerate(one.clauses):
        if counted[clause.code] > 1:
            errors.append(FieldError(f"clauses[{n}].code", "repeated", "two clauses have one code"))
    if errors:
        raise Unprocessable("This is no agreement.", tuple(errors))
    return one


def changed(before: Agreement, changes: Mapping[str, Any], by: str, now: datetime) -> Agreement:
    """The next version, or the same one when nothing is different. 422 as in `checked`."""
    after = replace(before, **changes)
    if after == before:
        return before
    return checked(replace(after, version=before.version + 1, recorded_at=now, changed_by=by))
