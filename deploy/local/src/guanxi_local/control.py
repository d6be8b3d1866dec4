"""Up and down as a person asks for them: one supervisor at a time, its news followed until the end."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping

from guanxi_local import supervisor
from guanxi_local.children import Child
from guanxi_local.failures import Failure
from guanxi_local.files import locked, tail
from guanxi_local.gateway_process import GATEWAY
from guanxi_local.platform import Platform, Report, silent
from guanxi_local.ports import is_free
from guanxi_local.processes import read_processes
from guanxi_local.progress import FAILED, UP, News
from guanxi_local.state import State

_DOWN_S = 75.0


def is_up(state: State) -> bool:
    """Say whether the platform was brought up and its supervisor still watches over it."""
    news = supervisor.journal_of(state).read()
    return supervisor.running(state) is not None and bool(news) and news[-1].state != FAILED and _was_up(news)


def bring_up(state: State, show: Callable[[News], None], environment: Mapping[str, str] | None = None) -> Child:
    """Start the platform, or join a start that is under way; returns when it is up."""
    with locked(state.root / "up.lock"):
        child = supervisor.running(state) or supervisor.begin(state, environment or {})
    last = None
    for last in supervisor.journal_of(state).follow(lambda: child.alive):
        show(last)
    if last is not None and last.state == UP:
        return child
    child.wait(_DOWN_S)
    if last is not None and last.state == FAILED:
        raise Failure(last.detail)
    words = tail(state.logs / "supervisor.log").strip().splitlines() or ["it wrote nothing"]
    message = f"the supervisor ended: {words[-1]} (log: {state.logs / 'supervisor.log'})"
    raise Failure(message)


def bring_down(state: State, report: Report = silent) -> bool:
    """Stop everything of this installation, with or without a supervisor; False when nothing ran."""
    child = supervisor.running(state)
    platform = Platform(state, read_processes())
    ran = child is not None or any(platform.recall(name) for name in platform.names)
    if child is not None:
        child.stop(signal.SIGTERM, _DOWN_S)
    platform.stop(report)
    return ran


def pin_gateway(state: State, port: int) -> None:
    """Give the gateway a port of the person's choice."""
    if not is_free(port) and state.records.recall(GATEWAY) is None:
        message = f"port {port} is taken by another program; choose another or leave --port away"
        raise Failure(message)
    state.ports.pin(GATEWAY, port)


def _was_up(news: list[News]) -> bool:
    return any(item.state == UP for item in news)
