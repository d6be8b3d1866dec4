"""One message in a hundred is poison: it is set aside once, with its bytes and a reason, and nobody waits for it."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable

import pytest

from guanxi.bus.kafka import KafkaProducer
from guanxi.events import Event, Fact
from guanxi.events.complaints import ComplaintFiled
from guanxi.events.directory import CustomerState
from guanxi.events.interactions import CustomerContacted
from guanxi.events.reports import ComplaintReported, ContactReported
from guanxi.testing.builders import an_event
from guanxi_local.testplatform import TestPlatform
from support.client import Caller
from support.databases import rows
from support.dealer import Dealer, producing
from support.invariants import all_is_well, no_effect_is_there_twice, recovers
from support.ledger import Ledger
from support.letters import Poison, buried, comparable, where
from support.rounds import PATIENCE_S, chance, count
from support.waiting import at_least, eventually
from support.writers import Writers, writing

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.smoke, pytest.mark.timeout(900)]

_PART = 100
_A_SECOND = 500
"""Reports that five services and their servers work off in a second on two cores: half of what F11 asks of them."""
_KINDS: tuple[type[Fact], ...] = (ContactReported, ComplaintReported, CustomerContacted, ComplaintFiled, CustomerState)


async def test_what_a_dealer_sends_wrongly_lies_at_its_desk_once(ground: TestPlatform, dealer: Dealer) -> None:
    dice, good = chance("inbound poison"), count(smoke=300, full=10_000, soak=100_000)
    reports = [dealer.random_report(dice) for _ in range(good)]
    poison = [_bad_report(dealer, dice, n) for n in range(good // _PART + 3)]
    async with producing(ground) as producer:
        for start in range(0, good, _PART):
            await dealer.publish(reports[start : start + _PART], producer)
            for bad in poison[start // _PART :: good // _PART]:
                await (await producer.send(dealer.topic, bad, b"any", ()))
    await recovers(ground, [dealer], seconds=PATIENCE_S + good / _A_SECOND)
    rejected = await rows(ground, "customer-profile", _REJECTED, dealer.source)
    assert len(rejected) == len(poison), f"{len(poison)} were poison: {rejected}"
    assert all(reason for reason, _ in rejected)
    assert Counter(comparable(body) for _, body in rejected) == Counter(comparable(bad) for bad in poison)


_REJECTED = """
SELECT errors->0->>'code', coalesce(raw, convert_to(body::text, 'UTF8')) FROM inbound_report
WHERE source = $1 AND status = 'rejected'
"""


def _bad_report(dealer: Dealer, dice: random.Random, n: int) -> bytes:
    report = dealer.contact("C-0001")
    event = {**report.body(), "id": f"bad-{n}"}
    ways: tuple[Callable[[], bytes], ...] = (
        lambda: b"not json at all %d" % n,
        lambda: report.bytes()[: 40 + n],
        lambda: json.dumps({**event, "source": "somebody-else"}).encode(),
        lambda: json.dumps({**event, "type": "guanxi.inbound.NoSuchThing.v1"}).encode(),
        lambda: json.dumps({**event, "data": {**report.data, "channel": None}}).encode(),
        lambda: json.dumps({**event, "time": "yesterday"}).encode(),
    )
    return dice.choice(ways)()


async def test_what_cannot_be_applied_is_buried_once_and_the_rest_goes_on(
    ground: TestPlatform, admin: Caller, dealer: Dealer, ledger: Ledger
) -> None:
    dice, poisoned = chance("poison"), count(smoke=20, full=500, soak=5_000)
    sent: list[Poison] = []
    async with writing(Writers(admin, ledger, dice)), producing(ground) as producer:
        for n in range(poisoned):
            await dealer.publish([dealer.random_report(dice) for _ in range(dice.randrange(10))], producer)
            kind = dice.choice(_KINDS)
            sent.append(await _poison(producer, kind, n))
        await eventually(
            at_least(poisoned, lambda: len(ledger.of("acknowledged")), "acknowledged"), max(60, PATIENCE_S)
        )
    await recovers(ground, [dealer])
    await eventually(lambda: buried(ground, sent), PATIENCE_S)
    await all_is_well(ground, admin, ledger)
    await no_effect_is_there_twice(ground)


async def test_what_only_a_handler_can_find_out_is_buried_alone(ground: TestPlatform, dealer: Dealer) -> None:
    dice, batches = chance("poison in handlers"), count(smoke=3, full=30, soak=300)
    sent: list[Poison] = []
    async with producing(ground) as producer:
        for _ in range(batches):
            await dealer.publish([dealer.random_report(dice) for _ in range(30)], producer)
            sent.append(await _send(producer, ContactReported, _without_customer(dealer).to_json()))
    await recovers(ground, [dealer])
    await eventually(lambda: buried(ground, sent), PATIENCE_S)


def _without_customer(dealer: Dealer) -> Event[ContactReported]:
    """A contact with nobody, as intake would never pass it on."""
    data = {**dealer.contact("C-0001").data, "source": dealer.source, "unit": dealer.unit}
    return an_event(ContactReported.model_validate(data))


async def _poison(producer: KafkaProducer, kind: type[Fact], n: int) -> Poison:
    return await _send(producer, kind, b'{"type": "%s", "broken": %d' % (kind.TYPE.encode(), n))


async def _send(producer: KafkaProducer, kind: type[Fact], body: bytes) -> Poison:
    ack = await (await producer.send(f"guanxi.{kind.TOPIC}", body, b"any", (("ce_type", kind.TYPE.encode()),)))
    return Poison(kind, where(ack), body)
