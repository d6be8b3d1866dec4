"""The invariants I1 to I6 and I9, each a question that any fault test may ask.

Those that hold only once the platform has caught up give what is still wrong, or None; the others assert.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from guanxi_local.postgres import Postgres
from guanxi_local.testplatform import TestPlatform
from support.changes import Changes
from support.client import Caller
from support.databases import AWAY, READERS, SERVICES, Fingerprint, fingerprint, rows, topology, value
from support.dealer import Dealer
from support.ledger import Kind, Ledger
from support.rebuilt import models_agree
from support.rounds import PATIENCE_S
from support.waiting import Problem, eventually

_AT_ONCE = 32
_HOMES: dict[Kind, tuple[str, str]] = {
    "permission": ("notifications", "SELECT evidence, 1 FROM permission_event WHERE evidence = ANY($1) GROUP BY 1"),
    "customer": ("customer-profile", "SELECT name, count(*) FROM customer WHERE name = ANY($1) GROUP BY 1"),
    "interaction": ("interactions", "SELECT subject, count(*) FROM contact WHERE subject = ANY($1) GROUP BY 1"),
    "complaint": ("complaints", "SELECT external_ref, count(*) FROM complaint WHERE external_ref = ANY($1) GROUP BY 1"),
}


# I1: no acknowledged write is lost.


async def acknowledged_is_there(platform: TestPlatform, caller: Caller, ledger: Ledger) -> None:
    """Each 2xx is read back at the place that it named, and is there once."""
    promised = ledger.of("acknowledged")
    assert promised, "nothing was acknowledged: this would tell nothing"
    for start in range(0, len(promised), _AT_ONCE):
        # What was said of a permission is shown until the next word: only the ledger of words keeps them all.
        some = [entry for entry in promised[start : start + _AT_ONCE] if entry.kind != "permission"]
        answers = await asyncio.gather(*(caller.ask("GET", entry.location or "/") for entry in some))
        for entry, answer in zip(some, answers, strict=True):
            assert answer is not None, f"{entry}: nobody answers"
            assert answer.status_code == httpx.codes.OK, f"{entry}: {answer.status_code} {answer.text[:300]}"
            assert entry.mark in answer.text, f"{entry}: {answer.text[:300]}"
    for kind in _HOMES:
        marks = Counter(entry.mark for entry in promised if entry.kind == kind)
        found = await _counts(platform, kind, list(marks))
        assert found == marks, f"{kind}: lost {marks - found}, twice {found - marks}"


async def published_is_there(platform: TestPlatform, dealer: Dealer) -> Problem:
    """Each report that the broker has acknowledged is at the desk once, and its effect is there once."""
    desk = await rows(platform, "customer-profile", _AT_THE_DESK, dealer.source)
    problem = _same("at the desk", {r.id: "resolved" for r in dealer.sent}, dict(desk), len(desk))
    if problem:
        return problem
    for family, service, sql in _EFFECTS:
        wanted = dealer.last_words(family)
        found = await rows(platform, service, sql, dealer.source)
        problem = _same(f"{family} in {service}", wanted, dict(found), len(found))
        if problem:
            return problem
    return None


_AT_THE_DESK = "SELECT event_id, status FROM inbound_report WHERE source = $1 AND status <> 'rejected'"
_EFFECTS = (
    ("contact", "interactions", "SELECT external_ref, content FROM contact WHERE source = $1 AND voided_at IS NULL"),
    ("complaint", "complaints", "SELECT external_ref, text FROM complaint WHERE source = $1 AND voided_at IS NULL"),
)


# I2: no effect is applied twice.


async def each_event_is_taken_in_once(platform: TestPlatform) -> Problem:
    """Each consumer that counts has one inbox row for each event of its types in the logs, and none beside them."""
    for service in SERVICES:
        for consumer in topology(service).consumers:
            if consumer.kind == "state":
                continue
            kinds = [fact.TYPE for fact in consumer.handlers]
            problem = await _inbox_problem(platform, service, consumer.group, kinds)
            if problem:
                return problem
    return None


async def _inbox_problem(platform: TestPlatform, service: str, consumer: str, kinds: Sequence[str]) -> Problem:
    told = [await fingerprint(platform, one, _OF_KINDS, kinds) for one in SERVICES]
    if await fingerprint(platform, service, _TAKEN_IN, consumer) == sum(told, Fingerprint()):
        return None
    wanted = {row for one in SERVICES for row in await rows(platform, one, _OF_KINDS, kinds)}
    inside = set(await rows(platform, service, _TAKEN_IN, consumer))
    missing, strange = wanted - inside, inside - wanted
    if not missing and not strange:
        return None
    return f"{service}.{consumer}: {len(missing)} of {len(wanted)} events not taken in, {len(strange)} of nobody's"


_OF_KINDS = "SELECT event_id FROM event_log WHERE type = ANY($1)"
_TAKEN_IN = "SELECT event_id FROM inbox WHERE consumer = $1"


async def no_effect_is_there_twice(platform: TestPlatform) -> None:
    """No aggregate has two events of one type and version, and no event caused another of one aggregate twice."""
    for service in SERVICES:
        for what, sql in _TWICE.items():
            found = await rows(platform, service, sql)
            assert not found, f"{service}, {what}: {found[:5]}"


_TWICE = {
    "one version told twice": """SELECT aggregate_id, type, sequence, count(*) FROM event_log
                                 GROUP BY 1, 2, 3 HAVING count(*) > 1""",
    "one cause, two effects": """SELECT body->>'causationid', type, aggregate_id, count(*) FROM event_log
                                 WHERE body->>'causationid' IS NOT NULL GROUP BY 1, 2, 3 HAVING count(*) > 1""",
}


async def nothing_of_ours_is_buried(platform: TestPlatform) -> None:
    """No event that a service has recorded lies among the dead letters: a fault is no poison."""
    for service in SERVICES:
        found = await rows(platform, service, "SELECT event_id, consumer, type, reason FROM dead_letter")
        named = [row[0] for row in found if row[0]]
        logged = {one for other in SERVICES for (one,) in await rows(platform, other, _LOGGED, named)}
        ours = [row for row in found if row[0] in logged]
        assert not ours, f"{service}: {len(ours)} healthy events are buried: {ours[:3]}"


_LOGGED = "SELECT event_id FROM event_log WHERE event_id = ANY($1::uuid[])"


# I3: nothing refused appears.


async def refused_is_absent(platform: TestPlatform, ledger: Ledger) -> None:
    """What was refused is nowhere; what nobody answered is there once or not at all."""
    for kind in _HOMES:
        found = await _counts(platform, kind, [entry.mark for entry in ledger.of("refused", kind)])
        assert not found, f"refused, and yet there: {kind} {found}"
        found = await _counts(platform, kind, [entry.mark for entry in ledger.of("uncertain", kind)])
        twice = {mark: n for mark, n in found.items() if n > 1}
        assert not twice, f"there more than once: {kind} {twice}"


# I4: order per aggregate.


@dataclass
class Growth:
    """What was seen of positions and versions, which may only grow."""

    seen: dict[tuple[Any, ...], int] = field(default_factory=dict)
    changes: Changes = field(default_factory=Changes)
    looks: int = 0
    read: set[tuple[str, str]] = field(default_factory=set)
    """Which statement was answered by which service."""
    shrunk: list[str] = field(default_factory=list)

    @property
    def unread(self) -> set[tuple[str, str]]:
        """Which statement was not answered yet, and by whom."""
        return {(service, sql) for sql, services in _GROWING for service in services} - self.read

    async def look(self, platform: TestPlatform) -> None:
        """Look once at what each service has written since; one whose database is away is looked at the next time."""
        for service in SERVICES:
            asked = [sql for sql, services in _GROWING if service in services]
            try:
                found = await self.changes.look(platform, service, asked)
            except AWAY:
                continue
            self.read |= {(service, sql) for sql in asked}
            for *name, number in (row for some in found for row in some):
                self._compare((service, *name), number)
        self.looks += 1

    def _compare(self, name: tuple[Any, ...], number: int) -> None:
        before = self.seen.get(name, number)
        if number < before:
            self.shrunk.append(f"{name}: {before} -> {number}")
        self.seen[name] = number


_GROWING = (
    ("SELECT consumer, topic, partition, next_offset FROM consumer_offset WHERE {fresh}", SERVICES),
    ("SELECT 'directory', id, sequence FROM directory_customer WHERE {fresh}", SERVICES),
    ("SELECT 'overview', section, item_id, sequence FROM overview_item WHERE {fresh}", ("customer-profile",)),
    ("SELECT 'timeline', id, sequence FROM timeline_entry WHERE {fresh}", ("interactions",)),
    ("SELECT 'contact', id, version FROM contact WHERE {fresh}", ("interactions",)),
    ("SELECT 'complaint', id, version FROM complaint WHERE {fresh}", ("complaints",)),
)


@asynccontextmanager
async def only_growing(platform: TestPlatform) -> AsyncIterator[Growth]:
    """Watch while the block lasts that no position and no version goes back."""
    growth, ending = Growth(), asyncio.Event()

    async def go_on() -> None:
        # However short the block, one look alone compares nothing, and a database may be away at its end.
        more = 5
        while not ending.is_set() or (more and (growth.looks <= 1 or growth.unread)):
            more -= ending.is_set()
            await growth.look(platform)
            await asyncio.sleep(0.3)

    async with asyncio.TaskGroup() as group:
        group.create_task(go_on())
        try:
            yield growth
        finally:
            ending.set()
    assert growth.looks > 1, "nobody looked"
    assert not growth.unread, f"never answered: {sorted(growth.unread)}"
    assert not growth.shrunk, growth.shrunk[:5]


# I5: read models converge.


async def directories_agree(platform: TestPlatform) -> Problem:
    """Each copy of the directory is what customer-profile's own tables say."""
    owned = await fingerprint(platform, "customer-profile", _CUSTOMERS)
    for service in READERS:
        if await fingerprint(platform, service, _COPY) != owned:
            wanted, found = await rows(platform, "customer-profile", _CUSTOMERS), await rows(platform, service, _COPY)
            late = set(wanted) ^ set(found)
            return f"{service}'s directory differs in {len(late)} rows of {len(wanted)}: {sorted(late, key=repr)[:2]}"
    return None


