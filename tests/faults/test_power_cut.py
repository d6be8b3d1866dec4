"""A broker on one disk forgets what it has acknowledged: the relays see it and publish it again, by themselves."""

from __future__ import annotations

import asyncio
import sys
from functools import partial

import pytest

from guanxi_local.testplatform import TestPlatform
from support.client import Caller
from support.databases import SERVICES
from support.dealer import Dealer, publishing
from support.invariants import all_is_well, only_growing, outboxes_are_empty, recovers
from support.ledger import Ledger
from support.rounds import PATIENCE_S, chance, count
from support.topics import FACTS, Forgetting, all_is_published
from support.waiting import eventually
from support.writers import Writers, writing

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]


@pytest.mark.smoke
async def test_what_the_broker_forgot_after_its_acknowledgement_is_published_again(
    ground: TestPlatform, admin: Caller, dealer: Dealer, ledger: Ledger
) -> None:
    dice = chance("power cut")
    for _ in range(count(smoke=1, full=4, soak=20)):
        writers = Writers(admin, ledger, dice)
        # Not while the log is cut: a consumer that finds another record where it stood goes back (ADR 0014).
        async with only_growing(ground), writing(writers), publishing(dealer, dice):
            await asyncio.sleep(dice.uniform(3, 6))
        await recovers(ground, [dealer])
        forgetting = Forgetting(dice, FACTS)
        before = _losses(ground)
        await asyncio.to_thread(ground.cut_kafkas_power, forgetting)
        assert forgetting.cut > 0
        took = await eventually(partial(all_is_published, ground), max(60, PATIENCE_S), every=0.5)
        await eventually(lambda: outboxes_are_empty(ground), PATIENCE_S)
        await recovers(ground, [dealer])
        sys.stdout.write(f"{forgetting.cut} bytes cut, everything is there again after {took:.1f} s\n")
        assert _losses(ground) - before, "nothing was lost"
    await all_is_well(ground, admin, ledger)


def _losses(ground: TestPlatform) -> set[tuple[str, str]]:
    """What the ends of the services' logs say, line by line, of what the broker has forgotten."""
    logs = {service: ground.log(service).splitlines() for service in SERVICES}
    return {(service, line) for service, lines in logs.items() for line in lines if "relay.tail_lost" in line}
