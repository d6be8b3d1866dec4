from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

from guanxi.db import schema_differences
from guanxi.testing import Harness
from guanxi_local.pytest_plugin import ServiceDatabase
from scoring.app import SERVICE

from .conftest import MakeCustomer


@pytest.mark.asyncio
async def test_migrations_make_exactly_the_declared_tables(service_database: ServiceDatabase) -> None:
    database = await service_database("scoring")
    assert await schema_differences(database.owner_url, SERVICE.metadata) == []


@pytest.mark.asyncio
async def test_the_release_before_goes_on_writing_rehearsals(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    rehearsal_id, who = uuid4(), await customer()
    async with service.database.consumers.begin() as tx:
        await tx.execute(
            """
INSERT INTO rehearsal (id, version, created_at, recorded_at, unit_id, kind, base_version, changes, body, reason, status,
  as_of, time_zone, result, proposed_by)
VALUES ($1, 1, now(), now(), 'head-office', 'value.existing', 1, '{}', '{}', 'r', 'rehearsed', '2026-06-30',
  'Asia/Shanghai', '{}', 'tester')
""",
            rehearsal_id,
        )
        await tx.execute(
            """
INSERT INTO rehearsal_mover (rehearsal_id, customer_id, tier, tier_after, key_customer)
VALUES ($1, $2, 'top', 'high', false)
""",
            rehearsal_id,
            who,
        )
    where = f"/v1/scorecards/value.existing/rehearsals/{rehearsal_id}"
    assert (await staff.get(where)).json()["value_version"] == 1
    [mover] = (await staff.get(f"{where}/movers")).json()["items"]
    assert (mover["customer_id"], mover["scope"]) == (str(who), "value.existing")
