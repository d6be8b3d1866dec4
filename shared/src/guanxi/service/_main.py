"""`python -m <service>`: serve, migrate, print the OpenAPI document."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import os
import socket
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import asyncpg
import uvicorn
import uvloop
from pydantic import ValidationError

from guanxi import crash
from guanxi.bus import offsets
from guanxi.db import DatabaseUnfitError, check_database, check_owner, migrate, open_database
from guanxi.http import LimitedHeadProtocol
from guanxi.service._app import build_app, openapi_document
from guanxi.service._jobs import Runtime
from guanxi.service._service import Service
from guanxi.service._settings import ServiceSettings
from guanxi.service._worker import Worker
from guanxi.telemetry import TelemetryUnfitError, configure_telemetry, shutdown_tracing

ROLES = ("all", "api", "worker")
STOP_SECONDS = 10
IDLE_SECONDS = 75
"""How long an unused connection is kept: longer than callers and proxies keep one (60 s at most, by custom), so that
it is they who close it. Who closes first may do so just as the other one sends."""
_UNFIT = 2
_STUCK = 3
_LAST_PORT = 65_535


class _AddressUnfitError(Exception):
    """The address to listen on cannot be had."""


def main(service: Service) -> None:
    """Run one service by its command line; exit code 2 and one line when it cannot run as it is set up."""
    options = _options(service)
    if options.command == "openapi":
        json.dump(openapi_document(service), sys.stdout, indent=2, ensure_ascii=False, sort_keys=True)
        sys.stdout.write("\n")
        return
    settings = _settings(service)
    try:
        if settings.crash_at is not None:
            crash.arm(settings.crash_at)
        configure_telemetry(service.name, level=settings.log_level, otlp_endpoint=settings.otlp_endpoint)
        work = _migrate(service, settings) if options.command == "migrate" else _serve(service, settings, options)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(work)
    except (DatabaseUnfitError, TelemetryUnfitError, _AddressUnfitError) as error:
        _refuse(service, str(error))
    except (OSError, asyncpg.PostgresError, asyncpg.ClientConfigurationError) as error:
        _refuse(service, f"cannot reach what it needs: {error}")
    except KeyboardInterrupt:
        return


def _options(service: Service) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"python -m {service.metadata.info.get('module', service.name)}")
    parser.add_argument("command", nargs="?", choices=("serve", "migrate", "openapi"), default="serve")
    parser.add_argument("--role", choices=ROLES, default="all", help="serve the API, work in the background, or both")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=_port, default=8000)
    return parser.parse_args()


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= _LAST_PORT:
        message = f"{number} is not from 0 to {_LAST_PORT}"
        raise argparse.ArgumentTypeError(message)
    return number


def _settings(service: Service) -> ServiceSettings:
    try:
        return service.settings()
    except ValidationError as error:
        _refuse(service, "; ".join(_wrong(one["loc"], one["msg"]) for one in error.errors()))


def _wrong(place: Sequence[int | str], message: str) -> str:
    words = message.removeprefix("Value error, ")
    return f"GUANXI_{'.'.join(map(str, place)).upper()}: {words}" if place else words


def _refuse(service: Service, why: str) -> NoReturn:
    sys.stderr.write(f"{service.name}: {' '.join(why.split())}\n")
    raise SystemExit(_UNFIT)


async def _migrate(service: Service, settings: ServiceSettings) -> None:
    url = settings.migration_url or settings.database_url
    database = await open_database(url, application=f"{service.name}.migrate")
    try:
        async with database.api.read() as reader:
            await check_owner(reader, service.metadata)
        await migrate(url, service.migrations)
        async with database.api.begin() as tx:
            await offsets.enter_births(tx, [c.group for c in service.topology.consumers if c.kind == "reaction"])
    finally:
        await database.close()


async def _serve(service: Service, settings: ServiceSettings, options: argparse.Namespace) -> None:
    # Taken before any work begins: a worker without a door would do the work of the one that has it.
    with contextlib.closing(_take(options.host, options.port)) as door:
        await _serve_at(door, service, settings, options.role)


def _take(host: str, port: int) -> socket.socket:
    """Bind an address, not listening yet: until the app serves, callers are refused and do not wait."""
    door = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((host, port))
    except OSError as error:
        door.close()
        message = f"cannot listen on {host} port {port}: {error.strerror}"
        raise _AddressUnfitError(message) from error
    return door


async def _serve_at(door: socket.socket, service: Service, settings: ServiceSettings, role: str) -> None:
    database = await open_database(settings.database_url, application=service.name)
    try:
        async with database.api.read() as reader:
            await check_database(reader, service.migrations, service.metadata)
        runtime = Runtime(settings, database)
        worker = Worker(service, runtime, _give_up) if role != "api" else None
        server = uvicorn.Server(_config(build_app(service, runtime, worker, role=role), settings))
        await _until_stopped(server, door, worker)
    finally:
        await database.close()
        shutdown_tracing()


def _config(app: Any, settings: ServiceSettings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="none",
        http=LimitedHeadProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        forwarded_allow_ips=settings.forwarded_allow_ips,
        timeout_graceful_shutdown=STOP_SECONDS,
        timeout_keep_alive=IDLE_SECONDS,
    )


async def _until_stopped(server: uvicorn.Server, door: socket.socket, worker: Worker | None) -> None:
    if worker is not None:
        worker.start()
    # A thread that computes gives the interpreter back after this long, each time the loop has waited for anything. At
    # Python's own 5 ms, a contact was a fact at scoring after 131 ms in the middle, while scores were computed; so 80.
    sys.setswitchinterval(0.0005)
    # The tail of the latency is mostly the collector walking what never goes away.
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    try:
        await server.serve(sockets=[door])
    finally:
        if worker is not None:
            await worker.stop()


def _give_up(why: str) -> None:
    # The supervisor starts us again: a client that does not recover by being rebuilt needs a new process.
    sys.stderr.write(f"gives up: {why}\n")
    sys.stderr.flush()
    os._exit(_STUCK)
