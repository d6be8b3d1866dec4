"""The service as a process of its own on a real broker: facts in, mail, alerts and facts out."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from guanxi.auth.development import DevelopmentIssuer
from guanxi.bus.kafka import KafkaProducer
from guanxi.events import Event
from guanxi.events.directory import Watermark
from guanxi.testing.builders import a_customer, an_employee, an_event

from .mailserver import mailbox
from .people import a_profile, a_ticket, new_id

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(300)]
GRANTED = {"purpose": "service", "channel": "email", "state": "granted", "evidence": "form 7"}
TOPICS = ("reports", "directory", "organisation", "customers", "interactions", "complaints", "scores", "notifications")
PATIENCE = 120


async def test_a_complaint_on_the_broker_becomes_one_mail_and_one_alert_though_it_is_told_twice(
    service_database: Any, topics: Any, kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    await topics(*(f"guanxi.{word}" for word in TOPICS))
    database = await service_database("notifications")
    customer, owner = new_id(), new_id()
    filed = a_ticket(customer=customer)
    before = [a_customer(customer, owner_id=owner, emails=["zhang@example.com"]), an_employee(owner)]
    async with mailbox() as post, a_process(database.runtime_url, kafka, topic_prefix, post.url, tmp_path):
        await publish(kafka, topic_prefix, [*before, a_profile(customer, GRANTED)])
        count = "SELECT count(*) FROM directory_customer CROSS JOIN permission CROSS JOIN directory_employee"
        await until(lambda: ask(database, count))
        await publish(kafka, topic_prefix, [filed, filed])
        mine = f"customer_id = '{customer}'"
        await until(lambda: ask(database, f"SELECT count(*) FROM message WHERE status = 'sent' AND {mine}"))
        await until(lambda: ask(database, f"SELECT count(*) FROM alert WHERE {mine}"))
        await until(lambda: ask(database, "SELECT (count(*) = 0)::int FROM outbox"))
        assert await ask(database, f"SELECT count(*) FROM alert WHERE {mine}") == 1
        once = f"SELECT count(*) FROM inbox WHERE consumer = 'messages.g1' AND event_id = '{filed.id}'"
        assert await ask(database, once) == 1
        assert post.recipients == ["zhang@example.com"]


async def test_whoever_gave_no_permission_is_told_nothing_once_all_reports_have_been_read(
    service_database: Any, topics: Any, kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    await topics(*(f"guanxi.{word}" for word in TOPICS))
    database = await service_database("notifications")
    customer = new_id()
    mine = f"SELECT count(*) FROM message WHERE customer_id = '{customer}'"
    async with mailbox() as post, a_process(database.runtime_url, kafka, topic_prefix, post.url, tmp_path):
        known = a_customer(customer, emails=["nobody@example.com"])
        await publish(kafka, topic_prefix, [known, a_profile(customer), a_ticket(customer=customer)])
        await until(lambda: ask(database, f"{mine} AND status = 'queued' AND version > 1"))
        await tell_of_all(kafka, topic_prefix)
        await until(lambda: ask(database, f"{mine} AND reason = 'no_permission'"))
        assert "nobody@example.com" not in post.recipients


async def tell_of_all(kafka: str, prefix: str) -> None:
    """Say to each partition of the directory that all has been relayed that is committed within the hour."""
    producer = KafkaProducer(kafka, "test")
    await producer.start()
    topic = f"{prefix}guanxi.directory"
    partitions = await producer.partitions(topic)
    for partition in range(partitions):
        up_to = datetime.now(UTC) + timedelta(hours=1)
        event = an_event(Watermark(partition=partition, partitions=partitions, relayed_up_to=up_to))
        headers = [("ce_id", str(event.id).encode()), ("ce_type", event.type.encode())]
        await (await producer.send(topic, event.to_json(), b"mark", headers, partition))
    await producer.stop()


@asynccontextmanager
async def a_process(url: str, kafka: str, prefix: str, smtp: str, folder: Path) -> AsyncIterator[None]:
    jwks = folder / "jwks.json"
    jwks.write_text(DevelopmentIssuer.create().jwks_json())
    ours = {"PROFILE": "development", "DATABASE_URL": url, "KAFKA": kafka, "TOPIC_PREFIX": prefix, "JWKS": str(jwks)}
    ours |= {"SMTP_URL": smtp, "QUIET_HOURS": "off", "PUBLIC_URL": "http://guanxi.test"}
    environment = {**os.environ, **{f"GUANXI_{name}": value for name, value in ours.items()}}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "notifications", "--port", str(port)), env=environment, stdout=log, stderr=log
        )
        try:
            yield
            assert process.returncode is None
        finally:
            process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.wait(), 30)


async def ask(database: Any, sql: str) -> int:
    connection = await asyncpg.connect(database.runtime_url)
    try:
        return int(await connection.fetchval(sql))
    finally:
        await connection.close()


async def until(what: Callable[[], Awaitable[Any]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await what():  # noqa: ASYNC110 - another process does the work
            await asyncio.sleep(0.2)


async def publish(kafka: str, prefix: str, events: list[Event[Any]]) -> None:
    producer = KafkaProducer(kafka, "test")
    await producer.start()
    for event in events:
        headers = [("ce_id", str(event.id).encode()), ("ce_type", event.type.encode())]
        value, key = event.to_json(), event.key.encode()
        await (await producer.send(f"{prefix}guanxi.{event.topic}", value, key, headers))
    await producer.stop()
