"""What makes up one service, declared in its `app.py`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Request

from guanxi.bus import deadletters, log
from guanxi.bus.relay import Heartbeat
from guanxi.db import Reader, Tx
from guanxi.due import DueHandler
from guanxi.events import Topology
from guanxi.service._jobs import Job, Loop, Runtime
from guanxi.service._settings import ServiceSettings

Eraser = Callable[[Tx, Sequence[UUID]], Awaitable[int]]
"""Blanks what one resource holds of these customers; gives how many rows it changed."""

Tally = Callable[[Reader, str, datetime], Awaitable[dict[str, int]]]
"""Counts what the service has made of a publisher's reports since a moment, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service: its name, schema, routes, consumers and work."""

    name: str
    title: str
    description: str
    settings: type[ServiceSettings]
    metadata: sa.MetaData
    migrations: Path
    topology: Topology
    routers: Sequence[APIRouter] = ()
    pages: Sequence[APIRouter] = ()
    """Pages for people, at the root; the routers are under /v1."""
    due: Mapping[str, DueHandler] = field(default_factory=dict)
    jobs: Sequence[Job] = ()
    loops: Sequence[Loop] = ()
    erasers: Sequence[Eraser] = ()
    tally: Tally | None = None
    heartbeat: Callable[[str], Heartbeat] | None = None
    """Makes the relay's heartbeat for a topic prefix."""


async def forget(service: Service, tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Erase these customers from every resource of a service, its log and its dead letters; gives the rows changed."""
    done = [await eraser(tx, customer_ids) for eraser in service.erasers]
    return sum(done) + await log.erase(tx, customer_ids) + await deadletters.erase(tx, customer_ids)


def runtime_of(request: Request) -> Runtime:
    """Dependency: the running service's settings and database."""
    found: Runtime = request.app.state.runtime
    return found


async def settings_of(request: Request) -> Any:
    """Dependency: the settings, of the service's own class."""
    return runtime_of(request).settings
