"""A promise that is not kept, and what it does to trust."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from guanxi_local.demo import cast, customers
from guanxi_local.demo.door import until
from guanxi_local.demo.stage import Stage

LANGUAGE = "en"


async def a_promise(stage: Stage) -> list[str]:
    """A visit holds a promise; its moment passes; trust falls, and who can act is told."""
    customer = stage.customers["dealer"]
    before = await until("the first trust score", lambda: stage.score(customer, "trust"), 60)
    due = datetime.now(UTC) + timedelta(seconds=stage.promise_seconds)
    promise = {"what": "stands delivered by Friday", "due_at": customers.text(due), "fulfilling_unit": "logistics"}
    cue = {"mark": "said-fine-was-not", "words": "looked away"}
    seen = {"whom": customers.CONTACT, "result": "Looked at the stands together.", "need": "later", "minutes": 40}
    visit = {"customer_id": customer, "at": customers.text(datetime.now(UTC)), "cues": [cue], "promises": [promise]}
    report = await _report(stage, visit | seen)
    visited = await stage.admin.get(f"/v1/interactions/{report['lines'][0]['contact']['id']}")
    promise_id = visited["promises"][0]["id"]

    async def broken() -> Any:
        found = await stage.admin.get(f"/v1/promises/{promise_id}")
        return found if found["status"] == "broken" else None

    await until("the promise's moment to pass", broken, stage.promise_seconds + 60)

    async def fallen() -> Any:
        now = await stage.admin.get(f"/v1/customers/{customer}/scores/trust/explanation")
        return now if now["value"] < before["value"] else None

    after = await until("trust to fall", fallen)
    told = await stage.told("chen.gang", "promise-broken")
    return [
        f"李明's visit report of {report['on']}: {report['minutes']} minutes, {report['cue_count']} cue mark",
        f"promised by 李明, due {due:%H:%M:%S} UTC, not kept: PromiseBroken",
        f"trust {before['value']} → [bold]{after['value']}[/] ({before['band']} → {after['band']})",
        *_why(stage, after, before),
        f"陳剛 (logistics, who can act) has in his inbox: {told['rule']}",
    ]


async def _report(stage: Stage, visit: dict[str, Any]) -> Any:
    """His report of today; on the platform of an earlier performance today's is written: then the visit alone is."""
    li, today = stage.callers["li.ming"], customers.firm_day(datetime.now(UTC))
    written = await li.get("/v1/visit-reports", employee=stage.staff["li.ming"])
    days = {one["on"] for one in written["items"]}
    day = datetime.fromisoformat(today)
    while day.date().isoformat() in days:
        day -= timedelta(days=1)
    at = {} if day.date().isoformat() == today else {"at": customers.text(datetime.now(UTC) - _ago(today, day))}
    return await li.post("/v1/visit-reports", {"on": day.date().isoformat(), "visits": [visit | at]})


def _ago(today: str, day: datetime) -> timedelta:
    return datetime.fromisoformat(today) - day


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
