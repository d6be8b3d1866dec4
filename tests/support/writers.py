"""Callers that write at the public doors for as long as a fault lasts, and keep a ledger of what they were promised."""

from __future__ import annotations

import asyncio
import contextlib
import random
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from support.client import Caller
from support.ledger import Entry, Fate, Kind, Ledger

_GIVES_UP = 0.15
_BAD = 0.1


@dataclass
class Writers:
    """What a few callers do at the same time, each one request after the other."""

    caller: Caller
    ledger: Ledger
    dice: random.Random
    customers: list[str] = field(default_factory=list)
    repeats: int = 0
    """Requests that were sent again under the same key because the answer was lost or 503."""
    in_flight: int = 0

    async def one(self) -> None:
        """One request, good or bad, followed to its end unless the caller is one that gives up."""
        kind = self._kind()
        mark, bad = uuid.uuid4().hex, self.dice.random() < _BAD
        patience = 1 if self.dice.random() < _GIVES_UP else 400
        (method, path, body), key = self._request(kind, mark, bad=bad), f"key-{mark}"
        last: httpx.Response | None = None
        for attempt in range(patience):
            self.repeats += attempt > 0
            self.in_flight += 1
            try:
                last = await self.caller.ask(method, path, body, key=key)
            finally:
                self.in_flight -= 1
            if last is not None and (last.is_success or _final(last)):
                break
            await asyncio.sleep(self.dice.uniform(0.05, 0.2))
        self.ledger.write(_entry(kind, mark, last))
        if kind == "customer" and last is not None and last.is_success:
            self.customers.append(last.json()["id"])

    def _kind(self) -> Kind:
        if len(self.customers) < 3:
            return "customer"
        kinds: tuple[Kind, ...] = ("customer", "interaction", "interaction", "interaction", "complaint", "permission")
        return self.dice.choice(kinds)

    def _request(self, kind: Kind, mark: str, *, bad: bool) -> tuple[str, str, dict[str, Any]]:
        wrong = {"no_such_field": 1} if bad else {}
        if kind == "customer":
            return "POST", "/v1/customers", {"kind": "person", "name": mark, **wrong}
        customer = self.dice.choice(self.customers[-50:])
        if kind == "interaction":
            body = {"customer_id": customer, "channel": "phone", "direction": "in", "subject": mark, **wrong}
            return "POST", "/v1/interactions", body
        if kind == "permission":
            said = {"purpose": "survey", "channel": "email", "state": "granted", "evidence": mark}
            return "PUT", f"/v1/customers/{customer}/permissions", {"permissions": [said], **wrong}
        body = {"customer_id": customer, "channel": "phone", "cause": "quality", "external_ref": mark, **wrong}
        return "POST", "/v1/complaints", body


@asynccontextmanager
async def writing(writers: Writers, callers: int = 6, pause: float = 0.02) -> AsyncIterator[Writers]:
    """Let them write while the block lasts; every request they have begun is followed to its end afterwards."""
    ending = asyncio.Event()

    async def go_on() -> None:
        while not ending.is_set():
            await writers.one()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ending.wait(), pause)

    async with asyncio.TaskGroup() as group:
        for _ in range(callers):
            group.create_task(go_on())
        try:
            yield writers
        finally:
            ending.set()


def _final(answer: httpx.Response) -> bool:
    # 409: another attempt under this key is still being done.
    return 400 <= answer.status_code < 500 and answer.status_code not in (408, 409, 429)


def _entry(kind: Kind, mark: str, last: httpx.Response | None) -> Entry:
    status = last.status_code if last is not None else 0
    location = last.headers.get("location") if last is not None else None
    fate: Fate = "uncertain"
    if last is not None and last.is_success:
        fate = "acknowledged"
    elif last is not None and _final(last):
        fate = "refused"
    return Entry(fate, kind, mark, status, location)