_CUSTOMERS = """
SELECT id, version, canonical_id, name, unit_id, kind, owner_id,
       CASE WHEN erased_at IS NOT NULL THEN 'erased' WHEN canonical_id <> id THEN 'merged' ELSE 'active' END
FROM customer
"""
_COPY = "SELECT id, sequence, canonical_id, name, unit_id, kind, owner_id, status FROM directory_customer"


async def timeline_agrees(platform: TestPlatform) -> Problem:
    """The timeline's rows are what the tables of contacts, complaints and messages say."""
    told = [await fingerprint(platform, service, sql) for service, sql in _OF_TIMELINE]
    if await fingerprint(platform, "interactions", _SHOWN) == sum(told, Fingerprint()):
        return None
    shown = await rows(platform, "interactions", _SHOWN)
    wanted = [row for service, sql in _OF_TIMELINE for row in await rows(platform, service, sql)]
    late = set(wanted) ^ set(shown)
    return f"the timeline differs in {len(late)} rows of {len(wanted)}: {sorted(late, key=repr)[:2]}"


_SHOWN = """
SELECT kind, id, customer_id, CASE WHEN kind = 'contact' THEN sequence::text ELSE summary->>'status' END
FROM timeline_entry WHERE kind IN ('contact', 'complaint', 'message') AND NOT voided
"""
_CONTACTS = "SELECT 'contact', id, customer_id, version::text FROM contact WHERE voided_at IS NULL"
_COMPLAINTS = """
SELECT 'complaint', id, customer_id, status FROM complaint WHERE customer_id IS NOT NULL AND voided_at IS NULL
"""
_MESSAGES = """
SELECT 'message', id, customer_id, CASE status WHEN 'unknown' THEN 'failed' ELSE status END FROM message
WHERE recipient = 'customer' AND customer_id IS NOT NULL AND status IN ('sent', 'failed', 'unknown', 'suppressed')
"""
_OF_TIMELINE = (("interactions", _CONTACTS), ("complaints", _COMPLAINTS), ("notifications", _MESSAGES))


