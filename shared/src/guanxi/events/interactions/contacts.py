"""Contacts with the customer, and the promises made in them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from guanxi.events.fields import Channel, Code, Count, IsoDate, Seconds, UtcTime, Vocabulary
from guanxi.events.interactions._base import Recorded

DIRECTIONS = ("in", "out")
CONTACT_KINDS = ("contact", "visit", "call", "meeting", "interview", "letter")
OUTCOMES = ("need_now", "later", "none")


class CustomerContacted(Recorded, type="guanxi.interactions.CustomerContacted.v1"):
    """Somebody of ours and the customer spoke or wrote; what was said stays with interactions."""

    contact_id: UUID
    channel: Channel
    direction: Annotated[Code, Vocabulary(DIRECTIONS)]
    kind: Annotated[Code, Vocabulary(CONTACT_KINDS)]
    employee_id: UUID | None = None
    outcome: Annotated[Code, Vocabulary(OUTCOMES)] | None = None
    need_on: IsoDate | None = None
    occurred_at: UtcTime
    duration_s: Seconds | None = None
    cue_count: Count = 0
    """How many cue marks ("said fine, was not") were noted."""
    rival_named: bool = False
    """Whether the customer named a rival."""
    promise_count: Count = 0


class CustomerContactedCorrected(CustomerContacted, type="guanxi.interactions.CustomerContactedCorrected.v1"):
    """The whole contact as it was."""


class CustomerContactedVoided(Recorded, type="guanxi.interactions.CustomerContactedVoided.v1"):
    """The contact did not take place."""

    contact_id: UUID


class Promise(Recorded):
    """A promise as it stands; aggregate is the promise."""

    promise_id: UUID
    contact_id: UUID | None = None
    """The contact in which it was made."""
    promiser_id: UUID | None = None
    """The employee who promised."""
    fulfilling_unit: Code
    """The unit that has to keep it."""
    what_code: Code | None = None
    """The kind of thing promised, when it was coded; the words stay with interactions."""
    made_at: UtcTime
    due_at: UtcTime


class PromiseMade(Promise, type="guanxi.interactions.PromiseMade.v1"):
    """We promised something by a moment."""


class PromiseMadeCorrected(Promise, type="guanxi.interactions.PromiseMadeCorrected.v1"):
    """The whole promise as it was made."""


class PromiseMadeVoided(Recorded, type="guanxi.interactions.PromiseMadeVoided.v1"):
    """There was no promise; what came of it is void too."""

    promise_id: UUID


class PromiseDueSoon(Promise, type="guanxi.interactions.PromiseDueSoon.v1"):
    """The moment of an open promise draws near: the promiser is reminded; the event's time is when that was told."""


class PromiseKept(Promise, type="guanxi.interactions.PromiseKept.v1"):
    """The promise was kept, in time unless `kept_at` lies after `due_at`."""

    kept_at: UtcTime


class PromiseKeptVoided(Recorded, type="guanxi.interactions.PromiseKeptVoided.v1"):
    """It was not kept after all: the promise is open again."""

    promise_id: UUID


class PromiseBroken(Promise, type="guanxi.interactions.PromiseBroken.v1"):
    """The moment came and the promise was not kept; the event's time is `due_at`, or when it was owned to."""

    broken_at: UtcTime
    reason: Code | None = None


class PromiseBrokenVoided(Recorded, type="guanxi.interactions.PromiseBrokenVoided.v1"):
    """It was not broken after all: the promise is open again, or its outcome follows."""

    promise_id: UUID


class PromiseRenegotiated(Promise, type="guanxi.interactions.PromiseRenegotiated.v1"):
    """The customer agreed to another promise in its place."""

    new_promise_id: UUID
    new_due_at: UtcTime
    renegotiated_at: UtcTime
    reason: Code | None = None


class PromiseWithdrawn(Promise, type="guanxi.interactions.PromiseWithdrawn.v1"):
    """The customer let us off."""

    withdrawn_at: UtcTime
    reason: Code | None = None
