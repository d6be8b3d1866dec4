"""Three records of one customer, from three doors, and how they become one."""

from __future__ import annotations

from functools import partial
from typing import Any

from guanxi_local.demo import customers
from guanxi_local.demo.customers import NAMES
from guanxi_local.demo.door import publish, until
from guanxi_local.demo.stage import Stage
from guanxi_local.failures import Failure


async def three_customers(stage: Stage) -> list[str]:
    """The dealer and the repair point publish to Kafka, the web shop calls the API: three records of one customer."""
    now, run = stage.started, stage.run
    await publish(stage.kafka, stage.prefix, customers.reported(run, now))
    shop = {"kind": "organisation", "name": NAMES["web"], "contact_person": customers.CONTACT, "unit": "web-shop"}
    made = await stage.admin.post("/v1/customers", shop | {"address": customers.STREET})
    bought = {"customer_id": made["id"], "external_ref": f"WEB-{run}", "currency": "CNY"}
    line = {"sku": "MODEL-TOWER", "quantity": 5000, "amount_minor": 50_000_000}
    await stage.admin.post("/v1/orders", bought | {"placed_at": customers.text(now), "lines": [line]})
    for key, name in NAMES.items():
        stage.customers[key] = await stage.registered(name)
    doors = {
        "dealer": "by Kafka, the dealer",
        "repair": "by Kafka, the repair point",
        "web": "by HTTP, the web shop",
        "other": "beside them, another firm of the place",
    }
    return [f"[bold]{NAMES[key]}[/] {stage.customers[key]}  ({door})" for key, door in doors.items()]


async def one_customer(stage: Stage) -> list[str]:
    """Two join by themselves, a person looks at the third; nothing is copied or re-keyed, all five services follow."""
    survivor = stage.customers["dealer"]
    alone = await until("the web shop's first tier", partial(stage.tier, stage.customers["web"]))
    pair = await until("two records to join by themselves, and the third on the desk", partial(stage.waiting, "web"))
    apart = {"left": survivor, "right": stage.customers["other"]}
    other = await stage.admin.get("/v1/match-comparisons", **apart)
    said = {"decision": "same", "reason": "same-address-and-contact"}
    await stage.callers["zhao"].post(f"/v1/match-candidates/{pair['id']}/decision", said)
    owner = {"role": "owner", "employee_id": stage.staff["li.ming"], "reason": "key-customer"}
    await stage.admin.post(f"/v1/customers/{survivor}/assignments", owner)

    async def whole() -> Any:
        page = await stage.overview(survivor)
        return (
            page if page["tier"]["tier"] == "top" and len(page["orders"]["items"]) == len(("dealer", "web")) else None
        )

    page = await until("the merged customer to reach the top tier", whole, 90)
    proposed = await until("the tier to propose a key customer", partial(stage.proposed, survivor))
    approved = {"decision": "approved", "reason": "agreed-with-sales"}
    path = f"/v1/key-customers/designations/{proposed['id']}/decision"
    designation = await stage.callers["zhao"].post(path, approved)
    total = sum(order["details"]["total_minor"] for order in page["orders"]["items"]) // 100
    repairs = await until("the repair on the one timeline", partial(stage.timeline, survivor, "service"))
    dated = [name for name, section in page.items() if isinstance(section, dict) and "as_of" in section]
    orders = len(page["orders"]["items"])
    return [
        f"{NAMES['dealer']} and {NAMES['repair']} joined by themselves: one phone number",
        f"{NAMES['web']} waits for a person: {_evidence(pair)}; left to a person by: {', '.join(pair['held_by'])}",
        f"{NAMES['other']} is left apart: {_evidence(other)}",
        f"趙總 approves: one customer, {orders} orders, together [bold]{total:,}[/] CNY, {len(repairs)} repair",
        f"{len(page['members'])} records in it, {await _apart(stage)} stays itself",
        f"tier now: [bold]{page['tier']['tier']}[/] (before: the web shop's {alone})",
        f"key customer: proposed by {designation['reason']}, {designation['status']} by 趙總; account owner: 李明",
        f"the overview has {len(dated)} sections, each with its as_of: {', '.join(dated)}",
    ]


def _evidence(compared: Any) -> str:
    steps = [
        f"{step['comparison']} {step['bits']:+.1f}" for step in compared["waterfall"] if step["comparison"] != "prior"
    ]
    brand = [] if any(step["comparison"] == "brand" for step in compared["waterfall"]) else ["brand none"]
    return f"{', '.join([*steps, *brand])}; in all {compared['weight']:+.1f} bits"


async def _apart(stage: Stage) -> str:
    found = await stage.admin.get(f"/v1/customers/{stage.customers['other']}")
    if found["canonical_id"] != stage.customers["other"]:
        message = f"{NAMES['other']} was merged with a firm that it only stands beside"
        raise Failure(message)
    return NAMES["other"]
