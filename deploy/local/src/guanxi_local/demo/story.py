"""The story's steps, each through the public doors; each gives what there is to tell about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from guanxi_local.demo import cast
from guanxi_local.demo.background import event
from guanxi_local.demo.door import Caller, publish, until

PROMISE_SECONDS = 20
MAILS = {"complaint-receipt", "complaint-answer", "complaint-thanks"}


@dataclass(slots=True)
class Stage:
    """Where the story plays: the callers, the broker, and what earlier steps have left for later ones."""

    admin: Caller
    callers: dict[str, Caller]
    stranger: Caller
    kafka: str
    prefix: str
    started: datetime
    staff: dict[str, str] = field(default_factory=dict)
    customers: dict[str, str] = field(default_factory=dict)
    seen: dict[str, Any] = field(default_factory=dict)

    @property
    def run(self) -> str:
        """Names this performance: publishers' references of another one are other ones."""
        return self.started.strftime("%Y%m%d%H%M%S")


Step = Callable[[Stage], Awaitable[list[str]]]


async def three_customers(stage: Stage) -> list[str]:
    """The dealer and the repair point publish to Kafka, the web shop calls the API: three records of one customer."""
    now, run = stage.started, stage.run
    dealer = {"external_customer": f"TY-{run}", "kind": "organisation", "name": "山西煤業", "contact_person": "張建國"}
    repair = {"external_customer": f"RP-{run}", "kind": "organisation", "name": "山西煤礦", "contact_person": "張建國"}
    phone = {
        "phones": ["0351-5550101"],
        "address": {"country": "CN", "province": "山西", "city": "太原", "line": "迎澤大街1號"},
    }
    mail = {"emails": [f"zhang.{run}@example.com"], "permissions": [_permission(now)]}
    order = {
        "external_customer": f"TY-{run}",
        "external_ref": f"TY-O-{run}",
        "placed_at": _text(now),
        "currency": "CNY",
    }
    line = {"sku": "MODEL-TOWER", "quantity": 4200, "amount_minor": 42_000_000}
    await publish(
        stage.kafka,
        stage.prefix,
        [
            event("ProfileReported", f"{run}/dealer", now, dealer | phone | mail, "taiyuan"),
            event(
                "OrderReported", f"{run}/order", now, order | {"lines": [line], "total_minor": 42_000_000}, "taiyuan"
            ),
            event("ProfileReported", f"{run}/repair", now, repair | phone, "repair"),
        ],
    )
    shop = {"kind": "organisation", "name": "山西煤產品總公司", "contact_person": "張建國", "unit": "web-shop"}
    made = await stage.admin.post("/v1/customers", shop | {"address": phone["address"]})
    stage.customers["web"] = made["id"]
    bought = {"customer_id": made["id"], "external_ref": f"WEB-{run}", "currency": "CNY", "placed_at": _text(now)}
    bought["lines"] = [{"sku": "MODEL-TOWER", "quantity": 5000, "amount_minor": 50_000_000}]
    await stage.admin.post("/v1/orders", bought)
    for key, name in (("dealer", "山西煤業"), ("repair", "山西煤礦")):
        stage.customers[key] = await _registered(stage, name)
    return [
        f"{await _line(stage, stage.customers[key])}  (by {door})"
        for key, door in (
            ("dealer", "Kafka, the dealer"),
            ("repair", "Kafka, the repair point"),
            ("web", "HTTP, the web shop"),
        )
    ]


async def one_customer(stage: Stage) -> list[str]:
    """A person merges the three; nothing is copied or re-keyed, all five services follow."""
    survivor = stage.customers["dealer"]
    alone = [await until("a first tier", partial(_tier, stage, stage.customers[key])) for key in ("dealer", "web")]
    merges = []
    for absorbed in ("repair", "web"):
        body = {"survivor_id": survivor, "absorbed_id": stage.customers[absorbed], "reason": "same-address-and-contact"}
        merges.append((await stage.admin.post("/v1/merges", body))["id"])
    stage.seen["merges"] = merges

    async def top() -> Any:
        tier = await _tier(stage, survivor)
        return tier if tier == "top" else None

    tier = await until("the merged customer to reach the top tier", top, 90)
    overview = await stage.admin.get(f"/v1/customers/{survivor}/overview")
    orders = await _timeline(stage, survivor, "order")
    return [
        f"one customer with {len(orders)} orders on one timeline",
        f"tier now: [bold]{tier}[/] (before: the dealer's customer {alone[0]}, the web shop's {alone[1]})",
        f"the overview has {len(overview)} sections, each with its as_of",
    ]


