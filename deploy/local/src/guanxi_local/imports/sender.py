"""Sending events through the public door, in batches, patiently: a lost answer is asked for under the same key."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
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
_TOO_SLOW = 2
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
    repeated: bool = False
    """It had come before; of what was rejected then the faults are told again."""


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


@dataclass(frozen=True, slots=True)
class Batch:
    """Events with their JSON."""

    events: tuple[Made, ...]
    parts: tuple[bytes, ...]

    @property
    def body(self) -> bytes:
        """As the door takes it."""
        return b"[" + b",".join(self.parts) + b"]"

    def halves(self) -> tuple[Batch, Batch]:
        """Its first and its second half."""
        middle = len(self.events) // 2
        return Batch(self.events[:middle], self.parts[:middle]), Batch(self.events[middle:], self.parts[middle:])


@dataclass(slots=True)
class Sender:
    """Sends one run's batches; each has a key of its own, so that none is taken in twice however often it is sent.

    A batch that the platform does not finish in time, again and again, is halved, and so are those that follow.
    """

    client: httpx.Client
    rate: float | None = None
    clock: Clock = time
    run: str = field(default_factory=lambda: uuid4().hex)
    sent: int = 0
    most: int = BATCH_EVENTS
    _began: float | None = None

    def send(self, events: Iterable[Made]) -> Iterator[list[tuple[Made, Result]]]:
        """Send everything; gives each batch with its results as it is answered."""
        for number, batch in enumerate(batches(events, most=lambda: self.most)):
            self._keep_pace(len(batch.events))
            results = self._deliver(f"{self.run}-{number}", batch)
            self.sent += len(batch.events)
            yield list(zip(batch.events, results, strict=True))

    def _deliver(self, key: str, batch: Batch) -> list[Result]:
        try:
            results = self._post(key, batch.body, may_split=len(batch.events) > 1)
        except _TooSlowError:
            self.most = max(len(batch.events) // 2, 1)
            first, second = batch.halves()
            return [*self._deliver(f"{key}a", first), *self._deliver(f"{key}b", second)]
        if len(results) != len(batch.events):
            message = f"a batch of {len(batch.events)} events was answered with {len(results)} results"
            raise Failure(message)
        return results

    def _post(self, key: str, body: bytes, *, may_split: bool) -> list[Result]:
        deadline = self.clock.monotonic() + PATIENCE_SECONDS
        pause, too_slow = 0.2, 0
        while True:
            outcome = self._attempt(key, body)
            if isinstance(outcome, list):
                return outcome
            too_slow += outcome.code == "deadline"
            if too_slow == _TOO_SLOW and may_split:
                raise _TooSlowError
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
            return _NotNow(problem(answer), _retry_after(answer), _code(answer))
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
    code: str | None = None


class _TooSlowError(Exception):
    """The platform cannot take so many events in the time of one request."""


def batches(
    events: Iterable[Made], *, most: Callable[[], int] = lambda: BATCH_EVENTS, size: int = BATCH_BYTES
) -> Iterator[Batch]:
    """Cut a stream into batches of at most `most()` events and, but for a single large event, `size` bytes."""
    waiting: list[Made] = []
    parts: list[bytes] = []
    length = 0
    for made in events:
        part = orjson.dumps(made.event)
        if waiting and (len(waiting) >= most() or length + len(part) > size):
            yield Batch(tuple(waiting), tuple(parts))
            waiting, parts, length = [], [], 0
        waiting.append(made)
        parts.append(part)
        length += len(part) + 1
    if waiting:
        yield Batch(tuple(waiting), tuple(parts))


def problem(answer: httpx.Response) -> str:
    """What a refusal says, in one line."""
    try:
        said: dict[str, Any] = answer.json()
        errors = "".join(f"; {one['field']}: {one['detail']}" for one in said.get("errors", []))
        return f"{answer.status_code} {said.get('detail', said.get('title', ''))}{errors}"
    except (ValueError, AttributeError, TypeError, KeyError):
        return f"{answer.status_code}"


def _code(answer: httpx.Response) -> str | None:
    try:
        return str(answer.json()["code"])
    except (ValueError, KeyError, TypeError):
        return None


def _retry_after(answer: httpx.Response) -> float | None:
    said = answer.headers.get("Retry-After", "")
    return float(said) if said.isdigit() else None
