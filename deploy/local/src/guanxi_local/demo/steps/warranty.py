"""One question of warranty, asked for three customers."""

from __future__ import annotations

from functools import partial
from typing import Any

from guanxi_local.demo import customers
from guanxi_local.demo.customers import ASKERS, MODEL, NAMES
from guanxi_local.demo.door import publish, until
from guanxi_local.demo.stage import Stage

_BENEFITS = 4


async def warranty_in_one_question(stage: Stage) -> list[str]:
    """The same model, delivered seven months ago: three customers ask, and each answer names its clause."""
    await publish(stage.kafka, stage.prefix, customers.bought_long_ago(stage.run, stage.started))
    for key, name in ASKERS.items():
        stage.customers[key] = await stage.registered(name)
    proposal = {"customer_id": stage.customers["vip"], "reason": "opens-the-east"}
    proposed = await stage.callers["li.ming"].post("/v1/key-customers/designations", proposal)
    decision = {"decision": "approved", "reason": "agreed-with-sales"}
    await stage.callers["zhao"].post(f"/v1/key-customers/designations/{proposed['id']}/decision", decision)
    clauses = {"shop": "warranty.all", "vip": "warranty.vip", "dealer": "lifelong.service"}
    lines = []
    for key, clause in clauses.items():
        found = await until(f"clause {clause} to answer {key}", partial(_answered, stage, key, clause))
        lines.append(_line((ASKERS | NAMES)[key], found))
        stage.answers[key] = found
    benefits = [one["names"]["en"] for one in found["benefits"] if one["package"] == "lifelong"]
    lines.append(f"  with it, for one order of at least 500,000 CNY: {'; '.join(benefits)}")
    return lines


async def _answered(stage: Stage, key: str, clause: str) -> Any:
    """The answer once every fact it rests on has arrived: the delivery, the designation, the order, the region."""
    asked = {"customer_id": stage.customers[key], "sku": MODEL}
    found = await stage.callers["wang.fang"].get("/v1/entitlements", **asked)
    if found["warranty"] is None or found["warranty"]["clause"] != clause:
        return None
    package = [one for one in found["benefits"] if one["package"] == "lifelong"]
    return found if key != "dealer" or len(package) == _BENEFITS else None


def _line(name: str, found: Any) -> str:
    clause, policy = found["warranty"], found["policy"]["number"]
    tried = {one["clause"] for one in (*found["tried"], *(each for lot in found["goods"] for each in lot["tried"]))}
    by = f"clause {clause['clause']} of policy {policy}, {len(tried)} clauses tried"
    if not clause["applies"]:
        return f"{name}: [bold]not covered[/]: {clause['reason']}, the last day was {clause['until']} ({by})"
    if clause["lifelong"]:
        return f"{name}: [bold]covered for life[/] ({by})"
    return f"{name}: [bold]covered[/], {clause['days_left']} days left, until {clause['until']} ({by})"
