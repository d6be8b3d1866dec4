"""The lists' statements find their page by an index, not by reading the table and sorting it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest
import pytest_asyncio

from guanxi.auth import Principal
from guanxi.db import Reader
from guanxi.ports import SystemIds
from guanxi_local import testservers
from guanxi_local.databases import drop_database
from guanxi_local.postgres import Postgres
from interactions.cards import store as cards
from interactions.commerce import store as commerce
from interactions.commerce.rules import Delivery, GoodsReturn, Order, Payment, ServiceRecord
from interactions.contacts import store as contacts
from interactions.handovers import store as handovers
from interactions.interviews import store as interviews
from interactions.listening import store as listening
from interactions.listening.rules import Mention, Opinion
from interactions.needs import store as needs
from interactions.plans import store as plans
from interactions.promises import store as promises

pytestmark = pytest.mark.asyncio
LATER = (datetime(2026, 1, 3, tzinfo=UTC), SystemIds().new())
NOW_AND_THEN = "'2026-01-01'::timestamptz + n * interval '1 minute'"
SOMEBODY = "('00000000-0000-7000-8000-' || lpad((n / 100)::text, 12, '0'))::uuid"
ORDER = f"CASE n % 10 WHEN 0 THEN NULL ELSE {SOMEBODY} END"
BASE = (
    f"INSERT INTO {{table}} (id, unit_id, customer_id, {{more}}) SELECT gen_random_uuid(), 'u-' || n % 40, {SOMEBODY}"
)
INTERVIEWS = (
    "interview (interviewer_id, questionnaire, questionnaire_version, contact_id, held_at, grades, questions, answered)"
)
ROWS = {
    "contact (channel, direction, kind, occurred_at)": f"'c-' || n % 50, 'in', 'call', {NOW_AND_THEN}",
    "promise (fulfilling_unit, made_at, due_at, status)": (
        f"'u', now(), {NOW_AND_THEN}, CASE n % 50 WHEN 0 THEN 'open' ELSE 'kept' END"
    ),
    "sales_order (placed_at, currency, lines, goods_minor, total_minor, status)": (
        f"{NOW_AND_THEN}, 'CNY', '[]', 1, 1, CASE n % 50 WHEN 0 THEN 'placed' ELSE 'closed' END"
    ),
    "delivery (delivered_at, lines, order_id)": f"{NOW_AND_THEN}, '[]', {ORDER}",
    "goods_return (returned_at, currency, amount_minor, lines, order_id)": (f"{NOW_AND_THEN}, 'CNY', 1, '[]', {ORDER}"),
    "payment (at, currency, amount_minor, order_id)": (f"{NOW_AND_THEN}, 'CNY', 1, {ORDER}"),
    "service_record (kind, performed_at)": f"'care', {NOW_AND_THEN}",
    "opinion (questionnaire, given_at, grades)": f"'q-' || n % 50, {NOW_AND_THEN}, '[]'",
    "mention (platform, observed_at)": f"'p-' || n % 50, {NOW_AND_THEN}",
    INTERVIEWS: (f"{SOMEBODY}, 'q', 1, gen_random_uuid(), {NOW_AND_THEN}, '[]', 1, 1"),
    "need (pressing, assignee_unit, raised_at, status, assignee_id)": (
        f"true, 'u', {NOW_AND_THEN}, CASE n % 50 WHEN 0 THEN 'assigned' ELSE 'confirmed' END, {SOMEBODY}"
    ),
    "invitation (questionnaire, questionnaire_version, channel, invited_at, lapses_at, code_hash, status)": (
        f"'q', 1, 'visit', {NOW_AND_THEN}, now(), n::text, CASE n % 50 WHEN 0 THEN 'issued' ELSE 'lapsed' END"
    ),
    "plan_item (kind, due_on, closes_at, status, assignee_id)": (
        f"'visit', now(), {NOW_AND_THEN}, CASE n % 50 WHEN 0 THEN 'planned' ELSE 'done' END, {SOMEBODY}"
    ),
    "handover (from_id, status, reason, single_tie, recorded_at)": (
        f"{SOMEBODY}, CASE n % 100 WHEN 0 THEN 'joint_visit' ELSE 'done' END, 'leaving', true, {NOW_AND_THEN}"
    ),
}


class Explaining(Reader):
    """Asks for the plan of a statement instead of its rows."""

    plan: dict[str, Any]

    async def fetch(self, sql: str, *args: Any) -> list[asyncpg.Record]:
        (row,) = await super().fetch(f"EXPLAIN (FORMAT JSON) {sql}", *args)
        self.plan = orjson.loads(row[0])[0]["Plan"]
        return []


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for part in plan.get("Plans", ()) for node in nodes(part))]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def full(postgres: Postgres) -> AsyncIterator[Explaining]:
    """A reader of a database of its own, with as many rows as make a difference."""
    database = await testservers.copy_of(postgres, "interactions")
    owner = await asyncpg.connect(database.owner_url)
    for table, values in ROWS.items():
        name, _, more = table.partition(" ")
        await owner.execute(
            f"{BASE.format(table=name, more=more.strip('()'))}, {values} FROM generate_series(1, 6000) n"
        )
        await owner.execute(f"ANALYZE {name}")
    yield Explaining(owner)
    await owner.close()
    await drop_database(postgres, database.name)


async def of(kind: Any, reader: Reader, principal: Principal, **wanted: Any) -> None:
    """Ask for a page as its route does."""
    if kind is handovers:
        await kind.page(reader, kind.Filter(**wanted), LATER, 20)
    elif kind in (contacts, promises, interviews, needs, cards, plans):
        await kind.page(reader, principal, kind.Filter(**wanted), LATER, 20)
    elif kind in (Opinion, Mention):
        await listening.page(reader, principal, kind, wanted.get("customer_ids"), wanted.get("code"), LATER, 20)
    else:
        await commerce.page(reader, principal, kind, commerce.Filter(**wanted), LATER, 20)


OURS = Principal(subject="tester", unit="head-office", scopes=frozenset(), internal=True)
DEALER = Principal(subject="dealer", unit="u-7", scopes=frozenset())
CUSTOMER = {"customer_ids": [UUID("00000000-0000-7000-8000-000000000007")]}


@pytest.mark.parametrize(
    ("kind", "principal", "wanted", "index"),
    [
        (contacts, OURS, {}, "ix_contact_occurred"),
        (contacts, OURS, CUSTOMER, "ix_contact_customer"),
        (contacts, OURS, {"channel": "c-7"}, "ix_contact_channel"),
        (contacts, DEALER, {}, "ix_contact_unit"),
        (promises, OURS, {}, "ix_promise_due"),
        (promises, OURS, CUSTOMER, "ix_promise_customer"),
        (promises, OURS, {"status": "open"}, "ix_promise_status"),
        (promises, DEALER, {}, "ix_promise_unit"),
        (Order, OURS, {}, "ix_sales_order_placed"),
        (Order, OURS, CUSTOMER, "ix_sales_order_customer"),
        (Order, OURS, {"status": "placed"}, "ix_sales_order_status"),
        (Order, DEALER, {}, "ix_sales_order_unit"),
        *(
            (kind, principal, wanted, f"ix_{table}_{name}")
            for kind, table in ((Delivery, "delivery"), (GoodsReturn, "goods_return"), (Payment, "payment"))
            for principal, wanted, name in (
                (OURS, {}, "moment"),
                (OURS, CUSTOMER, "customer"),
                (OURS, {"unmatched": True}, "waiting"),
                (DEALER, {}, "unit"),
            )
        ),
        *(
            (kind, principal, wanted, f"ix_{table}_{name}")
            for kind, table, moment in (
                (interviews, "interview", "held"),
                (needs, "need", "raised"),
                (cards, "invitation", "invited"),
                (plans, "plan_item", "closes"),
            )
            for principal, wanted, name in ((OURS, {}, moment), (OURS, CUSTOMER, "customer"), (DEALER, {}, "unit"))
        ),
        (interviews, OURS, {"interviewer_id": CUSTOMER["customer_ids"][0]}, "ix_interview_interviewer"),
        (needs, OURS, {"status": "assigned"}, "ix_need_status"),
        (needs, OURS, {"assignee_id": CUSTOMER["customer_ids"][0]}, "ix_need_assignee"),
        (cards, OURS, {"status": "issued"}, "ix_invitation_status"),
        (plans, OURS, {"status": "planned"}, "ix_plan_item_status"),
        (plans, OURS, {"assignee_id": CUSTOMER["customer_ids"][0]}, "ix_plan_item_assignee"),
        (handovers, OURS, {}, "ix_handover_recorded"),
        (handovers, OURS, CUSTOMER, "ix_handover_customer"),
        (handovers, OURS, {"status": "joint_visit"}, "ix_handover_status"),
        (handovers, OURS, {"from_id": CUSTOMER["customer_ids"][0]}, "ix_handover_from"),
        (ServiceRecord, OURS, CUSTOMER, "ix_service_record_customer"),
        (Opinion, OURS, {}, "ix_opinion_given"),
        (Opinion, OURS, {"code": "q-7"}, "ix_opinion_questionnaire"),
        (Opinion, OURS, CUSTOMER, "ix_opinion_customer"),
        (Mention, OURS, {"code": "p-7"}, "ix_mention_platform"),
        (Mention, DEALER, {}, "ix_mention_unit"),
    ],
)
async def test_a_page_is_read_off_an_index(
    full: Explaining, kind: Any, principal: Principal, wanted: dict[str, Any], index: str
) -> None:
    await of(kind, full, principal, **wanted)
    steps = list(nodes(full.plan))
    assert index in {step.get("Index Name") for step in steps}, full.plan
    assert not {"Seq Scan", "Sort"} & {step["Node Type"] for step in steps}, full.plan
