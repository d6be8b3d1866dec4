"""Taking in a batch of reports: checked, told apart, resolved, kept and passed on, in one transaction.

The same way for Kafka, HTTP and files. What is wrong with one message is its own result, no matter of its neighbours.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from customer_profile.customers import usecases as customers
from customer_profile.identity import usecases as identity
from customer_profile.intake import erased, keeping, rules, store
from customer_profile.intake.case import Again, Case, Door, Found, Outcome, Status
from customer_profile.intake.envelope import Arrival, Envelope, read
from customer_profile.intake.rules import Judged, Thread, Verdict
from customer_profile.sources import usecases as sources
from customer_profile.sources.rules import Publisher
from guanxi.bus import log
from guanxi.db import Tx
from guanxi.events import Event, make_event
from guanxi.events.inbound import ProfileReported, ProfileReportedVoided
from guanxi.events.reports import resolved
from guanxi.http import FieldError
from guanxi.telemetry import correlation_id, current_traceparent

NOBODYS_UNIT = "head-office"
"""Where a message lands whose topic no registered source has."""

_ON_LOOP_BYTES = 16_384
"""So much is read and judged within a few milliseconds."""
_TAKEN_ID = FieldError("id", "event-id-reused", "this id was used for another event; a new event needs a new id")
_KNOWN_ALREADY = FieldError(
    "data.external_ref", "already-reported", "the same was reported meanwhile; nothing is missing"
)
_NO_SUCH = FieldError("subject", "unknown-customer", "there is no such customer")


async def take_in(tx: Tx, arrivals: Sequence[Arrival], door: Door, again: Again | None = None) -> list[Outcome]:
    """Take in a batch, in its order; gives one outcome a message. `again` is the row of a report sent again, alone."""
    publishers = await sources.lock(tx, {arrival.desk for arrival in arrivals})
    readings = await _judge_all(arrivals, publishers, tx.now)
    cases = [_open(tx, a, e, j, publishers.get(a.desk), again) for a, (e, j) in zip(arrivals, readings, strict=True)]
    await _tell_repeats(tx, cases)
    await _check_subjects(tx, cases)
    threads = await _weigh(tx, cases)
    await _resolve(tx, cases)
    await erased.forget(tx, cases)
    await keeping.keep(tx, cases, threads, door)
    await _pass_on(tx, cases)
    return [_outcome(case) for case in cases]


def _outcome(case: Case) -> Outcome:
    if case.twin is not None:
        first = _outcome(case.twin)
        status: Status = "rejected" if first.status == "rejected" else "duplicate"
        return replace(first, status=status, customer=None, warnings=(), repeated=True)
    repeated = case.status == "duplicate"
    found: Found | None = None
    if case.status in ("resolved", "passed_anonymous"):
        found = "registered" if case.registered else "known" if case.customer_id else "anonymous"
    return Outcome(
        event_id=case.envelope.event_id,
        # What repeats a reference under a new id has no row of its own.
        report_id=None if repeated and case.verdict is Verdict.DUPLICATE else case.report_id,
        status="rejected" if repeated and case.errors else case.settled,
        customer=found,
        errors=tuple(case.errors),
        warnings=tuple(case.warnings),
        repeated=repeated,
    )


async def _judge_all(
    arrivals: Sequence[Arrival], publishers: Mapping[str, Publisher], now: datetime
) -> list[tuple[Envelope, Judged]]:
    """Read and judge them; a large batch in a thread, because the event loop carries the heartbeats."""

    def judged() -> list[tuple[Envelope, Judged]]:
        envelopes = [read(arrival) for arrival in arrivals]
        pairs = zip(arrivals, envelopes, strict=True)
        return [(e, rules.judge(e, a.desk, publishers.get(a.desk), now)) for a, e in pairs]

    if sum(len(arrival.raw or b"") for arrival in arrivals) <= _ON_LOOP_BYTES:
        return judged()
    return await asyncio.to_thread(judged)


def _open(  # noqa: PLR0913 - what is known of a message
    tx: Tx, arrival: Arrival, envelope: Envelope, judged: Judged, publisher: Publisher | None, again: Again | None
) -> Case:
    unit = publisher.unit if publisher else NOBODYS_UNIT
    case = Case(arrival, envelope, judged, again.id if again else tx.new_id(), unit, publisher, again)
    case.reused = again is not None and again.reused
    case.warnings.extend(judged.warnings)
    if judged.model is None:
        case.refuse(*judged.errors)
    return case


async def _tell_repeats(tx: Tx, cases: Sequence[Case]) -> None:
    """Settle events whose id has come before: a repeat, or another event under a taken id."""
    fresh = [case for case in cases if not case.again]
    known = await store.known_events(tx, ((case.arrival.desk, case.envelope.event_id) for case in fresh))
    here: dict[tuple[str, str], dict[bytes, Case]] = {}
    for case in fresh:
        key, digest = (case.arrival.desk, case.envelope.event_id), case.envelope.body_hash
        before, inside = known.get(key, {}), here.setdefault(key, {})
        if digest in before:
            _repeat(case, before[digest])
        elif digest in inside:
            case.status, case.twin, case.errors = "duplicate", inside[digest], []
        else:
            inside[digest] = case
            if before or len(inside) > 1:
                case.reused = True
                case.errors.clear()
                case.refuse(_TAKEN_ID)


def _repeat(case: Case, before: store.Known) -> None:
    """Settle a repeat; of what was refused the sender is told again why."""
    case.status, case.report_id, case.warnings = "duplicate", before.report_id, []
    case.errors = list(before.errors) if before.rejected else []


async def _check_subjects(tx: Tx, cases: Sequence[Case]) -> None:
    """Refuse open reports that name a customer id which is not there."""
    naming = {case.report_id: case.envelope.subject for case in cases if case.open and case.envelope.subject}
    found = await customers.load(tx, naming.values()) if naming else {}
    for case in cases:
        subject = naming.get(case.report_id)
        if subject is None:
            continue
        if subject not in found:
            case.refuse(_NO_SUCH)
        elif found[subject].erased_at is not None:
            case.erased = True
            case.refuse(erased.ERASED)


async def _weigh(tx: Tx, cases: Sequence[Case]) -> dict[store.ThreadKey, tuple[str, Thread]]:
    """Weigh open reports against their threads, in order; gives the threads as they are after the batch."""
    keyed = [(case, key) for case in cases if case.open and (key := case.thread_key)]
    known = await store.threads(tx, (key for _, key in keyed))
    changed: dict[store.ThreadKey, tuple[str, Thread]] = {}
    for case, key in keyed:
        weighed = rules.weigh(known.get(key), _as_report(case), tx.new_id())
        case.verdict, case.thread = weighed.verdict, weighed.thread
        if weighed.verdict is Verdict.DUPLICATE and case.again:
            case.refuse(_KNOWN_ALREADY)
        elif weighed.verdict is Verdict.DUPLICATE:
            case.status, case.warnings = "duplicate", []
        elif weighed.verdict is Verdict.REFUSED and weighed.remark:
            case.refuse(weighed.remark)
        elif weighed.thread:
            case.warnings.extend([weighed.remark] if weighed.remark else [])
            known[key] = weighed.thread
            changed[key] = (case.unit, weighed.thread)
    return changed


def _as_report(case: Case) -> rules.Report:
    model = case.model
    named = case.envelope.subject or getattr(model, "external_customer", None)
    return rules.Report(
        twin=model.twin(),
        time=case.time,
        data_hash=case.envelope.data_hash,
        revision=model.revision,
        party=None if named is None else str(named),
        repeatable=model.REPEATABLE,
    )


async def _resolve(tx: Tx, cases: Sequence[Case]) -> None:
    """Give each open report its customer: the one named, the one known by the sender's name, or a new one."""
    waiting = [case for case in cases if case.open]
    for case in waiting:
        case.customer_id = case.envelope.subject or (case.thread.customer_id if case.thread else None)
    nameless = [case for case in waiting if case.customer_id is None and case.external_customer]
    found = await identity.look_up(tx, {case.alias for case in nameless}) if nameless else {}
    # The first to name a customer opens its record, with what a profile in the same batch says of it; what is void or
    # changes nothing opens none.
    telling = [case for case in nameless if case.verdict in (None, Verdict.PASS_ON)]
    newcomers = {c.alias: c for c in sorted(telling, key=_profiles_last) if c.alias not in found}
    if newcomers:
        found |= await identity.resolve_or_register(tx, [_new_customer(case) for case in newcomers.values()])
    for case in nameless:
        case.customer_id = found.get(case.alias)
        case.erased = found.get(case.alias, case) is None
        case.registered = case.customer_id is not None and newcomers.pop(case.alias, None) is not None
    _follow_threads(waiting)
    for case in waiting:
        _settle(case)


