"""Subscribing, queueing and settling deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from guanxi.auth import Principal
from guanxi.db import Reader, Tx
from guanxi.events import Event
from guanxi.problems import NotFound, Stale, Unprocessable
from notifications import bell
from notifications.feeds import rules, store
from notifications.feeds.addresses import AddressRefusedError, Resolver, locate
from notifications.feeds.rules import Subscription
from notifications.feeds.schemas import WebhookPatch, WebhookPost
from notifications.feeds.store import Claimed, Delivery
from notifications.lateness import too_late

MOST_WAITING = 10_000
"""So many of the newest facts wait for a subscriber that pauses or does not answer."""

_GONE = "the receiver answered 410 Gone"


@dataclass(frozen=True, slots=True)
class Result:
    """How a receiver took a delivery: its status, or why there is none."""

    status: int | None
    reason: str | None = None


async def check_address(url: str, resolve: Resolver, *, allow_loopback: bool) -> None:
    """Raise 422 for an address that may not be used."""
    try:
        await locate(url, resolve, allow_loopback=allow_loopback)
    except AddressRefusedError as error:
        raise Unprocessable.field("url", "address-refused", str(error)) from error


async def subscribe(tx: Tx, body: WebhookPost, principal: Principal) -> tuple[Subscription, str]:
    """Add a subscription for the caller's unit; with its secret, which is told only now."""
    _check_types(body.types, principal)
    subscription_id, secret = tx.new_id(), rules.new_secret()
    await store.add(tx, subscription_id, principal.unit, types=body.types, url=body.url, secret=secret)
    return await get(tx, principal, subscription_id), secret


async def get(reader: Reader, principal: Principal, subscription_id: UUID) -> Subscription:
    """One subscription of the caller's unit, or 404."""
    found = await store.one(reader, principal, subscription_id)
    if found is None:
        raise NotFound("webhook")
    return found


async def page(reader: Reader, principal: Principal, *, after: Sequence[Any] | None, limit: int) -> list[Subscription]:
    """Subscriptions that the caller may see."""
    return await store.page(reader, principal, after=after, limit=limit)


async def change(tx: Tx, subscription_id: UUID, body: WebhookPatch, version: int, principal: Principal) -> Subscription:
    """Change a subscription; 404, or 412 when it has changed since it was read."""
    found = await get(tx, principal, subscription_id)
    _check_types(body.types or (), principal)
    changed = await store.patch(
        tx, subscription_id, version, types=body.types, url=body.url, status=body.status, reason=None
    )
    if changed is None:
        raise Stale(found.version)
    tx.after_commit(bell.FEEDS.ring)
    return await get(tx, principal, subscription_id)


async def remove(tx: Tx, subscription_id: UUID, principal: Principal) -> None:
    """End a subscription: its secret and what still waits are gone."""
    found = await get(tx, principal, subscription_id)
    if await store.patch(tx, subscription_id, found.version, status="removed") is None:
        raise Stale(found.version)
    await store.cancel(tx, subscription_id)


async def feed(tx: Tx, events: Sequence[Event[Any]]) -> None:
    """Queue these facts for whoever subscribed to them; what was learned late is not sent to anybody."""
    fresh = [event for event in events if not too_late(event, tx.now)]
    subscribers = await store.wanting(tx, sorted({event.type for event in fresh})) if fresh else []
    if not subscribers:
        return
    rows = [
        _row(tx, subscriber, event)
        for event in fresh
        for subscriber in subscribers
        if rules.may_have(subscriber, event)
    ]
    if rows:
        await store.queue(tx, rows)
        tx.after_commit(bell.FEEDS.ring)


async def settle(tx: Tx, done: Claimed, result: Result) -> None:
    """Note how the receiver took it; 410 ends the subscription, anything but 2xx is tried again until the last time.

    A 410 of an address that the subscription has no more is a failure like any other.
    """
    if result.status is not None and rules.accepted(result.status):
        await store.settle(tx, done, status="delivered", answered=result.status, reason=None, again_at=None)
        return
    # The subscription before its deliveries, as all take them who take both: so nobody waits in a ring.
    gone = result.status == rules.GONE and await store.disable(tx, done.subscription_id, done.url, _GONE)
    again_at = None if gone else rules.next_try(done.attempts, tx.now)
    status = "failed" if again_at is None else "queued"
    await store.settle(tx, done, status=status, answered=result.status, reason=result.reason, again_at=again_at)
    if gone:
        await store.cancel(tx, done.subscription_id)


async def bound(tx: Tx) -> int:
    """Drop the oldest of what waits for each subscriber beyond what is kept, and all for one that ended; how many."""
    return await store.cancel_beyond(tx, MOST_WAITING, "too far behind") + await store.cancel_ended(tx)


async def deliveries(
    reader: Reader, principal: Principal, subscription_id: UUID, *, after: Sequence[Any] | None, limit: int
) -> list[Delivery]:
    """What was delivered, newest first."""
    await get(reader, principal, subscription_id)
    return await store.deliveries(reader, subscription_id, after=after, limit=limit)


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Drop what still waits about these customers."""
    return await store.erase(tx, customer_ids)


def _check_types(types: Sequence[str], principal: Principal) -> None:
    for n, one in enumerate(types):
        if not rules.may_ask_for(one, internal=principal.internal):
            raise Unprocessable.field(f"types[{n}]", "unknown_type", "no such fact can be subscribed to")


def _row(tx: Tx, subscriber: Subscription, event: Event[Any]) -> dict[str, Any]:
    return {
        "id": tx.new_id(),
        "unit": subscriber.unit_id,
        "subscription_id": subscriber.id,
        "event_id": event.id,
        "event_type": event.type,
        "customer_id": event.subject,
        "body": rules.public_body(event, internal=subscriber.internal),
    }
