"""A customer who says nothing, and the one employee whom it knows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from guanxi_local.demo import customers
from guanxi_local.demo.door import publish, until
from guanxi_local.demo.stage import Stage
from guanxi_local.demo.texts import three

CARD = "after-delivery"
LANGUAGE = "en"
NOTICE_DAYS = 30
_EVERY_DAYS, _SILENT_DAYS, _ORDERS = 30, 55, 12
_CONTACTS = (250, 190, 130, 70)
_INVITED = (50, 40)
_ITEMS = (
    ("price", three("价格", "價格", "The price")),
    ("quality", three("做工", "做工", "How it is made")),
    ("brand", three("名声", "名聲", "Our name")),
    ("service", three("服务", "服務", "The service")),
    ("delivery", three("交货", "交貨", "The delivery")),
)


async def the_silent_one(stage: Stage) -> list[str]:
    """Nobody complained. Orders every 30 days, none for 55; two cards unanswered, a rival named: a care task."""
    now = datetime.now(UTC)
    customer = await _known(stage, now)
    await publish(stage.kafka, stage.prefix, customers.bought_regularly(stage.run, _days(now)))
    seen = {"order_rhythm", "unanswered_invitations"}
    await until("the radar to see the silence", partial(_watched, stage, customer, seen))
    # What is long past sends nobody: what he hears today does.
    heard = {"customer_id": customer, "channel": "phone", "direction": "out", "rival_named": "金橋模型"}
    await stage.callers["li.ming"].post("/v1/interactions", heard)
    seen |= {"rival_named", "single_tie"}
    found = await until("a care task", partial(_watched, stage, customer, seen, cared=True))
    item = await until("the care task in the plan", partial(_care, stage, customer))
    complaints = await stage.admin.get("/v1/complaints", customer_id=customer)
    handover = await _leaving(stage, customer, now)
    measures = ", ".join(one["code"] for one in found["countermeasures"])
    return [
        f"{customers.SILENT}: [bold]{found['risk']}[/] since {found['since']}, {found['points']} points",
        *(_signal(one) for one in found["signals"]),
        f"cause of churn: {found['cause']['code']}; against it: {measures}",
        f"a care task for 李明, due {item['due_on']}; complaints: {len(complaints['items'])}",
        (
            f"李明 leaves on {handover['leaves_on']}, the only one they know: hand-over {handover['status']},"
            f" joint visit on {handover['joint_visit_on']}"
        ),
    ]


def _days(now: datetime) -> list[datetime]:
    newest = now - timedelta(days=_SILENT_DAYS)
    return [newest - timedelta(days=_EVERY_DAYS * n) for n in reversed(range(_ORDERS))]


def _signal(one: Any) -> str:
    usual = f", usual {one['usual']}" if one["usual"] is not None else ""
    return f"  {one['text'][LANGUAGE]}: {one['seen']}{usual} ({one['points']:+d})"


async def _known(stage: Stage, now: datetime) -> str:
    """The customer, its owner, his visits of the past year, and the cards that he left there."""
    await publish(stage.kafka, stage.prefix, customers.silent_profile(stage.run, now))
    customer = stage.customers["silent"] = await stage.registered(customers.SILENT)
    owner = {"role": "owner", "employee_id": stage.staff["li.ming"], "reason": "territory"}
    await stage.callers["zhao"].post(f"/v1/customers/{customer}/assignments", owner)
    for days in _CONTACTS:
        visit = {"customer_id": customer, "channel": "visit", "direction": "out", "outcome": "later"}
        at = {"occurred_at": customers.text(now - timedelta(days=days))}
        await stage.callers["li.ming"].post("/v1/interactions", visit | at)
    await _card(stage)
    for days in _INVITED:
        handed = {"channel": "visit", "handed_by": stage.staff["li.ming"]}
        at = {"invited_at": customers.text(now - timedelta(days=days))}
        whom = {"customer_id": customer, "questionnaire": CARD}
        await stage.callers["li.ming"].post("/v1/invitations", whom | handed | at)
    return customer


async def _watched(stage: Stage, customer: str, seen: set[str], *, cared: bool = False) -> Any:
    """What the radar says once these signals count, and once there is a care task where there is to be one."""
    found = await stage.admin.get(f"/v1/customers/{customer}/radar")
    counting = {one["code"] for one in found["signals"] if one["points"]}
    return found if seen <= counting and (found["care_task_id"] or not cared) else None


async def _card(stage: Stage) -> None:
    known = await stage.admin.get("/v1/questionnaires")
    if all(one["code"] != CARD for one in known["items"]):
        questions = [{"item": item, "text": text, "facet": item, "asks_expected": True} for item, text in _ITEMS]
        title = {"title": three("送货之后", "送貨之後", "After the delivery")}
        body = {"code": CARD, "kind": "card", "questions": questions, "scale": {"lowest": 1, "highest": 5}}
        await stage.admin.post("/v1/questionnaires", body | title)


async def _care(stage: Stage, customer: str) -> Any:
    page = await stage.admin.get("/v1/plan-items", customer_id=customer)
    return next((one for one in page["items"] if one["kind"] == "care"), None)


async def _leaving(stage: Stage, customer: str, now: datetime) -> Any:
    last_day = {"left_on": (now + timedelta(days=NOTICE_DAYS)).date().isoformat()}
    await stage.callers["zhao"].post(f"/v1/employees/{stage.staff['li.ming']}/departure", last_day)

    async def planned() -> Any:
        page = await stage.admin.get("/v1/handovers", customer_id=customer)
        return next((one for one in page["items"] if one["single_tie"] and one["joint_visit_on"]), None)

    return await until("the hand-over of who knows him alone", planned)
