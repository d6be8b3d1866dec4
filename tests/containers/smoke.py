"""The main job, through the proxy: a customer is registered, spoken to, complains, and all services come to know it."""

from __future__ import annotations

import uuid
from typing import Any

import httpx

from containers.installation import Installation, until

AWAY = (502, 503)


def post(client: httpx.Client, path: str, body: dict[str, Any]) -> Any:
    """What was made; asked again under the same key while a service is away or does not know the customer yet."""
    key = {"Idempotency-Key": str(uuid.uuid4())}

    def ask() -> Any:
        try:
            answer = client.post(path, json=body, headers=key)
        except httpx.TransportError:
            return None
        if answer.status_code in AWAY:
            return None
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    return until(f"POST {path}", ask)


def do_the_main_job(installation: Installation, name: str) -> str:
    """Register a customer, note a contact and a complaint, and wait until every service has told the others."""
    with installation.client() as client:
        customer = str(post(client, "/v1/customers", {"kind": "person", "name": name})["id"])
        about = {"customer_id": customer}
        post(client, "/v1/interactions", {**about, "channel": "phone", "direction": "in", "content": name})
        post(client, "/v1/complaints", {**about, "channel": "phone", "text": f"{name} waits"})

        def told() -> bool:
            kinds = {entry["kind"] for entry in _get(client, f"/v1/customers/{customer}/timeline")}
            return any("complaint" in kind for kind in kinds) and len(kinds) > 1 and _drained(client)

        until(f"everything told of {name}", told)
    return customer


def is_known(installation: Installation, customer: str) -> bool:
    """Whether the customer is there."""
    with installation.client() as client:
        answer = client.get(f"/v1/customers/{customer}")
        assert answer.status_code in {200, 404}, answer.text
        return answer.status_code == httpx.codes.OK


def _get(client: httpx.Client, path: str) -> list[dict[str, Any]]:
    try:
        answer = client.get(path)
    except httpx.TransportError:
        return []
    return list(answer.json()["items"]) if answer.is_success else []


def _drained(client: httpx.Client) -> bool:
    services = ("customer-profile", "interactions", "complaints", "scoring", "notifications")
    return all(client.get(f"/v1/ops/{service}/outbox").json().get("depth") == 0 for service in services)
