"""Which facts a subscriber may have, how a delivery is signed, and when it is tried again."""

from __future__ import annotations

import base64
import hmac
import random
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from guanxi.events import Event, Fact, fact_types
from guanxi.events.customers import CustomerReferred
from guanxi.events.personal import personal_fields

FED_TOPICS = frozenset({"complaints", "customers", "interactions", "scores"})
FED = tuple(fact for fact in fact_types().values() if fact.TOPIC in FED_TOPICS)
"""The facts that can be subscribed to."""
FACTS = {fact.TYPE: fact for fact in FED}
_FOR_OURS = "scores"
_OF_TWO = frozenset({CustomerReferred.TYPE})
"""They carry the unit of one record and name another one, which may be another unit's."""
_NAME_OF_A_RECORD = "reference"

PREFIX = "whsec_"
_SECRET_BYTES = 32
PAUSES = tuple(
    timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600)
)
"""How long to wait after each failure; after the last one the delivery has failed. About two days in all."""
GONE = 410
_GOOD = range(200, 300)

_OURS = frozenset({"traceparent", "correlationid", "causationid"})


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who wants which facts where; `internal` is the flag of its unit at this moment."""

    id: UUID
    version: int
    unit_id: str
    types: tuple[str, ...]
    url: str
    secret: str | None
    status: str
    reason: str | None
    created_at: datetime
    internal: bool


def new_secret() -> str:
    """A fresh secret in the form of Standard Webhooks."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def sign(secret: str, webhook_id: str, at: datetime, body: bytes) -> str:
    """The signature of a delivery (Standard Webhooks 1.0): HMAC-SHA256 over id, time and body."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{webhook_id}.{int(at.timestamp())}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def headers(secret: str, webhook_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers of a delivery."""
    return {
        "content-type": "application/cloudevents+json",
        "user-agent": "guanxi-webhooks/1",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": sign(secret, webhook_id, at, body),
    }


def may_ask_for(fact_type: str, *, internal: bool) -> bool:
    """Whether a unit may subscribe to a fact at all: what the firm thinks of a customer is for its own units."""
    return internal or (FACTS[fact_type].TOPIC != _FOR_OURS and fact_type not in _OF_TWO)


def may_have(subscriber: Subscription, event: Event[Any]) -> bool:
    """Whether the fact is one of the subscriber's own records.

    Internal units may have all. Others get what carries their unit, and no scores, which no route shows them either.
    What carries no unit (merges) names records of others.
    """
    if event.type not in subscriber.types:
        return False
    if subscriber.internal:
        return True
    return may_ask_for(event.type, internal=False) and getattr(event.data, "unit", None) == subscriber.unit_id


def public_body(event: Event[Any], *, internal: bool) -> dict[str, Any]:
    """The event as it leaves the house: without any personal field, and without our trace.

    A customer's own facts are counted with its merges: of those an external unit learns nothing.
    """
    body: dict[str, Any] = orjson.loads(event.to_json())
    body["data"] = without_personal(type(event.data), body["data"])
    hidden = _OURS if internal or event.aggregateid != event.subject else _OURS | {"sequence"}
    return {name: value for name, value in body.items() if name not in hidden}


def accepted(status: int) -> bool:
    """Whether the receiver has it."""
    return status in _GOOD


def next_try(attempt: int, now: datetime, jitter: float | None = None) -> datetime | None:
    """When to try again after the `attempt`-th failure, by a fifth earlier or later; None after the last."""
    if attempt > len(PAUSES):
        return None
    share = random.uniform(0.8, 1.2) if jitter is None else jitter  # noqa: S311 - jitter
    return now + PAUSES[attempt - 1] * share


def without_personal(fact: type[Fact], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the fields that hold nothing personal at any depth; unknown ones are left out too.

    What its source calls a record stays: a subscriber knows its own by that.
    """
    told = {path for path, kind in personal_fields(fact).items() if kind != _NAME_OF_A_RECORD}
    personal = {re.split(r"[.\[]", path, maxsplit=1)[0] for path in told}
    return {name: value for name, value in values.items() if name in fact.model_fields and name not in personal}
