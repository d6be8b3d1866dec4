"""Scores that are read at the same moment share a statement; each caller gets its own answer."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import httpx
import pytest

from guanxi.testing import Harness

from ..conftest import MakeCustomer, an_order, settle

pytestmark = pytest.mark.asyncio


async def test_each_of_many_at_once_gets_the_scores_it_asked_for(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    rich, poor, new = await customer(), await customer(), await customer()
    await service.apply(an_order(rich, 42_000_000), an_order(poor, 4_200))
    await settle(service)
    asked = [rich, poor, new, rich] * 3
    answers = await asyncio.gather(
        *(staff.get(f"/v1/customers/{one}/scores") for one in asked), staff.get(f"/v1/customers/{uuid4()}/scores")
    )
    assert [answer.status_code for answer in answers] == [200] * len(asked) + [404]
    alone = {one: (await staff.get(f"/v1/customers/{one}/scores")).json() for one in (rich, poor)}
    for one, answer in zip(asked, answers, strict=False):
        body = answer.json()
        assert (body["customer_id"], body["members"]) == (str(one), [str(one)])
        assert [item["kind"] for item in body["items"]] == ["value.existing", "trust"]
        assert one not in alone or body == alone[one]
    assert alone[rich]["items"][0]["value"] > alone[poor]["items"][0]["value"]
