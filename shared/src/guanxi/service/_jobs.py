"""Work of a worker that neither a request nor an event starts: jobs at intervals, loops without end."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import asyncpg
import structlog

from guanxi.bus.ports import BrokerError
from guanxi.db import Database
from guanxi.telemetry import set_correlation_id

AGAIN_SECONDS = 1.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Runtime:
    """What a running service has at hand; `settings` is the service's own class."""

    settings: Any
    database: Database


@dataclass(frozen=True, slots=True)
class Job:
    """Runs at intervals, in every worker: what it does must be safe side by side."""

    name: str
    every: timedelta
    run: Callable[[Runtime], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Loop:
    """Runs for ever; started again when it fails."""

    name: str
    run: Callable[[Runtime], Awaitable[None]]


async def keep_running(name: str, run: Callable[[], Awaitable[None]], pause: float = AGAIN_SECONDS) -> None:
    """Run it again and again; an error is logged, never the end."""
    while True:
        set_correlation_id(None)
        try:
            await run()
        except (asyncpg.PostgresError, asyncpg.InterfaceError, BrokerError, OSError, TimeoutError) as error:
            log.warning("job.interrupted", job=name, error=repr(error))
        except Exception:
            log.exception("job.failed", job=name)
        await asyncio.sleep(pause * random.uniform(0.9, 1.1))  # noqa: S311 - jitter
