"""Each process is killed in mid-traffic: nothing acknowledged is lost or comes twice, and all comes back by itself."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable

import pytest

from guanxi_local.testplatform import TestPlatform
from support.client import Caller
from support.databases import SERVICES
from support.dealer import Dealer, publishing
from support.invariants import all_is_well, only_growing, recovers
from support.ledger import Ledger
from support.rounds import chance, count
from support.waiting import Problem, eventually
from support.writers import Writers, writing

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.smoke, pytest.mark.timeout(900)]

_UNDER_WAY = 25


def _kill(name: str) -> Callable[[TestPlatform], None]:
    return lambda platform: platform.kill(name)


_FAULTS: dict[str, tuple[str, Callable[[TestPlatform], None]]] = {
    **{name: (name, _kill(name)) for name in SERVICES},
    "postgres-immediate": ("postgres", TestPlatform.crash_postgres),
    "postgres-kill": ("postgres", _kill("postgres")),
    "kafka-kill": ("kafka", _kill("kafka")),
}


@pytest.mark.parametrize("fault", _FAULTS)
async def test_nothing_is_lost_or_doubled_by_a_kill(
    fault: str, ground: TestPlatform, admin: Caller, dealer: Dealer, ledger: Ledger
) -> None:
    victim, strike = _FAULTS[fault]
    dice = chance(f"kill {fault}")
    for _ in range(count(smoke=1, full=5)):
        writers = Writers(admin, ledger, dice)
        async with only_growing(ground), writing(writers), publishing(dealer, dice):
            await eventually(_traffic(ledger, dealer), 30)
            await asyncio.sleep(dice.uniform(0, 0.5))
            before, busy = ground.pid(victim), writers.in_flight
            await asyncio.to_thread(strike, ground)
            await eventually(_back(ground, victim, before), 30)
            await eventually(_traffic(ledger, dealer), 30)
        assert busy, "nothing was in flight when it was killed"
        recovery = await recovers(ground, [dealer])
        sys.stdout.write(f"{fault}: {recovery} {dict(admin.answers)} {len(dealer.sent)} reports\n")
    await all_is_well(ground, admin, ledger)


def _traffic(ledger: Ledger, dealer: Dealer) -> Callable[[], Awaitable[Problem]]:
    """Say when some more requests and reports have been acknowledged than now."""
    requests, reports = len(ledger.of("acknowledged")) + _UNDER_WAY, len(dealer.sent) + 5

    async def look() -> Problem:
        done = len(ledger.of("acknowledged")), len(dealer.sent)
        return None if done[0] >= requests and done[1] >= reports else f"{done} of {requests, reports} acknowledged"

    return look


def _back(platform: TestPlatform, name: str, before: int) -> Callable[[], Awaitable[Problem]]:
    """Say when another process stands in the place of the one that was killed."""

    async def look() -> Problem:
        try:
            now = platform.pid(name)
        except Exception as gone:  # noqa: BLE001 - between death and restart there is none
            return str(gone)
        return None if now != before else f"{name} is still the process that should have been killed"

    return look
