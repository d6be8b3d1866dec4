"""An event that cannot be used, at the desk of whoever sent it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from guanxi_local.demo import customers
from guanxi_local.demo.background import event
from guanxi_local.demo.door import publish, until
from guanxi_local.demo.stage import Stage


async def the_broken_event(stage: Stage) -> list[str]:
    """A dealer's clerk types an amount as people say it; the desk names the field, and nothing of it is lost."""
    dealer, now = stage.callers["taiyuan-system"], datetime.now(UTC)
    name = f"{stage.run}/broken"
    broken = event("OrderReported", name, now, customers.broken_order(stage.run, now), "taiyuan")
    await publish(stage.kafka, stage.prefix, [broken])

    async def refused() -> Any:
        page = await dealer.get("/v1/inbound-events", status="rejected")
        return next((one for one in page["items"] if one["event_id"] == broken["id"]), None)

    found = await until("the broken event at its sender's desk", refused)
    at = f"/v1/inbound-events/{found['id']}"
    [error] = (await dealer.get(at))["errors"]
    mended = customers.mended_order(stage.run, now)
    await dealer.put(at, {"data": mended}, version=found["version"])
    done = await dealer.post(f"{at}/resubmission", {})
    left = await refused()
    return [
        f'at the desk of {found["source"]}: {error["field"]}: {error["detail"]} ("{customers.SAID}")',
        f"corrected to {mended['lines'][0]['amount_minor'] // 100:,} CNY and sent again: {done['status']}",
        f"at the desk now: {'it is still there' if left else 'gone'}",
    ]
