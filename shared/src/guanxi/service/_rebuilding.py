"""The worker's part of rebuilds: writing this service's read models anew, and sending its log for those of others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from guanxi.bus import rebuild, replay
from guanxi.bus.copying import PARTITIONS
from guanxi.bus.kafka import KafkaContents, KafkaProducer, KafkaReader
from guanxi.bus.rebuild import KEPT_HOURS, Rebuilder
from guanxi.bus.replay import Replayer
from guanxi.bus.topics import TopicSpec, delete_topics, ensure_topics
from guanxi.db import Alone, open_alone
from guanxi.service._jobs import Job, Runtime

if TYPE_CHECKING:
    from guanxi.service._service import Service

_EVERY = timedelta(seconds=1)


def rebuild_jobs(service: Service) -> Sequence[Job]:
    """Both jobs; most of the time they find nothing to do."""
    kept: dict[int, Rebuilder] = {}

    async def write_anew(runtime: Runtime) -> None:
        # One and the same each time: it remembers which topics are gone.
        if id(runtime) not in kept:
            kept[id(runtime)] = _rebuilder(service, runtime)
        await kept[id(runtime)].run_open()

    async def send_again(runtime: Runtime) -> None:
        await _replayer(service, runtime).run_open()

    return Job("rebuilds", _EVERY, write_anew), Job("replays", _EVERY, send_again)


def _rebuilder(service: Service, runtime: Runtime) -> Rebuilder:
    kafka: str = runtime.settings.kafka
    replication: int = runtime.settings.topic_replication
    means = rebuild.Means(
        service=service.name,
        pool=runtime.database.relay,
        open_alone=_alone(service, runtime, "rebuild"),
        make_reader=lambda group, topics: KafkaReader(kafka, group, topics),
        make_ends=lambda: KafkaContents(kafka, f"{service.name}.rebuild-ends"),
        make_topic=lambda topic: ensure_topics(
            kafka, [TopicSpec(topic, PARTITIONS, KEPT_HOURS)], replication=replication
        ),
        delete_topic=lambda topic: delete_topics(kafka, [topic]),
        topic_prefix=runtime.settings.topic_prefix,
    )
    return Rebuilder(means, service.topology.consumers)


def _replayer(service: Service, runtime: Runtime) -> Replayer:
    kafka: str = runtime.settings.kafka
    means = replay.Means(
        service=service.name,
        pool=runtime.database.relay,
        open_alone=_alone(service, runtime, "replay"),
        make_producer=lambda: KafkaProducer(kafka, f"{service.name}.replay"),
        make_ends=lambda: KafkaContents(kafka, f"{service.name}.replay-ends"),
    )
    return Replayer(means)


def _alone(service: Service, runtime: Runtime, work: str) -> Callable[[], Awaitable[Alone]]:
    return lambda: open_alone(runtime.settings.database_url, application=f"{service.name}.{work}")
