"""The service as a process of its own on a real broker: facts in, mail, alerts and facts out."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from guanxi.auth.development import DevelopmentIssuer
from guanxi.bus.kafka import KafkaProducer
from guanxi.events import Event
from guanxi.testing.builders import a_customer, an_employee

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
        await until(lambda: ask(database, "SELECT count(*) FROM message WHERE status = 'sent'"))
        await until(lambda: ask(database, "SELECT count(*) FROM alert"))
        await until(lambda: ask(database, "SELECT (count(*) = 0)::int FROM outbox"))
        assert await ask(database, "SELECT count(*) FROM alert") == 1
        assert await ask(database, "SELECT count(*) FROM inbox WHERE consumer = 'messages.g1'") == 1
        assert post.recipients == ["zhang@example.com"]


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
