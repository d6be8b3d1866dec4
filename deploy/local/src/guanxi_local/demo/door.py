"""The doors the story goes through: HTTP at the gateway with a person's token, and the publishers' Kafka topics."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import uuid4

import httpx

from guanxi.bus.kafka import KafkaProducer
from guanxi_local.failures import Failure

T = TypeVar("T")
BATCH = 250
ATTEMPTS = 20
_RETRY = (502, 503)


@dataclass(slots=True)
class Caller:
    """One person at the gateway."""

    client: httpx.AsyncClient
    token: str

    async def get(self, path: str, **query: str) -> Any:
        """The JSON of a resource."""
        return await self._send("GET", path, params=query)

    async def find(self, path: str, **query: str) -> Any:
        """The JSON of a resource; None as long as there is none."""
        answer = await self._ask("GET", path, params=query)
        return None if answer.status_code == httpx.codes.NOT_FOUND else _read(answer, "GET", path)

    async def post(self, path: str, body: Any, *, key: str | None = None) -> Any:
        """The JSON of what was made; a busy or not yet informed service is asked again with the same key."""
        key = key or str(uuid4())
        return await self._send("POST", path, json=body, headers={"Idempotency-Key": key})

    async def put(self, path: str, body: Any, version: int | None = None) -> Any:
        """The JSON of what was set, which must be at `version` where one is given."""
        headers = {} if version is None else {"If-Match": f'"{version}"'}
        return await self._send("PUT", path, json=body, headers=headers)

    async def patch(self, path: str, body: Any, version: int) -> Any:
        """The JSON of what was changed."""
        return await self._send("PATCH", path, json=body, headers={"If-Match": f'"{version}"'})

    async def post_unless(self, code: str, path: str, body: Any) -> None:
        """Post what may be there already: refused with `code`, that is well too."""
        answer = await self._ask("POST", path, json=body, headers={"Idempotency-Key": str(uuid4())})
        if answer.status_code != httpx.codes.CONFLICT or answer.json()["code"] != code:
            _read(answer, "POST", path)

    async def refusal(self, path: str, body: Any) -> httpx.Response:
        """The problem document with which a POST is refused; raises `Failure` when it is not."""
        answer = await self._ask("POST", path, json=body, headers={"Idempotency-Key": str(uuid4())})
        if not answer.is_client_error:
            message = f"POST {path} should be refused and gave {answer.status_code}: {answer.text[:500]}"
            raise Failure(message)
        return answer

    async def _send(self, method: str, path: str, **arguments: Any) -> Any:
        return _read(await self._ask(method, path, **arguments), method, path)

    async def _ask(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        headers = {**arguments.pop("headers", {})}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        answer = await self.client.request(method, path, headers=headers, **arguments)
        for _ in range(ATTEMPTS):
            if answer.status_code not in _RETRY:
                break
            await asyncio.sleep(float(answer.headers.get("retry-after", "0.5")))
            answer = await self.client.request(method, path, headers=headers, **arguments)
        return answer


def _read(answer: httpx.Response, method: str, path: str) -> Any:
    if answer.is_error:
        message = f"{method} {path} gave {answer.status_code}: {answer.text[:500]}"
        raise Failure(message)
    return answer.json()


async def send_batches(caller: Caller, events: Sequence[dict[str, Any]], tick: Callable[[int], None]) -> dict[str, int]:
    """Send inbound events over HTTP; gives how many had which result."""
    counts: dict[str, int] = {}
    for start in range(0, len(events), BATCH):
        batch = events[start : start + BATCH]
        answer = await caller.post("/v1/inbound-events", batch)
        for result in answer["results"]:
            counts[result["status"]] = counts.get(result["status"], 0) + 1
            if result["status"] == "rejected":
                message = f"the background was refused: {json.dumps(result, ensure_ascii=False)[:500]}"
                raise Failure(message)
        tick(len(batch))
    return counts


async def publish(bootstrap: str, prefix: str, events: Iterable[dict[str, Any]]) -> None:
    """Publish inbound events to their publishers' own topics, as a dealer's system does."""
    producer = KafkaProducer(bootstrap, "guanxi-demo")
    await producer.start()
    try:
        for one in events:
            topic = f"{prefix}guanxi.inbound.{one['source']}"
            key = str(one["data"].get("external_customer", "")).encode()
            await (await producer.send(topic, json.dumps(one, ensure_ascii=False).encode(), key, []))
    finally:
        await producer.stop()


async def until(what: str, look: Callable[[], Awaitable[T | None]], seconds: float = 60) -> T:
    """Look again and again until there is something; raises `Failure` naming what did not come."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = await look()
        if found:
            return found
        await asyncio.sleep(0.2)
    message = f"waited {seconds:.0f} s in vain for {what}"
    raise Failure(message)
