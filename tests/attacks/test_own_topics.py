"""K: messages that nobody should send to our own topics.

Each is a dead letter once for each consumer that reads its kind, or is skipped where the type is nobody's.
"""

from __future__ import annotations

import gzip
import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from attacks.posting import Headers, Letter, in_time, send
from attacks.verdict import honest, once
from guanxi.events import Fact, parse
from guanxi.events.complaints import ComplaintFiled
from guanxi.events.customers import CustomerErased
from guanxi.events.directory import CustomerState
from guanxi.events.interactions import CustomerContacted
from guanxi.events.reports import ContactReported
from guanxi_local.testplatform import TestPlatform
from support.databases import rows
from support.dealer import producing
from support.letters import Poison, Where, buried, buried_at, passed_by_all, recorded, where
from support.rounds import PATIENCE_S
from support.waiting import Problem, eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

KINDS: tuple[type[Fact], ...] = (ContactReported, CustomerContacted, ComplaintFiled, CustomerState)
_SAMPLES = Path(__file__).parents[2] / "docs" / "contracts" / "samples"


def _sample(kind: type[Fact]) -> dict[str, Any]:
    """What such an event says, in full."""
    (path,) = (_SAMPLES / kind.TYPE).glob("*.json")
    data: dict[str, Any] = json.loads(path.read_text())["full"]["data"]
    return data


def _envelope(kind: type[Fact], **changes: Any) -> bytes:
    """An event that would be applied but for what is changed in it; `...` takes an attribute out."""
    now = datetime.now(UTC).isoformat()
    event = {
        "specversion": "1.0",
        "id": str(uuid4()),
        "source": "/guanxi/nobody",
        "type": kind.TYPE,
        "time": now,
        "dataschema": f"urn:guanxi:schema:{kind.TYPE}",
        "aggregateid": str(uuid4()),
        "sequence": 1,
        "recordedtime": now,
        "data": _sample(kind),
    }
    return json.dumps({k: v for k, v in {**event, **changes}.items() if v is not ...}).encode()


def _wrong(**changes: Any) -> Callable[[type[Fact]], bytes]:
    return lambda kind: _envelope(kind, **changes)


def _raw(body: bytes | None) -> Callable[[type[Fact]], bytes | None]:
    return lambda _: body


OWN: dict[str, tuple[Callable[[type[Fact]], bytes | None], str]] = {
    "nothing": (_raw(b""), "zero-length"),
    "a tombstone": (_raw(None), "zero-length"),
    "no JSON": (_raw(b"{"), "unexpected end"),
    "a list": (_raw(b"[]"), "not an event"),
    "null": (_raw(b"null"), "not an event"),
    "no UTF-8": (_raw(b'{"type": "\xff"}'), "not valid UTF-8"),
    "10,000 deep": (_raw(b"[" * 10_000 + b"]" * 10_000), "depth limit"),
    "a pickle": (_raw(b"\x80\x04cos\nsystem\n(S'id'\ntR."), "not valid UTF-8"),
    "Avro": (_raw(b"\x00\x00\x00\x00\x07\x02\x10"), "unexpected character"),
    "gzip": (lambda kind: gzip.compress(_envelope(kind)), "not valid UTF-8"),
    "no data": (_wrong(data=...), "'data'"),
    "data that is text": (_wrong(data="x"), "valid dictionary"),
    "data that is null": (_wrong(data=None), "valid dictionary"),
    "no id": (_wrong(id=...), "id: Field required"),
    "an id in words": (_wrong(id="seven"), "id: Input should be a valid UUID"),
    "a sequence below 0": (_wrong(sequence=-1), "sequence: Input should be greater"),
    "a sequence of 2^70": (_wrong(sequence=2**70), "sequence: Unable to parse"),
    "a sequence in words": (_wrong(sequence="one"), "sequence: Input should be a valid integer"),
    "a time without offset": (_wrong(time="2026-03-31T09:30:00"), "time: Input should have timezone"),
    "the year 0": (_wrong(time="0000-01-01T00:00:00Z"), "time: Input should be a valid datetime"),
    "a subject in words": (_wrong(subject="somebody"), "subject: Input should be a valid UUID"),
    "an aggregate in words": (_wrong(aggregateid="it"), "aggregateid: Input should be a valid UUID"),
    "another CloudEvents": (_wrong(specversion="2.0"), "specversion: Input should be '1.0'"),
    "only empty data": (_wrong(data={}), "Field required"),
}


async def test_it_is_only_what_is_changed_that_is_wrong() -> None:
    for kind in KINDS:
        assert parse(_envelope(kind)).type == kind.TYPE


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def own_poison(platform: TestPlatform) -> dict[str, list[Poison]]:
    """All of them are sent at once, to each of four topics."""
    sent: dict[str, list[Poison]] = {}
    async with producing(platform) as producer:
        for name, (make, reason) in OWN.items():
            for kind in KINDS:
                letter = Letter(make(kind), headers=(("ce_type", kind.TYPE.encode()),))
                ack = await send(producer, f"{platform.topic_prefix}guanxi.{kind.TOPIC}", letter)
                sent.setdefault(name, []).append(Poison(kind, where(ack), letter.body or b"", reason))
    return sent


