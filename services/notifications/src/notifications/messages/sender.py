"""The loop that sends: claim in one transaction, send outside of any, note the outcome in a second one."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from guanxi.db import Pool
from guanxi.service import Job, Loop, Runtime
from notifications.bell import MESSAGES, wait
from notifications.links import Links
from notifications.messages import usecases
from notifications.messages.smtp import Server, deliver
from notifications.messages.usecases import Claimed
from notifications.settings import Settings

AT_ONCE = 8
"""So few are claimed together that a withdrawal stops all but what is on its way within the second."""
LOOK_SECONDS = 1.0
_SWEEP = timedelta(seconds=30)

log = structlog.get_logger(__name__)


async def run(runtime: Runtime) -> None:
    """Send until cancelled; without an SMTP server nothing is claimed, and what waits for two days is dropped later."""
    settings: Settings = runtime.settings
    if settings.smtp_url is None:
        log.warning("messages.no_server", missing="GUANXI_SMTP_URL")
    with MESSAGES.listen() as woken:
        while True:
            if settings.smtp_url is None or not await send_due(settings, runtime.database.consumers):
                await wait(woken, LOOK_SECONDS)


async def send_due(settings: Settings, pool: Pool) -> int:
    """Send what is due now, at most eight; how many were sent or tried."""
    if settings.smtp_url is None:
        return 0
    server = Server.from_url(settings.smtp_url.get_secret_value(), settings.smtp_seconds)
    async with pool.begin() as tx:
        claimed = await usecases.claim(tx, settings, links_of(settings), AT_ONCE)
    await asyncio.gather(*(_send(server, settings.sender, pool, one) for one in claimed))
    return len(claimed)


def links_of(settings: Settings) -> Links:
    """The maker of links of this installation."""
    return Links(settings.public_url, settings.tracking_page, settings.secret("tracking_key"))


async def sweep(runtime: Runtime) -> None:
    """Find what a process that died was sending."""
    async with runtime.database.consumers.begin() as tx:
        lost = await usecases.lose_interrupted(tx)
    if lost:
        log.warning("messages.interrupted", count=lost)


async def _send(server: Server, sender: str, pool: Pool, one: Claimed) -> None:
    answer = await deliver(server, one.letter, sender)
    async with pool.begin() as tx:
        await usecases.settle(tx, one.message, answer)
    log.info("message.tried", message=str(one.message.id), outcome=answer.outcome, code=answer.code)


LOOP = Loop("sender", run)
SWEEP = Job("interrupted messages", _SWEEP, sweep)
