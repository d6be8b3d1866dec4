"""Up and down as a person asks for them: one supervisor at a time, its news followed until the end."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping

from guanxi_local import supervisor
from guanxi_local.children import Child
from guanxi_local.failures import Failure
from guanxi_local.files import locked, tail
from guanxi_local.gateway_process import GATEWAY
from guanxi_local.progress import FAILED, STOPPED, STOPPING, UP, News
from guanxi_local.state import State
from guanxi_local.stopping import Report, silent, stop_all

_DOWN_S = 75.0


def is_up(state: State) -> bool:
    """Say whether the platform was brought up, is not going down, and its supervisor still watches over it."""
    return supervisor.running(state) is not None and supervisor.journal_of(state).last == UP


def bring_up(
    state: State,
    show: Callable[[News], None],
    environment: Mapping[str, str] | None = None,
    *,
    port: int | None = None,
) -> Child:
    """Start the platform, or join a start that is under way; returns when it is up.

    The gateway gets the port of a person's choice, unless it runs already. Ctrl-C meanwhile stops everything.
    """
    try:
        child = _join_or_begin(state, environment or {}, port)
        _follow(state, child, show)
    except KeyboardInterrupt:
        bring_down(state)
        raise
    return child


def bring_down(state: State, report: Report = silent) -> bool:
    """Stop everything of this installation, with or without a supervisor; False when nothing ran."""
    child = supervisor.running(state)
    if child is not None:
        child.stop(signal.SIGTERM, _DOWN_S)
    return stop_all(state, report) or child is not None


def refuse_other_port(state: State, port: int | None) -> None:
    """Raise a `Failure` when a gateway that runs already is wanted at another port."""
    current = state.ports.read().get(GATEWAY)
    if port is not None and port != current:
        message = f"the platform is up already, at port {current}; guanxi down first, then guanxi up --port {port}"
        raise Failure(message)


def _join_or_begin(state: State, environment: Mapping[str, str], port: int | None) -> Child:
    with locked(state.root / "up.lock"):
        child = supervisor.running(state)
        if child is not None and supervisor.journal_of(state).last in (STOPPING, STOPPED):
            child.wait(_DOWN_S)
            child = None
        if child is None:
            return supervisor.begin(state, environment, port)
    refuse_other_port(state, port)
    return child


def _follow(state: State, child: Child, show: Callable[[News], None]) -> None:
    last = None
    for last in supervisor.journal_of(state).follow(lambda: child.alive):
        show(last)
    if last is not None and last.state == UP:
        return
    child.wait(_DOWN_S)
    if last is not None and last.state == FAILED:
        raise Failure(last.detail)
    words = tail(state.logs / "supervisor.log").strip().splitlines() or ["it wrote nothing"]
    message = f"the supervisor ended: {words[-1]} (log: {state.logs / 'supervisor.log'})"
    raise Failure(message)
