"""Each process is killed in mid-traffic: nothing acknowledged is lost or comes twice, and all comes back by itself."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence

import pytest

from guanxi_local.testplatform import TestPlatform
from support.client import Caller
from support.databases import SERVICES
from support.dealer import Dealer, publishing
from support.invariants import all_is_well, only_growing, recovers
from support.ledger import Ledger
from support.rounds import PATIENCE_S, chance, count
from support.waiting import Problem, at_least, eventually
from support.writers import Writers, writing

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]

_UNDER_WAY = 10


Strike = Callable[[TestPlatform, str], None]
_STRIKES: dict[str, Strike] = {
    "kill": TestPlatform.kill,
    "fast": lambda platform, _: platform.restart_postgres("fast"),
    "immediate": lambda platform, _: platform.restart_postgres("immediate"),
}
_FAULTS = (
    pytest.param(SERVICES, "kill", 4, id="each-service", marks=pytest.mark.smoke),
    pytest.param(("postgres",), "fast", 5, id="postgres-fast"),
    pytest.param(("postgres",), "immediate", 5, id="postgres-immediate", marks=pytest.mark.smoke),
    pytest.param(("postgres",), "kill", 5, id="postgres-kill"),
    pytest.param(("kafka",), "kill", 4, id="kafka-kill", marks=pytest.mark.smoke),
)
"""Who is struck, how, and how often in a full run: 20 kills of services, 5 restarts of each kind, 4 of the broker."""


@pytest.mark.parametrize(("victims", "strike", "full"), _FAULTS)
async def test_nothing_is_lost_or_doubled_by_a_kill(
    victims: Sequence[str], strike: str, full: int, ground: TestPlatform, admin: Caller, dealer: Dealer, ledger: Ledger
) -> None:
    dice = chance(f"{strike} {' '.join(victims)}")
    for _ in range(count(smoke=1, full=full, soak=40)):
        writers = Writers(admin, ledger, dice)
        async with only_growing(ground), writing(writers), publishing(dealer, dice):
            for victim in victims:
                await eventually(_traffic(ledger, dealer), max(60, PATIENCE_S))
                await asyncio.sleep(dice.uniform(0, 0.5))
                await _strike(ground, victim, _STRIKES[strike], writers)
            await eventually(_traffic(ledger, dealer), max(60, PATIENCE_S))
        recovery = await recovers(ground, [dealer])
        sys.stdout.write(f"{victims}: {recovery} {dict(admin.answers)} {len(dealer.sent)} reports\n")
    await all_is_well(ground, admin, ledger)


async def _strike(ground: TestPlatform, victim: str, strike: Strike, writers: Writers) -> None:
    """Kill it while requests are in flight, and see that another process takes its place."""
    await eventually(_in_flight(writers), PATIENCE_S, every=0.001)
    before = ground.pid(victim)
    await asyncio.to_thread(strike, ground, victim)
    await eventually(_back(ground, victim, before), PATIENCE_S)


def _in_flight(writers: Writers) -> Callable[[], Awaitable[Problem]]:
    async def look() -> Problem:
        return None if writers.in_flight else "nothing is in flight"

    return look


def _traffic(ledger: Ledger, dealer: Dealer) -> Callable[[], Awaitable[Problem]]:
    """Say when some more requests and reports have been acknowledged than now."""
    requests, reports = len(ledger.of("acknowledged")) + _UNDER_WAY, len(dealer.sent) + 5
    looks = (
        at_least(requests, lambda: len(ledger.of("acknowledged")), "requests acknowledged"),
        at_least(reports, lambda: len(dealer.sent), "reports acknowledged"),
    )

    async def look() -> Problem:
        return await looks[0]() or await looks[1]()

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
