"""The statements that must not grow with the firm find their rows by an index."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from guanxi.auth import Principal
from guanxi.db import compile_statement
from guanxi.testing import Harness
from scoring.facts import paging
from scoring.facts import store as facts
from scoring.facts.rules import REPEATED
from scoring.goodwill import store as goodwill
from scoring.opinions import store as opinions
from scoring.radar import store as radar
from scoring.rehearsals import store as rehearsals
from scoring.scores import dirty_store as dirty
from scoring.scores import ranking_store as ranking
from scoring.scores import store as scores
from scoring.segments import store as segments

pytestmark = pytest.mark.asyncio
_ID = UUID(int=7)
_UNSORTED = ("seqscan", "bitmapscan", "sort")


async def _plan(service: Harness, statement: str, *args: Any, but: tuple[str, ...] = ("seqscan",)) -> str:
    """The plan that is left when this is out of the question: a whole test table is read and sorted in no time."""
    async with service.database.consumers.begin() as tx:
        for one in but:
            await tx.execute(f"SET LOCAL enable_{one} = off")
        return "\n".join(row[0] for row in await tx.fetch(f"EXPLAIN {statement}", *args))


async def test_a_claim_walks_the_index_in_its_own_order_and_stops(service: Harness) -> None:
    plan = await _plan(service, dirty._CLAIM, service.clock.now(), 100, but=_UNSORTED)
    assert "ix_dirty_due" in plan
    assert "Sort" not in plan


async def test_a_chunk_of_the_sweep_starts_behind_the_last_one(service: Harness) -> None:
    now = service.clock.now()
    plan = await _plan(service, dirty._SWEEP, now.date(), now, now, dirty.SWEPT, 100, but=_UNSORTED)
    assert "uq_score_series_customer_id_kind" in plan
    assert "Index Cond: (customer_id >" in plan


async def test_a_page_of_a_ranking_starts_behind_the_one_before(service: Harness) -> None:
    first = await _plan(service, ranking._RANKING, "trust", 50, but=_UNSORTED)
    later = await _plan(service, ranking._RANKING_ON, "trust", 50, 7, _ID, but=_UNSORTED)
    for plan in (first, later):
        assert "Index Scan Backward using ix_score_series_value" in plan
        assert "Sort" not in plan
    assert "ROW(value, customer_id) <" in later.partition("Index Cond")[2]


async def test_a_page_of_facts_walks_the_index_and_judges_only_what_is_on_it(service: Harness) -> None:
    principal = Principal("office", "head-office", internal=True, scopes=frozenset({"admin"}))
    after = (service.clock.now(), _ID, "order", 1)
    for key in (None, after):
        statement = paging._stretch(principal, paging.Wanted([_ID, UUID(int=8)], ["order"]), key, 50)
        sql, args = compile_statement(statement)
        plan = await _plan(service, sql, *args, but=("seqscan", "bitmapscan"))
        walked, judged = plan.index("Index Scan Backward using ix_fact_customer"), plan.index("SubPlan")
        assert "Limit" in plan[:walked].partition("Nested Loop")[2], "of each record only a stretch is read"
        assert walked < judged
    assert "(occurred_at <=" in plan


async def test_an_erasure_finds_the_families_of_whom_it_erases(service: Harness) -> None:
    statements = (*scores._LEAVE, *(one for one in (*segments._FORGET, *radar._FORGET) if "members &&" in one))
    plans = [await _plan(service, one, [_ID]) for one in statements]
    indexes = ("ix_score_members", "ix_score_series_members", "ix_member_members", "ix_watch_members")
    for plan, index in zip(plans, indexes, strict=True):
        assert f"Bitmap Index Scan on {index}" in plan


async def test_facts_are_found_by_customer_and_by_the_time_of_their_event(service: Harness) -> None:
    now = service.clock.now()
    of_customer = await _plan(service, facts._CURRENT, [_ID], ["order"], None, REPEATED)
    assert "ix_fact_customer" in of_customer
    assert "ix_fact_event" in await _plan(service, facts._TALLY, "dealer-17", now)


async def test_the_series_of_a_batch_are_locked_by_its_customers(service: Harness) -> None:
    assert "uq_score_series_customer_id_kind" in await _plan(service, scores._LOCK, [_ID])
    assert "uq_watch_customer_id" in await _plan(service, radar._OF, [_ID])


async def test_whom_customers_brought_is_found_from_either_side(service: Harness) -> None:
    assert "ix_fact_referrer" in await _plan(service, facts._REFERRALS_BY, [_ID], None)
    of = await _plan(service, facts._REFERRALS_OF, [str(_ID)], None)
    assert "ix_fact_referred" in of
    assert "pk_fact" in of


async def test_the_evidence_of_a_review_opinions_and_goodwill_are_found_among_facts(service: Harness) -> None:
    now = service.clock.now()
    cycle = await _plan(service, facts._OF_CYCLE, str(_ID))
    assert {"ix_fact_cycle", "ix_fact_need"} <= {word for word in cycle.split() if word.startswith("ix_")}
    assert "ix_fact_opinion" in await _plan(service, opinions._BY_CODE, now, now)
    assert "ix_fact_goodwill" in await _plan(service, goodwill._WHO, now, now)


async def test_a_piece_of_a_rehearsal_starts_behind_the_last_one(service: Harness) -> None:
    plan = await _plan(service, rehearsals._NEXT, "value.existing", _ID, 100, but=_UNSORTED)
    assert "uq_score_series_customer_id_kind" in plan
    assert "Index Cond: ((customer_id >" in plan
