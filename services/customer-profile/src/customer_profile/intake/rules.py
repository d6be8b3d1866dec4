"""The rules of intake, pure: what a source may send, and which report of one matter holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from functools import cache
from uuid import UUID

from customer_profile.customers.values import valid_credit_code
from customer_profile.intake.envelope import Envelope
from customer_profile.sources.rules import Publisher, report_name
from guanxi.events.inbound import Inbound, ProfileReported, Twin, check_inbound, inbound_types
from guanxi.http import FieldError

FUTURE = timedelta(minutes=5)
"""How far a sender's clock may run ahead."""

ANONYMOUS = frozenset({"complaint", "opinion", "mention"})
"""Families that pass without a customer."""

_HAPPENED = ("placed_at", "delivered_at", "returned_at", "performed_at")
_WRONG_CODE = FieldError("social_credit_code", "check-digit", "its check digit is wrong")
_RANK: dict[Twin, int] = {"original": 0, "corrected": 1, "voided": 2}


@dataclass(frozen=True, slots=True)
class Judged:
    """A message after the rules that need no memory: the report, or what is wrong with it."""

    model: Inbound | None
    errors: tuple[FieldError, ...] = ()
    warnings: tuple[FieldError, ...] = ()


def judge(envelope: Envelope, desk: str, publisher: Publisher | None, now: datetime) -> Judged:
    """Judge one message at the desk of a source; every fault is named, so that one mending is enough."""
    errors = [*envelope.errors, *_sender_faults(envelope, desk, publisher, now)]
    if envelope.type is None or (envelope.body is None and envelope.raw is not None):
        return Judged(None, tuple(errors))
    unknown = _unknown_type(envelope.type)
    if unknown:
        return Judged(None, (*errors, unknown))
    checked = check_inbound(envelope.type, envelope.data)
    errors += [_in_data(error) for error in checked.errors]
    if checked.model is not None:
        errors += _future_facts(checked.model, now)
    model, wrong = _without_wrong_code(checked.model)
    warnings = tuple(_in_data(warning) for warning in (*checked.warnings, *wrong))
    return Judged(None if errors else model, tuple(errors), warnings)


def _without_wrong_code(model: Inbound | None) -> tuple[Inbound | None, tuple[FieldError, ...]]:
    """A profile without a unified social credit code whose check digit is wrong, which is left out like a bad date."""
    code = model.social_credit_code if isinstance(model, ProfileReported) else None
    if model is None or code is None or valid_credit_code(code):
        return model, ()
    return model.model_copy(update={"social_credit_code": None}), (_WRONG_CODE,)


def _sender_faults(envelope: Envelope, desk: str, publisher: Publisher | None, now: datetime) -> Iterator[FieldError]:
    if envelope.source is not None and envelope.source != desk:
        yield FieldError("source", "not-the-publisher", f"must be {desk}, the publisher whose topic or token this is")
    if envelope.time is not None and envelope.time > now + FUTURE:
        yield FieldError("time", "in-the-future", "lies more than five minutes ahead")
    if publisher is None:
        yield FieldError("source", "unknown-source", "is not registered")
        return
    if publisher.paused_at is not None:
        yield FieldError("source", "paused", "this publisher is paused; resubmit when it is resumed")
    if (
        envelope.type is not None
        and publisher.allowed is not None
        and report_name(envelope.type) not in publisher.allowed
    ):
        yield FieldError("type", "not-allowed", "this publisher may not send reports of this type")
    if envelope.subject is not None and not publisher.internal:
        yield FieldError(
            "subject", "not-allowed", "only internal publishers may name a customer; use data.external_customer"
        )


@cache
def _known_types() -> frozenset[str]:
    return frozenset(inbound_types())


def _unknown_type(type_name: str) -> FieldError | None:
    known = _known_types()
    if type_name in known:
        return None
    stem = type_name.rpartition(".v")[0]
    versions = sorted(name for name in known if name.rpartition(".v")[0] == stem)
    if versions:
        return FieldError("type", "unknown-version", f"this version is not known; {', '.join(versions)} is")
    return FieldError("type", "unknown-type", "is not the type of an inbound report")


def _future_facts(model: Inbound, now: datetime) -> Iterator[FieldError]:
    for name in _HAPPENED:
        moment = getattr(model, name, None)
        if moment is not None and moment > now + FUTURE:
            yield FieldError(f"data.{name}", "in-the-future", "lies more than five minutes ahead")


