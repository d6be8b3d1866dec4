"""The way in by HTTP: up to 500 events at once, each with a result of its own, and the check before go-live."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from customer_profile.intake import rules, store, usecases
from customer_profile.intake.case import Outcome
from customer_profile.intake.envelope import MAX_BYTES, Arrival, Envelope, read
from customer_profile.intake.schemas import BatchResult, CheckedEvent, EventResult, Fault
from customer_profile.sources import usecases as sources
from customer_profile.sources.rules import Publisher
from guanxi.auth import Principal
from guanxi.db import Reader, Tx
from guanxi.http import FieldError, NotFound, Problem, Unprocessable
from guanxi.service import Runtime

MAX_EVENTS = 500
MAX_BODY = 4 * 1024 * 1024
MAX_MENDING = MAX_BYTES + 4096
"""The data of an event as large as one may be, and its attributes."""
ANSWERS_KEPT = timedelta(hours=25)
"""An hour longer than the keys under which they are asked for again."""

_SPACE = " \t\n\r"
# Numbers stay texts: an integer of any length is one event's fault and must not stop the cutting.
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str)
_MARKS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)
_CLOSES = {"[": "]", "{": "}"}
_NOT_YOURS = FieldError("source", "unknown-source", "is no publisher of this token's unit")


def split(body: bytes) -> list[bytes]:
    """Cut a JSON array into its elements as they were written; 400 when it is no JSON array, 422 for too many.

    Each element is judged by itself later, so a number or key that we do not take refuses one event, not the batch.
    """
    try:
        text = body.decode()
        at = _skip(text, 0)
        if text[at : at + 1] != "[":
            raise _unparsable("The body must be a JSON array of CloudEvents.")
        parts, at = _elements(text, at + 1)
    except ValueError as error:
        raise _unparsable(f"The body is not JSON: {str(error)[:200]}") from error
    if _skip(text, at) != len(text):
        raise _unparsable("The body goes on after the array.")
    if len(parts) > MAX_EVENTS:
        raise Unprocessable.field("body", "too-many", f"A batch has at most {MAX_EVENTS} events.")
    return parts


def _elements(text: str, at: int) -> tuple[list[bytes], int]:
    parts: list[bytes] = []
    at = _skip(text, at)
    if text[at : at + 1] == "]":
        return parts, at + 1
    while True:
        end = _end(text, at)
        parts.append(text[at:end].encode("utf-8", "surrogatepass"))
        at = _skip(text, end)
        mark, at = text[at : at + 1], _skip(text, at + 1)
        if mark == "]":
            return parts, at
        if mark != ",":
            message = f"expected ',' or ']' at character {at}"
            raise ValueError(message)


def _end(text: str, at: int) -> int:
    """Where the JSON value that begins here ends; of one too deep for a parser, where its brackets are closed."""
    try:
        return _DECODER.raw_decode(text, at)[1]
    except RecursionError:
        waiting: list[str] = []
        for mark in _MARKS.finditer(text, at):
            if mark[0] in _CLOSES:
                waiting.append(_CLOSES[mark[0]])
            elif mark[0] in _CLOSES.values() and waiting.pop() != mark[0]:
                break
            if not waiting:
                return mark.end()
    message = f"brackets do not match from character {at} on"
    raise ValueError(message)


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


async def submit(
    tx: Tx, body: bytes, principal: Principal, door: Literal["http", "import"], batch_id: UUID
) -> BatchResult:
    """Take in a batch for the publishers of the token's unit and keep its answer."""
    parts = await asyncio.to_thread(split, body)
    mine = await sources.of_caller(tx, principal)
    arrivals = await asyncio.to_thread(_arrivals, parts, principal, mine)
    placed = [arrival for arrival in arrivals if arrival.desk in mine]
    outcomes = iter(await usecases.take_in(tx, placed, door) if placed else [])
    results = [_result(next(outcomes)) if a.desk in mine else _turned_away(a) for a in arrivals]
    await store.keep_batch(tx, batch_id, principal.unit, [result.model_dump(mode="json") for result in results])
    return BatchResult(id=batch_id, results=results)


async def find(reader: Reader, batch_id: UUID, principal: Principal) -> BatchResult:
    """What a batch was answered; 404 after a day."""
    kept = await store.batch(reader, batch_id, None if principal.internal else principal.unit)
    if kept is None:
        raise NotFound("batch")
    return BatchResult(id=batch_id, results=[EventResult.model_validate(one) for one in kept])


async def check(reader: Reader, body: bytes, principal: Principal, now: datetime) -> list[CheckedEvent]:
    """What intake would say of each event by the rules that need no memory; stores nothing."""
    parts = await asyncio.to_thread(split, body)
    mine = await sources.of_caller(reader, principal)
    arrivals = await asyncio.to_thread(_arrivals, parts, principal, mine)
    return await asyncio.to_thread(lambda: [_checked(read(a), a.desk, mine.get(a.desk), now) for a in arrivals])


async def forget_answers(runtime: Runtime) -> None:
    """Drop answers that nobody can ask for any more."""
    async with runtime.database.consumers.begin() as tx:
        await store.drop_batches(tx, tx.now - ANSWERS_KEPT)


def _arrivals(parts: Sequence[bytes], principal: Principal, mine: Mapping[str, Publisher]) -> list[Arrival]:
    """Put each event on a desk: the token's own source, the only one of its unit, or the one that the event names."""
    only = principal.source or (next(iter(mine)) if len(mine) == 1 else None)
    return [Arrival(only or _named(part) or "", part, f"unreadable-{_digest(part)}") for part in parts]


def _named(part: bytes) -> str | None:
    source = read(Arrival("", part, "")).source
    return source[:63] if source else None


def _digest(part: bytes) -> str:
    return hashlib.sha256(part).hexdigest()[:16]


def _checked(envelope: Envelope, desk: str, publisher: Publisher | None, now: datetime) -> CheckedEvent:
    judged = rules.judge(envelope, desk, publisher, now)
    return CheckedEvent(
        id=envelope.event_id,
        status="acceptable" if judged.model else "rejected",
        errors=faults(judged.errors),
        warnings=faults(judged.warnings),
    )


def _result(outcome: Outcome) -> EventResult:
    accepted = outcome.status in ("resolved", "passed_anonymous")
    return EventResult(
        id=outcome.event_id,
        status="received" if accepted else "duplicate" if outcome.status == "duplicate" else "rejected",
        report_id=outcome.report_id,
        customer=outcome.customer,
        errors=faults(outcome.errors),
        warnings=faults(outcome.warnings),
        repeated=outcome.repeated,
    )


def _turned_away(arrival: Arrival) -> EventResult:
    # It has no desk of the caller's to lie on; whether such a publisher exists is not said.
    event_id = read(arrival).event_id
    return EventResult(id=event_id, status="rejected", report_id=None, errors=faults([_NOT_YOURS]))


def faults(errors: Sequence[FieldError]) -> list[Fault]:
    """Errors as callers see them."""
    return [Fault(field=error.field, code=error.code, detail=error.detail) for error in errors]


def _unparsable(detail: str) -> Problem:
    return Problem(400, "json-invalid", detail)
