"""What a publisher says of a customer on its topic, as the services that keep it show it."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from guanxi_local.testplatform import TestPlatform
from support.client import Caller, caller
from support.databases import rows
from support.dealer import producing, register_dealer
from support.rounds import PATIENCE_S
from support.waiting import Problem, eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

_FIRM = {
    "kind": "organisation",
    "legal_name": "山西煤業有限公司",
    "legal_representative": "張某",
    "contact_person": "張建國",
    "size": "200-500",
}
_ALLOWED = {"purpose": "service", "channel": "email", "state": "granted", "evidence": "signed form 7"}
_ALIAS = "SELECT customer_id::text FROM alias WHERE source = $1 AND external_ref = 'C-1'"


async def test_a_profile_on_a_publishers_topic_fills_the_file_and_grants_what_it_says(platform: TestPlatform) -> None:
    dealer = await register_dealer(platform, f"profiles-{secrets.token_hex(3)}")
    report = dealer.profile("C-1")
    report.data.update(_FIRM, permissions=[_ALLOWED])
    async with producing(platform) as producer:
        await dealer.publish([report], producer)
    async with caller(platform, scopes=("admin", "pii:read")) as admin:
        await eventually(
            lambda: _shown(platform, dealer.source, admin, {**_FIRM, "name": report.data["name"]}), PATIENCE_S
        )


async def _shown(platform: TestPlatform, source: str, admin: Caller, said: dict[str, Any]) -> Problem:
    named = await rows(platform, "customer-profile", _ALIAS, source)
    if not named:
        return "nobody has read it"
    at = f"/v1/customers/{named[0][0]}"
    file, permissions = [await admin.ask("GET", path) for path in (at, f"{at}/permissions")]
    if file is None or permissions is None or not file.is_success or not permissions.is_success:
        return f"not shown yet: {file}, {permissions}"
    kept = {name: file.json()[name] for name in said}
    allowed = [{name: one[name] for name in _ALLOWED} for one in permissions.json()["permissions"]]
    return None if (kept, allowed) == (said, [_ALLOWED]) else f"{kept}, {allowed}"
