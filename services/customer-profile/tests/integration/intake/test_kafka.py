from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import orjson
import pytest

from customer_profile.intake.handlers import on_inbound
from customer_profile.topology import TOPOLOGY
from guanxi.bus.applier import InboundApplier
from guanxi.bus.consumer import ConsumerRunner
from guanxi.bus.kafka import KafkaProducer, KafkaReader, inbound_pattern
from guanxi.bus.ports import Reader
from guanxi.bus.store import DatabaseStore
from guanxi.events import InboundRecord, reports
from guanxi.testing import Harness

pytestmark = pytest.mark.asyncio(loop_scope="session")
_NUMBERS = itertools.count()
CONTACT = {"external_customer": "C-1", "channel": "phone", "direction": "in", "subject": "stands"}


def contact(**changes: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"k-{next(_NUMBERS)}",
        "source": "dealer-17",
        "type": "guanxi.inbound.ContactReported.v1",
        "time": "2026-03-31T09:30:00+08:00",
        "data": CONTACT,
        **changes,
    }


def record(value: bytes | None, offset: int = 0, source: str = "dealer-17", **more: Any) -> InboundRecord:
    return InboundRecord(source, 0, offset, more.get("key"), value, more.get("headers", ()), 0)


async def deliver(harness: Harness, *records: InboundRecord) -> None:
    async with harness.database.consumers.begin() as tx:
        await on_inbound(tx, records)


async def desk(caller: httpx.AsyncClient) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await caller.get("/v1/inbound-events")).json()["items"]
    return list(reversed(items))


async def test_whatever_cannot_be_used_lies_on_the_desk_and_its_neighbours_go_on(
    harness: Harness, dealer: httpx.AsyncClient
) -> None:
    bad = [None, b"", b"\xef\xbb\xbf{}", b"{broken", b"[]", orjson.dumps(contact(source="dealer-18"))]
    bad += [
        orjson.dumps(contact(type="guanxi.inbound.ContactReported.v9")),
        orjson.dumps(contact(data={"x": "y" * 300_000})),
        orjson.dumps(contact(time="0001-01-01T00:00:00+08:00")),
        orjson.dumps(contact(time="9999-12-31T23:59:59-08:00")),
        b'{"id": "odd", "\\ud800": "\\u0000"}',
    ]
    good = [orjson.dumps(contact()) for _ in bad]
    values = [value for pair in zip(good, bad, strict=True) for value in pair]
    await deliver(harness, *(record(value, offset) for offset, value in enumerate(values)))
    items = await desk(dealer)
    assert [item["status"] for item in items] == ["resolved", "rejected"] * len(bad)
    codes = [item["errors"][0]["code"] for item in items[1::2]]
    assert codes[:5] == ["tombstone", "empty", "byte-order-mark", "not-json", "not-an-object"]
    assert codes[5:8] == ["not-the-publisher", "unknown-version", "too-large"]
    assert codes[8:] == ["time-format", "time-format", "lone-surrogate"]
    assert len(await harness.published(reports.ContactReported)) == len(good)
    whole = harness.caller(unit="dealer-17", scope="reports:publish pii:read")
    broken = (await whole.get(f"/v1/inbound-events/{items[7]['id']}")).json()
    assert broken["raw"] == "e2Jyb2tlbg=="


async def test_a_header_that_no_database_takes_refuses_one_message(harness: Harness, dealer: httpx.AsyncClient) -> None:
    headers = ("content-type", b"application/json\0"), ("ce_specversion", b"1.0"), ("ce_\0", b"x")
    await deliver(harness, record(b"{}", 0, headers=headers), record(orjson.dumps(contact()), 1))
    assert [item["status"] for item in await desk(dealer)] == ["rejected", "resolved"]


async def test_messages_read_again_change_nothing(harness: Harness, dealer: httpx.AsyncClient) -> None:
    batch = [record(orjson.dumps(contact()), 0), record(b"{broken", 1), record(b"", 2), record(b"", 3)]
    await deliver(harness, *batch)
    before = await desk(dealer)
    await deliver(harness, *batch[2:], *batch[:2])
    assert await desk(dealer) == before
    assert len(before) == 4
    assert len(await harness.published(reports.ContactReported)) == 1


async def test_a_topic_that_nobody_registered_is_refused_at_head_office(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    await deliver(harness, record(orjson.dumps(contact(source="stranger")), source="stranger"))
    [item] = await desk(office)
    assert (item["unit_id"], item["source"], item["errors"][0]["code"]) == ("head-office", "stranger", "unknown-source")


async def test_the_kafka_key_is_never_trusted(harness: Harness) -> None:
    key = b"0192f0c1-2345-7abc-8def-0123456789ab"
    await deliver(harness, record(orjson.dumps(contact()), 0, key=key), record(orjson.dumps(contact()), 1, key=b"C-2"))
    assert len({made.subject for made in await harness.published(reports.ContactReported)}) == 1


async def test_duplicates_and_shuffles_over_many_batches_give_the_state_of_the_ordered_run(harness: Harness) -> None:
    original = contact(data=CONTACT | {"external_ref": "K-1"})
    corrected = contact(
        type="guanxi.inbound.ContactReportedCorrected.v1", data=CONTACT | {"external_ref": "K-1", "content": "b"}
    )
    voided = contact(type="guanxi.inbound.ContactReportedVoided.v1", data={"external_ref": "K-1"})
    raw = [orjson.dumps(one) for one in (original, corrected, voided)]
    for order in ((2, 0, 1), (1, 0, 2), (0, 0, 1, 2, 1)):
        for n in order:
            await deliver(harness, record(raw[n], n))
    async with harness.database.api.read() as reader:
        rows = await reader.fetch("SELECT twin, sequence FROM report_aggregate")
        kept = await reader.fetchval("SELECT count(*) FROM inbound_report")
    assert [tuple(row) for row in rows] == [("voided", 0)]
    assert kept == 3
    assert await harness.published(reports.ContactReported) == []


async def test_events_come_through_a_real_broker_in_both_modes(
    harness: Harness,
    dealer: httpx.AsyncClient,
    kafka: str,
    topic_prefix: str,
    topics: Callable[..., Awaitable[list[str]]],
) -> None:
    [topic] = await topics("guanxi.inbound.dealer-17", partitions=2)
    producer = KafkaProducer(kafka, "dealer-17")
    await producer.start()
    binary = contact()
    headers = [(f"ce_{name}", value.encode()) for name, value in binary.items() if name != "data"]
    await (await producer.send(topic, orjson.dumps(contact()), b"C-1", ()))
    await (await producer.send(topic, orjson.dumps(CONTACT), b"C-1", [*headers, ("content-type", b"application/json")]))
    await (await producer.send(topic, b"{broken", b"", ()))
    await producer.stop()

    def make_reader() -> Reader:
        return KafkaReader(kafka, f"{topic_prefix}intake-test", (), inbound_pattern(topic_prefix))

    assert TOPOLOGY.inbound is not None
    store = DatabaseStore(harness.database.consumers, "intake.g1", InboundApplier(TOPOLOGY.inbound))
    runner = ConsumerRunner("intake.g1", store, make_reader)
    running = asyncio.create_task(runner.run())
    async with asyncio.timeout(30):
        while len(await desk(dealer)) < 3:  # noqa: ASYNC110 - the consumer tells nobody
            await asyncio.sleep(0.1)
    running.cancel()
    assert sorted(item["status"] for item in await desk(dealer)) == ["rejected", "resolved", "resolved"]
    assert len(await harness.published(reports.ContactReported)) == 2
    assert {item["received_by"] for item in await desk(dealer)} == {"kafka"}
