"""How often strangers may try secrets: a bucket for each secret and one for each client, in this process."""

from __future__ import annotations

import hashlib
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from guanxi.problems import Problem

_REMEMBERED = 10_000
_TOO_MANY = 429
LIMITED: dict[int | str, dict[str, Any]] = {_TOO_MANY: {"description": "Used too often."}}
"""For the OpenAPI document of a route that looks at limits."""


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Buckets:
    """Token buckets by key: `burst` at once, then `per_second`; the longest unused are forgotten."""

    def __init__(self, burst: int, per_second: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._burst, self._rate, self._monotonic = burst, per_second, monotonic
        self._buckets: OrderedDict[bytes, _Bucket] = OrderedDict()

    def take(self, key: str) -> float:
        """Take one; gives 0, or the seconds until there is one again."""
        # Only a digest is remembered: a secret in memory would be a secret stored.
        name, now = hashlib.sha256(key.encode()).digest(), self._monotonic()
        bucket = self._buckets.setdefault(name, _Bucket(self._burst, now))
        self._buckets.move_to_end(name)
        if len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)
        bucket.left = min(self._burst, bucket.left + (now - bucket.at) * self._rate)
        bucket.at = now
        if bucket.left < 1:
            return (1 - bucket.left) / self._rate
        bucket.left -= 1
        return 0.0


@dataclass(frozen=True, slots=True)
class Allowance:
    """How often something may be done: `burst` times at once, then `per_second`."""

    burst: int
    per_second: float


class Limits:
    """A bucket for each secret and one for each client."""

    def __init__(
        self,
        secret: Allowance = Allowance(30, 0.5),
        client: Allowance = Allowance(120, 4.0),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._secrets = Buckets(secret.burst, secret.per_second, monotonic)
        self._clients = Buckets(client.burst, client.per_second, monotonic)

    def check(self, secret: str, client: str) -> None:
        """Raise `Problem` (429 with Retry-After) when either was used too often, before anybody looks at the secret."""
        wait = max(self._clients.take(client), self._secrets.take(secret))
        if wait > 0:
            detail = "Too many requests; wait a little."
            raise Problem(_TOO_MANY, "too-many-requests", detail, retry_after=math.ceil(wait))


class LimitsOfApp:
    """The limits of one kind of link in this process, kept with the application that serves it."""

    def __init__(self, name: str, make: Callable[[], Limits] = Limits) -> None:
        self._name, self._make = f"{name}_limits", make

    def check(self, request: Request, secret: str) -> None:
        """Count one use of a secret by this client; 429."""
        state = request.app.state
        if not hasattr(state, self._name):
            setattr(state, self._name, self._make())
        limits: Limits = getattr(state, self._name)
        limits.check(secret, request.client.host if request.client else "")