async def facts_agree(platform: TestPlatform) -> Problem:
    """Scoring has one fact for each version told of in the logs of interactions and complaints, and no other."""
    (consumer,) = (one for one in topology("scoring").consumers if one.name == "facts")
    kinds = [fact.TYPE for fact in consumer.handlers]
    said = [await fingerprint(platform, service, _TOLD, kinds) for service in SERVICES]
    if await fingerprint(platform, "scoring", _KNOWN) == sum(said, Fingerprint()):
        return None
    told = [row for service in SERVICES for row in await rows(platform, service, _TOLD, kinds)]
    known = await rows(platform, "scoring", _KNOWN)
    return (
        f"{len(set(told) - set(known))} of {len(told)} facts are not known, {len(set(known) - set(told))} of nobody's"
    )


_TOLD = "SELECT DISTINCT aggregate_id, sequence, subject FROM event_log WHERE type = ANY($1)"
_KNOWN = "SELECT DISTINCT aggregate_id, sequence, customer_id FROM fact"


# I6: the outbox drains.


async def outboxes_are_empty(platform: TestPlatform) -> Problem:
    """Nothing waits to be published."""
    depths = {service: await value(platform, service, "SELECT count(*) FROM outbox") for service in SERVICES}
    return f"outboxes: {depths}" if any(depths.values()) else None


