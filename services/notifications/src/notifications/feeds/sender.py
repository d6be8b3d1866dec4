"""The loop that delivers webhooks: claim, send outside of any transaction to the address that was checked, settle."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

import httpx
import orjson
import structlog

from guanxi.db import Pool
from guanxi.service import Job, Loop, Runtime
from notifications.bell import FEEDS, wait
from notifications.feeds import rules, store, usecases
from notifications.feeds.addresses import AddressRefusedError, Resolver, locate, resolve_by_system
from notifications.feeds.store import Claimed
from notifications.feeds.usecases import Result
from notifications.settings import Settings

AT_ONCE = 16
EACH_AT_ONCE = 2
"""So many deliveries of one subscriber are on their way together."""
LOOK_SECONDS = 1.0
SECONDS = 3.0
MOST_BYTES = 65_536

log = structlog.get_logger(__name__)


async def run(runtime: Runtime) -> None:
    """Deliver until cancelled; what is on its way then is delivered again when its lease is over."""
    settings: Settings = runtime.settings
    under_way: set[asyncio.Task[None]] = set()
    try:
        with FEEDS.listen() as woken:
            while True:
                begun = await begin_due(settings, runtime.database.consumers, under_way)
                await _until_some_end(under_way, woken, begun)
    finally:
        await _cancel(under_way)


async def begin_due(
    settings: Settings,
    pool: Pool,
    under_way: set[asyncio.Task[None]],
    resolve: Resolver = resolve_by_system,
) -> int:
    """Begin what is due now, as far as there are slots; how many. Each leaves `under_way` when it ends."""
    free = AT_ONCE - len(under_way)
    if free <= 0:
        return 0
    async with pool.begin() as tx:
        claimed = await store.claim(tx, free, EACH_AT_ONCE)
    for one in claimed:
        task = asyncio.create_task(_send(settings, pool, resolve, one))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        task.add_done_callback(_report)
    return len(claimed)


async def send_due(settings: Settings, pool: Pool, resolve: Resolver = resolve_by_system) -> int:
    """Deliver what is due now and wait for it; how many were tried."""
    under_way: set[asyncio.Task[None]] = set()
    begun = await begin_due(settings, pool, under_way, resolve)
    try:
        await asyncio.gather(*under_way)
    finally:
        await _cancel(under_way)
    return begun


async def bound(runtime: Runtime) -> None:
    """Let nothing wait without end for subscribers that pause, do not answer, or have ended."""
    async with runtime.database.consumers.begin() as tx:
        dropped = await usecases.bound(tx)
    if dropped:
        log.warning("webhooks.dropped", count=dropped)


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.warning("webhook.unsettled", error=repr(error))


async def _cancel(tasks: Iterable[asyncio.Task[None]]) -> None:
    rest = list(tasks)
    for one in rest:
        one.cancel()
    await asyncio.gather(*rest, return_exceptions=True)


async def _until_some_end(under_way: set[asyncio.Task[None]], woken: asyncio.Event, begun: int) -> None:
    if begun and len(under_way) < AT_ONCE:
        return
    ringing = asyncio.create_task(wait(woken, LOOK_SECONDS))
    try:
        await asyncio.wait({ringing, *under_way}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ringing.cancel()
        await asyncio.gather(ringing, return_exceptions=True)


async def deliver(one: Claimed, at: datetime, resolve: Resolver, *, allow_loopback: bool) -> Result:
    """Make one delivery; never raises for what the receiver or the network does."""
    try:
        async with asyncio.timeout(SECONDS):
            target = await locate(one.url, resolve, allow_loopback=allow_loopback)
            body = orjson.dumps(one.body)
            headers = {**rules.headers(one.secret, str(one.event_id), at, body), "host": target.host_header}
            # A client of its own: nothing is kept between receivers, neither cookies nor connections nor proxies.
            async with httpx.AsyncClient(follow_redirects=False, trust_env=False, timeout=SECONDS) as client:
                extensions = {"sni_hostname": target.host} if target.scheme == "https" else {}
                request = client.build_request("POST", target.url, content=body, headers=headers, extensions=extensions)
                return await _answer_to(client, request)
    except AddressRefusedError as error:
        return Result(None, f"address refused: {error}")
    except TimeoutError:
        return Result(None, f"no answer within {SECONDS:.0f} s")
    except (httpx.HTTPError, OSError, ValueError) as error:
        return Result(None, type(error).__name__)


async def _answer_to(client: httpx.AsyncClient, request: httpx.Request) -> Result:
    answer = await client.send(request, stream=True)
    try:
        size = 0
        async for part in answer.aiter_raw():
            size += len(part)
            if size > MOST_BYTES:
                return Result(None, "the answer is longer than 64 KiB")
    finally:
        await answer.aclose()
    return Result(answer.status_code, None if rules.accepted(answer.status_code) else f"answered {answer.status_code}")


async def _send(settings: Settings, pool: Pool, resolve: Resolver, one: Claimed) -> None:
    result = await deliver(one, pool.clock.now(), resolve, allow_loopback=settings.webhook_allow_loopback)
    async with pool.begin() as tx:
        await usecases.settle(tx, one, result)
    log.info("webhook.tried", delivery=str(one.id), status=result.status, reason=result.reason)


LOOP = Loop("webhooks", run)
BOUND = Job("waiting webhooks", timedelta(minutes=1), bound)
