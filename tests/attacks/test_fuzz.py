"""G: every route of every service by its own OpenAPI document: examples, edges, chance, and calls that follow calls.

No answer of 500 or more, none that the document does not describe, and what came of it is taken in everywhere. Ids that
exist stand in for those of the examples and are among what chance draws from, so that calls come to the inside.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from itertools import cycle
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from attacks.doors import DOCUMENTS
from guanxi_local.pytest_plugin import running_platform
from guanxi_local.testplatform import TestPlatform
from guanxi_local.testservers import TestServers
from support.invariants import nothing_of_ours_is_buried, recovers
from support.rounds import ROUNDS, chance, count
from support.waiting import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(5400)]

_CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance,response_headers_conformance"
)
_LEFT_OUT = "^/v1/inbox/stream$"
"""It never ends."""
_ID = re.compile(r"(?<=\")[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?=\")")
_NAMED = {
    "customer": (
        "path.customer_id query.customer_id query.customer body.customer_id body.survivor_id body.absorbed_id"
    ),
    "employee": "path.employee_id query.employee_id query.owner query.holder body.employee_id body.owner_id",
    "unit": "body.unit body.to_unit query.unit query.holder_unit",
    "complaint": "path.complaint_id",
    "tracking": "path.token",
    "interaction": "path.interaction_id",
    "promise": "path.promise_id",
    "order": "path.order_id",
    "version": "header.If-Match",
}
"""What exists, and the parameters that name it."""
_EACH = 3
_OFTEN = 0.8
_PATIENCE_S = 90.0


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def victim(servers: TestServers) -> AsyncIterator[TestPlatform]:
    """A platform of its own: its units, its rules and its standards do not stay as they are."""
    async with running_platform(servers) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def existing(victim: TestPlatform) -> dict[str, list[str]]:
    """A few of everything, by its kind."""
    found: dict[str, list[str]] = {kind: [] for kind in _NAMED}
    headers = {"Authorization": f"Bearer {victim.token()}"}
    async with httpx.AsyncClient(base_url=victim.gateway, headers=headers, timeout=30, trust_env=False) as admin:
        for _ in range(_EACH):
            for kind, name in (await _one_of_each(admin)).items():
                found[kind].append(name)
    return found | {"version": [f'"{version}"' for version in range(1, 6)]}


async def _one_of_each(admin: httpx.AsyncClient) -> dict[str, str]:
    employee = await _made(admin, "employees", subject=str(uuid4()), name="李明", unit="head-office", level="staff")
    customer = (await _made(admin, "customers", kind="organisation", name="晉泰", unit="head-office"))["id"]
    promise = {"what": "A catalogue.", "due_at": "2099-01-01T00:00:00Z"}
    visit = {"channel": "visit", "direction": "out", "content": "Looked.", "promises": [promise]}
    interaction = await _made(admin, "interactions", customer_id=customer, **visit)
    line = {"sku": "tower-1200", "quantity": 2, "amount_minor": 100}
    order = await _made(admin, "orders", customer_id=customer, external_ref=str(uuid4()), currency="CNY", lines=[line])
    complaint = await _made(admin, "complaints", customer_id=customer, channel="phone", cause="price")
    link = await admin.get(f"/v1/complaints/{complaint['id']}/tracking-link")
    return {
        "customer": customer,
        "employee": employee["id"],
        "unit": "head-office",
        "complaint": complaint["id"],
        "tracking": link.json()["token"],
        "interaction": interaction["id"],
        "promise": interaction["promises"][0]["id"],
        "order": order["id"],
    }


async def _made(admin: httpx.AsyncClient, what: str, **body: Any) -> Any:
    once, answers = {"Idempotency-Key": str(uuid4())}, []

    async def refused() -> str | None:
        answers.append(await admin.post(f"/v1/{what}", json=body, headers=once))
        return None if answers[-1].status_code == 201 else f"{what}: {answers[-1].status_code} {answers[-1].text}"

    await eventually(refused, 30)
    return answers[-1].json()


@pytest.mark.smoke
@pytest.mark.parametrize("service", DOCUMENTS)
async def test_no_call_breaks_a_service_or_its_document(
    servers: TestServers, victim: TestPlatform, existing: dict[str, list[str]], tmp_path: Path, service: str
) -> None:
    address, settings, document = victim.service(service), tmp_path / "settings.toml", tmp_path / "openapi.json"
    settings.write_text(_settings(existing))
    document.write_text(await _document(address, existing["customer"]))
    each = count(smoke=5, full=25, soak=750)
    # A change is judged by the same calls each time; the long counts look for what nobody has seen yet.
    seed = 1 if ROUNDS == "smoke" and "SEED" not in os.environ else chance(f"fuzz {service}").randrange(2**32)
    command = [str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(settings), "run"]
    command += [str(document), "--url", address, "--checks", _CHECKS, "--exclude-path-regex", _LEFT_OUT]
    command += ["--header", f"Authorization: Bearer {victim.token()}", "--request-timeout", "20"]
    command += ["--max-examples", str(each), "--seed", str(seed), "--generation-database", "none"]
    command += ["--continue-on-failure", "--warnings", "off", "--no-color"]
    done = await asyncio.to_thread(subprocess.run, command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
    calls = int(re.findall(r"(\d+) generated", done.stdout)[-1])
    sys.stdout.write(f"fuzz {service}: {calls} calls\n")
    assert calls >= count(smoke=1_000, full=1_000, soak=20_000), done.stdout[-3_000:]
    await recovers(victim, seconds=_PATIENCE_S, server=servers.postgres())
    await nothing_of_ours_is_buried(victim)


async def _document(address: str, customers: list[str]) -> str:
    """The service's document with customers that exist in its examples: others are refused before all else is read."""
    async with httpx.AsyncClient(base_url=address, timeout=30, trust_env=False) as door:
        text = (await door.get("/openapi.json")).text
    shown = dict(zip(sorted(set(_ID.findall(text))), cycle(customers), strict=False))
    return _ID.sub(lambda found: shown[found[0]], text)


def _settings(existing: dict[str, list[str]]) -> str:
    """The file in which schemathesis reads what exists, and where it fits."""
    lists = [f"[dictionaries.{kind}]\nvalues = {json.dumps(names)}\n" for kind, names in existing.items()]
    places = [
        f'"{place}" = {{ dictionary = "{kind}", probability = {_OFTEN} }}\n'
        for kind, places in _NAMED.items()
        for place in places.split()
    ]
    return "".join([*lists, "[parameters]\n", *places])
