"""`guanxi rebuild` at a running platform: a read model that was spoilt is as the logs say again, and nobody is told."""

from __future__ import annotations

import asyncio
import secrets
from datetime import UTC, datetime
from uuid import UUID

import pytest

from guanxi.bus.kafka import KafkaProducer
from guanxi.events import make_event
from guanxi.events.scores import SegmentChanged
from guanxi.ports import SystemIds
from guanxi_local.postgres import Postgres
from guanxi_local.testplatform import TestPlatform
from support.client import caller
from support.databases import READERS, rows, value
from support.dealer import producing, register_dealer
from support.invariants import published_is_there
from support.letters import log_only
from support.operator import guanxi
from support.rebuilt import MODELS, Model, models_agree
from support.rounds import PATIENCE_S, chance
from support.waiting import Problem, eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

_TABLES = {
    "overview": ("overview_item", "true"),
    "timeline": ("timeline_entry", "kind IN ('complaint', 'message')"),
    "indicators": ("indicator_set", "true"),
    "levels": ("customer_level", "true"),
    "purchases": ("purchase", "true"),
    "agreements": ("agreement_copy", "true"),
    "standing": ("customer_region", "true"),
    "facts": ("fact", "true"),
}
_OF_OLD = "SELECT count(*) FROM message WHERE id >= uuidv7_floor($1) AND cause_event_id < uuidv7_floor($1)"
_NOTHING = "0 missing, 0 wrong, 0 too many"


async def test_a_spoilt_read_model_is_found_and_put_right_and_nobody_is_told_twice(
    platform: TestPlatform, postgres: Postgres
) -> None:
    dealer, dice = await register_dealer(platform, f"rebuilt-{secrets.token_hex(3)}"), chance("rebuild")
    async with producing(platform) as producer:
        await dealer.publish([dealer.random_report(dice) for _ in range(60)], producer)
        await _levelled(platform, producer)
    await _bought(platform)
    await _weighed(platform)
    await eventually(lambda: published_is_there(platform, dealer), PATIENCE_S)
    await eventually(lambda: models_agree(platform, dice, postgres, anew=True), PATIENCE_S)
    await eventually(lambda: _still_telling(platform), PATIENCE_S)
    began = datetime.now(UTC)
    for model in MODELS:
        table, ours = _TABLES[model.consumer]
        some = f"SELECT ctid FROM {table} WHERE {ours} LIMIT 9"
        await rows(platform, model.service, f"UPDATE {table} SET unit_id = 'nowhere' WHERE ctid IN ({some})")
    # A topic that an earlier release has read.
    await rows(platform, "scoring", "INSERT INTO consumer_offset VALUES ('facts.g1', 'guanxi.gone', 0, 7)")
    spoilt = [await _spoilt(platform, model) for model in MODELS]
    assert all(spoilt), spoilt

    looked = await asyncio.gather(*(_rebuild(platform, model, "--check") for model in MODELS))
    for model, said in zip(MODELS, looked, strict=True):
        assert "Nothing was changed" in said
        assert f" {await _spoilt(platform, model)} wrong, 0 too many" in said

    done = await asyncio.gather(*(_rebuild(platform, model) for model in MODELS))
    assert all("They were put right" in said for said in done)
    assert [await _spoilt(platform, model) for model in MODELS] == [0] * len(MODELS)
    await eventually(lambda: models_agree(platform, dice, postgres, anew=True), PATIENCE_S)
    assert await value(platform, "notifications", _OF_OLD, began) == 0


async def test_every_directory_is_as_its_owner_says(platform: TestPlatform) -> None:
    models = [Model(service, "directory", "") for service in READERS]
    for said in await asyncio.gather(*(_rebuild(platform, model, "--check") for model in models)):
        assert _NOTHING in said


async def test_what_cannot_be_rebuilt_is_refused_with_what_can(platform: TestPlatform) -> None:
    done = await asyncio.to_thread(guanxi, platform, "rebuild", "notifications", "alerts")
    assert done.returncode == 2
    assert "directory" in done.stderr


async def test_a_rebuild_that_nobody_feeds_waits_is_the_only_one_and_can_be_ended(platform: TestPlatform) -> None:
    async with caller(platform) as admin:
        path = "/v1/ops/interactions/rebuilds"
        asked = await admin.ask("POST", path, {"consumer": "timeline"})
        assert asked is not None
        assert asked.status_code == 201, asked.text
        second = await admin.ask("POST", path, {"consumer": "timeline"})
        assert second is not None
        assert (second.status_code, second.json()["type"].rpartition(":")[2]) == (409, "already-open")
        done = await asyncio.to_thread(guanxi, platform, "rebuild", "interactions", "timeline", "--cancel")
        assert done.returncode == 0, done.stderr
        ended = await admin.ask("GET", asked.headers["location"])
        assert ended is not None
        assert ended.json()["status"] == "cancelled"
        again = await admin.ask("POST", f"{path}/{asked.json()['id']}/cancel", {})
        assert again is not None
        assert again.status_code == 409


