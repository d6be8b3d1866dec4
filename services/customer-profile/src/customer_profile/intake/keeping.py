"""Keeping what became of each message: its report, its thread and whose it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from customer_profile.intake import store
from customer_profile.intake.case import Case, Door
from customer_profile.intake.rules import Thread, Verdict
from customer_profile.sources import usecases as sources
from guanxi.db import Tx


async def keep(
    tx: Tx, cases: Sequence[Case], threads: Mapping[store.ThreadKey, tuple[str, Thread]], door: Door
) -> None:
    """Keep reports and threads, and move the sources' watermarks on."""
    await store.keep_reports(tx, [_kept(case, door) for case in cases if case.status != "duplicate"])
    owners = _owners(cases)
    gone = {case.thread.id for case in cases if case.thread and case.erased}
    kept = {
        key: (unit, replace(thread, customer_id=owners.get(thread.id, thread.customer_id)))
        for key, (unit, thread) in threads.items()
        if thread.id not in gone
    }
    await store.keep_threads(tx, kept)
    newest: dict[str, datetime | None] = {case.arrival.desk: None for case in cases if case.publisher}
    for case in cases:
        if case.publisher and case.status in ("resolved", "passed_anonymous"):
            before = newest[case.arrival.desk]
            newest[case.arrival.desk] = case.time if before is None else max(before, case.time)
    await sources.taken(tx, newest, Counter(case.arrival.desk for case in cases if case.status == "duplicate"))


def _owners(cases: Iterable[Case]) -> dict[UUID, UUID]:
    return {c.thread.id: c.customer_id for c in cases if c.thread and c.customer_id and c.status == "resolved"}


def _kept(case: Case, door: Door) -> store.KeptReport:
    passed = case.verdict in (None, Verdict.PASS_ON) and case.status != "rejected"
    envelope = case.envelope
    return store.KeptReport(
        id=case.report_id,
        unit=case.unit,
        source=case.arrival.desk,
        event_id=envelope.event_id,
        reused=case.reused,
        type=envelope.type,
        family=case.judged.model.family() if case.judged.model else None,
        external_customer=None if case.erased else case.external_customer,
        external_ref=None if case.erased else case.external_ref,
        body=None if case.erased else envelope.body,
        raw=None if case.erased else envelope.raw,
        body_hash=case.again.body_hash if case.again else envelope.body_hash,
        time=envelope.time,
        status=case.settled,
        errors=case.errors,
        warnings=case.warnings,
        customer_id=None if case.status == "rejected" else case.customer_id,
        registered=case.registered,
        aggregate_id=case.aggregate_id if passed else None,
        sequence=case.sequence if passed else None,
        received_by=door,
        subject=envelope.subject,
    )