def _in_data(error: FieldError) -> FieldError:
    if error.field in ("data", "type"):
        return error
    return FieldError(f"data{'' if error.field.startswith('[') else '.'}{error.field}", error.code, error.detail)


@dataclass(frozen=True, slots=True)
class Thread:
    """Where the reports of one matter stand. `sequence` counts what was passed on, `twin` is what holds now.

    `party` names the customer as the sender does; `original_hash` is of the first report, None before it has come.
    """

    id: UUID
    sequence: int
    twin: Twin
    time: datetime
    data_hash: bytes
    revision: int | None = None
    party: str | None = None
    customer_id: UUID | None = None
    original_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """One report as a thread sees it."""

    twin: Twin
    time: datetime
    data_hash: bytes
    revision: int | None = None
    party: str | None = None
    repeatable: bool = False


class Verdict(Enum):
    """What becomes of a report within its thread."""

    PASS_ON = "pass_on"  # noqa: S105 - no password
    SUPERSEDED = "superseded"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Weighed:
    """A verdict, the thread after it, and a remark for the sender (an error when refused, else a warning)."""

    verdict: Verdict
    thread: Thread | None
    remark: FieldError | None = None


_REUSED = FieldError(
    "data.external_ref", "reference-reused", "was reported with other data; send a ...Corrected report"
)
_OTHER_CUSTOMER = FieldError(
    "data.external_customer", "customer-changed", "a correction keeps the customer; void the report and send a new one"
)
_LATE = FieldError(
    "data.external_ref", "superseded", "a newer report of this reference is known; this one changes nothing"
)
_NOTHING_YET = FieldError("data.external_ref", "nothing-to-void", "nothing was reported under this reference yet")


def weigh(thread: Thread | None, report: Report, new_id: UUID) -> Weighed:
    """Weigh a report against what is known of its reference.

    Whatever the order of arrival, the same state is reached: the highest revision wins, else a correction over the
    original, else the later time; a voided report stays voided.
    """
    if thread is None:
        return _first(report, new_id)
    if _same(thread, report):
        return Weighed(Verdict.DUPLICATE, thread)
    if None not in (thread.party, report.party) and thread.party != report.party:
        return Weighed(Verdict.REFUSED, thread, _OTHER_CUSTOMER)
    if report.twin == "original" and not report.repeatable and thread.original_hash is not None:
        return Weighed(Verdict.REFUSED, thread, _REUSED)
    first = report.data_hash if report.twin == "original" else thread.original_hash
    thread = replace(thread, original_hash=first, party=thread.party or report.party)
    if not _wins(thread, report):
        return Weighed(Verdict.SUPERSEDED, thread, _LATE)
    seen = thread.sequence + (report.twin != "voided" or thread.sequence > 0)
    verdict = Verdict.PASS_ON if seen > thread.sequence else Verdict.SUPERSEDED
    return Weighed(verdict, _after(thread, report, seen))


def _first(report: Report, new_id: UUID) -> Weighed:
    original = report.data_hash if report.twin == "original" else None
    sequence = 0 if report.twin == "voided" else 1
    thread = Thread(
        new_id, sequence, report.twin, report.time, report.data_hash, report.revision, report.party, None, original
    )
    if report.twin == "voided":
        return Weighed(Verdict.SUPERSEDED, thread, _NOTHING_YET)
    return Weighed(Verdict.PASS_ON, thread)


def _after(thread: Thread, report: Report, sequence: int) -> Thread:
    return replace(
        thread,
        sequence=sequence,
        twin=report.twin,
        time=report.time,
        data_hash=report.data_hash,
        revision=report.revision,
    )


def _same(thread: Thread, report: Report) -> bool:
    if report.twin == "original" and not report.repeatable:
        return report.data_hash == thread.original_hash
    return report.twin == thread.twin and (report.twin == "voided" or report.data_hash == thread.data_hash)


def _wins(thread: Thread, report: Report) -> bool:
    if "voided" in (thread.twin, report.twin):
        return thread.twin != "voided"
    if None not in (thread.revision, report.revision) and thread.revision != report.revision:
        return (report.revision or 0) > (thread.revision or 0)
    if thread.twin != report.twin:
        return _RANK[report.twin] > _RANK[thread.twin]
    # Of two with one time the answer may not depend on which came first.
    return (report.time, report.data_hash) >= (thread.time, thread.data_hash)
