"""The service in-process on a real database, with a small firm in its directory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest_asyncio

from complaints.app import SERVICE
from guanxi.ports import SystemIds
from guanxi.testing import Harness, a_unit, an_employee
from guanxi_local.pytest_plugin import ServiceHarness

_DESK = "complaint-desk"


@pytest_asyncio.fixture(loop_scope="session")
async def service(service_harness: ServiceHarness) -> Harness:
    return await service_harness(SERVICE)


@dataclass
class Firm:
    """Units finance and logistics, each with a lead, under head office; the desk has a lead too."""

    harness: Harness
    leads: dict[str, UUID]

    def staff(self, unit: str) -> httpx.AsyncClient:
        """The lead of a unit, without the scope of an administrator."""
        scope = "complaints:read complaints:write pii:read"
        return self.harness.caller(unit=unit, subject=f"lead-{unit}", scope=scope)

    async def filed(self, **values: Any) -> dict[str, Any]:
        """A fresh complaint, as it was answered."""
        body = {"channel": "phone", "cause": "neglect", **values}
        answer = await self.harness.caller().post("/v1/complaints", json=body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def step(self, unit: str, complaint: dict[str, Any], name: str, **body: Any) -> dict[str, Any]:
        """A step taken by the lead of a unit; it must succeed."""
        answer = await self.tried(unit, complaint, name, **body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def tried(self, unit: str, complaint: dict[str, Any], name: str, **body: Any) -> httpx.Response:
        """A step taken by the lead of a unit, and what came of it."""
        return await self.staff(unit).post(f"/v1/complaints/{complaint['id']}/{name}", json=body or None)

    async def shown(self, complaint: dict[str, Any]) -> dict[str, Any]:
        """The complaint as it is now."""
        answer = await self.harness.caller().get(f"/v1/complaints/{complaint['id']}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest_asyncio.fixture(loop_scope="session")
async def firm(service: Harness) -> Firm:
    leads = {unit: SystemIds().new() for unit in ("finance", "logistics", "sales", _DESK)}
    for unit, lead_id in leads.items():
        await service.know(
            an_employee(lead_id, unit=unit, subject=f"lead-{unit}"),
            a_unit(unit, sequence=2, name=unit.title(), parent="head-office", lead_id=lead_id),
        )
    return Firm(service, leads)
