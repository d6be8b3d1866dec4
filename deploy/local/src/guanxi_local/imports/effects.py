"""What an import has led to in the other services: counted by each of them, and waited for until it adds up."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import httpx
from pydantic import BaseModel

from guanxi_local.failures import Failure
from guanxi_local.imports.reconcile import Effect, Figures
from guanxi_local.imports.sender import problem

PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 0.5
_INTERACTIONS, _COMPLAINTS = "interactions", "complaints"
_READERS = (_INTERACTIONS, _COMPLAINTS, "scoring", "notifications")


@dataclass(frozen=True, slots=True)
class Way:
    """Where a family of reports goes: the service that keeps it, its fact, and its kind in scoring."""

    service: str
    fact: str
    kind: str


WAYS = {
    "contact": Way(_INTERACTIONS, "guanxi.interactions.CustomerContacted.v1", "contact"),
    "order": Way(_INTERACTIONS, "guanxi.interactions.OrderPlaced.v1", "order"),
    "delivery": Way(_INTERACTIONS, "guanxi.interactions.OrderDelivered.v1", "delivery"),
    "return": Way(_INTERACTIONS, "guanxi.interactions.OrderReturned.v1", "return"),
    "service": Way(_INTERACTIONS, "guanxi.interactions.ServicePerformed.v1", "service"),
    "opinion": Way(_INTERACTIONS, "guanxi.interactions.OpinionGiven.v1", "opinion"),
    "mention": Way(_INTERACTIONS, "guanxi.interactions.MentionObserved.v1", "mention"),
    "complaint": Way(_COMPLAINTS, "guanxi.complaints.ComplaintFiled.v1", "complaint"),
}
"""Payments are left out: one that is only due is no fact yet."""


class Counts(BaseModel):
    """The answer of a service's `/v1/ops/<service>/effects`."""

    published: dict[str, int]
    known_customers: int
    made: dict[str, int]


class Onlooker:
    """Asks the other services; `before` is what they knew before the import."""

    def __init__(self, client: httpx.Client, source: str, since: datetime) -> None:
        self._client, self._source, self._since = client, source, since.isoformat()
        self._before = {service: self._ask(service).known_customers for service in _READERS}

    def settled(self, passed: Figures, show: Callable[[], None] = lambda: None) -> list[Effect]:
        """Look until everything adds up; gives the last look when nothing has moved for a minute."""
        seen, since = self._look(passed), time.monotonic()
        while not all(effect.right for effect in seen) and time.monotonic() - since < PATIENCE_SECONDS:
            time.sleep(LOOK_SECONDS)
            show()
            again = self._look(passed)
            since = time.monotonic() if again != seen else since
            seen = again
        return seen

    def _look(self, passed: Figures) -> list[Effect]:
        counts = {service: self._ask(service) for service in _READERS}
        known = {service: counts[service].known_customers - self._before[service] for service in _READERS}
        effects = [Effect(service, "customers known", known[service], passed.registered) for service in _READERS]
        for family, expected in sorted(passed.passed_on.items()):
            if way := WAYS.get(family):
                kept, scored = counts[way.service].published, counts["scoring"].made
                effects.append(Effect(way.service, f"{family} kept", kept.get(way.fact, 0), expected))
                effects.append(Effect("scoring", f"{family} facts", scored.get(way.kind, 0), expected))
        made = counts["notifications"].made
        effects.append(Effect("notifications", "messages sent", made.get("messages sent", 0)))
        return effects

    def _ask(self, service: str) -> Counts:
        query = {"source": self._source, "since": self._since}
        answer = self._client.get(f"/v1/ops/{service}/effects", params=query)
        if not answer.is_success:
            raise Failure(problem(answer))
        return Counts.model_validate_json(answer.content)
