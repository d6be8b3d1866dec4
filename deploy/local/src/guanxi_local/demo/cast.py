"""The firm of the story: its units, its people and its publishers, made through the public API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from guanxi_local.demo.door import Caller, until


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the firm; `subject` is the `sub` of their tokens."""

    subject: str
    name: str
    unit: str
    level: str = "staff"


UNITS = (
    ("sales", "銷售部", "department", True, "head-office"),
    ("front-line", "前線服務", "department", True, "head-office"),
    ("logistics", "物流部", "department", True, "head-office"),
    ("finance", "財務部", "department", True, "head-office"),
    ("dealer-taiyuan", "太原經銷商", "dealer", False, None),
    ("repair-taiyuan", "太原維修點", "repair_point", False, None),
    ("web-shop", "網上商店", "web_shop", True, "head-office"),
)
LI_MING = Person("li.ming", "李明", "sales")
ZHOU_MIN = Person("zhou.min", "周敏", "front-line")
CHEN_GANG = Person("chen.gang", "陳剛", "logistics", "lead")
WANG_FANG = Person("wang.fang", "王芳", "complaint-desk", "lead")
ZHAO = Person("zhao", "趙總", "head-office", "director")
HE_JING = Person("he.jing", "何靜", "finance", "lead")
PEOPLE = (LI_MING, ZHOU_MIN, CHEN_GANG, WANG_FANG, ZHAO, HE_JING)
LEADS = (CHEN_GANG, WANG_FANG, ZHAO, HE_JING)
SOURCES = (("erp", "head-office"), ("taiyuan", "dealer-taiyuan"), ("repair", "repair-taiyuan"))
SYSTEMS = {"taiyuan-system": "dealer-taiyuan"}
"""Systems of publishers, by the `sub` of their tokens: whose desk is whose."""


async def hire(admin: Caller) -> dict[str, str]:
    """Make units, people and publishers that are not there yet; gives each person's employee id by subject."""
    units = {unit["code"]: unit for unit in await _all(admin, "/v1/units")}
    for code, name, kind, internal, parent in UNITS:
        if code not in units:
            body = {"code": code, "name": name, "kind": kind, "internal": internal, "time_zone": "Asia/Shanghai"}
            units[code] = await admin.post("/v1/units", body | ({"parent": parent} if parent else {}))
    staff = {one["subject"]: one["id"] for one in await _all(admin, "/v1/employees")}
    for person in PEOPLE:
        if person.subject not in staff:
            body = {"subject": person.subject, "name": person.name, "unit": person.unit, "level": person.level}
            staff[person.subject] = (await admin.post("/v1/employees", body))["id"]
    for person in LEADS:
        await _lead(admin, person.unit, staff[person.subject])
    for name, unit in SOURCES:
        await _source(admin, name, unit)
    return staff


async def _lead(admin: Caller, code: str, employee_id: str) -> None:
    unit = next(one for one in await _all(admin, "/v1/units") if one["code"] == code)
    if unit.get("lead_id") != employee_id:
        await admin.patch(f"/v1/units/{code}", {"lead_id": employee_id}, unit["version"])


async def _source(admin: Caller, name: str, unit: str) -> None:
    known = {one["name"] for one in await _all(admin, "/v1/sources")}
    if name not in known:
        await admin.post("/v1/sources", {"name": name, "unit_id": unit, "partitions": 1, "create_unit": True})

    async def ready() -> Any:
        found = await admin.get(f"/v1/sources/{name}")
        return found if found["status"] == "ready" else None

    await until(f"the topic of source {name}", ready)


async def _all(admin: Caller, path: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = await admin.get(path, limit="200", **({"cursor": cursor} if cursor else {}))
        items += page["items"]
        cursor = page.get("next")
        if not cursor:
            return items