@pytest.mark.smoke
@pytest.mark.parametrize("name", OWN)
async def test_what_cannot_be_applied_is_buried_once_where_it_would_be_read(
    platform: TestPlatform, own_poison: dict[str, list[Poison]], name: str
) -> None:
    await eventually(lambda: buried(platform, own_poison[name]), PATIENCE_S)
    assert await buried(platform, own_poison[name]) is None


STRANGE: dict[str, Headers] = {
    "of nobody": (("ce_type", b"guanxi.customers.NobodyKnows.v1"),),
    "of another major": (("ce_type", b"guanxi.interactions.CustomerContacted.v99"),),
    "of 64 KiB": (("ce_type", b"t" * 65_536),),
    "in no UTF-8": (("ce_type", b"\xff\xfe"),),
    "empty": (("ce_type", b""),),
}


@pytest.mark.parametrize("name", STRANGE)
async def test_a_type_that_is_nobodys_is_passed_over(platform: TestPlatform, name: str) -> None:
    async with producing(platform) as producer:
        letters = [
            where(
                await send(
                    producer,
                    f"{platform.topic_prefix}guanxi.{kind.TOPIC}",
                    Letter(b'{"type": "x"}', headers=STRANGE[name]),
                )
            )
            for kind in KINDS
        ]
    await eventually(lambda: passed_by_all(platform, letters), PATIENCE_S)
    assert await buried_at(platform, letters) == []


CARRIED: dict[str, tuple[Headers, bytes | None]] = {
    "under the id of another": ((("ce_id", str(uuid4()).encode()),), b"any"),
    "under an id in words": ((("ce_id", b"seven"),), b"any"),
    "as another's": ((("ce_source", b"/guanxi/scoring"),), b"any"),
    "without a key": ((), None),
    "with a key of another": ((), str(uuid4()).encode()),
    "with headers of 64 KiB": ((("x", b"h" * 65_536),), b"any"),
    "with a header of 1,000 names": (tuple((f"h{n}", b"v") for n in range(1000)), b"any"),
}


@pytest.mark.parametrize("name", CARRIED)
async def test_an_event_is_what_its_body_says_whatever_carries_it(platform: TestPlatform, name: str) -> None:
    headers, key = CARRIED[name]
    source = f"carried-{secrets.token_hex(3)}"
    event = await recorded(platform, source, source)
    places: list[Where] = []
    async with producing(platform) as producer:
        for more in (headers, ()):
            typed = (("ce_type", event.type.encode()), *more)
            letter = Letter(event.to_json(), headers=typed, key=key)
            places.append(where(await send(producer, f"{platform.topic_prefix}guanxi.reports", letter)))
    await eventually(lambda: passed_by_all(platform, places), PATIENCE_S)
    assert await buried_at(platform, places) == []
    assert await rows(platform, "interactions", _CONTACTS, source) == [(event.aggregateid, None)]
    assert await rows(platform, "interactions", _TAKEN_IN, event.id) == [("records.g1",)]


_CONTACTS = "SELECT id, content FROM contact WHERE source = $1"
_TAKEN_IN = "SELECT consumer FROM inbox WHERE event_id = $1"


async def test_the_id_of_an_event_that_was_read_is_no_way_to_change_it(platform: TestPlatform) -> None:
    source = f"again-{secrets.token_hex(3)}"
    event = await recorded(platform, source, source)
    other = json.loads(event.to_json())
    other |= {"sequence": 2, "data": {**other["data"], "content": "Something else."}}
    places: list[Where] = []
    async with producing(platform) as producer:
        for body in (event.to_json(), json.dumps(other).encode()):
            letter = Letter(body, headers=(("ce_type", event.type.encode()),))
            places.append(where(await send(producer, f"{platform.topic_prefix}guanxi.reports", letter)))
            await eventually(lambda: passed_by_all(platform, places), PATIENCE_S)
    assert await buried_at(platform, places) == []
    assert await rows(platform, "interactions", _CONTACTS, source) == [(event.aggregateid, None)]


async def test_an_erasure_told_by_who_does_not_keep_customers_erases_nobody(
    platform: TestPlatform, admin: httpx.AsyncClient
) -> None:
    made = await admin.post("/v1/customers", json={"kind": "person", "name": "still there"}, headers=once())
    customer = made.json()["id"]
    data = {"customer_id": customer, "erased_at": in_time(0)}
    body = _envelope(CustomerErased, source="/guanxi/interactions", subject=customer, aggregateid=customer, data=data)
    assert parse(body).type == CustomerErased.TYPE
    async with producing(platform) as producer:
        letter = Letter(body, headers=(("ce_type", CustomerErased.TYPE.encode()),))
        place = where(await send(producer, f"{platform.topic_prefix}guanxi.{CustomerErased.TOPIC}", letter))
    await eventually(lambda: passed_by_all(platform, [place]), PATIENCE_S)
    at = f"/v1/customers/{customer}"
    for path in (at, f"{at}/timeline", f"{at}/scores", f"{at}/permissions", f"/v1/complaints?customer_id={customer}"):

        async def look(path: str = path) -> Problem:
            answer = honest(await admin.get(path))
            assert answer.status_code in (200, 503), answer.text
            return None if answer.status_code == 200 else answer.text

        await eventually(look, PATIENCE_S)
    assert (await admin.get(at)).json()["name"] == "still there"
