"""Sending events through the public door, in batches, patiently: a lost answer is asked for under the same key."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol
from uuid import uuid4

import httpx
import orjson
from pydantic import BaseModel

from guanxi_local.failures import Failure
from guanxi_local.imports.events import Made

BATCH_EVENTS = 500
BATCH_BYTES = 3_500_000
PATIENCE_SECONDS = 120.0
_AGAIN = frozenset({408, 409, 429, 500, 502, 503, 504})


class Fault(BaseModel):
    """What was wrong with one field."""

    field: str
    code: str
    detail: str


class Result(BaseModel):
    """What became of one event."""

    id: str
    status: Literal["received", "duplicate", "rejected"]
    report_id: str | None = None
    customer: Literal["registered", "known", "anonymous"] | None = None
    errors: list[Fault] = []


class _Answer(BaseModel):
    results: list[Result]


class Clock(Protocol):
    """What the sender needs of the time."""

    def monotonic(self) -> float:
        """Seconds that only grow."""
        ...

    def sleep(self, seconds: float, /) -> None:
        """Let time pass."""
        ...


@dataclass(slots=True)
class Sender:
    """Sends one run's batches; each has a key of its own, so that none is taken in twice however often it is sent."""

    client: httpx.Client
    rate: float | None = None
    clock: Clock = time
    run: str = field(default_factory=lambda: uuid4().hex)
    sent: int = 0
    _began: float | None = None

    def send(self, events: Iterable[Made]) -> Iterator[list[tuple[Made, Result]]]:
        """Send everything; gives each batch with its results as it is answered."""
        for number, (batch, body) in enumerate(batches(events)):
            self._keep_pace(len(batch))
            results = self._post(f"{self.run}-{number}", body)
            if len(results) != len(batch):
                message = f"a batch of {len(batch)} events was answered with {len(results)} results"
                raise Failure(message)
            self.sent += len(batch)
            yield list(zip(batch, results, strict=True))

    def _post(self, key: str, body: bytes) -> list[Result]:
        deadline = self.clock.monotonic() + PATIENCE_SECONDS
        pause = 0.2
        while True:
            outcome = self._attempt(key, body)
            if isinstance(outcome, list):
                return outcome
            if self.clock.monotonic() > deadline:
                message = f"gave up after {self.sent} events ({outcome.why}); run it again, it goes on where it stopped"
                raise Failure(message)
            self.clock.sleep(outcome.after or pause)
            pause = min(pause * 2, 5.0)

    def _attempt(self, key: str, body: bytes) -> list[Result] | _NotNow:
        headers = {"Idempotency-Key": key, "Content-Type": "application/cloudevents-batch+json"}
        try:
            answer = self.client.post("/v1/inbound-events", params={"via": "import"}, content=body, headers=headers)
        except httpx.TransportError as error:
            return _NotNow(f"the gateway does not answer: {error}")
        if answer.is_success:
            return _Answer.model_validate_json(answer.content).results
        if answer.status_code in _AGAIN:
            return _NotNow(problem(answer), _retry_after(answer))
        message = f"the platform refuses the import: {problem(answer)}"
        raise Failure(message)

    def _keep_pace(self, events: int) -> None:
        if self.rate is None:
            return
        now = self.clock.monotonic()
        self._began = now if self._began is None else self._began
        ahead = self._began + (self.sent + events) / self.rate - now
        if ahead > 0:
            self.clock.sleep(ahead)


@dataclass(frozen=True, slots=True)
class _NotNow:
    why: str
    after: float | None = None


def batches(
    events: Iterable[Made], *, most: int = BATCH_EVENTS, size: int = BATCH_BYTES
) -> Iterator[tuple[Sequence[Made], bytes]]:
    """Cut a stream into bodies of at most `most` events and, but for a single large event, `size` bytes."""
    batch: list[Made] = []
    parts: list[bytes] = []
    length = 0
    for made in events:
        part = orjson.dumps(made.event)
        if batch and (len(batch) == most or length + len(part) > size):
            yield batch, _body(parts)
            batch, parts, length = [], [], 0
        batch.append(made)
        parts.append(part)
        length += len(part) + 1
    if batch:
        yield batch, _body(parts)


def problem(answer: httpx.Response) -> str:
    """What a refusal says, in one line."""
    try:
        said: dict[str, Any] = answer.json()
        errors = "".join(f"; {one['field']}: {one['detail']}" for one in said.get("errors", []))
        return f"{answer.status_code} {said.get('detail', said.get('title', ''))}{errors}"
    except (ValueError, AttributeError, TypeError, KeyError):
        return f"{answer.status_code}"


def _body(parts: Sequence[bytes]) -> bytes:
    return b"[" + b",".join(parts) + b"]"


def _retry_after(answer: httpx.Response) -> float | None:
    said = answer.headers.get("Retry-After", "")
    return float(said) if said.isdigit() else None
