"""K: messages that nobody should send to a publisher's topic: each lies at its desk once, with a reason.

The good ones around them come through.
"""

from __future__ import annotations

import gzip
import json
import secrets
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from attacks.posting import Headers, Letter, in_time, send
from guanxi_local.testplatform import TestPlatform
from support.databases import rows, value
from support.dealer import Dealer, producing, register_dealer
from support.letters import comparable
from support.rounds import PATIENCE_S
from support.waiting import Problem, eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

Make = Callable[[dict[str, Any]], Letter]


def _said(**changes: Any) -> Callable[[dict[str, Any]], bytes]:
    """The good event with other attributes; `...` takes one out."""
    return lambda good: json.dumps({k: v for k, v in {**good, **changes}.items() if v is not ...}).encode()


def _data(**changes: Any) -> Callable[[dict[str, Any]], bytes]:
    return lambda good: json.dumps({**good, "data": {**good["data"], **changes}}).encode()


def _letter(make: Callable[[dict[str, Any]], bytes | None], code: str | None, *headers: tuple[str, bytes]) -> Make:
    return lambda good: Letter(make(good), code, headers)


def _text(good: dict[str, Any], before: str, after: str) -> bytes:
    return json.dumps(good).replace(before, after).encode()


INBOUND: dict[str, Make] = {
    "no JSON": _letter(lambda _: b"not json", "not-json"),
    "nothing": _letter(lambda _: b"", "empty"),
    "white space": _letter(lambda _: b" \n ", "empty"),
    "a tombstone": _letter(lambda _: None, "tombstone"),
    "a byte order mark": _letter(lambda good: b"\xef\xbb\xbf" + json.dumps(good).encode(), "byte-order-mark"),
    "UTF-16": _letter(lambda good: json.dumps(good).encode("utf-16"), "not-json"),
    "no UTF-8": _letter(lambda _: b'{"id": "\xff\xfe"}', "not-json"),
    "half an event": _letter(lambda good: json.dumps(good).encode()[:80], "not-json"),
    "two events": _letter(lambda good: json.dumps(good).encode() * 2, "not-json"),
    "a list": _letter(lambda _: b"[]", "not-an-object"),
    "a number": _letter(lambda _: b"17", "not-an-object"),
    "null": _letter(lambda _: b"null", "not-an-object"),
    "a pickle": _letter(lambda _: b"\x80\x04cos\nsystem\n(S'id'\ntR.", "not-json"),
    "Avro": _letter(lambda _: b"\x00\x00\x00\x00\x07\x02\x10dealer17", "not-json"),
    "gzip": _letter(lambda good: gzip.compress(json.dumps(good).encode()), "not-json"),
    "a gzip bomb": _letter(lambda _: gzip.compress(b" " * 10**8, 9), "not-json"),
    "XML": _letter(lambda _: b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>', "not-json"),
    "10,000 deep": _letter(lambda _: b"[" * 10_000 + b"]" * 10_000, "too-deep"),
    "17 deep": _letter(lambda good: _text(good, '"phone"', "[" * 17 + "]" * 17), "too-deep"),
    "NaN": _letter(lambda good: _text(good, '"phone"', "NaN"), "not-finite"),
    "2^63": _letter(lambda good: _text(good, '"phone"', str(2**63)), "out-of-range"),
    "a key twice": _letter(lambda good: _text(good, '"specversion"', '"id": "x", "specversion"'), "duplicate-key"),
    "U+0000": _letter(lambda good: _text(good, '"phone"', '"pho\\u0000ne"'), "null-character"),
    "half a surrogate pair": _letter(lambda good: _text(good, '"phone"', '"\\ud800"'), "lone-surrogate"),
    "300 KiB": _letter(_data(content="x" * 300_000), "too-large"),
    "no id": _letter(_said(id=...), "invalid"),
    "an id that is a number": _letter(_said(id=7), "invalid"),
    "an id of 201 signs": _letter(_said(id="i" * 201), "invalid"),
    "an id with a line end": _letter(_said(id="a\nb"), "invalid"),
    "no source": _letter(_said(source=...), "missing"),
    "another's source": _letter(_said(source="dealer-of-somebody"), "not-the-publisher"),
    "the source of the house": _letter(_said(source="/guanxi/customer-profile"), "not-the-publisher"),
    "no type": _letter(_said(type=...), "missing"),
    "no such type": _letter(_said(type="guanxi.inbound.NoSuchThing.v1"), "unknown-type"),
    "a type of ours": _letter(_said(type="guanxi.customers.CustomerErased.v1"), "unknown-type"),
    "version 99": _letter(_said(type="guanxi.inbound.ContactReported.v99"), "unknown-version"),
    "another CloudEvents": _letter(_said(specversion="0.3"), "unknown-version"),
    "no time": _letter(_said(time=...), "time-format"),
    "a time in words": _letter(_said(time="yesterday"), "time-format"),
    "a time without offset": _letter(_said(time="2026-03-31T09:30:00"), "time-format"),
    "the year 9999": _letter(_said(time="9999-12-31T23:59:59Z"), "time-format"),
    "tomorrow": _letter(_said(time=in_time(1)), "in-the-future"),
    "a customer named by a dealer": _letter(_said(subject=str(uuid4())), "not-allowed"),
    "a customer that is no id": _letter(_said(subject="C-1"), "not-a-customer-id"),
    "Base64": _letter(_said(data_base64="e30="), "unknown-field"),
    "data of another kind": _letter(_said(datacontenttype="text/xml"), "not-json"),
    "data that is a list": _letter(_said(data=[]), ""),
    "no data": _letter(_said(data=...), ""),
    "an unknown field": _letter(_data(no_such_field=1), "unknown-field"),
    "a field of the server": _letter(_data(customer_id=str(uuid4())), "unknown-field"),
    "a unit of its choice": _letter(_data(unit="head-office"), "unknown-field"),
    "a number as text": _letter(_data(channel=7), ""),
    "an unknown code": _letter(_data(direction="sideways"), "not-in-list"),
    "binary mode, broken": _letter(lambda _: b"{b", "not-json", ("ce_specversion", b"1.0"), ("ce_id", b"b")),
    "binary mode, without id": lambda _: Letter(
        b"{}", "invalid", (("ce_specversion", b"1.0"),), kept=b'{"data": {}, "specversion": "1.0"}'
    ),
    "headers of 64 KiB": _letter(lambda _: b"{", "not-json", ("x", b"h" * 65_536)),
    "a header of 1,000 names": _letter(lambda _: b"{", "not-json", *((f"h{n}", b"v") for n in range(1000))),
}


@pytest.mark.smoke
async def test_every_poison_of_a_publisher_lies_at_its_desk_once(platform: TestPlatform) -> None:
    dealer = await register_dealer(platform, f"attacker-{secrets.token_hex(3)}")
    letters: dict[str, Letter] = {}
    async with producing(platform) as producer:
        for name, make in INBOUND.items():
            good = dealer.contact("C-1")
            letters[name] = make({**good.body(), "id": f"bad {name}"})
            await dealer.publish([good], producer)
            await send(producer, dealer.topic, letters[name])
        await dealer.publish([dealer.contact("C-1")], producer)
    await eventually(lambda: _all_read(platform, dealer, len(letters)), 60)
    desk = {
        tuple(place): (code, raw)
        for *place, code, raw in await rows(platform, "customer-profile", _DESK, dealer.source)
    }
    assert len(desk) == len(letters), f"{len(desk)} at the desk of {len(letters)}"
    for name, letter in letters.items():
        found = [kept for (_, event_id), kept in desk.items() if _is(letter, name, event_id, kept[1])]
        assert len(found) == 1, (name, found)
        code, raw = found[0]
        assert letter.code in ("", code), (name, code)
        assert comparable(raw or b"") == comparable(letter.kept or letter.body or b""), (name, (raw or b"")[:200])
    contacts = "SELECT count(*) FROM contact WHERE source = $1"
    await eventually(lambda: _is_there(platform, "interactions", contacts, dealer.source, len(letters) + 1), 60)


_DESK = """
SELECT id, event_id, errors->0->>'code', coalesce(raw, convert_to(body::text, 'UTF8')) FROM inbound_report
WHERE source = $1 AND status = 'rejected'
"""


def _is(letter: Letter, name: str, event_id: str, raw: bytes | None) -> bool:
    if event_id == f"bad {name}":
        return True
    assert letter.ack is not None
    return event_id.startswith(f"unreadable-{letter.ack.place.partition}-{letter.ack.offset}-") or (
        event_id in ("b", "x") and raw == letter.body
    )


async def _all_read(platform: TestPlatform, dealer: Dealer, bad: int) -> Problem:
    counts = "SELECT count(*) FILTER (WHERE status = 'rejected'), count(*) FROM inbound_report WHERE source = $1"
    ((rejected, all_of_them),) = await rows(platform, "customer-profile", counts, dealer.source)
    good = len(dealer.sent)
    return (
        None if (rejected, all_of_them) == (bad, bad + good) else f"{rejected} rejected of {all_of_them}, sent {good}"
    )


async def _is_there(platform: TestPlatform, service: str, sql: str, arg: Any, wanted: int) -> Problem:
    found = await value(platform, service, sql, arg)
    return None if found == wanted else f"{service}: {found} of {wanted}"


FAT: dict[str, Headers] = {
    "headers of 64 KiB": (("x", b"h" * 65_536),),
    "a header of 1,000 names": tuple((f"h{n}", b"v") for n in range(1000)),
}


@pytest.mark.parametrize("name", FAT)
async def test_a_good_event_comes_through_whatever_lies_about_it(platform: TestPlatform, name: str) -> None:
    dealer = await register_dealer(platform, f"fat-{secrets.token_hex(3)}")
    async with producing(platform) as producer:
        await send(producer, dealer.topic, Letter(dealer.contact("C-1").bytes(), headers=FAT[name]))
    contacts = "SELECT count(*) FROM contact WHERE source = $1"
    await eventually(lambda: _is_there(platform, "interactions", contacts, dealer.source, 1), PATIENCE_S)
    assert await rows(platform, "customer-profile", _DESK, dealer.source) == []


AGAIN: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "other data": lambda event: {**event, "data": {**event["data"], "channel": "mail"}},
    "another type": lambda event: {**event, "type": "guanxi.inbound.ComplaintReported.v1"},
    "another time": lambda event: {**event, "time": in_time(-3)},
    "another customer": lambda event: {**event, "data": {**event["data"], "external_customer": "C-2"}},
}


