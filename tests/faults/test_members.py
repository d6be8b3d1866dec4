"""Workers join and leave while events flow: partitions move from one to another, and nothing is lost or done twice."""

from __future__ import annotations

import asyncio
import random
import signal
import time

import pytest

from guanxi_local.testplatform import TestPlatform
from support.client import Caller
from support.databases import SERVICES
from support.dealer import Dealer, publishing
from support.invariants import all_is_well, only_growing, recovers
from support.ledger import Ledger
from support.rounds import PATIENCE_S, chance, count
from support.waiting import at_least, eventually
from support.writers import Writers, writing

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(1200)]


_FROZEN_S = 45.0
"""Longer than the broker keeps a silent member, and than the watchdog waits."""


@pytest.mark.smoke
async def test_members_join_and_leave_under_load(
    ground: TestPlatform, admin: Caller, dealer: Dealer, ledger: Ledger
) -> None:
    dice = chance("members")
    writers = Writers(admin, ledger, dice)
    async with only_growing(ground), writing(writers), publishing(dealer, dice):
        for _ in range(count(smoke=1, full=2, soak=20)):
            await _one_comes_and_goes(ground, dice, dealer)
    await recovers(ground, [dealer], seconds=max(45, PATIENCE_S))
    await all_is_well(ground, admin, ledger)


async def test_a_member_frozen_for_longer_than_its_session_finds_its_work_done(
    ground: TestPlatform, admin: Caller, dealer: Dealer, ledger: Ledger
) -> None:
    dice = chance("zombies")
    for _ in range(count(smoke=1, full=2, soak=20)):
        member = await asyncio.to_thread(ground.start_apart, dice.choice(SERVICES), "worker")
        try:
            await _freeze_and_thaw(ground, member, Writers(admin, ledger, dice), dealer, dice)
        finally:
            await asyncio.to_thread(ground.end_apart, member)
    await all_is_well(ground, admin, ledger)


async def _freeze_and_thaw(
    ground: TestPlatform, member: str, writers: Writers, dealer: Dealer, dice: random.Random
) -> None:
    async with only_growing(ground), writing(writers), publishing(dealer, dice):
        await asyncio.to_thread(ground.wait_ready, member, seconds=60)
        await _until_more(dealer, dice)
        ground.pause(member)
        frozen_at = time.monotonic()
        await _until_more(dealer, dice)
    # The group does without it: what came while it was frozen is done by the others.
    await recovers(ground, [dealer], seconds=max(45, PATIENCE_S))
    async with only_growing(ground), writing(writers), publishing(dealer, dice):
        await asyncio.sleep(max(0, frozen_at + _FROZEN_S - time.monotonic()))
        ground.resume(member)
        await _until_more(dealer, dice)
        await asyncio.to_thread(ground.wait_ready, member, seconds=60)
    await recovers(ground, [dealer])


async def _until_more(dealer: Dealer, dice: random.Random) -> None:
    enough = len(dealer.sent) + dice.randrange(5, 40)
    await eventually(at_least(enough, lambda: len(dealer.sent), "reports sent"), PATIENCE_S)


async def _one_comes_and_goes(ground: TestPlatform, dice: random.Random, dealer: Dealer) -> None:
    """A second worker of one service takes partitions, works for a while, and ends: cleanly, or by a kill."""
    service = dice.choice(SERVICES)
    member = await asyncio.to_thread(ground.start_apart, service, "worker")
    try:
        # A worker is ready once each of its consumers has partitions.
        await asyncio.to_thread(ground.wait_ready, member, seconds=60)
        await _until_more(dealer, dice)
    finally:
        number = dice.choice((signal.SIGTERM, signal.SIGKILL))
        await asyncio.to_thread(ground.end_apart, member, number)
