"""C: bodies that no form would send. Each is refused by the field that is wrong, at every route that takes a body."""

from __future__ import annotations

import gzip
import json
import secrets
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from attacks.doors import ROUTES, WITH_BODY, Route
from attacks.verdict import honest, once, refused, told

pytestmark = pytest.mark.asyncio(loop_scope="session")

_SERVERS = ("id", "version", "sequence", "created_at", "recorded_at", "canonical_id", "score", "tier", "erased_at")
_DEEP = 10_000
Attack = tuple[Callable[[Route], bytes], tuple[int, ...], str | None]


def _first(route: Route) -> str:
    return str(next(iter((route.body or {})["properties"])))


def _with(value: str) -> Callable[[Route], bytes]:
    """A good body, its first field replaced by this JSON text."""

    def made(route: Route) -> bytes:
        good = route.good()
        good.pop(_first(route), None)
        return f'{{"{_first(route)}": {value}, {json.dumps(good)[1:]}'.replace(", }", "}").encode()

    return made


def _whole(text: bytes) -> Callable[[Route], bytes]:
    return lambda _: text


def _good(change: Callable[[bytes], bytes]) -> Callable[[Route], bytes]:
    return lambda route: change(json.dumps(route.good()).encode())


def _more(**fields: Any) -> Callable[[Route], bytes]:
    return lambda route: json.dumps({**fields, **route.good()}).encode()


def _twice(route: Route) -> bytes:
    return f'{{"{_first(route)}": 1, "{_first(route)}": 2}}'.encode()


ATTACKS: dict[str, Attack] = {
    "NaN": (_with("NaN"), (422,), "not-finite"),
    "Infinity": (_with("Infinity"), (422,), "not-finite"),
    "minus Infinity": (_with("-Infinity"), (422,), "not-finite"),
    "1e400": (_with("1e400"), (422,), "not-finite"),
    "2^63": (_with(str(2**63)), (422,), "out-of-range"),
    "below -2^63": (_with(str(-(2**63) - 1)), (422,), "out-of-range"),
    "10^400": (_with(str(10**400)), (422,), "out-of-range"),
    "a key twice": (_twice, (422,), "duplicate-key"),
    "U+0000 in a value": (_with('"a\\u0000b"'), (422,), "null-character"),
    "U+0000 in a key": (_with('{"a\\u0000b": 1}'), (422,), "null-character"),
    "half a surrogate pair": (_with('"\\ud800"'), (422,), "lone-surrogate"),
    "the other half": (_with('"\\udfff"'), (422,), "lone-surrogate"),
    "a pair the wrong way round": (_with('"\\ude00\\ud83d"'), (422,), "lone-surrogate"),
    "half a pair in a key": (_with('{"\\ud800": 1}'), (422,), "lone-surrogate"),
    "17 lists deep": (_with("[" * 17 + "]" * 17), (422,), "too-deep"),
    "10,000 lists deep": (_with("[" * _DEEP + "]" * _DEEP), (422,), "too-deep"),
    "5,000 objects deep": (_with('{"a":' * 5000 + "1" + "}" * 5000), (422,), "too-deep"),
    "an unknown field": (_more(no_such_field=1), (422,), "extra-forbidden"),
    "a field of JavaScript's": (_more(__proto__={"admin": True}), (422,), "extra-forbidden"),
    "an operator for a field": (_more(**{"$where": "1"}), (422,), "extra-forbidden"),
    "a string of 1 MiB": (_with('"' + "x" * 2**20 + '"'), (413,), None),
    "white space without end": (_good(lambda good: good + b" " * 2**20), (413,), None),
    "a list": (_whole(b"[]"), (422,), None),
    "a text": (_whole(b'"x"'), (422,), None),
    "a number": (_whole(b"7"), (422,), None),
    "true": (_whole(b"true"), (422,), None),
    "half a body": (_good(lambda good: good[:-1]), (400,), None),
    "two bodies": (_good(lambda good: good + good), (400,), None),
    "a comma too many": (_good(lambda good: good[:-1] + b",}"), (400,), None),
    "a comment": (_good(lambda good: good + b"// said"), (400,), None),
    "Python's quotes": (_whole(b"{'a': 1}"), (400,), None),
    "a byte order mark": (_good(lambda good: b"\xef\xbb\xbf" + good), (400,), None),
    "UTF-16": (_good(lambda good: good.decode().encode("utf-16")), (400,), None),
    "bytes that are no UTF-8": (_whole(b'{"a": "\xff\xfe"}'), (400,), None),
    "GBK": (_whole('{"名": "关系"}'.encode("gbk")), (400,), None),
    "U+0000 as it is": (_whole(b'{"a": "\x00"}'), (400,), None),
    "YAML": (_whole(b"a: 1\nb: 2\n"), (400,), None),
}
BODIES = [(route, name) for route in WITH_BODY for name in ATTACKS]


