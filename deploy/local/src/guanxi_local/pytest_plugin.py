"""pytest fixtures on the real parts: the runner's own code starts one PostgreSQL and one Kafka for a test session.

Set GUANXI_TEST_STATE to a folder and the servers in it are kept running between sessions; set GUANXI_TEST_SERVERS to
`containers` and they are containers of the official images.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import structlog
from hypothesis import HealthCheck, settings

from guanxi.bus.topics import TopicSpec, delete_topics, ensure_topics, topic_names
from guanxi.service import Service
from guanxi.testing import Harness, open_harness
from guanxi_local import testservers
from guanxi_local.databases import drop_database
from guanxi_local.postgres import Postgres
from guanxi_local.roles import Database
from guanxi_local.state import reset
from guanxi_local.testplatform import TestPlatform
from guanxi_local.topics import read_topics

_FOLDER = pytest.StashKey[Path | None]()
_KINDS = ("unit", "integration", "e2e", "faults")
_ON_ONE_WORKER = {"e2e": "e2e", "attacks": "e2e", "faults": "faults"}
"""Folders whose tests share a running platform: one worker runs them all, after the small ones."""

ServiceDatabase = Callable[[str], Awaitable[Database]]
ServiceHarness = Callable[..., Awaitable[Harness]]
MakeTopics = Callable[..., Awaitable[list[str]]]


def pytest_configure(config: pytest.Config) -> None:
    """Choose the folder of the session's servers; the workers of xdist inherit it."""
    # No test asserts a time: an example may be as slow as the machine is at that moment.
    settings.register_profile("guanxi", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("guanxi")
    # structlog's own default draws every local variable of a traceback: one logged error held a loop for 20 s.
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.processors.add_log_level, plain])
    if not hasattr(config, "workerinput"):
        config.stash[_FOLDER] = testservers.choose_folder()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what the session started."""
    folder = config.stash.get(_FOLDER, None)
    if folder is not None:
        testservers.discard(folder)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by the folder it lies in; unit tests may open no sockets. Whole platforms come last."""
    for item in items:
        kind = _folder(item.path)
        if kind in _KINDS:
            item.add_marker(getattr(pytest.mark, kind))
        if kind == "unit":
            item.add_marker(pytest.mark.disable_socket)
    items.sort(key=lambda item: _folder(item.path) in _ON_ONE_WORKER)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With several workers a module's tests stay on one, and all of one running platform, in the order above."""
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415 - a plugin that need not be there

    class Scheduler(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            path = nodeid.partition("::")[0]
            return _ON_ONE_WORKER.get(_folder(Path(path)), path)

    config.option.loadscopereorder = False
    return Scheduler(config, log)


def _folder(path: Path) -> str:
    """The folder below the last `tests`."""
    parts = path.parts[:-1]
    below = parts[len(parts) - parts[::-1].index("tests") :] if "tests" in parts else ()
    return below[0] if below else ""


@pytest.fixture(scope="session")
def servers() -> Iterator[testservers.TestServers]:
    """The folder that the session's servers share."""
    opened = testservers.open_servers()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def postgres(servers: testservers.TestServers) -> Postgres:
    """A running PostgreSQL server."""
    return servers.postgres()


@pytest.fixture(scope="session")
def kafka(servers: testservers.TestServers) -> str:
    """The address of a running Kafka broker."""
    return servers.kafka().bootstrap


@pytest.fixture(scope="session")
def topic_prefix() -> str:
    """A prefix for topics and groups that no other worker uses."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return f"t-{worker}-{secrets.token_hex(3)}."


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def topics(kafka: str, topic_prefix: str) -> AsyncIterator[MakeTopics]:
    """Make topics under the worker's prefix, all of the platform's when none is named, and give their full names."""
    table = {spec.name: spec for spec in read_topics(topic_prefix)}

    async def make(*names: str, partitions: int = 1) -> list[str]:
        full = [topic_prefix + name for name in names] or list(table)
        await ensure_topics(kafka, [table.get(name) or TopicSpec(name, partitions) for name in full])
        return full

    yield make
    await delete_topics(kafka, await topic_names(kafka, prefix=topic_prefix))


@pytest_asyncio.fixture(loop_scope="session")
async def service_database(postgres: Postgres) -> AsyncIterator[ServiceDatabase]:
    """Fresh, migrated databases of services until the test ends: call it with a name, await what it gives."""
    async with AsyncExitStack() as stack:
        yield _making_databases(postgres, stack)


@pytest_asyncio.fixture(loop_scope="session")
async def service_harness(postgres: Postgres) -> AsyncIterator[ServiceHarness]:
    """Services in-process on fresh databases until the test ends: call it with a service and settings of choice."""
    async with AsyncExitStack() as stack:
        yield _making_harnesses(postgres, stack)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def module_harness(postgres: Postgres) -> AsyncIterator[ServiceHarness]:
    """The same until the module ends, for tests that leave nothing behind, such as those of what is refused."""
    async with AsyncExitStack() as stack:
        yield _making_harnesses(postgres, stack)


def _making_databases(postgres: Postgres, stack: AsyncExitStack) -> ServiceDatabase:
    async def make(service: str) -> Database:
        database = await testservers.copy_of(postgres, service)
        stack.push_async_callback(drop_database, postgres, database.name)
        return database

    return make


def _making_harnesses(postgres: Postgres, stack: AsyncExitStack) -> ServiceHarness:
    database = _making_databases(postgres, stack)

    async def make(service: Service, **settings: Any) -> Harness:
        made = await database(service.name)
        return await stack.enter_async_context(open_harness(service, made.runtime_url, settings=settings))

    return make


@pytest_asyncio.fixture(loop_scope="session")
async def blank_database(postgres: Postgres) -> AsyncIterator[Database]:
    """An empty database with an owner role and a runtime role."""
    database = await testservers.blank(postgres)
    yield database
    await drop_database(postgres, database.name)


@asynccontextmanager
async def running_platform(servers: testservers.TestServers) -> AsyncIterator[TestPlatform]:
    """A whole platform on the session's servers, in databases and under a topic prefix of its own."""
    shared = await asyncio.to_thread(lambda: (servers.postgres(), servers.kafka()))
    running = TestPlatform(_own_folder(servers), servers=shared)
    try:
        await testservers.prepare(shared[0], running.database_suffix)
        await asyncio.to_thread(running.start)
        yield running
    finally:
        await asyncio.to_thread(running.stop)
        for name in running.databases:
            await drop_database(shared[0], name)
        await delete_topics(running.kafka, await topic_names(running.kafka, prefix=running.topic_prefix))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def platform(servers: testservers.TestServers) -> AsyncIterator[TestPlatform]:
    """The platform that the session's tests share."""
    async with running_platform(servers) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def own_platform(servers: testservers.TestServers) -> AsyncIterator[TestPlatform]:
    """A platform with servers of its own, for tests that break them; its start is too dear for one a test."""
    running = TestPlatform(_own_folder(servers))
    try:
        await asyncio.to_thread(running.start)
        yield running
    finally:
        await asyncio.to_thread(running.stop)
        reset(running.state)


def _own_folder(servers: testservers.TestServers) -> Path:
    return servers.state.root / f"platform-{secrets.token_hex(4)}"
