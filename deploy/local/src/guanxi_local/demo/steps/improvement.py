"""What complaints have changed, and who is told of it."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

from guanxi_local.demo import customers
from guanxi_local.demo.door import publish, until
from guanxi_local.demo.stage import Stage
from guanxi_local.demo.steps import review
from guanxi_local.demo.texts import three

_COMPLAINANTS = 5


async def you_said_we_did(stage: Stage) -> list[str]:
    """Five complained of one thing; it is changed; who may be told is told once, with the permission that allows it."""
    now, sku = datetime.now(UTC), customers.stand(stage.run)
    await publish(stage.kafka, stage.prefix, customers.complained(stage.run, now))
    wang, zhao = stage.callers["wang.fang"], stage.callers["zhao"]
    problem = await until("the common problem to be suspected", partial(_problem, stage, sku))
    at = f"/v1/problems/{problem['id']}"
    await wang.post(f"{at}/recognition", {})
    solution = {"text": "Send stands from the buffer stock the same day.", "remedy": "exchange"}
    await wang.post(f"{at}/solution", solution)
    cycle = await review.running_cycle(stage)
    titles = three("展架备有缓冲库存", "展架備有緩衝庫存", "Stands are kept in stock")
    words = [{"language": language, "words": text} for language, text in titles.items()]
    what = {"source": "problem", "problem_id": problem["id"], "cycle_id": cycle["id"], "titles": words}
    when = {"effective_on": customers.firm_day(now), "indicator": "delivery-on-time"}
    proposed = await wang.post("/v1/improvements", what | when)
    at = f"/v1/improvements/{proposed['id']}"
    await zhao.post(f"{at}/approval", {})
    published = await zhao.post(f"{at}/publication", {})

    async def told() -> Any:
        found = await stage.admin.get(f"/v1/improvements/{published['id']}/tellings")
        return found if found["finished_at"] and not found["pending"] else None

    found = await until("everybody to be told who may be", told)
    inside = await stage.told("chen.gang", "improvement-published")
    public = (await stage.stranger.get("/v1/public/improvements"))["items"]
    ended = await review.do_steps(stage, cycle["id"], 8)
    green = f"{sum(step['state'] == 'done' for step in ended['steps'])} of {len(ended['steps'])} steps green"
    following = await review.running_cycle(stage)
    why = await stage.why(customers.address(stage.run))
    not_told = ", ".join(f"{one['customers']} {one['reason']}" for one in found["not_told"])
    return [
        (
            f"cause {problem['cause']}, {problem['complainants']} complainants → recognised → improvement"
            f" effective {published['effective_on']}"
        ),
        f"told: [bold]{found['told']}[/]; not told: {not_told}, {found['anonymous']} anonymous",
        f"why me? {why}",
        f"inside: 陳剛 has in his inbox: {inside['rule']}; for everybody: /v1/public/improvements ({len(public)})",
        (
            f"the quality review: {green}, cycle {ended['number']} {ended['status']};"
            f" cycle {following['number']} {following['status']}"
        ),
    ]


async def _problem(stage: Stage, sku: str) -> Any:
    page = await stage.callers["wang.fang"].get("/v1/problems", sku=sku)
    return next((one for one in page["items"] if one["complainants"] == _COMPLAINANTS), None)