@pytest.mark.parametrize(("route", "name"), BODIES, ids=[f"{route.name}: {name}" for route, name in BODIES])
async def test_a_body_is_refused(admin: httpx.AsyncClient, route: Route, name: str) -> None:
    make, statuses, code = ATTACKS[name]
    headers = {"Content-Type": "application/json", **once()}
    answer = await admin.request(route.method, route.at({}), content=make(route), headers=headers)
    problem = refused(answer, *statuses)
    if code:
        assert code in {error["code"] for error in problem["errors"]}, problem


def _wrongly_typed() -> Iterator[tuple[Route, str, Any]]:
    wrong: dict[str, tuple[Any, ...]] = {
        "string": (7, True, [], {}),
        "integer": (True, "7", 1.5, [1]),
        "boolean": ("true", 1, []),
        "array": ({}, "x", 1),
        "object": ([], "x", 1),
    }
    for route in WITH_BODY:
        schema = route.body or {}
        for field, inside in schema["properties"].items():
            for value in wrong.get(route.resolve(inside).get("type", ""), ()):
                yield route, field, value
            if field in schema.get("required", ()):
                yield route, field, None


TYPES = list(_wrongly_typed())


@pytest.mark.parametrize(
    ("route", "field", "value"), TYPES, ids=[f"{route.name}: {field} {value!r}" for route, field, value in TYPES]
)
async def test_a_value_of_another_type_is_refused_by_its_field(
    admin: httpx.AsyncClient, route: Route, field: str, value: Any
) -> None:
    body = {**route.good(), field: value}
    answer = honest(await admin.request(route.method, route.at({}), json=body, headers=once()))
    problem = refused(answer, 422)
    named = [error["field"] for error in problem["errors"]]
    assert any(name == field or name.startswith((f"{field}.", f"{field}[")) for name in named), problem


@pytest.mark.parametrize("route", WITH_BODY, ids=[route.name for route in WITH_BODY])
async def test_what_the_server_owns_is_refused_by_name(admin: httpx.AsyncClient, route: Route) -> None:
    owned = {name: "x" for name in _SERVERS if name not in (route.body or {})["properties"]}
    answer = await admin.request(route.method, route.at({}), json={**route.good(), **owned}, headers=once())
    problem = refused(answer, 422)
    extra = {error["field"] for error in problem["errors"] if error["code"] == "extra-forbidden"}
    assert extra == set(owned), problem


WRAPPINGS: dict[str, tuple[dict[str, str], Callable[[bytes], bytes], int]] = {
    "a form": ({"Content-Type": "application/x-www-form-urlencoded"}, lambda _: b"name=x&kind=person", 422),
    "a multipart form": ({"Content-Type": "multipart/form-data; boundary=x"}, lambda good: b"--x\r\n" + good, 422),
    "plain text": ({"Content-Type": "text/plain"}, lambda good: good, 422),
    "XML": ({"Content-Type": "application/xml"}, lambda _: b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///x">]>', 422),
    "no type": ({}, lambda good: good, 422),
    "gzip": ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, gzip.compress, 415),
    "a lie of gzip": ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, lambda good: good, 415),
}
WRAPPED = [(route, name) for route in WITH_BODY for name in WRAPPINGS]


@pytest.mark.parametrize(("route", "name"), WRAPPED, ids=[f"{route.name}: {name}" for route, name in WRAPPED])
async def test_another_wrapping_is_refused(admin: httpx.AsyncClient, route: Route, name: str) -> None:
    headers, wrap, status = WRAPPINGS[name]
    content = wrap(json.dumps({**route.good(), "no_such_field": 1}).encode())
    answer = await admin.request(route.method, route.at({}), content=content, headers={**once(), **headers})
    assert refused(answer, status)["status"] == status


@pytest.mark.parametrize("name", [name for name in ATTACKS if "field" not in name and "1 MiB" not in name])
@pytest.mark.parametrize("path", ["/v1/inbound-events", "/v1/inbound-events/check"])
async def test_a_batch_that_is_no_list_is_refused_whole(admin: httpx.AsyncClient, path: str, name: str) -> None:
    route = next(route for route in WITH_BODY if route.path == "/v1/customers")
    content = ATTACKS[name][0](route)
    headers = {"Content-Type": "application/cloudevents-batch+json", **once()}
    if name == "a list":
        content = b"7"
    refused(await admin.post(path, content=content, headers=headers), 400)


