"""A merge undone in all five services, and made again."""

from __future__ import annotations

from typing import Any

from guanxi_local.demo.customers import NAMES
from guanxi_local.demo.door import until
from guanxi_local.demo.stage import Stage


async def undo(stage: Stage) -> list[str]:
    """The web shop's record is itself again in all five services; what a person must look at is on one sheet."""
    whole, web = stage.customers["dealer"], stage.customers["web"]
    zhao = stage.callers["zhao"]
    merge = await stage.merge_of(web)
    sheet = await zhao.get(f"/v1/merges/{merge}/worksheet")
    await zhao.post(f"/v1/merges/{merge}/undo", {"reason": "shown-in-the-demo"})
    apart = await until("five services to show the records apart", lambda: _shown(stage, web, {web}))
    two = {whole, stage.customers["repair"]}
    rest = await until("five services to show the others together", lambda: _shown(stage, whole, two))
    again = await zhao.post("/v1/merges", {"survivor_id": whole, "absorbed_id": web, "reason": "same-firm-after-all"})
    three = {whole, web, stage.customers["repair"]}
    together = await until("five services to show one customer again", lambda: _shown(stage, whole, three))
    looked = [line for line in sheet["items"] if line["advice"] == "look"]
    return [
        (
            f"worksheet: {len(sheet['items'])} lines, {len(sheet['items']) - len(looked)} go back by themselves,"
            f" {len(looked)} for a person to look at"
        ),
        *(f"  {line['kind']}: {line['what']} ({line['count']})" for line in looked[:4]),
        f"apart: {NAMES['web']}: {apart}",
        f"       {NAMES['dealer']}: {rest}",
        f"merged again ({again['status']}): {together}",
    ]


async def _shown(stage: Stage, customer: str, members: set[str]) -> str | None:
    """What each service shows of a customer; None until all have these members and its value rests on their orders."""
    page: Any = await stage.overview(customer)
    scores = await stage.admin.get(f"/v1/customers/{customer}/scores")
    timeline = await stage.admin.get(f"/v1/customers/{customer}/timeline")
    complaints = await stage.admin.get("/v1/complaints", customer_id=customer)
    permissions = await stage.admin.get(f"/v1/customers/{customer}/permissions")
    value = next((one for one in scores["items"] if one["kind"] == "value.existing"), None)
    if set(page["members"]) != members or value is None or set(scores["members"]) != members:
        return None
    whose = {one["customer_id"] for one in timeline["items"]}
    if not whose <= members or any(one["customer_id"] not in members for one in complaints["items"]):
        return None
    orders = page["orders"]["items"]
    if value["inputs"].get("orders") != len(orders):
        return None
    total = sum(one["details"]["total_minor"] for one in orders) // 100
    return (
        f"{len(members)} record(s), {len(orders)} order(s), {total:,} CNY, {len(complaints['items'])} complaint(s),"
        f" {len(permissions['permissions'])} permission(s), value {value['value']}"
    )
