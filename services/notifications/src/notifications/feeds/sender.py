"""The loop that delivers webhooks: claim, send outside of any transaction to the address that was checked, settle."""

from __future__ import annotations

import asyncio
from datetime import datetime

import httpx
import orjson
import structlog

from guanxi.db import Pool
from guanxi.service import Loop, Runtime
from notifications.bell import FEEDS, wait
from notifications.feeds import rules, store, usecases
from notifications.feeds.addresses import AddressRefusedError, Resolver, locate, resolve_by_system
from notifications.feeds.store import Claimed
from notifications.feeds.usecases import Result
from notifications.settings import Settings

AT_ONCE = 8
LOOK_SECONDS = 1.0
SECONDS = 3.0
MOST_BYTES = 65_536

log = structlog.get_logger(__name__)


async def run(runtime: Runtime) -> None:
    """Deliver until cancelled."""
    settings: Settings = runtime.settings
    with FEEDS.listen() as woken:
        while True:
            if not await send_due(settings, runtime.database.consumers):
                await wait(woken, LOOK_SECONDS)


async def send_due(settings: Settings, pool: Pool, resolve: Resolver = resolve_by_system) -> int:
    """Deliver what is due now, at most eight; how many were tried."""
    async with pool.begin() as tx:
        claimed = await store.claim(tx, AT_ONCE)
    await asyncio.gather(*(_send(settings, pool, resolve, one) for one in claimed))
    return len(claimed)


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
