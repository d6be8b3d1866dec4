"""The loop that sends: claim in one transaction, send outside of any, note the outcome in a second one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from guanxi.bus.kafka import KafkaContents
from guanxi.db import Pool
from guanxi.service import Job, Loop, Runtime
from notifications.bell import MESSAGES, wait
from notifications.links import Links
from notifications.messages import usecases
from notifications.messages.rules import pause_before
from notifications.messages.smtp import Answer, Delivery, Server
from notifications.messages.usecases import Claimed
from notifications.permissions.progress import Progress
from notifications.settings import Settings
from notifications.topology import PERMISSIONS

AT_ONCE = 8
"""So few are claimed together that a withdrawal stops all but what is on its way within the second."""
LOOK_SECONDS = 1.0
FINISH_SECONDS = 10.0
"""So long may what is on its way take to end when the process is told to stop."""
_SWEEP = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(seconds=60)
_STOPPED = Answer("away", detail="stopped")

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Backoff:
    """For how long a server that takes no mail of ours is left alone; no message loses an attempt by it."""

    failures: int = 0
    until: datetime | None = None

    def most(self, now: datetime) -> int:
        """How many letters may be tried now: none in a pause, then one, to see whether the server is back."""
        if self.until is not None and now < self.until:
            return 0
        return 1 if self.failures else AT_ONCE

    def note(self, answers: Sequence[Answer], now: datetime) -> None:
        """Begin a longer pause when the server took none of these, end it when it had a word for any."""
        if any(one.outcome != "away" for one in answers):
            self.failures, self.until = 0, None
        elif answers:
            self.failures += 1
            self.until = now + min(pause_before(self.failures), _LONGEST_PAUSE)
            log.warning("sender.paused", code=answers[0].code, detail=answers[0].detail, until=self.until.isoformat())


async def run(runtime: Runtime) -> None:
    """Send until cancelled; without an SMTP server nothing is claimed, and what waits for two days is dropped later."""
    settings: Settings = runtime.settings
    if settings.smtp_url is None:
        log.warning("messages.no_server", missing="GUANXI_SMTP_URL")
        await asyncio.get_running_loop().create_future()
    pool, backoff, progress = runtime.database.consumers, Backoff(), _progress(settings)
    watching = asyncio.create_task(progress.run(pool))
    try:
        with MESSAGES.listen() as woken:
            while not watching.done():
                if not await send_due(settings, pool, backoff, progress.up_to):
                    await wait(woken, LOOK_SECONDS)
        # It ends by an error only: whoever runs this loop tells of it, and starts both again.
        await watching
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def send_due(
    settings: Settings, pool: Pool, backoff: Backoff | None = None, permissions_up_to: datetime | None = None
) -> int:
    """Send what is due now, at most eight; how many were tried. `permissions_up_to`: see `usecases.claim`.

    What is only suppressed or held keeps nobody waiting: the next ones are looked at at once. Cancelled, it takes
    nothing new, lets what is on its way end within ten seconds, and puts the rest back.
    """
    backoff = backoff or Backoff()
    most = backoff.most(pool.clock.now())
    if settings.smtp_url is None or not most:
        return 0
    server = Server.from_url(settings.smtp_url.get_secret_value(), settings.smtp_seconds)
    looked_at, claimed = 1, list[Claimed]()
    while looked_at and not claimed:
        looked_at, claimed = await _claimed(settings, pool, most, permissions_up_to)
    sends = [asyncio.create_task(_send(Delivery(server, one.letter, settings.sender), pool, one)) for one in claimed]
    backoff.note(await _ended(sends), pool.clock.now())
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


def _progress(settings: Settings) -> Progress:
    topics = [f"{settings.topic_prefix}guanxi.{word}" for word in PERMISSIONS.topics]
    return Progress(KafkaContents(settings.kafka, "notifications.permissions-ends"), PERMISSIONS.group, topics)


async def _claimed(
    settings: Settings, pool: Pool, most: int, permissions_up_to: datetime | None
) -> tuple[int, list[Claimed]]:
    claiming = asyncio.create_task(_claim(settings, pool, most, permissions_up_to))
    try:
        return await asyncio.shield(claiming)
    except asyncio.CancelledError:
        # The claim may be written already: whoever leaves now would leave letters that nobody sends.
        _, claimed = await claiming
        await asyncio.gather(*(_settle(pool, one, _STOPPED) for one in claimed))
        raise


async def _claim(
    settings: Settings, pool: Pool, most: int, permissions_up_to: datetime | None
) -> tuple[int, list[Claimed]]:
    async with pool.begin() as tx:
        return await usecases.claim(tx, settings, links_of(settings), most, permissions_up_to)


async def _ended(sends: Sequence[asyncio.Task[Answer]]) -> list[Answer]:
    if not sends:
        return []
    try:
        await asyncio.wait(sends)
    except asyncio.CancelledError:
        _, late = await asyncio.wait(sends, timeout=FINISH_SECONDS)
        for one in late:
            one.cancel()
        await asyncio.gather(*sends, return_exceptions=True)
        raise
    return [one.result() for one in sends]


async def _send(delivery: Delivery, pool: Pool, one: Claimed) -> Answer:
    try:
        answer = await delivery.run()
    except asyncio.CancelledError:
        if delivery.handed_over:
            raise  # nobody can tell whether it went out: the sweep calls it unknown
        answer = _STOPPED
    await _settle(pool, one, answer)
    return answer


async def _settle(pool: Pool, one: Claimed, answer: Answer) -> None:
    async with pool.begin() as tx:
        await usecases.settle(tx, one.message, answer)
    log.info("message.tried", message=str(one.message.id), outcome=answer.outcome, code=answer.code)


LOOP = Loop("sender", run)
SWEEP = Job("interrupted messages", _SWEEP, sweep)