@pytest.mark.parametrize("name", AGAIN)
async def test_an_id_that_was_used_is_no_way_to_change_what_was_said(platform: TestPlatform, name: str) -> None:
    dealer = await register_dealer(platform, f"again-{secrets.token_hex(3)}")
    first = dealer.contact("C-1")
    changed = Letter(json.dumps(AGAIN[name](first.body())).encode())
    async with producing(platform) as producer:
        await dealer.publish([first], producer)
        for _ in range(3):
            await send(producer, dealer.topic, changed)
        await dealer.publish([dealer.contact("C-1")], producer)
    await eventually(lambda: _all_read(platform, dealer, 1), 60)
    ((_, _, code, _),) = await rows(platform, "customer-profile", _DESK, dealer.source)
    assert code == "event-id-reused"


async def test_what_one_sends_to_the_topic_of_another_is_not_that_others(platform: TestPlatform) -> None:
    mine, theirs = [await register_dealer(platform, f"{who}-{secrets.token_hex(3)}") for who in ("mine", "theirs")]
    async with producing(platform) as producer:
        await send(producer, theirs.topic, Letter(mine.contact("C-1").bytes()))
        await theirs.publish([theirs.contact("C-1")], producer)
    await eventually(lambda: _all_read(platform, theirs, 1), 60)
    assert await rows(platform, "customer-profile", _DESK, mine.source) == []


async def test_the_broker_refuses_ten_megabytes(platform: TestPlatform) -> None:
    dealer = await register_dealer(platform, f"fat-{secrets.token_hex(3)}")
    async with producing(platform) as producer:
        with pytest.raises(Exception, match=r"(?i)size|large"):
            await send(producer, dealer.topic, Letter(b"x" * 10 * 2**20))