def _follow_threads(waiting: Sequence[Case]) -> None:
    """Give what names nobody to the customer of its thread, which may have come in the same batch."""
    named = [case for case in waiting if case.thread and (case.customer_id or case.erased)]
    owners = {case.thread.id: case for case in named if case.thread}
    for case in waiting:
        if case.customer_id is None and case.thread and case.thread.id in owners:
            owner = owners[case.thread.id]
            case.customer_id, case.erased = owner.customer_id, owner.erased


def _settle(case: Case) -> None:
    if case.erased:
        case.refuse(erased.ERASED)
    else:
        case.status = "passed_anonymous" if case.customer_id is None else "resolved"


def _profiles_last(case: Case) -> bool:
    return isinstance(case.model, ProfileReported)


def _new_customer(case: Case) -> identity.NewCustomer:
    source, external_ref = case.alias
    new = identity.NewCustomer(source, external_ref, case.unit, at=case.time)
    model = case.model
    if isinstance(model, ProfileReported):
        return replace(new, kind=model.kind, name=model.name, role=model.role or new.role)
    return new


async def _pass_on(tx: Tx, cases: Sequence[Case]) -> None:
    """Record what was resolved or passes anonymously on the topic of reports; profiles change the customer as well."""
    passed = [c for c in cases if c.status in ("resolved", "passed_anonymous") and c.verdict in (None, Verdict.PASS_ON)]
    await customers.apply_profiles(tx, await _profiles(tx, passed))
    await log.record(tx, *(_event(tx, case) for case in passed))


async def _profiles(tx: Tx, passed: Sequence[Case]) -> list[customers.ReportedProfile]:
    about = [(case, case.model, case.customer_id) for case in passed if case.customer_id]
    again = [id_ for _, model, id_ in about if model.twin() != "original" and model.family() == "profile"]
    opened = await store.opened_by(tx, again) if again else set()
    return [
        customers.ReportedProfile(
            customer_id=id_,
            source=case.arrival.desk,
            unit_id=case.unit,
            at=case.time,
            sequence=case.sequence,
            profile=model,
            thread=case.aggregate_id,
            opened=(id_, case.arrival.desk) in opened,
        )
        for case, model, id_ in about
        if isinstance(model, ProfileReported | ProfileReportedVoided)
    ]


def _event(tx: Tx, case: Case) -> Event[Any]:
    envelope = case.envelope
    return make_event(
        resolved(case.model, source=case.arrival.desk, unit=case.unit),
        id=tx.new_id(),
        recorded=tx.now,
        aggregate=case.aggregate_id,
        sequence=case.sequence,
        subject=case.customer_id,
        time=case.time,
        traceparent=envelope.traceparent or current_traceparent(),
        correlation=envelope.correlation or correlation_id(),
        causation=envelope.event_id,
    )
