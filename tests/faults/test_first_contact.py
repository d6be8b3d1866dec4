"""Many first reports of one customer at the same moment, through both doors, open one record."""

from __future__ import annotations

import asyncio
from itertools import chain

import pytest

from guanxi_local.testplatform import TestPlatform
from support.client import Caller, caller
from support.databases import rows
from support.dealer import Dealer, Report, producing
from support.invariants import no_effect_is_there_twice, recovers
from support.rounds import PATIENCE_S, chance, count
from support.waiting import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.smoke, pytest.mark.timeout(900)]

_AT_ONCE = 16
_ABREAST = 4
_MANY = 100
_RECORDS = """
SELECT a.external_ref, count(*), count(c.id), min(c.version) FROM alias a LEFT JOIN customer c ON c.id = a.customer_id
WHERE a.source = $1 GROUP BY 1
"""
_OPENED = """
SELECT body->'data'->>'external_customer', count(*) FROM event_log
WHERE type = 'guanxi.customers.CustomerRegistered.v1' AND body->'data'->>'source' = $1 GROUP BY 1
"""
_NAMED = """
SELECT external_customer, count(DISTINCT customer_id), count(*), count(*) FILTER (WHERE registered),
       count(*) FILTER (WHERE registered AND received_by = 'http'), count(DISTINCT received_by)
FROM inbound_report WHERE source = $1 GROUP BY 1
"""


async def test_one_record_is_opened_however_many_come_first(ground: TestPlatform, dealer: Dealer) -> None:
    dice, customers = chance("first contact"), count(smoke=20, full=200, soak=5_000)
    batches = [_first_reports(dealer, f"F-{n:04}") for n in range(customers)]
    async with caller(ground, unit=dealer.unit, source=dealer.source, scopes=["reports:publish"]) as publisher:
        for start in range(0, customers, _ABREAST):
            some = list(chain.from_iterable(batches[start : start + _ABREAST]))
            dice.shuffle(some)
            await _all_at_once(ground, dealer, publisher, some)
    await recovers(ground, [dealer])
    names = {f"F-{n:04}" for n in range(customers)}
    opened = dict(await rows(ground, "customer-profile", _OPENED, dealer.source))
    assert opened == dict.fromkeys(names, 1)
    found = await rows(ground, "customer-profile", _RECORDS, dealer.source)
    assert {(name, aliases, records) for name, aliases, records, _ in found} == {(name, 1, 1) for name in names}
    named = await rows(ground, "customer-profile", _NAMED, dealer.source)
    assert {row[:4] for row in named} == {(name, 1, _AT_ONCE, 1) for name in names}
    assert all(doors == 2 for *_, doors in named), "one of the doors was not used"
    by_http = sum(row[4] for row in named)
    # Of few customers one door may win every race by chance.
    if customers >= _MANY:
        assert 0 < by_http < customers, f"{by_http} of {customers} were opened by HTTP: the doors did not race"
    await no_effect_is_there_twice(ground)


def _first_reports(dealer: Dealer, customer: str) -> list[tuple[bool, Report]]:
    """As many reports of one customer as come at once: every other one by HTTP."""
    kinds = (dealer.contact, dealer.profile, dealer.complaint, dealer.contact)
    return [(n % 2 == 0, kinds[n // 2 % len(kinds)](customer)) for n in range(_AT_ONCE)]


async def _all_at_once(
    ground: TestPlatform, dealer: Dealer, publisher: Caller, reports: list[tuple[bool, Report]]
) -> None:
    by_http, by_kafka = ([report for http, report in reports if http is door] for door in (True, False))
    async with producing(ground) as producer:
        await asyncio.gather(
            dealer.publish(by_kafka, producer), *(_send_surely(publisher, dealer, report) for report in by_http)
        )


async def _send_surely(publisher: Caller, dealer: Dealer, report: Report) -> None:
    async def send() -> str | None:
        answer = await publisher.ask("POST", "/v1/inbound-events", [report.body()], key=report.id)
        if answer is None or answer.status_code != 202:
            return f"{report.id}: {answer and answer.text}"
        (result,) = answer.json()["results"]
        assert result["status"] in ("received", "duplicate"), result
        return None

    await eventually(send, PATIENCE_S)
    dealer.sent.append(report)
