"""How often a link may be followed: a bucket for each token and one for each client, in this process."""

from __future__ import annotations

import hashlib
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from guanxi.problems import Problem

_REMEMBERED = 10_000
_TOO_MANY = 429


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
        # Only a digest is remembered: a token in memory would be a token stored.
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
        self._tokens = Buckets(30, 0.5, monotonic)
        self._clients = Buckets(120, 4.0, monotonic)

    def check(self, token: str, client: str) -> None:
        """Raise `Problem` (429 with Retry-After) when either was used too often, before anybody looks at the token."""
        wait = max(self._clients.take(client), self._tokens.take(token))
        if wait > 0:
            raise Problem(
                _TOO_MANY, "too-many-requests", "Too many requests; wait a little.", retry_after=math.ceil(wait)
            )