# All of them.


@dataclass(frozen=True)
class Recovery:
    """How long it took after the fault, in seconds."""

    ready: float
    drained: float
    converged: float


async def recovers(
    platform: TestPlatform,
    dealers: Sequence[Dealer] = (),
    seconds: float = PATIENCE_S,
    *,
    server: Postgres | None = None,
) -> Recovery:
    """I9, I6, I5: ready, drained and converged in time, with no human act; `server` is for one without its own."""
    began = asyncio.get_running_loop().time()
    await asyncio.to_thread(platform.wait_ready, seconds=seconds)
    ready = asyncio.get_running_loop().time() - began
    drained = await eventually(lambda: outboxes_are_empty(platform), seconds)
    checks = (
        *(_for_dealer(platform, dealer) for dealer in dealers),
        lambda: each_event_is_taken_in_once(platform),
        lambda: outboxes_are_empty(platform),
        lambda: directories_agree(platform),
        lambda: timeline_agrees(platform),
        lambda: facts_agree(platform),
        lambda: models_agree(platform, random.Random(1), server),
    )
    deadline = began + seconds
    for check in checks:
        await eventually(check, deadline - asyncio.get_running_loop().time(), every=0.5)
    return Recovery(ready, ready + drained, asyncio.get_running_loop().time() - began)


def _for_dealer(platform: TestPlatform, dealer: Dealer) -> Any:
    return lambda: published_is_there(platform, dealer)


async def all_is_well(platform: TestPlatform, caller: Caller, ledger: Ledger) -> None:
    """I1, I2, I3 once the platform has recovered; I10 of every answer: each 404 would be wrong."""
    assert not caller.missing, f"{len(caller.missing)} wrong answers: {caller.missing[:2]}"
    await acknowledged_is_there(platform, caller, ledger)
    await no_effect_is_there_twice(platform)
    await nothing_of_ours_is_buried(platform)
    await refused_is_absent(platform, ledger)
    assert not caller.dishonest, caller.dishonest[:5]


async def _counts(platform: TestPlatform, kind: Kind, marks: list[str]) -> Counter[str]:
    service, sql = _HOMES[kind]
    return Counter(dict(await rows(platform, service, sql, marks)) if marks else {})


def _same(what: str, wanted: dict[str, Any], found: dict[str, Any], count: int) -> Problem:
    if count != len(found):
        return f"{what}: {count} rows for {len(found)} names"
    missing, strange = wanted.keys() - found.keys(), found.keys() - wanted.keys()
    other = [name for name in wanted.keys() & found.keys() if wanted[name] != found[name]]
    if not missing and not strange and not other:
        return None
    examples = [*sorted(missing)[:2], *sorted(strange)[:2], *((n, wanted[n], found[n]) for n in other[:2])]
    return f"{what}: {len(missing)} missing, {len(strange)} of nobody's, {len(other)} other than said: {examples}"
