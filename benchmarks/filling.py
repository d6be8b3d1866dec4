"""As many customers as a firm has: written by COPY into the owner's tables and into the directory of the others."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import asyncpg

from benchmarks.stage import SERVICES, Stage
from customer_profile.customers.values import grams
from guanxi.ports import SystemIds

MANY = 100_000
_PLACES = ["山西", "太原", "大同", "临汾", "晋城", "上海", "北京", "广州", "Hamburg", "Berlin"]
_TRADES = ["煤業", "钢铁", "礼品", "陶瓷", "物流", "Stahl", "Logistik", "Trading", "家具", "电器"]
_STAGES = ("interact", "continue", "understand", "relationship")
_PAGE = 50
_PIECE = 100_000
_INDUSTRIES = f"SELECT industry FROM customer WHERE industry IS NOT NULL GROUP BY 1 HAVING count(*) >= {_PAGE}"
_OWNED = (
    *("id", "version", "created_at", "recorded_at", "unit_id", "canonical_id", "kind", "role", "lifecycle", "stage"),
    *("name", "industry", "verified_at", "grams"),
)
_KNOWN = ("id", "sequence", "canonical_id", "status", "kind", "role", "name", "unit_id", "emails", "phones")


def fill(stage: Stage, many: int = MANY) -> None:
    """Bring the number of customers to `many`, once; of up to 100 industries each has more than a page."""
    have = stage.count("customer-profile", "SELECT count(*) FROM customer")
    dice, industries = random.Random(7), max(1, min(100, many // (_PAGE + 10)))
    for start in range(have, many, _PIECE):
        _fill(stage, range(start, min(start + _PIECE, many)), industries, dice)


def industries(stage: Stage) -> list[str]:
    """Those that have a full page of customers."""
    return sorted(str(row[0]) for row in stage.sql("customer-profile", _INDUSTRIES))


def _fill(stage: Stage, numbers: Sequence[int], industries: int, dice: random.Random) -> None:
    ids, now = SystemIds(), datetime.now(UTC) - timedelta(days=30)
    owned: list[tuple[object, ...]] = []
    known: list[tuple[object, ...]] = []
    for number in numbers:
        one, name = ids.new(), f"{dice.choice(_PLACES)}{dice.choice(_TRADES)} {number:06}"
        industry = f"industry-{dice.randrange(industries):03}"
        told = ("organisation", "end_user", "prospect", dice.choice(_STAGES), name, industry)
        owned.append((one, 1, now, now, "head-office", one, *told, now, grams(name)))
        known.append((one, 1, one, "active", "organisation", "end_user", name, "head-office", [], []))
    asyncio.run(_copy(stage.platform.postgres_url("customer-profile"), "customer", owned, _OWNED))
    for service in SERVICES[1:]:
        asyncio.run(_copy(stage.platform.postgres_url(service), "directory_customer", known, _KNOWN))


async def _copy(url: str, table: str, rows: list[tuple[object, ...]], columns: tuple[str, ...]) -> None:
    connection = await asyncpg.connect(url, command_timeout=600)
    try:
        await connection.copy_records_to_table(table, records=rows, columns=columns)
        await connection.execute(f"VACUUM ANALYZE {table}")
    finally:
        await connection.close()
