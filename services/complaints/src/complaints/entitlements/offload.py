"""Work that may be long is done beside the event loop: heartbeats live there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
MANY = 100
"""Records of a customer, from which on what is made of them takes more than some milliseconds."""


async def beside(size: int, work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    """Do it here when it is little, and in a thread when it is much: for most customers the thread would cost more."""
    return await asyncio.to_thread(work, *args, **named) if size > MANY else work(*args, **named)
