"""A caller at the platform's one door, and what an honest answer is."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

from guanxi_local.testplatform import TestPlatform
from support.rounds import ROUNDS

LONGEST_ANSWER_S = 30.0 if ROUNDS == "smoke" else 7.0
"""A request's deadline is 5 s; the rest is a busy machine's, which the smoke shares with other tests."""


@dataclass
class Caller:
    """Speaks HTTP with a token, counts what it was answered, and remembers what it should not have been."""

    client: httpx.AsyncClient
    answers: Counter[int] = field(default_factory=Counter)
    dishonest: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    """What was said not to exist: each 404."""

    async def __aenter__(self) -> Self:
        """Open the connections."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close them."""
        await self.client.aclose()

    async def ask(
        self, method: str, path: str, body: Any = None, *, key: str | None = None, headers: dict[str, str] | None = None
    ) -> httpx.Response | None:
        """Ask once; None when the connection broke before an answer."""
        given = {"Idempotency-Key": key or str(uuid.uuid4())} if method == "POST" else {}
        began = time.monotonic()
        try:
            answer = await self.client.request(method, path, json=body, headers={**given, **(headers or {})})
        except httpx.TransportError:
            self.answers[0] += 1
            self._check_time(f"{method} {path}: broken off", began)
            return None
        self.answers[answer.status_code] += 1
        self._check_time(f"{method} {path}: {answer.status_code}", began)
        if answer.status_code == httpx.codes.NOT_FOUND:
            self.missing.append(f"{method} {path} {body}: {answer.text}")
        if answer.status_code in (502, 503) and "retry-after" not in answer.headers:
            self.dishonest.append(f"{method} {path}: {answer.status_code} without Retry-After: {answer.text[:200]}")
        broken = answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR and answer.status_code not in (502, 503)
        if broken or "Traceback" in answer.text:
            self.dishonest.append(f"{method} {path}: {answer.status_code}: {answer.text[:300]}")
        return answer

    def _check_time(self, what: str, began: float) -> None:
        took = time.monotonic() - began
        if took > LONGEST_ANSWER_S:
            self.dishonest.append(f"{what} after {took:.1f} s")


def caller(platform: TestPlatform, *, base: str | None = None, connections: int = 32, **claims: Any) -> Caller:
    """A caller with a token of its own: a head-office administrator's without claims, at the gateway without a base."""
    return Caller(
        httpx.AsyncClient(
            base_url=base or platform.gateway,
            headers={"Authorization": f"Bearer {platform.token(**claims)}"},
            timeout=httpx.Timeout(LONGEST_ANSWER_S + 5),
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            trust_env=False,
        )
    )
