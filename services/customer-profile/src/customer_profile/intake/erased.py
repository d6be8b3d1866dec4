"""Reports that name an erased customer: they are refused, and nothing of them is kept."""

from __future__ import annotations

from collections.abc import Sequence

from customer_profile.customers import usecases as customers
from customer_profile.identity import usecases as identity
from customer_profile.intake.case import Case
from customer_profile.intake.envelope import Envelope
from guanxi.db import Tx
from guanxi.problems import FieldError, Unprocessable

ERASED = FieldError("data.external_customer", "customer-erased", "this customer was erased; nothing more is recorded")


async def forget(tx: Tx, cases: Sequence[Case]) -> None:
    """Have nothing kept of a refused report that names an erased customer, whatever it was refused for."""
    refused = [case for case in cases if case.status == "rejected" and not case.erased]
    naming = {case.report_id: case.envelope.subject for case in refused if case.envelope.subject}
    called = [case for case in refused if case.external_customer]
    people = await customers.load(tx, naming.values()) if naming else {}
    known = await identity.look_up(tx, {case.alias for case in called}) if called else {}
    for case in refused:
        subject = people.get(naming[case.report_id]) if case.report_id in naming else None
        if known.get(case.alias, case) is None or (subject is not None and subject.erased_at is not None):
            # Refused, it is no part of its thread, which may be about another customer.
            case.erased, case.thread = True, None


async def refuse(tx: Tx, source: str, envelope: Envelope, *, subjects: bool) -> None:
    """422 for what names an erased customer: not even a mended report of theirs is kept.

    Without `subjects` no id of a customer is looked up: who may not name one learns nothing of it.
    """
    called = envelope.text("external_customer")
    known = await identity.look_up(tx, {(source, called)}) if called else {}
    people = await customers.load(tx, [envelope.subject]) if envelope.subject and subjects else {}
    if None in known.values() or any(one.erased_at for one in people.values()):
        raise Unprocessable.field(ERASED.field, ERASED.code, ERASED.detail)
