"""How often strangers may try codes: a bucket for each code and one for each client, in this process."""

from __future__ import annotations

import hashlib
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from guanxi.problems import Problem

_REMEMBERED = 10_000
_TOO_MANY = 429
_CODE_BURST, _CODE_PER_SECOND = 20, 0.5
_CLIENT_BURST, _CLIENT_PER_SECOND = 120, 4.0
"""A counter's tablet fills in a card every few seconds; 80 bits are not found at four tries a second."""


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
        # Only a digest is remembered: a code in memory would be a code stored.
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


class Limits:
    """Both buckets of the public routes."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._codes = Buckets(_CODE_BURST, _CODE_PER_SECOND, monotonic)
        self._clients = Buckets(_CLIENT_BURST, _CLIENT_PER_SECOND, monotonic)

    def check(self, code: str, client: str) -> None:
        """Raise `Problem` (429 with Retry-After) when either was used too often, before anybody looks at the code."""
        wait = max(self._clients.take(client), self._codes.take(code))
        if wait > 0:
            detail = "Too many requests; wait a little."
            raise Problem(_TOO_MANY, "too-many-requests", detail, retry_after=math.ceil(wait))


def check(request: Request, code: str) -> None:
    """Count one use of a code by this client against the buckets of this process; 429."""
    state = request.app.state
    if not hasattr(state, "card_limits"):
        state.card_limits = Limits()
    limits: Limits = state.card_limits
    limits.check(code, request.client.host if request.client else "")
