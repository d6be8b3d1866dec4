"""Goodwill beyond what is owed, what it costs, and what came back."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

from guanxi_local.demo import customers
from guanxi_local.demo.customers import AIRPORT, MODEL, REFERRED
from guanxi_local.demo.door import publish, until
from guanxi_local.demo.stage import Stage

_COST_MINOR = 1_800_000
_BUDGET_MINOR = 100_000_000


async def goodwill(stage: Stage) -> list[str]:
    """10,000 models, an agreement of six months, a claim after thirteen: not owed, and given, out of a budget."""
    now = datetime.now(UTC)
    await publish(stage.kafka, stage.prefix, customers.airport_order(stage.run, now))
    airport = stage.customers["airport"] = await stage.registered(AIRPORT)
    agreement = await stage.admin.post(f"/v1/customers/{airport}/agreements", customers.airport_agreement(now))
    answer = await until("the answer to the airport's claim", partial(_refusal, stage, airport))
    before = await until("the airport's first value", partial(stage.score, airport, "value.existing"))
    unit = "complaint-desk"
    await _budget(stage, unit, now.year)
    asked = {"customer_id": airport, "sku": MODEL, "kind": "exchange", "cost_minor": _COST_MINOR, "currency": "CNY"}
    request = await stage.callers["wang.fang"].post("/v1/goodwill-requests", asked)
    at = f"/v1/goodwill-requests/{request['id']}"
    decision = {"decision": "approved", "reason": "strategic-customer"}
    approved = await stage.callers["zhao"].post(f"{at}/decision", decision)
    spent = await stage.callers["wang.fang"].post(f"{at}/spending", {"cost_minor": _COST_MINOR})
    [budget] = (await stage.admin.get("/v1/goodwill-budgets", unit=unit, year=str(now.year)))["items"]

    async def counted() -> Any:
        found = await stage.score(airport, "value.existing")
        return found if found["value"] < before["value"] else None

    after = await until("the goodwill to count as a cost", counted)
    await _refer(stage, airport, now)
    influence = await until("two referrals to count", partial(_influence, stage, airport))
    back = await stage.admin.get(f"/v1/customers/{airport}/goodwill-return")
    ratio = back["ratio_hundredths"] / 100
    return [
        (
            f"{AIRPORT}: {answer['reason']}, clause {answer['clause']} of its {agreement['kind']} agreement"
            f" (version {answer['agreement']['version']}), the last day was {answer['until']}"
        ),
        (
            f"趙總 {approved['status']}: {spent['spent_minor'] // 100:,} CNY; left in the budget of {budget['unit']}:"
            f" {budget['left_minor'] // 100:,}"
        ),
        f"existing value {before['value']} → [bold]{after['value']}[/]: goodwill is a cost",
        f"they bring {' and '.join(REFERRED)}: influence [bold]{influence['value']}[/] ({influence['band']})",
        f"return on goodwill: [bold]{ratio:.1f}×[/] of its cost so far, {back['referrals']} referrals",
    ]


async def _refusal(stage: Stage, airport: str) -> Any:
    """The answer once the order, its delivery and the agreement have arrived."""
    found = await stage.callers["wang.fang"].get("/v1/entitlements", customer_id=airport, sku=MODEL)
    clause = found["warranty"]
    return clause if clause and clause["agreement"] and clause["reason"] == "expired" else None


async def _budget(stage: Stage, unit: str, year: int) -> None:
    known = (await stage.admin.get("/v1/goodwill-budgets", unit=unit, year=str(year)))["items"]
    if not known:
        body = {"unit": unit, "year": year, "limit_minor": _BUDGET_MINOR, "currency": "CNY"}
        await stage.callers["zhao"].put("/v1/goodwill-budgets", body)


async def _refer(stage: Stage, airport: str, now: datetime) -> None:
    for name in REFERRED:
        made = await stage.admin.post("/v1/customers", {"kind": "organisation", "name": name, "unit": "sales"})
        # In another performance on one platform they are found to be the airports of the first, who were brought then.
        where = f"/v1/customers/{airport}/referrals"
        await stage.admin.post_unless("already-referred", where, {"referred_id": made["id"]})
        line = {"sku": MODEL, "quantity": 1000, "amount_minor": 9_900_000}
        order = {"customer_id": made["id"], "external_ref": f"{name}-{stage.run}", "currency": "CNY"}
        await stage.admin.post("/v1/orders", order | {"placed_at": customers.text(now), "lines": [line]})


async def _influence(stage: Stage, airport: str) -> Any:
    back = await stage.admin.get(f"/v1/customers/{airport}/goodwill-return")
    found = await stage.score(airport, "value.influence")
    complete = back["referrals"] >= len(REFERRED) and back["referred_minor"]
    return found if found and found["value"] and complete else None
