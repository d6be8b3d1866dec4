"""Registering a publisher while the platform runs, through the public door."""

from __future__ import annotations

import time
import uuid
from urllib.parse import quote

import httpx
from pydantic import BaseModel

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
    with _client(gateway, token) as client:
        body = {"name": name, "unit_id": unit, "partitions": 1, "create_unit": True}
        source = _read(_ask(client, "POST", "/v1/sources", body))
        deadline = time.monotonic() + _READY_S
        while source.status != "ready":
            if time.monotonic() > deadline:
                message = f"{name} is registered but its topic is not made after {_READY_S:.0f} s; see guanxi logs"
                raise Failure(message)
            time.sleep(0.2)
            source = _read(_ask(client, "GET", f"/v1/sources/{_segment(name)}"))
    return source


def find(gateway: str, token: str, name: str) -> Source:
    """Look a publisher up."""
    with _client(gateway, token) as client:
        return _read(_ask(client, "GET", f"/v1/sources/{_segment(name)}"))


def unit_exists(gateway: str, token: str, unit: str) -> bool:
    """Say whether a unit is known."""
    with _client(gateway, token) as client:
        return _ask(client, "GET", f"/v1/units/{_segment(unit)}").status_code == httpx.codes.OK


def _client(gateway: str, token: str) -> httpx.Client:
    return httpx.Client(base_url=gateway, headers={"Authorization": f"Bearer {token}"}, trust_env=False)


def _segment(name: str) -> str:
    return quote(name, safe="")


def _ask(client: httpx.Client, method: str, path: str, body: dict[str, object] | None = None) -> httpx.Response:
    try:
        headers = {"Idempotency-Key": str(uuid.uuid4())} if body else {}
        return client.request(method, path, json=body, headers=headers)
    except httpx.HTTPError as error:
        message = f"the gateway does not answer ({error}); is the platform up? (guanxi status)"
        raise Failure(message) from error


def _read(answer: httpx.Response) -> Source:
    if answer.is_success:
        return Source.model_validate(answer.json())
    try:
        problem = answer.json()
        errors = "".join(f"; {item['field']}: {item['detail']}" for item in problem.get("errors", []))
        message = f"refused: {problem.get('detail', problem.get('title'))}{errors}"
    except ValueError:
        message = f"refused with {answer.status_code}"
    raise Failure(message)