async def test_a_log_is_sent_to_the_topic_of_a_rebuild_and_to_no_other(platform: TestPlatform) -> None:
    async with caller(platform) as admin:
        for body in (
            {"topic": f"{platform.topic_prefix}guanxi.complaints", "types": ["guanxi.complaints.ComplaintFiled.v1"]},
            {
                "topic": f"{platform.topic_prefix}guanxi.replay.interactions.timeline.0123456789ab",
                "types": ["guanxi.interactions.OrderPlaced.v1"],
            },
        ):
            answer = await admin.ask("POST", "/v1/ops/complaints/replays", body)
            assert answer is not None
            assert answer.status_code == 422, answer.text


async def _rebuild(platform: TestPlatform, model: Model, *words: str) -> str:
    done = await asyncio.to_thread(guanxi, platform, "rebuild", model.service, model.consumer, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


async def _levelled(platform: TestPlatform, producer: KafkaProducer) -> None:
    """Let scoring have told of a tier, and complaints have heard of it."""
    ids, now = SystemIds(), datetime.now(UTC)
    fact = SegmentChanged(segment="value-tier", tier="top", as_of=now.date(), direction="up", version="2026.1")
    id_, aggregate, customer = ids.new(), ids.new(), ids.new()
    event = make_event(fact, id=id_, recorded=now, aggregate=aggregate, sequence=1, subject=customer, time=now)
    await log_only(platform, "scoring", event)
    topic = f"{platform.topic_prefix}guanxi.scores"
    await (await producer.send(topic, event.to_json(), event.key.encode(), [("ce_type", event.type.encode())]))
    await _heard(platform, "SELECT count(*) FROM customer_level WHERE customer_id = $1", event.subject)


async def _weighed(platform: TestPlatform) -> None:
    """Let the quality indicators have been set, and interactions have heard of them."""
    indicator = {"code": secrets.token_hex(4), "weight_bp": 10_000, "target": 8}
    async with caller(platform) as admin:
        made = await admin.ask("POST", "/v1/quality-indicators", {"indicators": [indicator]})
        assert made is not None
        assert made.status_code == 201, made.text
        await _heard(platform, "SELECT count(*) FROM indicator_set WHERE id = $1", made.json()["id"], "interactions")


async def _bought(platform: TestPlatform) -> None:
    """Let a customer have been renamed, have agreed and ordered, and complaints have heard of each."""
    async with caller(platform) as admin:
        made = await admin.ask("POST", "/v1/customers", {"kind": "person", "name": "buyer"})
        assert made is not None
        customer, tag = made.json()["id"], {"If-Match": made.headers["etag"]}
        await _heard(platform, "SELECT count(*) FROM customer_region WHERE id = $1", customer)
        renamed = await admin.ask("PATCH", f"/v1/customers/{customer}", {"name": "buyer of late"}, headers=tag)
        assert renamed is not None
        assert renamed.is_success, renamed.text
        await _heard(platform, "SELECT count(*) FROM customer_region WHERE id = $1 AND version > 1", customer)
        agreed = await admin.ask(
            "POST", f"/v1/customers/{customer}/agreements", {"kind": "sale", "since": "2026-01-01"}
        )
        assert agreed is not None
        assert agreed.is_success, agreed.text
        await _heard(platform, "SELECT count(*) FROM agreement_copy WHERE customer_id = $1", customer)
        line = {"sku": "A", "quantity": 1, "amount_minor": 100}
        order = {"customer_id": customer, "currency": "CNY", "external_ref": secrets.token_hex(6)}

        async def ordered() -> Problem:
            answer = await admin.ask("POST", "/v1/orders", {**order, "lines": [line]})
            return None if answer is not None and answer.is_success else str(answer and answer.text)

        await eventually(ordered, PATIENCE_S)
    await _heard(platform, "SELECT count(*) FROM purchase WHERE customer_id = $1", customer)


async def _heard(platform: TestPlatform, query: str, about: str | UUID | None, service: str = "complaints") -> None:
    async def there() -> Problem:
        return None if await value(platform, service, query, about) else f"{service} has not heard: {query}"

    await eventually(there, PATIENCE_S)


async def _still_telling(platform: TestPlatform) -> Problem:
    before = await value(platform, "notifications", "SELECT count(*) FROM message")
    await asyncio.sleep(2)
    return None if await value(platform, "notifications", "SELECT count(*) FROM message") == before else "still telling"


async def _spoilt(platform: TestPlatform, model: Model) -> int:
    table, _ = _TABLES[model.consumer]
    found: int = await value(platform, model.service, f"SELECT count(*) FROM {table} WHERE unit_id = 'nowhere'")
    return found
