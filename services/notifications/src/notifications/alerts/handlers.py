"""Facts that staff are told of, and facts that settle what they were told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from guanxi.db import Tx
from guanxi.events import Event
from guanxi.events.interactions.outreach import ContactPlanned, HandoverPlanned, PlanItemDone
from guanxi.events.relationships import RelationshipAtRisk
from notifications.alerts import usecases
from notifications.alerts.causes import CARE, LOST

_DONE = "done"
_FOR_EVER = 2**62
"""No sequence is as high: a care task is looked after once."""


async def on_cause(tx: Tx, events: Sequence[Event[Any]]) -> None:
    """Raise what the rules for these facts ask for."""
    await usecases.raise_for(tx, events)


async def on_settled(tx: Tx, events: Sequence[Event[Any]]) -> None:
    """The complaint is over, the promise was not broken, the step is done: alerts about it are done."""
    newest = sorted(events, key=lambda event: event.sequence)
    await usecases.settle(tx, {event.aggregateid: event.sequence for event in newest})


async def on_next(tx: Tx, events: Sequence[Event[Any]]) -> None:
    """What was told of it before needs nobody any more; who can act on what is so now is told instead."""
    newest = sorted(events, key=lambda event: event.sequence)
    await usecases.settle(tx, {event.aggregateid: event.sequence - 1 for event in newest})
    await usecases.raise_for(tx, events)


async def on_handover(tx: Tx, events: Sequence[Event[HandoverPlanned]]) -> None:
    """A hand-over as it is planned now replaces how it was planned; one that is done needs nobody."""
    over = [event for event in events if event.data.status == _DONE]
    await on_settled(tx, over)
    await on_next(tx, [event for event in events if event.data.status != _DONE])


async def on_risk(tx: Tx, events: Sequence[Event[RelationshipAtRisk]]) -> None:
    """A customer who is lost is told of; one who came back is no longer."""
    await on_settled(tx, [event for event in events if event.data.risk != LOST])
    await usecases.raise_for(tx, events)


async def on_plan(tx: Tx, events: Sequence[Event[ContactPlanned]]) -> None:
    """What is planned is told of; what was called off needs nobody, and neither does the care task behind it."""
    over = [event for event in events if event.data.cancelled]
    await on_settled(tx, over)
    await _settle_care(tx, over)
    await usecases.raise_for(tx, events)


async def on_plan_item_done(tx: Tx, events: Sequence[Event[PlanItemDone]]) -> None:
    """The customer was seen: neither the plan nor the care task behind it needs anybody.

    A hand-over behind it goes on, and tells itself when it is done.
    """
    await on_settled(tx, events)
    await _settle_care(tx, events)


async def _settle_care(tx: Tx, events: Sequence[Event[Any]]) -> None:
    tasks = {event.data.cause_id for event in events if event.data.kind == CARE and event.data.cause_id}
    await usecases.settle(tx, dict.fromkeys(tasks, _FOR_EVER))
