"""What an import has led to in the other services: counted by each of them, and waited for until it adds up.

Others may write meanwhile: reports and facts are counted by publisher and by what has caused them. The directory says
of nobody who reported him: there it is waited for as many customers as there were when the last event was answered.
"""

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
_PROFILES, _INTERACTIONS, _COMPLAINTS = "customer-profile", "interactions", "complaints"
_READERS = (_INTERACTIONS, _COMPLAINTS, "scoring", "notifications")


@dataclass(frozen=True, slots=True)
class Way:
    """Where a family of reports goes: the service that keeps it, its fact without `.v1`, and its kind in scoring."""

    service: str
    fact: str
    kind: str


WAYS = {
    "contact": Way(_INTERACTIONS, "guanxi.interactions.CustomerContacted", "contact"),
    "order": Way(_INTERACTIONS, "guanxi.interactions.OrderPlaced", "order"),
    "delivery": Way(_INTERACTIONS, "guanxi.interactions.OrderDelivered", "delivery"),
    "return": Way(_INTERACTIONS, "guanxi.interactions.OrderReturned", "return"),
    "service": Way(_INTERACTIONS, "guanxi.interactions.ServicePerformed", "service"),
    "opinion": Way(_INTERACTIONS, "guanxi.interactions.OpinionGiven", "opinion"),
    "mention": Way(_INTERACTIONS, "guanxi.interactions.MentionObserved", "mention"),
    "complaint": Way(_COMPLAINTS, "guanxi.complaints.ComplaintFiled", "complaint"),
}
"""Payments are left out: one that is only due is no fact yet."""


class Counts(BaseModel):
    """The answer of a service's `/v1/ops/<service>/effects`."""

    published: dict[str, int]
    caused: dict[str, int]
    known_customers: int
    made: dict[str, int]

    def facts(self, name: str, *, new: bool) -> int:
        """Facts of a type and, unless only `new` ones count, of its corrections; see `Effects` of the services."""
        if new:
            return self.published.get(f"{name}.v1", 0)
        return sum(self.caused.get(f"{name}{twin}.v1", 0) for twin in ("", "Corrected", "Voided"))


class Onlooker:
    """Asks the other services what came of a publisher's events since a moment before the first of them."""

    def __init__(self, client: httpx.Client, source: str, since: datetime) -> None:
        self._client, self._source, self._since = client, source, since.isoformat()

    def settled(self, passed: Figures, show: Callable[[], None] = lambda: None) -> list[Effect]:
        """Look until everything adds up; gives the last look when nothing has moved for a minute."""
        customers = self._ask(_PROFILES).made["customers"]
        seen, since = self._look(passed, customers), time.monotonic()
        while not all(effect.right for effect in seen) and time.monotonic() - since < PATIENCE_SECONDS:
            time.sleep(LOOK_SECONDS)
            show()
            again = self._look(passed, customers)
            since = time.monotonic() if again != seen else since
            seen = again
        return seen

    def _look(self, passed: Figures, customers: int) -> list[Effect]:
        counts = {service: self._ask(service) for service in _READERS}
        effects = [
            Effect(service, "customers known", counts[service].known_customers, customers, or_more=True)
            for service in _READERS
        ]
        for family, expected in sorted(passed.passed_on.items()):
            if way := WAYS.get(family):
                kept = counts[way.service]
                effects.append(Effect(way.service, f"{family} kept", kept.facts(way.fact, new=False), expected))
                scored, told = counts["scoring"].made.get(way.kind, 0), kept.facts(way.fact, new=True)
                effects.append(Effect("scoring", f"{family} facts", scored, told))
        made = counts["notifications"].made
        effects.append(Effect("notifications", "messages sent", made.get("messages sent", 0)))
        return effects

    def _ask(self, service: str) -> Counts:
        query = {"source": self._source, "since": self._since}
        try:
            answer = self._client.get(f"/v1/ops/{service}/effects", params=query)
        except httpx.TransportError as error:
            message = f"the gateway does not answer ({error}); is the platform up? (guanxi status)"
            raise Failure(message) from error
        if not answer.is_success:
            raise Failure(problem(answer))
        return Counts.model_validate_json(answer.content)
