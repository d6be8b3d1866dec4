"""Real files through `guanxi import`: every row is somewhere, every service agrees, and old facts tell nobody.

The first rows of each file always; the whole files with `make replay-real`. GUANXI_DATA names their folder.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx
import pytest

from guanxi_local.imports.reconcile import Account
from guanxi_local.testplatform import TestPlatform
from support.databases import SERVICES
from support.invariants import directories_agree, each_event_is_taken_in_once, outboxes_are_empty, timeline_agrees
from support.real_data import FILES, Expected, RealFile, known_customers, register, replay, told
from support.waiting import eventually

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(600),  # the first one starts the platform
    pytest.mark.parametrize(
        "real",
        [
            # A mark and no skip in the test: without the files the platform need not be started.
            pytest.param(real, id=real.name, marks=pytest.mark.skipif(bool(real.missing()), reason=real.missing()))
            for real in FILES
        ],
    ),
]

_STILL_S = 120.0


async def test_the_first_rows_add_up_in_every_service_and_tell_nobody(
    platform: TestPlatform, real: RealFile, tmp_path: Path
) -> None:
    await _import_twice(platform, real, real.cut(tmp_path), lambda _: None)


@pytest.mark.real
@pytest.mark.timeout(3600)
async def test_the_whole_file_adds_up_in_every_service_and_tells_nobody(
    platform: TestPlatform, real: RealFile, capsys: pytest.CaptureFixture[str]
) -> None:
    def tell(line: str) -> None:
        with capsys.disabled():
            print(line, flush=True)  # noqa: T201 - whoever waits for minutes wants to see it move

    tell("")
    await _import_twice(platform, real, real.path(), tell)


async def _import_twice(platform: TestPlatform, real: RealFile, path: Path, tell: Callable[[str], None]) -> None:
    expected = real.expected(path)
    await _still(platform)
    customers, said, buried = await known_customers(platform), await told(platform), await _buried(platform)
    source = await register(platform, real.name)

    first = await replay(platform, real, path, source, tell)
    events = first.account.events
    tell(
        f"{real.name}: {events.sent:,} events, {first.rate:.0f} a second, settled {first.settling:.1f} s after the last"
    )
    tell("\n".join(f"  {what:60} {count:>9,}" for what, count in first.account.lines()))
    assert first.account.mistakes() == []
    _is_as_counted(real, first.account, expected)

    again = (await replay(platform, real, path, source, tell)).account
    assert again.mistakes() == []
    assert (again.events.sent, again.events.duplicates) == (expected.events, expected.events)

    took = await _still(platform)
    tell(f"{real.name}: read again it is all duplicates; every consumer is at rest after {took:.1f} s")
    registered = events.customers["registered"]
    assert await known_customers(platform) == {name: count + registered for name, count in customers.items()}
    assert await told(platform) == said
    assert await _buried(platform) == buried


def _is_as_counted(real: RealFile, account: Account, expected: Expected) -> None:
    events, taken = account.events, expected.events - expected.refused
    assert (account.rows.read, account.rows.used) == (expected.rows, expected.rows)
    assert (events.sent, events.received, events.duplicates) == (expected.events, taken, 0)
    assert dict(events.reasons) == ({real.refusal: expected.refused} if expected.refused else {})
    assert events.customers["anonymous"] == (0 if real.customer else taken)
    assert events.customers["registered"] == expected.customers
    assert [effect.count for effect in account.effects if effect.what == "messages sent"] == [0]


async def _still(platform: TestPlatform) -> float:
    """Wait until nothing waits or differs anywhere; gives the seconds."""
    took = 0.0
    for check in (outboxes_are_empty, each_event_is_taken_in_once, directories_agree, timeline_agrees):
        took += await eventually(partial(check, platform), _STILL_S, every=0.5)
    return took


async def _buried(platform: TestPlatform) -> set[tuple[str, str]]:
    """The open dead letters, by service; other tests of this platform leave some of their own."""
    headers = {"Authorization": f"Bearer {platform.token(scopes=('ops:read',))}"}
    found: set[tuple[str, str]] = set()
    async with httpx.AsyncClient(base_url=platform.gateway, headers=headers, timeout=30, trust_env=False) as client:
        for service in SERVICES:
            page: str | None = f"/v1/ops/{service}/dead-letters?status=open&limit=200"
            while page:
                answer = (await client.get(page)).raise_for_status()
                found |= {(service, one["id"]) for one in answer.json()}
                page = answer.links.get("next", {}).get("url")
    return found
