"""The running quality review, which the steps of the story feed."""

from __future__ import annotations

from typing import Any

from guanxi_local.demo.door import until
from guanxi_local.demo.stage import Stage

_INDICATORS = (
    {"code": "delivery-on-time", "weight_bp": 6000, "target": 9, "facet": "service"},
    {"code": "finish", "weight_bp": 4000, "target": 8, "facet": "quality"},
)
_OUTCOMES = {"evaluation": "partly_met", "revision": "unchanged"}


async def running_cycle(stage: Stage) -> Any:
    """The cycle that runs; the first one is begun here, on indicators that are set here."""
    zhao = stage.callers["zhao"]
    if not (await zhao.get("/v1/quality-indicators"))["items"]:
        await zhao.post("/v1/quality-indicators", {"indicators": list(_INDICATORS)})
    found = await _running(stage)
    if found is None:
        await zhao.post("/v1/review-cycles", {"unit": "head-office"})
        found = await until("the review cycle to run", lambda: _running(stage))
    return found


async def do_steps(stage: Stage, cycle_id: str, last: int) -> Any:
    """Do the steps up to `last` that have not been done, each as soon as the facts show what it asks for."""
    zhao, path = stage.callers["zhao"], f"/v1/review-cycles/{cycle_id}/steps"
    for step in (await zhao.get(path))["items"][:last]:
        if step["state"] == "done":
            continue
        at = f"{path}/{step['n']}"
        outcome = {"outcome": _OUTCOMES[step["code"]]} if step["code"] in _OUTCOMES else {}

        async def ready(at: str = at, outcome: dict[str, str] = outcome) -> Any:
            found = await zhao.get(at)
            return found if outcome or found["missing"] is None else None

        await until(f"what step {step['n']} of the review asks for", ready)
        await zhao.post(at, outcome)
    return await zhao.get(f"/v1/review-cycles/{cycle_id}")


async def _running(stage: Stage) -> Any:
    page = await stage.callers["zhao"].get("/v1/review-cycles")
    return next((one for one in page["items"] if one["status"] == "running"), None)
