"""A complaint at the wrong door."""

from __future__ import annotations

from guanxi_local.demo import customers
from guanxi_local.demo.stage import Stage


async def the_wrong_door(stage: Stage) -> list[str]:
    """A complaint at the wrong door is handed on, never dropped; the customer follows it by a link without login."""
    finance, logistics = stage.callers["he.jing"], stage.callers["chen.gang"]
    what = {"channel": "phone", "text": "The stands came late.", "cause": "neglect", "unit": "finance"}
    whose = {"customer_id": stage.customers["dealer"], "sku": customers.stand(stage.run)}
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
