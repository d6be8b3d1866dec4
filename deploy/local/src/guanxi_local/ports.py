"""Loopback ports that stay the same from run to run while they are free, so that two checkouts live side by side."""

from __future__ import annotations

import errno
import json
import random
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from guanxi_local.failures import Failure
from guanxi_local.files import locked, shared_cache, write_atomically

HOST = "127.0.0.1"
# Below the range from which the kernel gives ports to outgoing connections: one of those may hold any port for a while.
_FIRST, _LAST = 15_000, 32_000
# Longer than the time from the choice of a port to the start of the server that listens on it.
_PROMISED_S = 900


def is_free(port: int) -> bool:
    """Say whether a server could listen on that loopback port now."""
    return _obstacle(port) is None


def demand(port: int) -> None:
    """Raise a `Failure` that says why no server could listen on the loopback port a person chose."""
    obstacle = _obstacle(port)
    if obstacle is None:
        return
    if obstacle.errno in (errno.EACCES, errno.EPERM):
        message = f"port {port} is only for root; choose one above 1023"
    elif obstacle.errno == errno.EADDRINUSE:
        message = f"port {port} is taken by another program; choose another or leave --port away"
    else:
        message = f"port {port} cannot be used: {obstacle.strerror}"
    raise Failure(message)


def _obstacle(port: int) -> OSError | None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            return error
    return None


def choose(
    names: Iterable[str],
    before: Mapping[str, int],
    keep: Iterable[str] = (),
    free: Callable[[int], bool] = is_free,
) -> dict[str, int]:
    """Give each name the port it had, when that is free or its own server holds it (`keep`), else a new one."""
    kept = set(keep)
    chosen: dict[str, int] = {}
    for name in names:
        port = before.get(name)
        if port is None or port in chosen.values() or not (name in kept or free(port)):
            port = _another(set(before.values()) | set(chosen.values()), free)
        chosen[name] = port
    return chosen


def _another(taken: set[int], free: Callable[[int], bool]) -> int:
    for _ in range(500):
        port = random.SystemRandom().randrange(_FIRST, _LAST)
        if port not in taken and free(port):
            return port
    message = f"no free port on {HOST} between {_FIRST} and {_LAST}; close something and try again"
    raise Failure(message)


class GivenPorts:
    """The ports given to any installation of this user a short while ago; their servers may not listen yet."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or shared_cache()

    @contextmanager
    def hold(self) -> Iterator[dict[int, float]]:
        """Keep all others waiting for the length of the block, then write down what it put into the mapping.

        The mapping says when (s since 1970) each port was given.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / "given-ports.json"
        with locked(self._folder / "given-ports.lock"):
            now = time.time()
            before = {int(port): float(at) for port, at in _read(path).items()}
            given = {port: at for port, at in before.items() if now - _PROMISED_S < at <= now}
            yield given
            if given != before:
                write_atomically(path, json.dumps(given) + "\n")


class PortFile:
    """The ports of one state folder."""

    def __init__(self, path: Path, given: GivenPorts | None = None) -> None:
        self._path = path
        self._given = given or GivenPorts()

    def read(self) -> dict[str, int]:
        """Give the ports as they were last written; an unreadable file counts as none."""
        return {name: int(port) for name, port in _read(self._path).items()}

    def settle(
        self, names: Iterable[str], keep: Iterable[str] = (), pinned: Mapping[str, int] | None = None
    ) -> dict[str, int]:
        """Choose a port for each name, where none is `pinned`, and write down what is new.

        Only whoever is about to start the servers asks this; everybody else reads. Two installations that ask at once
        get different ports.
        """
        known, pinned = self.read(), dict(pinned or {})
        for port in pinned.values():
            demand(port)
        before = {name: port for name, port in known.items() if port not in pinned.values()} | pinned
        kept = set(keep)
        with self._given.hold() as given:
            chosen = choose(
                names, before, kept, lambda port: (port in before.values() or port not in given) and is_free(port)
            )
            given.update(dict.fromkeys((port for name, port in chosen.items() if name not in kept), time.time()))
        after = {**before, **chosen}
        if after != known:
            write_atomically(self._path, json.dumps(after, indent=2) + "\n")
        return chosen


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
