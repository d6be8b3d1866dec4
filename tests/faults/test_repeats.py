"""Everything twice, some of it ten times, in shuffled windows: the end is the same as of one run in order."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from guanxi_local.testplatform import TestPlatform
from support.client import Caller
from support.databases import SERVICES, digest, rows, value
from support.dealer import Dealer, Report, producing, register_dealer
from support.invariants import no_effect_is_there_twice, only_growing, outboxes_are_empty, recovers
from support.ledger import Ledger
from support.rounds import PATIENCE_S, chance, count
from support.waiting import Problem, at_least, eventually
from support.writers import Writers, writing

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.smoke, pytest.mark.timeout(900)]

_WINDOW = 20
_TEN_TIMES = 0.01


async def test_reports_twice_and_shuffled_end_as_once_and_in_order(ground: TestPlatform) -> None:
    dice, many = chance("repeats"), count(smoke=150, full=3_000, soak=100_000)
    calm, wild = [await register_dealer(ground, f"{name}-{secrets.token_hex(3)}") for name in ("calm", "wild")]
    same = random.Random(dice.random())
    state = same.getstate()
    in_order = [calm.random_report(same) for _ in range(many)]
    same.setstate(state)
    disorder = _repeated_and_shuffled([wild.random_report(same) for _ in range(many)], dice)
    assert len(disorder) >= 2 * many
    async with only_growing(ground), producing(ground) as producer:
        for start in range(0, many, 50):
            await calm.publish(in_order[start : start + 50], producer)
        for start in range(0, len(disorder), 50):
            await wild.publish(disorder[start : start + 50], producer)
        wild.sent = list({report.id: report for report in wild.sent}.values())
        await recovers(ground, [calm, wild])
    for what, service, sql in _STATES:
        once, twice = [await rows(ground, service, sql, dealer.source) for dealer in (calm, wild)]
        assert once, f"there are no {what}"
        assert digest(once) == digest(twice), f"{what}: {sorted(set(once) ^ set(twice), key=repr)[:4]}"
    await no_effect_is_there_twice(ground)


# Of one dealer, without what differs between two by their names alone. A name of the newest profile is the customer's.
_REF = "regexp_replace(external_ref, '^[a-z]+-[0-9a-f]+', '')"
_STATES = (
    ("contacts", "interactions", f"SELECT {_REF}, content, channel, direction FROM contact WHERE source = $1"),
    ("complaints", "complaints", f"SELECT {_REF}, text, cause, channel, status FROM complaint WHERE source = $1"),
    (
        "customers",
        "customer-profile",
        """SELECT a.external_ref, c.name, c.kind, c.lifecycle FROM alias a JOIN customer c ON c.id = a.customer_id
           WHERE a.source = $1""",
    ),
)


async def test_whole_outboxes_published_again_change_nothing(
    ground: TestPlatform, admin: Caller, dealer: Dealer, ledger: Ledger
) -> None:
    dice, patience = chance("published again"), max(60, PATIENCE_S)
    writers = Writers(admin, ledger, dice)
    async with writing(writers):
        await dealer.publish_surely([dealer.random_report(dice) for _ in range(60)])
        enough = count(smoke=40, full=400, soak=5_000)
        await eventually(at_least(enough, lambda: len(ledger.of("acknowledged")), "acknowledged"), 120)
    await recovers(ground, [dealer])
    before = await _at_rest(ground)
    for service in SERVICES:
        again = await value(ground, service, _AGAIN)
        assert again or service == "scoring", f"{service} had nothing to publish again"
    async with only_growing(ground):
        await eventually(lambda: outboxes_are_empty(ground), patience)
        await recovers(ground, [dealer], seconds=patience)
        await eventually(_read_to_the_end(ground), patience)
    after = await _at_rest(ground)
    changed = {name: (before[name], after[name]) for name in before if before[name] != after[name]}
    assert not changed, changed


_AGAIN = """
WITH again AS (INSERT INTO outbox (event_id) SELECT event_id FROM event_log ORDER BY random() RETURNING 1)
SELECT count(*) FROM again
"""
_OF_THE_BUS = [
    *("outbox", "relay_batch", "consumer_offset", "consumer_birth", "directory_watermark"),
    *("audit", "audit_seal", "idempotency_key", "alembic_version"),
]
_TABLES = """
SELECT table_name FROM information_schema.tables
WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> ALL($1::text[]) ORDER BY 1
"""


async def _at_rest(platform: TestPlatform) -> dict[str, tuple[int, str]]:
    """Everything, once it has stopped changing: messages are sent and scores computed a while after their cause."""
    seen = [await _everything(platform)]

    async def look() -> Problem:
        seen.append(await _everything(platform))
        changing = [name for name in seen[-1] if seen[-1][name] != seen[-2].get(name)]
        return f"still changing: {changing}" if changing else None

    await eventually(look, 90, every=3)
    return seen[-1]


async def _everything(platform: TestPlatform) -> dict[str, tuple[int, str]]:
    """A digest of every table that is not the bus's own record of what it does."""
    found: dict[str, tuple[int, str]] = {}
    for service in SERVICES:
        for (table,) in await rows(platform, service, _TABLES, _OF_THE_BUS):
            content = await rows(platform, service, f'SELECT t::text FROM "{table}" t')
            found[f"{service}.{table}"] = len(content), digest(content)
    return found


def _read_to_the_end(platform: TestPlatform) -> Callable[[], Any]:
    """Say when each consumer stands behind all that the relays have published to its partitions."""

    async def look() -> Problem:
        ends: dict[tuple[str, int], int] = {}
        for service in SERVICES:
            for topic, partition, last in await rows(platform, service, _ENDS):
                ends[topic, partition] = max(last, ends.get((topic, partition), 0))
        for service in SERVICES:
            for consumer, topic, partition, position in await rows(platform, service, _POSITIONS):
                if position <= ends.get((topic, partition), -1):
                    return f"{service}.{consumer} is at {position} of {topic}/{partition}"
        return None

    return look


_ENDS = "SELECT topic, partition, max(last_offset) FROM relay_batch GROUP BY 1, 2"
_POSITIONS = "SELECT consumer, topic, partition, next_offset FROM consumer_offset"


def _repeated_and_shuffled(reports: Sequence[Report], dice: random.Random) -> list[Report]:
    """Each at least twice, one in a hundred ten times, and shuffled within windows."""
    many = [report for report in reports for _ in range(10 if dice.random() < _TEN_TIMES else 2)]
    for start in range(0, len(many), _WINDOW):
        window = many[start : start + _WINDOW]
        dice.shuffle(window)
        many[start : start + _WINDOW] = window
    return many
