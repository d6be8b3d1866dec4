"""One message in a hundred is poison: it is set aside once, with its bytes and a reason, and nobody waits for it."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from guanxi.bus.kafka import KafkaProducer
from guanxi.bus.ports import Ack
from guanxi.events import Event, Fact
from guanxi.events.complaints import ComplaintFiled
from guanxi.events.directory import CustomerState
from guanxi.events.interactions import CustomerContacted
from guanxi.events.reports import ComplaintReported, ContactReported
from guanxi.testing.builders import an_event
from guanxi_local.testplatform import TestPlatform
from support.client import Caller
from support.databases import SERVICES, rows, topology
from support.dealer import Dealer, producing
from support.invariants import all_is_well, no_effect_is_there_twice, recovers
from support.ledger import Ledger
from support.rounds import PATIENCE_S, chance, count
from support.waiting import Problem, eventually
from support.writers import Writers, writing

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.smoke, pytest.mark.timeout(900)]

_PART = 100
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
    await recovers(ground, [dealer])
    rejected = await rows(ground, "customer-profile", _REJECTED, dealer.source)
    assert len(rejected) == len(poison), f"{len(poison)} were poison: {rejected}"
    assert all(reason for reason, _ in rejected)
    assert Counter(_bytes(body) for _, body in rejected) == Counter(_bytes(bad) for bad in poison)


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


def _bytes(content: bytes) -> str:
    """The same for two writings of one JSON value."""
    try:
        return json.dumps(json.loads(content), sort_keys=True)
    except ValueError:
        return repr(content)


async def test_what_cannot_be_applied_is_buried_once_and_the_rest_goes_on(
    ground: TestPlatform, admin: Caller, dealer: Dealer, ledger: Ledger
) -> None:
    dice, poisoned = chance("poison"), count(smoke=20, full=500, soak=5_000)
    sent: list[tuple[type[Fact], Ack, bytes]] = []
    async with writing(Writers(admin, ledger, dice)), producing(ground) as producer:
        for n in range(poisoned):
            await dealer.publish([dealer.random_report(dice) for _ in range(dice.randrange(10))], producer)
            kind = dice.choice(_KINDS)
            sent.append(await _poison(producer, kind, n))
        await eventually(_enough(ledger, poisoned), 60)
    await recovers(ground, [dealer])
    await eventually(lambda: _buried(ground, sent), PATIENCE_S)
    await all_is_well(ground, admin, ledger)
    await no_effect_is_there_twice(ground)


async def test_what_only_a_handler_can_find_out_is_buried_alone(ground: TestPlatform, dealer: Dealer) -> None:
    dice, batches = chance("poison in handlers"), count(smoke=3, full=30, soak=300)
    sent: list[tuple[type[Fact], Ack, bytes]] = []
    async with producing(ground) as producer:
        for _ in range(batches):
            await dealer.publish([dealer.random_report(dice) for _ in range(30)], producer)
            sent.append(await _send(producer, ContactReported, _without_customer(dealer).to_json()))
    await recovers(ground, [dealer])
    await eventually(lambda: _buried(ground, sent), PATIENCE_S)


def _without_customer(dealer: Dealer) -> Event[ContactReported]:
    """A contact with nobody, as intake would never pass it on."""
    data = {**dealer.contact("C-0001").data, "source": dealer.source, "unit": dealer.unit}
    return an_event(ContactReported.model_validate(data))


async def _poison(producer: KafkaProducer, kind: type[Fact], n: int) -> tuple[type[Fact], Ack, bytes]:
    return await _send(producer, kind, b'{"type": "%s", "broken": %d' % (kind.TYPE.encode(), n))


async def _send(producer: KafkaProducer, kind: type[Fact], body: bytes) -> tuple[type[Fact], Ack, bytes]:
    ack = await (await producer.send(f"guanxi.{kind.TOPIC}", body, b"any", (("ce_type", kind.TYPE.encode()),)))
    return kind, ack, body


async def _buried(platform: TestPlatform, sent: list[tuple[type[Fact], Ack, bytes]]) -> Problem:
    """Each consumer of such facts has a dead letter for each of these messages, as it came and with a reason."""
    for service in SERVICES:
        wanted = {
            (consumer.group, ack.place.topic, ack.place.partition, ack.offset): body
            for consumer in topology(service).consumers
            for kind, ack, body in sent
            if kind in consumer.handlers
        }
        letters = await rows(platform, service, _LETTERS)
        found = {tuple(place): raw for *place, raw, reason in letters if reason}
        lost = [place for place, raw in wanted.items() if found.get(place) != raw]
        if lost:
            return f"{service}: {len(lost)} of {len(wanted)} not buried, such as {lost[:3]}"
        healthy = [place for place in found if place not in wanted and place[1:] in _places(sent)]
        assert not healthy, f"{service} buried for who does not read them: {healthy[:3]}"
    return None


_LETTERS = 'SELECT consumer, topic, partition, "offset", raw, reason FROM dead_letter'


def _places(sent: list[tuple[type[Fact], Ack, bytes]]) -> set[tuple[Any, ...]]:
    return {(ack.place.topic, ack.place.partition, ack.offset) for _, ack, _ in sent}


def _enough(ledger: Ledger, acknowledged: int) -> Callable[[], Coroutine[Any, Any, Problem]]:
    async def look() -> Problem:
        done = len(ledger.of("acknowledged"))
        return None if done >= acknowledged else f"{done} of {acknowledged} acknowledged"

    return look
