"""A rebuild from the moment it is asked for to its end: the owners are asked for their logs when it can take them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from guanxi_local.door import Door

_LOOK_S = 0.3

Show = Callable[[str, int, int | None], None]
"""Told what it does, how many events it has applied, and of how many when that is known."""


def follow(door: Door, service: str, begun: Any, show: Show) -> Any:
    """See it to its end; gives the rebuild as it is then, done or not."""
    path = f"/v1/ops/{service}/rebuilds/{begun['id']}"
    sendings: dict[str, str] = {}
    while (seen := door.get(path))["ended_at"] is None:
        if seen["status"] == "filling":
            _ask_owners(door, seen, sendings)
        logs = [door.get(f"/v1/ops/{owner}/replays/{id_}") for owner, id_ in sendings.items()]
        known = [log["total"] for log in logs if log["total"] is not None]
        total = sum(known) if logs and len(known) == len(logs) else None
        show(_doing(seen, logs), seen["applied"], total)
        time.sleep(_LOOK_S)
    show(seen["status"], seen["applied"], seen["applied"])
    return seen


def _ask_owners(door: Door, seen: Any, sendings: dict[str, str]) -> None:
    for owner, types in seen["sources"].items():
        if owner not in sendings:
            asked = door.post(f"/v1/ops/{owner}/replays", {"topic": seen["topic"], "types": types})
            sendings[owner] = asked["id"]


def _doing(seen: Any, logs: list[Any]) -> str:
    if not logs:
        return "waits for the worker"
    if len(seen["heard"]) == len(logs):
        return "catches up with what runs"
    return "reads the owners' logs"
