"""The story's steps, each through the public doors; each gives what there is to tell about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from guanxi_local.demo import cast, customers
from guanxi_local.demo.customers import NAMES
from guanxi_local.demo.door import publish, until
from guanxi_local.demo.stage import Stage
from guanxi_local.failures import Failure

PROMISE_SECONDS = 20
LANGUAGE = "en"

Step = Callable[[Stage], Awaitable[list[str]]]


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


async def a_promise(stage: Stage) -> list[str]:
    """A visit holds a promise; its moment passes; trust falls, and who can act is told."""
    customer = stage.customers["dealer"]
    before = await until("the first trust score", lambda: stage.score(customer, "trust"), 60)
    due = datetime.now(UTC) + timedelta(seconds=PROMISE_SECONDS)
    promise = {"what": "stands delivered by Friday", "due_at": customers.text(due), "fulfilling_unit": "logistics"}
    visit = {"customer_id": customer, "channel": "visit", "direction": "out", "outcome": "later"}
    said = {"content": "Looked at the stands together.", "cues": ["said fine, was not"], "promises": [promise]}
    made = await stage.callers["li.ming"].post("/v1/interactions", visit | said)
    promise_id = made["promises"][0]["id"]

    async def broken() -> Any:
        found = await stage.admin.get(f"/v1/promises/{promise_id}")
        return found if found["status"] == "broken" else None

    await until("the promise's moment to pass", broken, PROMISE_SECONDS + 60)

    async def fallen() -> Any:
        now = await stage.admin.get(f"/v1/customers/{customer}/scores/trust/explanation")
        return now if now["value"] < before["value"] else None

    after = await until("trust to fall", fallen)
    told = await stage.told("chen.gang", "promise-broken")
    return [
        f"promised by 李明, due {due:%H:%M:%S} UTC, not kept: PromiseBroken",
        f"trust {before['value']} → [bold]{after['value']}[/] ({before['band']} → {after['band']})",
        *_why(stage, after, before),
        f"陳剛 (logistics, who can act) has in his inbox: {told['rule']}",
    ]


async def the_wrong_door(stage: Stage) -> list[str]:
    """A complaint at the wrong door is handed on, never dropped; the customer follows it by a link without login."""
    finance, logistics = stage.callers["he.jing"], stage.callers["chen.gang"]
    what = {"channel": "phone", "text": "The stands came late.", "cause": "neglect", "unit": "finance"}
    whose = {"customer_id": stage.customers["dealer"]}
    reply = {"reply_to": {"channel": "email", "address": customers.address(stage.run)}}
    filed = await finance.post("/v1/complaints", what | whose | reply)
    at = f"/v1/complaints/{filed['id']}"
    track = f"/v1/track/{(await stage.admin.get(f'{at}/tracking-link'))['token']}"
    first = await stage.stranger.get(track)
    owner = await stage.told("li.ming", "complaint-filed")
    refused = await finance.refusal(f"{at}/closure", {})
    hand_on = {"to_unit": "logistics", "reason": "Deliveries are theirs.", "wrong_door": True}
    await finance.post(f"{at}/handovers", hand_on)
    await logistics.post(f"{at}/acceptance", {})
    await logistics.post(f"{at}/answers", {"text": "The stands leave today, at our cost.", "quality": 4})
    again = await stage.stranger.post(f"{track}/verdict", {"solved": False})
    await logistics.post(f"{at}/answers", {"text": "They have arrived; here is the receipt.", "quality": 5})
    closed = await stage.stranger.post(f"{track}/verdict", {"solved": True})
    doors = await stage.admin.get("/v1/reports/wrong-doors")
    cell = next(cell for cell in doors["cells"] if cell["unit"] == "finance")
    mails = await stage.mails(stage.customers["dealer"])
    return [
        f"{filed['number']} at {first['holder']}, promised by {first['promised_at']}",
        f"李明, the account owner, has in his inbox: {owner['rule']}",
        f"finance would close it as not theirs: {refused.status_code} {refused.json()['code']}",
        f"handed on to logistics with a reason; wrong doors at finance: {cell['count']}",
        f"customer: not solved → {again['status']}; answered again; solved → {closed['status']}",
        f"mails to the complainant, with permission: {', '.join(mails)}",
        f"his page: {track.removeprefix('/v1')}",
    ]


STEPS: tuple[tuple[str, Step], ...] = (
    ("Three customers", three_customers),
    ("One customer", one_customer),
    ("A promise", a_promise),
    ("The wrong door", the_wrong_door),
)


def _why(stage: Stage, after: Any, before: Any) -> list[str]:
    points = {reason["code"]: reason["points"] for reason in before["reasons"]}
    worse = [reason for reason in after["reasons"] if reason["points"] < points.get(reason["code"], 0)]
    return [_because(stage, reason) for reason in worse] + [
        _least(change) for change in [after["least_change"]] if change
    ]


def _because(stage: Stage, reason: Any) -> str:
    names = {stage.staff[person.subject]: person.name for person in cast.PEOPLE}
    fact = reason["fact"]
    when = f"{datetime.fromisoformat(fact['occurred_at']):%H:%M:%S} UTC"
    return f"  because: {reason['text'][LANGUAGE]} ({reason['points']:+d}), {names[fact['promiser_id']]}, {when}"


def _least(change: Any) -> str:
    size = change["count"] or change["days"] or change["amount_minor"] or 0
    return f"  least change: {change['text'][LANGUAGE]}: {size} → {change['value']}, {change['band']} again"


async def _apart(stage: Stage) -> str:
    found = await stage.admin.get(f"/v1/customers/{stage.customers['other']}")
    if found["canonical_id"] != stage.customers["other"]:
        message = f"{NAMES['other']} was merged with a firm that it only stands beside"
        raise Failure(message)
    return NAMES["other"]
