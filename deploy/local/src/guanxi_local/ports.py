"""Loopback ports that stay the same from run to run while they are free, so that two checkouts live side by side."""

from __future__ import annotations

import errno
import json
import random
import socket
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from guanxi_local.failures import Failure
from guanxi_local.files import write_atomically

HOST = "127.0.0.1"
# Below the range from which the kernel gives ports to outgoing connections: one of those may hold any port for a while.
_FIRST, _LAST = 15_000, 32_000


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


class PortFile:
    """The ports of one state folder."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, int]:
        """Give the ports as they were last written; an unreadable file counts as none."""
        try:
            ports = json.loads(self._path.read_text())
        except (OSError, ValueError):
            return {}
        return {str(name): int(port) for name, port in ports.items()} if isinstance(ports, dict) else {}

    def settle(
        self, names: Iterable[str], keep: Iterable[str] = (), pinned: Mapping[str, int] | None = None
    ) -> dict[str, int]:
        """Choose a port for each name, where none is `pinned`, and write down what is new.

        Only whoever is about to start the servers asks this; everybody else reads.
        """
        known, pinned = self.read(), dict(pinned or {})
        for port in pinned.values():
            demand(port)
        before = {name: port for name, port in known.items() if port not in pinned.values()} | pinned
        chosen = choose(names, before, keep)
        after = {**before, **chosen}
        if after != known:
            write_atomically(self._path, json.dumps(after, indent=2) + "\n")
        return chosen
