"""An interview of a key customer, and the pressing need that came up in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from guanxi_local.demo import customers
from guanxi_local.demo.stage import Stage

GUIDE = "key-customers"
_QUESTIONS: tuple[dict[str, Any], ...] = (
    {
        "item": "on-time",
        "text": {"en": "Do we deliver when we said?", "zh-Hans": "我们是否按时交货？", "zh-Hant": "我們是否按時交貨？"},
        "indicator": "delivery-on-time",
        "facet": "service",
        "asks_expected": True,
    },
    {
        "item": "finish",
        "text": {"en": "Are the models well made?", "zh-Hans": "模型做工如何？", "zh-Hant": "模型做工如何？"},
        "indicator": "finish",
        "facet": "quality",
        "asks_expected": True,
    },
    {
        "item": "plans",
        "text": {"en": "What do you plan for next year?", "zh-Hans": "明年有什么打算？", "zh-Hant": "明年有什麼打算？"},
        "asks": "words",
    },
)


async def the_interview(stage: Stage) -> list[str]:
    """The front line asks along a guide; what presses goes to who can act, with a time, and is answered."""
    zhou, chen = stage.callers["zhou.min"], stage.callers["chen.gang"]
    await _guide(stage)
    due = datetime.now(UTC) + timedelta(days=1)
    need = {"what": "Twelve stands before the fair.", "pressing": True, "indicator": "delivery-on-time"}
    duty = {"assignee": stage.staff["chen.gang"], "assignee_unit": "logistics", "due_at": customers.text(due)}
    held = {
        "customer_id": stage.customers["dealer"],
        "questionnaire": GUIDE,
        "contact_person": customers.CONTACT,
        "answers": [
            {"item": "on-time", "expected": 5, "obtained": 2, "importance": 5},
            {"item": "finish", "expected": 4, "obtained": 5, "importance": 3},
            {"item": "plans", "words": "A second shop in spring."},
        ],
        "needs": [need | duty],
    }
    interview = await zhou.post("/v1/interviews", held)
    grade = next(one for one in interview["grades"] if one["indicator"] == "delivery-on-time")
    told = await stage.told("chen.gang", "need-raised")
    words = {"words": "They leave on Thursday with our own lorry."}
    await chen.post(f"/v1/needs/{interview['needs'][0]['id']}/answer", words)
    [answered] = (await zhou.get(f"/v1/interviews/{interview['id']}"))["needs"]
    in_time = "responded in time" if answered["in_time"] else "not in time"
    return [
        f"周敏 asks 張建國 along the guide {GUIDE}: {interview['answered']} of {interview['questions']} answered",
        f"delivery on time: expected {grade['expected']}, obtained [bold]{grade['obtained']}[/] (of 5)",
        f"pressing need, due {due:%Y-%m-%d}: 陳剛 has in his inbox: {told['rule']}",
        f"陳剛 answers: {answered['status']}, [bold]{in_time}[/]",
    ]


async def _guide(stage: Stage) -> None:
    known = await stage.admin.get("/v1/questionnaires")
    if all(one["code"] != GUIDE for one in known["items"]):
        body = {"code": GUIDE, "kind": "interview", "title": {"en": "Interview of key customers"}}
        scale = {"scale": {"lowest": 1, "highest": 5}, "questions": list(_QUESTIONS)}
        await stage.admin.post("/v1/questionnaires", body | scale)
