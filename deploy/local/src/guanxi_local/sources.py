"""Registering a publisher while the platform runs, through the public door."""

from __future__ import annotations

import time

from pydantic import BaseModel

from guanxi_local.door import Door, segment
from guanxi_local.failures import Failure

_READY_S = 60.0


class Source(BaseModel):
    """What the API says of a publisher."""

    name: str
    unit_id: str
    status: str
    topic: str


def add(gateway: str, token: str, name: str, unit: str) -> Source:
    """Register a publisher and wait until its topic exists; an unknown unit is made as an external one."""
    with Door(gateway, token) as door:
        body = {"name": name, "unit_id": unit, "partitions": 1, "create_unit": True}
        source = Source.model_validate(door.post("/v1/sources", body))
        deadline = time.monotonic() + _READY_S
        while source.status != "ready":
            if time.monotonic() > deadline:
                message = f"{name} is registered but its topic is not made after {_READY_S:.0f} s; see guanxi logs"
                raise Failure(message)
            time.sleep(0.2)
            source = Source.model_validate(door.get(f"/v1/sources/{segment(name)}"))
    return source


def find(gateway: str, token: str, name: str) -> Source:
    """Look a publisher up."""
    with Door(gateway, token) as door:
        return Source.model_validate(door.get(f"/v1/sources/{segment(name)}"))


def unit_exists(gateway: str, token: str, unit: str) -> bool:
    """Say whether a unit is known."""
    with Door(gateway, token) as door:
        return door.exists(f"/v1/units/{segment(unit)}")
