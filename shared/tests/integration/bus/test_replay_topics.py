"""The topics over which owners send their logs are gone once a rebuild has ended, whoever ended it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import TopicAuthorizationFailedError

from guanxi.bus import rebuild_rows as rows
from guanxi.bus.rebuild import KEPT_HOURS, Means, Rebuilder
from guanxi.bus.topics import delete_topics
from guanxi.db import Database, open_database

pytestmark = pytest.mark.asyncio(loop_scope="session")
NOBODY: Any = None


@pytest_asyncio.fixture(loop_scope="session")
async def database(service_database: Callable[[str], Awaitable[Any]]) -> AsyncIterator[Database]:
    opened = await open_database((await service_database("scoring")).runtime_url, application="test")
    yield opened
    await opened.close()


async def test_a_topic_left_behind_is_deleted_once(database: Database) -> None:
    async with database.api.begin() as tx:
        for n, (status, age) in enumerate((("cancelled", 1), ("done", 2), ("failed", KEPT_HOURS + 1))):
            made = await rows.ask(tx, f"consumer-{n}", f"replay-{n}", check_only=False, who="tester")
            ended = tx.now - timedelta(hours=age)
            await tx.execute("UPDATE rebuild SET status = $2, ended_at = $3 WHERE id = $1", made, status, ended)
    deleted: list[str] = []

    async def delete(topic: str) -> None:
        if not deleted:
            deleted.append("in vain")
            raise TopicAuthorizationFailedError(topic)
        deleted.append(topic)

    rebuilder = Rebuilder(
        Means(
            service="scoring",
            pool=database.relay,
            open_alone=NOBODY,
            make_reader=NOBODY,
            make_ends=NOBODY,
            make_topic=NOBODY,
            delete_topic=delete,
            topic_prefix="",
        ),
        (),
    )
    with pytest.raises(TopicAuthorizationFailedError):
        await rebuilder.run_open()
    for _ in range(2):
        await rebuilder.run_open()
    assert sorted(deleted[1:]) == ["replay-0", "replay-1"]


async def test_what_the_broker_says_of_a_deletion_is_heard(
    kafka: str, topics: Callable[..., Awaitable[list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    [topic] = await topics("guanxi.inbound.to-be-kept")
    await delete_topics(kafka, [f"{topic}-that-never-was"])
    real = AIOKafkaAdminClient.delete_topics

    async def refuse(self: Any, names: list[str]) -> Any:
        answer = await real(self, [f"{name}-that-never-was" for name in names])
        answer.topic_error_codes = [(name, TopicAuthorizationFailedError.errno) for name in names]
        return answer

    monkeypatch.setattr(AIOKafkaAdminClient, "delete_topics", refuse)
    with pytest.raises(TopicAuthorizationFailedError):
        await delete_topics(kafka, [topic])
