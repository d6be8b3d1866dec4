from __future__ import annotations

import pytest

from guanxi.testing import Harness


@pytest.mark.asyncio
async def test_anybody_may_read_how_to_complain_and_by_when_it_is_answered(service: Harness) -> None:
    answer = await service.anonymous().get("/v1/complaint-channels")
    assert answer.status_code == 200
    shown = answer.json()
    assert {policy["language"] for policy in shown["policy"]} == {"zh-Hans", "zh-Hant", "en"}
    assert all(avenue["free"] for avenue in shown["avenues"])
    assert {avenue["code"] for avenue in shown["avenues"]} >= {"phone", "web", "post"}
    assert {one["step"]: one["business_minutes"] for one in shown["standards"]} == {
        "acknowledge": 240,
        "answer": 960,
        "resolve": 2400,
    }
