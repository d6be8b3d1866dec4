"""What the ledger tells the others: a promise as it was made, what became of it, and its row on the timeline."""

from __future__ import annotations

from typing import Any

from guanxi.events.interactions import Promise as PromiseFact
from guanxi.events.interactions import (
    PromiseBroken,
    PromiseBrokenVoided,
    PromiseDueSoon,
    PromiseKept,
    PromiseKeptVoided,
    PromiseMade,
    PromiseMadeVoided,
    PromiseRenegotiated,
    PromiseWithdrawn,
)
from interactions.promises.rules import Promise, Status
from interactions.timeline.rules import Entry, Summary


def made(promise: Promise, kind: type[PromiseFact] = PromiseMade) -> PromiseFact:
    """The fact that it was made, or as which it was made after a correction."""
    return kind(**_state(promise))


def voided(promise: Promise) -> PromiseMadeVoided:
    """The fact that it was never made."""
    return PromiseMadeVoided(
        unit=promise.unit_id, source=promise.source, external_ref=promise.external_ref, promise_id=promise.id
    )


def outcome_voided(promise: Promise, outcome: Status) -> PromiseKeptVoided | PromiseBrokenVoided:
    """The fact that it was not kept, or not broken, after all."""
    kind = PromiseKeptVoided if outcome == "kept" else PromiseBrokenVoided
    return kind(unit=promise.unit_id, source=promise.source, external_ref=promise.external_ref, promise_id=promise.id)


def due_soon(promise: Promise) -> PromiseDueSoon:
    """The fact that its moment draws near."""
    return PromiseDueSoon(**_state(promise))


def outcome(promise: Promise, replacement: Promise | None = None) -> PromiseFact:
    """The fact that settled it."""
    state, at = _state(promise), promise.settled_at
    assert at is not None  # noqa: S101 - a settled promise has its moment
    match promise.status:
        case "kept":
            return PromiseKept(**state, kept_at=at)
        case "broken":
            return PromiseBroken(**state, broken_at=at, reason=promise.reason)
        case "withdrawn":
            return PromiseWithdrawn(**state, withdrawn_at=at, reason=promise.reason)
        case "renegotiated" if replacement is not None:
            return PromiseRenegotiated(
                **state,
                new_promise_id=replacement.id,
                new_due_at=replacement.due_at,
                renegotiated_at=at,
                reason=promise.reason,
            )
    raise ValueError(f"a promise that is {promise.status} has no outcome")


def entry(promise: Promise) -> Entry:
    """Its row on the timeline."""
    assert promise.customer_id  # noqa: S101 - a promise is made to somebody
    return Entry(
        id=promise.id,
        customer_id=promise.customer_id,
        at=promise.made_at,
        kind="promise",
        unit_id=promise.unit_id,
        sequence=promise.version,
        summary=Summary(
            status=promise.status, code=promise.what_code, due_at=promise.due_at, contact_id=promise.contact_id
        ),
    )


def _state(promise: Promise) -> dict[str, Any]:
    return {
        "unit": promise.unit_id,
        "source": promise.source,
        "external_ref": promise.external_ref,
        "promise_id": promise.id,
        "contact_id": promise.contact_id,
        "promiser_id": promise.promiser_id,
        "fulfilling_unit": promise.fulfilling_unit,
        "what_code": promise.what_code,
        "made_at": promise.made_at,
        "due_at": promise.due_at,
    }
