"""An interview of a key customer, and the pressing need that came up in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from guanxi_local.demo import customers
from guanxi_local.demo.door import until
from guanxi_local.demo.stage import Stage
from guanxi_local.demo.steps import review
from guanxi_local.demo.texts import three

GUIDE = "key-customers"
_BEFORE_INTERVIEWS, _WITH_NEEDS = 2, 4
_QUESTIONS: tuple[dict[str, Any], ...] = (
    {
        "item": "on-time",
        "text": three("我们是否按时交货？", "我們是否按時交貨？", "Do we deliver when we said?"),
        "indicator": "delivery-on-time",
        "facet": "service",
        "asks_expected": True,
    },
    {
        "item": "finish",
        "text": three("模型做工如何？", "模型做工如何？", "Are the models well made?"),
        "indicator": "finish",
        "facet": "quality",
        "asks_expected": True,
    },
    {
        "item": "plans",
        "text": three("明年有什么打算？", "明年有什麼打算？", "What do you plan for next year?"),
        "asks": "words",
    },
)


async def the_interview(stage: Stage) -> list[str]:
    """The front line asks along a guide; what presses goes to who can act, with a time, and is answered."""
    zhou, chen = stage.callers["zhou.min"], stage.callers["chen.gang"]
    await _guide(stage)
    cycle = await review.running_cycle(stage)
    await review.do_steps(stage, cycle["id"], _BEFORE_INTERVIEWS)
    coverage = await until("interactions to know the quality indicators", lambda: _coverage(stage))
    due = datetime.now(UTC) + timedelta(days=1)
    need = {"what": "Twelve stands before the fair.", "pressing": True, "indicator": "delivery-on-time"}
    duty = {"assignee": stage.staff["chen.gang"], "assignee_unit": "logistics", "due_at": customers.text(due)}
    held = {
        "customer_id": stage.customers["dealer"],
        "questionnaire": GUIDE,
        "cycle_id": cycle["id"],
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
    after = await review.do_steps(stage, cycle["id"], _WITH_NEEDS)
    green = sum(step["state"] == "done" for step in after["steps"])
    in_time = "responded in time" if answered["in_time"] else "not in time"
    in_force = len(coverage["indicators"])
    asked = in_force - len(coverage["not_asked"])
    return [
        f"周敏 asks 張建國 along the guide {GUIDE}: {interview['answered']} of {interview['questions']} answered",
        f"the guide asks for {asked} of the {in_force} quality indicators in force",
        f"delivery on time: expected {grade['expected']}, obtained [bold]{grade['obtained']}[/] (of 5)",
        f"pressing need, due {due:%Y-%m-%d}: 陳剛 has in his inbox: {told['rule']}",
        f"陳剛 answers: {answered['status']}, [bold]{in_time}[/]",
        f"the quality review, cycle {cycle['number']}: {green} of {len(after['steps'])} steps green",
    ]


async def _coverage(stage: Stage) -> Any:
    guide = await stage.callers["zhou.min"].get(f"/v1/interviews/guide?questionnaire={GUIDE}")
    return guide["coverage"] if guide["coverage"]["number"] else None


async def _guide(stage: Stage) -> None:
    known = await stage.admin.get("/v1/questionnaires")
    if all(one["code"] != GUIDE for one in known["items"]):
        body = {"code": GUIDE, "kind": "interview", "title": {"en": "Interview of key customers"}}
        scale = {"scale": {"lowest": 1, "highest": 5}, "questions": list(_QUESTIONS)}
        await stage.admin.post("/v1/questionnaires", body | scale)