TEXTS = {
    "right to left": "\u202eabc\u202c \u200fשלום",
    "combining on CJK": "か\u3099か゛国\u0301",
    "four bytes": "𠮷野家 𪚥 🧧",
    "a family of joined signs": "👩\u200d👩\u200d👧\u200d👦",
    "two hundred accents": "e" + "\u0301" * 200,
    "a mark inside": "a\ufeffb",
    "no character": "a\ufffeb\uffffc",
    "of private use": "\ue000\U000f0000",
    "variants": "葛\U000e0100城",
    "two of one look": "раураl Ａ A",
    "line separators": "a\u2028b\u2029c",
    "Hangul in parts": "\u1112\u1161\u11ab",
    "SQL": "Robert'); DROP TABLE customer;--",
    "a pattern of LIKE": "100%_\\",
    "HTML": "<script>alert(1)</script>&amp;",
    "a template": "{{7*7}} ${7*7} #{7*7} %s {0}",
    "a path of JSON": "$.a[0].b",
    "a backslash and quotes": "\\\"'`\\u0041",
}
_REFUSED = {("two hundred accents", "customers")}
"""What is too long for a name; all else is kept."""
_NAMES = [(name, place) for name in TEXTS for place in ("customers", "interactions", "complaints")]


@pytest.mark.parametrize(("name", "place"), _NAMES, ids=[f"{place}: {name}" for name, place in _NAMES])
async def test_strange_text_is_kept_as_it_was_or_refused(admin: httpx.AsyncClient, name: str, place: str) -> None:
    text = TEXTS[name]
    customer = (await admin.post("/v1/customers", json={"kind": "person", "name": "x"}, headers=once())).json()["id"]
    contact = {"customer_id": customer, "channel": "phone"}
    field, body = {
        "customers": ("name", {"kind": "person", "name": text}),
        "interactions": ("content", {**contact, "direction": "in", "content": text}),
        "complaints": ("text", {**contact, "cause": "quality", "text": text}),
    }[place]
    answer = await told(admin, f"/v1/{place}", body)
    if (name, place) in _REFUSED:
        problem = refused(answer, 422)
        assert field in {error["field"] for error in problem["errors"]}, problem
        return
    assert answer.status_code == 201, answer.text
    kept = (await admin.get(f"/v1/{place}/{answer.json()['id']}")).json()[field]
    assert kept in (text, unicodedata.normalize("NFC", text)), (kept, text)


_AMOUNTS = {name: name for name in ("-0", "-0.0", "1.0", "1e2", "0.1", "-1", "7", "1000000000", "1000000000000000")} | {
    "2^63-1": str(2**63 - 1)
}
_TAKEN = {"amount_minor": {"-0", "7", "1000000000", "1000000000000000"}, "quantity": {"7", "1000000000"}}


@pytest.mark.parametrize("field", ["amount_minor", "quantity"])
@pytest.mark.parametrize("name", _AMOUNTS)
async def test_odd_numbers_are_whole_or_refused(admin: httpx.AsyncClient, name: str, field: str) -> None:
    customer = (await admin.post("/v1/customers", json={"kind": "person", "name": "x"}, headers=once())).json()["id"]
    line = {"sku": "A", "quantity": 1, "amount_minor": 1, field: "HERE"}
    order = {"customer_id": customer, "external_ref": secrets.token_hex(8), "currency": "CNY", "lines": [line]}
    content = json.dumps(order).replace('"HERE"', _AMOUNTS[name])
    headers = {"Content-Type": "application/json", **once()}
    answer = await told(admin, "/v1/orders", content=content, headers=headers)
    if name not in _TAKEN[field]:
        assert f"lines[0].{field}" in {error["field"] for error in refused(answer, 422)["errors"]}, answer.text
        return
    assert answer.status_code == 201, answer.text
    kept = answer.json()["lines"][0][field]
    assert isinstance(kept, int), answer.text
    assert kept == json.loads(_AMOUNTS[name]), answer.text


_ENDING = [route for route in ROUTES if "stream" not in route.path]


@pytest.mark.parametrize("route", _ENDING, ids=[route.name for route in _ENDING])
async def test_a_path_that_is_no_id_is_no_failure(admin: httpx.AsyncClient, route: Route) -> None:
    for odd in ("%00", "%2e%2e%2f", "%ff", "a" * 5000, "1e400", "'--", "%F0%9F%A7%A7", "-1"):
        path = route.path
        for place in route.places:
            path = path.replace("{" + place + "}", odd)
        answer = honest(await admin.request(route.method, path, headers=once(), timeout=10))
        assert answer.status_code < 500, answer.text
