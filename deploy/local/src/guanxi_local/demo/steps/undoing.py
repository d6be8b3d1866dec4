"""A merge undone in all five services, and made again."""

from __future__ import annotations

from functools import partial
from typing import Any

from guanxi_local.demo.customers import NAMES
from guanxi_local.demo.door import until
from guanxi_local.demo.stage import Stage

_AGAIN = "same-firm-after-all"
_RECORDS = ("dealer", "web", "repair")


async def undo(stage: Stage) -> list[str]:
    """Three records are themselves again in all five services; what a person must look at is on one sheet."""
    zhao, records = stage.callers["zhao"], {name: stage.customers[name] for name in _RECORDS}
    whole, absorbed = records["dealer"], (records["web"], records["repair"])
    sheets = [await _undone(stage, one) for one in absorbed]
    apart = [
        await until("five services to show three records", partial(_shown, stage, one, {one}))
        for one in records.values()
    ]
    for one in absorbed:
        await zhao.post("/v1/merges", {"survivor_id": whole, "absorbed_id": one, "reason": _AGAIN})
    together = await until(
        "five services to show one customer again", lambda: _shown(stage, whole, {*records.values()})
    )
    lines = [line for sheet in sheets for line in sheet]
    looked = [line for line in lines if line["advice"] == "look"]
    return [
        (
            f"worksheets: {len(lines)} lines, {len(lines) - len(looked)} go back by themselves,"
            f" {len(looked)} for a person to look at"
        ),
        *(f"  {line['kind']}: {line['what']} ({line['count']})" for line in looked[:4]),
        *(f"apart: {NAMES[name]}: {shown}" for name, shown in zip(_RECORDS, apart, strict=True)),
        f"merged again: {together}",
    ]


async def _undone(stage: Stage, absorbed: str) -> list[Any]:
    """Undo the merge by which a record was absorbed; gives the lines of its worksheet as they were before."""
    merge = await stage.merge_of(absorbed)
    sheet = await stage.callers["zhao"].get(f"/v1/merges/{merge}/worksheet")
    await stage.callers["zhao"].post(f"/v1/merges/{merge}/undo", {"reason": "shown-in-the-demo"})
    lines: list[Any] = sheet["items"]
    return lines


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
    spoken = sum(one["kind"] == "contact" for one in timeline["items"])
    return (
        f"{len(orders)} order(s), {total:,} CNY, {spoken} contact(s), {len(complaints['items'])} complaint(s),"
        f" {len(permissions['permissions'])} permission(s), value {value['value']}"
    )
