"""Topics as a deploy step makes them: counts and retention are given once and never changed by a service."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, for_code

_UNKNOWN_TOPIC, _TOPIC_ALREADY_EXISTS = 3, 36
_DAY_MS = 86_400_000
_SAFE_COPIES = 3
REPLAYS = "guanxi.replay."
"""How the topics of rebuilds begin, behind the prefix: what many topics held is told there once more."""


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """One topic: full name, partitions, and either a retention in hours or compaction (whole state, kept for ever)."""

    name: str
    partitions: int
    retention_hours: int | None = None
    compacted: bool = False

    def config(self) -> dict[str, str]:
        """The broker's settings of this topic.

        The broker deletes whole segments, and compacts closed ones only: without their own age limit a quiet topic
        keeps what should be gone for a week longer. A record bears the time that its publisher gave it: the relay knows
        its own by that.
        """
        ours = {"message.timestamp.type": "CreateTime"}
        if self.compacted:
            return ours | {
                "cleanup.policy": "compact",
                "segment.ms": str(_DAY_MS),
                "max.compaction.lag.ms": str(_DAY_MS),
            }
        if self.retention_hours is None:
            return ours
        kept = self.retention_hours * 3_600_000
        return ours | {
            "cleanup.policy": "delete",
            "retention.ms": str(kept),
            "segment.ms": str(min(kept // 12, _DAY_MS)),
        }


class TopicMismatchError(RuntimeError):
    """A topic exists with another number of partitions, which would send a key's later events to another partition."""


async def ensure_topics(
    bootstrap: str, specs: Iterable[TopicSpec], *, replication: int = 1, seconds: float = 30
) -> None:
    """Make the topics that are missing and wait until each partition has a leader.

    `replication` is how many brokers keep each record; of three or more, two must have it before it is acknowledged.
    Raises `TopicMismatchError` for a wrong count and `TimeoutError` when the broker does not answer in time.
    """
    wanted = list(specs)
    async with asyncio.timeout(seconds):
        admin = await _connect(bootstrap)
        try:
            await _create(admin, wanted, replication)
            while not await _ready(admin, wanted):  # noqa: ASYNC110 - the broker tells nobody when it is ready
                await asyncio.sleep(0.05)
        finally:
            await admin.close()


async def delete_topics(bootstrap: str, names: Sequence[str], *, seconds: float = 30) -> None:
    """Delete topics; one that does not exist is passed over. Raises what the broker says of any other."""
    async with asyncio.timeout(seconds):
        admin = await _connect(bootstrap)
        try:
            answer = await admin.delete_topics(list(names))
            for name, code, *_ in answer.topic_error_codes:
                if code not in (0, _UNKNOWN_TOPIC):
                    raise for_code(code)(name)
        finally:
            await admin.close()


async def topic_names(bootstrap: str, *, prefix: str = "", seconds: float = 30) -> list[str]:
    """The names of all topics that begin with a prefix."""
    async with asyncio.timeout(seconds):
        admin = await _connect(bootstrap)
        try:
            return sorted(name for name in await admin.list_topics() if name.startswith(prefix))
        finally:
            await admin.close()


async def _connect(bootstrap: str) -> Any:
    # A broker that is just starting refuses connections first and has no controller for a moment after that.
    while True:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=10_000)
        try:
            await admin.start()
        except (KafkaError, OSError):
            await admin.close()
            await asyncio.sleep(0.2)
        else:
            return admin


async def _create(admin: Any, wanted: Sequence[TopicSpec], replication: int) -> None:
    more = {"min.insync.replicas": "2"} if replication >= _SAFE_COPIES else {}
    new = [NewTopic(s.name, s.partitions, replication, topic_configs=s.config() | more) for s in wanted]
    answer = await admin.create_topics(new)
    for name, code, *_ in answer.topic_errors:
        if code not in (0, _TOPIC_ALREADY_EXISTS):
            raise for_code(code)(name)


async def _ready(admin: Any, wanted: Sequence[TopicSpec]) -> bool:
    described = {topic["topic"]: topic for topic in await admin.describe_topics([spec.name for spec in wanted])}
    return all(_has_leaders(described.get(spec.name), spec) for spec in wanted)


def _has_leaders(described: Mapping[str, Any] | None, spec: TopicSpec) -> bool:
    if described is None or described["error_code"] != 0:
        return False
    partitions = described["partitions"]
    if len(partitions) != spec.partitions:
        message = f"topic {spec.name} has {len(partitions)} partitions, wanted are {spec.partitions}"
        raise TopicMismatchError(message)
    return all(p["error_code"] == 0 and p["leader"] >= 0 for p in partitions)