async def a_promise(stage: Stage) -> list[str]:
    """A visit holds a promise; its moment passes; trust falls, and who can act is told."""
    customer = stage.customers["dealer"]
    before = await until("the first trust score", lambda: _score(stage, customer, "trust"), 60)
    due = datetime.now(UTC) + timedelta(seconds=PROMISE_SECONDS)
    visit: dict[str, Any] = {
        "customer_id": customer,
        "channel": "visit",
        "direction": "out",
        "outcome": "later",
        "cues": ["said fine, was not"],
    }
    promise = {"what": "stands delivered by Friday", "due_at": _text(due), "fulfilling_unit": "logistics"}
    visit |= {"content": "Looked at the stands together.", "promises": [promise]}
    made = await stage.callers["li.ming"].post("/v1/interactions", visit)
    promise_id = made["promises"][0]["id"]

    async def broken() -> Any:
        found = await stage.admin.get(f"/v1/promises/{promise_id}")
        return found if found["status"] == "broken" else None

    await until("the promise's moment to pass", broken, PROMISE_SECONDS + 60)

    async def fallen() -> Any:
        now = await _score(stage, customer, "trust")
        return now if now and now["value"] < before["value"] else None

    after = await until("trust to fall", fallen)
    told = await until("the one who can act to be told", lambda: _alert(stage, "chen.gang"))
    return [
        f"promised by 李明, due {due:%H:%M:%S} UTC, not kept: PromiseBroken",
        f"trust {before['value']} → [bold]{after['value']}[/] ({before['band']} → {after['band']})",
        f"陳剛 (logistics, who can act) has in his inbox: {told['rule']}",
    ]


async def the_wrong_door(stage: Stage) -> list[str]:
    """A complaint at the wrong door is handed on, never dropped; the customer follows it by a link without login."""
    body = {
        "customer_id": stage.customers["dealer"],
        "channel": "phone",
        "text": "The stands came late.",
        "cause": "neglect",
    }
    address = {"channel": "email", "address": f"zhang.{stage.run}@example.com"}
    filed = await stage.admin.post("/v1/complaints", body | {"unit": "finance", "reply_to": address})
    at = f"/v1/complaints/{filed['id']}"
    link = await stage.admin.get(f"{at}/tracking-link")
    track = f"/v1/track/{link['token']}"
    first = await stage.stranger.get(track)
    hand_on = {"to_unit": "logistics", "reason": "Deliveries are theirs.", "wrong_door": True}
    await stage.callers["he.jing"].post(f"{at}/handovers", hand_on)
    await stage.callers["chen.gang"].post(f"{at}/acceptance", {})
    await stage.callers["chen.gang"].post(
        f"{at}/answers", {"text": "The stands leave today, at our cost.", "quality": 4}
    )
    again = await stage.stranger.post(f"{track}/verdict", {"solved": False})
    await stage.callers["chen.gang"].post(
        f"{at}/answers", {"text": "They have arrived; here is the receipt.", "quality": 5}
    )
    closed = await stage.stranger.post(f"{track}/verdict", {"solved": True})
    doors = await stage.admin.get("/v1/reports/wrong-doors")
    cell = next(cell for cell in doors["cells"] if cell["unit"] == "finance")
    mails = await until("the complainant's mails", lambda: _mails(stage))
    stage.seen["track"] = track
    return [
        f"{filed['number']} at {first['holder']}, promised by {first['promised_at']}",
        f"handed on to logistics with a reason; wrong doors at finance: {cell['count']}",
        f"customer: not solved → {again['status']}; answered again; solved → {closed['status']}",
        f"mails to the complainant, with permission: {', '.join(mails)}",
    ]


STEPS: tuple[tuple[str, Step], ...] = (
    ("Three customers", three_customers),
    ("One customer", one_customer),
    ("A promise", a_promise),
    ("The wrong door", the_wrong_door),
)


def _permission(at: datetime) -> dict[str, str]:
    return {"purpose": "service", "channel": "email", "state": "granted", "evidence": "contract", "at": _text(at)}


def _text(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _new(stage: Stage, moment: str) -> bool:
    return datetime.fromisoformat(moment) >= stage.started - timedelta(seconds=1)


async def _registered(stage: Stage, name: str) -> str:
    async def look() -> Any:
        page = await stage.admin.get("/v1/customers", name=name)
        fresh = [one for one in page["items"] if one["name"] == name and _new(stage, one["created_at"])]
        return fresh[0]["id"] if fresh else None

    return str(await until(f"the customer {name}", look))


async def _line(stage: Stage, customer_id: str) -> str:
    found = await stage.admin.get(f"/v1/customers/{customer_id}")
    return f"[bold]{found['name']}[/] {customer_id}"


async def _tier(stage: Stage, customer_id: str) -> str | None:
    tier: str | None = (await stage.admin.get(f"/v1/customers/{customer_id}/overview"))["tier"]["tier"]
    return tier


async def _score(stage: Stage, customer_id: str, kind: str) -> Any:
    found = await stage.admin.get(f"/v1/customers/{customer_id}/scores")
    return next((score for score in found["items"] if score["kind"] == kind), None)


async def _timeline(stage: Stage, customer_id: str, kind: str) -> list[Any]:
    page = await stage.admin.get(f"/v1/customers/{customer_id}/timeline", kind=kind)
    return list(page["items"])


async def _alert(stage: Stage, subject: str) -> Any:
    page = await stage.callers[subject].get("/v1/inbox")
    return next((alert for alert in page["items"] if _new(stage, alert["created_at"])), None)


async def _mails(stage: Stage) -> list[str] | None:
    page = await stage.admin.get("/v1/messages", customer_id=stage.customers["dealer"])
    sent = [message["intent"].partition(":")[0] for message in page["items"] if message["status"] == "sent"]
    return sent if set(sent) >= MAILS else None


def doors() -> tuple[str, ...]:
    """The people whose tokens the story needs."""
    return tuple(person.subject for person in cast.PEOPLE)
