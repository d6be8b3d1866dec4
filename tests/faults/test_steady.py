"""I8: at 50 events a second the whole platform, broker and database included, stays within its memory."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
import time
from collections.abc import Sequence
from statistics import median

import psutil
import pytest

from guanxi_local.children import MARK
from guanxi_local.testplatform import TestPlatform
from support.dealer import Dealer, Report, producing, register_dealer
from support.invariants import recovers
from support.rounds import chance, count

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]

_A_SECOND = 50
_MOST_MB = 2048
_PARTS = 8
"""Five services, the gateway, PostgreSQL and the broker."""
_GROWTH = 1.10
_LOOK_S = 5.0
_ENOUGH = 120
"""Looks from which on growth can be told from a beginning: ten minutes."""


async def test_fifty_events_a_second_keep_within_two_gigabytes(ground: TestPlatform) -> None:
    dice, lasting = chance("steady"), count(smoke=20, full=60, soak=1_800)
    dealer = await register_dealer(ground, f"steady-{secrets.token_hex(3)}")
    looks: list[float] = []
    ended = asyncio.Event()

    async def look() -> None:
        while not ended.is_set():
            looks.append(await asyncio.to_thread(_megabytes, ground))
            await asyncio.sleep(_LOOK_S)

    looking = asyncio.create_task(look())
    try:
        await _publish(ground, dealer, [dealer.random_report(dice) for _ in range(_A_SECOND * lasting)])
    finally:
        ended.set()
        await looking
    sys.stdout.write(f"memory: {json.dumps({'every_s': _LOOK_S, 'mb': [round(one) for one in looks]})}\n")
    await recovers(ground, [dealer], seconds=120)
    assert max(looks) <= _MOST_MB, f"{max(looks):.0f} MB"
    if len(looks) >= _ENOUGH:
        third = len(looks) // 3
        assert median(looks[-third:]) <= _GROWTH * median(looks[third : 2 * third])


async def _publish(platform: TestPlatform, dealer: Dealer, reports: Sequence[Report]) -> None:
    async with producing(platform) as producer:
        began = time.monotonic()
        for second, start in enumerate(range(0, len(reports), _A_SECOND)):
            await dealer.publish(reports[start : start + _A_SECOND], producer)
            await asyncio.sleep(max(0.0, began + second + 1 - time.monotonic()))


def _megabytes(platform: TestPlatform) -> float:
    """What all processes of the platform hold, and those that they have started, shared pages once."""
    root = str(platform.state.root.resolve())
    marked = [process for process in psutil.process_iter() if _mark(process) == root]
    assert len(marked) >= _PARTS, f"only {len(marked)} processes of the platform were found"
    # PostgreSQL's own children write their titles over their environment.
    family = {process.pid: process for one in marked for process in (one, *_children(one))}
    return sum(map(_share, family.values())) / 2**20


def _mark(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(MARK)
    except (psutil.Error, OSError):
        return None


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _share(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except (psutil.NoSuchProcess, OSError):
        return 0
