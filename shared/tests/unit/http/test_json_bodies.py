"""Whatever stands in a body, the answer is a problem document that names the field; never a 500."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from guanxi.http import Problem, Unprocessable, check_json, join_path, json_errors

pytestmark = pytest.mark.asyncio

UNPARSABLE = {
    "nothing but white space": b"   ",
    "a bare word": b"hello",
    "half an object": b'{"name": ',
    "a trailing comma": b'{"name": "a",}',
    "single quotes": b"{'name': 'a'}",
    "two documents": b'{"name": "a"} {"name": "b"}',
    "a comment": b'{"name": "a" /* b */}',
    "Latin-1": '{"name": "caf\xe9"}'.encode("latin-1"),
    "UTF-16": '{"name": "a"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"name": "a"}',
    "GB18030": '{"name": "山西煤業"}'.encode("gb18030"),
    "an overlong zero": b'{"name": "\xc0\x80"}',
    "a surrogate in UTF-8": b'{"name": "\xed\xa0\x80"}',
    "a raw newline in a string": b'{"name": "a\nb"}',
    "a raw NUL in a string": b'{"name": "a\x00b"}',
    "a leading zero": b'{"name": "a", "amount": 01}',
    "hexadecimal": b'{"name": "a", "amount": 0x10}',
    "a lone plus": b'{"name": "a", "amount": +1}',
}

REFUSED = {
    "NaN": (b'{"name": "a", "amount": NaN}', "amount", "not-finite"),
    "Infinity": (b'{"name": "a", "amount": Infinity}', "amount", "not-finite"),
    "minus Infinity": (b'{"name": "a", "amount": -Infinity}', "amount", "not-finite"),
    "1e400": (b'{"name": "a", "amount": 1e400}', "amount", "not-finite"),
    "-1e400": (b'{"name": "a", "amount": -1e400}', "amount", "not-finite"),
    "2^63": (
        b'{"name": "a", "lines": [{"sku": "s", "quantity": 9223372036854775808}]}',
        "lines[0].quantity",
        "out-of-range",
    ),
    "-2^63-1": (b'{"name": "a", "attrs": {"n": -9223372036854775809}}', "attrs.n", "out-of-range"),
    "5,000 digits": (b'{"name": "a", "amount": ' + b"9" * 5000 + b"}", "amount", "out-of-range"),
    "a duplicate key": (b'{"name": "a", "name": "b"}', "name", "duplicate-key"),
    "a duplicate key inside": (
        b'{"name": "a", "lines": [{"sku": "s", "quantity": 1, "quantity": 2}]}',
        "lines[0].quantity",
        "duplicate-key",
    ),
    "an escaped duplicate key": (b'{"name": "a", "n\\u0061me": "b"}', "name", "duplicate-key"),
    "U+0000": (b'{"name": "a\\u0000b"}', "name", "null-character"),
    "U+0000 in an open field": (b'{"name": "a", "attrs": {"x": ["\\u0000"]}}', "attrs.x[0]", "null-character"),
    "U+0000 in a key": (b'{"name": "a", "attrs": {"x\\u0000": 1}}', "attrs.x\x00", "null-character"),
    "a lone high surrogate": (b'{"name": "\\ud800"}', "name", "lone-surrogate"),
    "a lone low surrogate": (b'{"name": "\\uDC00 b"}', "name", "lone-surrogate"),
    "surrogates the wrong way round": (b'{"name": "\\udc00\\ud800"}', "name", "lone-surrogate"),
    "a lone surrogate in a key": (b'{"name": "a", "attrs": {"\\udfff": 1}}', "attrs.\udfff", "lone-surrogate"),
    "17 levels": (b'{"name": "a", "attrs": {"x": ' + b"[" * 15 + b"]" * 15 + b"}}", "attrs.x" + "[0]" * 14, "too-deep"),
    "10,000 levels": (b"[" * 10_000 + b"]" * 10_000, "body", "too-deep"),
    "10,000 objects": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "body", "too-deep"),
}

WRONG = {
    "a list for an object": (b"[]", "body"),
    "null": (b"null", "body"),
    "a string for an object": (b'"name"', "body"),
    "a missing field": (b"{}", "name"),
    "null for text": (b'{"name": null}', "name"),
    "a number for text": (b'{"name": 1}', "name"),
    "an unknown field": (b'{"name": "a", "id": "1"}', "id"),
    "a wrong field deep inside": (b'{"name": "a", "lines": [{"sku": "s", "quantity": "many"}]}', "lines[0].quantity"),
    "an unknown field deep inside": (
        b'{"name": "a", "lines": [{"sku": "s", "quantity": 1, "price": 2}]}',
        "lines[0].price",
    ),
    "an object for a list": (b'{"name": "a", "lines": {"0": 1}}', "lines"),
    "NaN as text": (b'{"name": "a", "amount": "NaN"}', "amount"),
}


async def post(client: httpx.AsyncClient, body: bytes) -> httpx.Response:
    response = await client.post("/v1/orders", content=body, headers={"Content-Type": "application/json"})
    if response.status_code >= 400:
        assert response.headers["content-type"] == "application/problem+json"
    return response


@pytest.mark.parametrize("body", UNPARSABLE.values(), ids=UNPARSABLE.keys())
async def test_what_is_not_json_is_a_400(client: httpx.AsyncClient, body: bytes) -> None:
    response = await post(client, body)
    assert (response.status_code, response.json()["code"]) == (400, "json-invalid")


@pytest.mark.parametrize(("body", "field", "code"), REFUSED.values(), ids=REFUSED.keys())
async def test_what_json_allows_and_we_do_not_is_a_422_with_the_field(
    client: httpx.AsyncClient, body: bytes, field: str, code: str
) -> None:
    response = await post(client, body)
    assert response.status_code == 422
    assert (field, code) in [(error["field"], error["code"]) for error in response.json()["errors"]]


@pytest.mark.parametrize(("body", "field"), WRONG.values(), ids=WRONG.keys())
async def test_what_the_model_refuses_is_a_422_with_the_field(
    client: httpx.AsyncClient, body: bytes, field: str
) -> None:
    response = await post(client, body)
    assert response.status_code == 422
    assert field in [error["field"] for error in response.json()["errors"]]


@pytest.mark.parametrize(
    "body",
    [
        '{"name": "山西煤業 😀 é"}'.encode(),
        b'{"name": "\\u5c71\\ud83d\\ude00"}',
        b'{"name": "a", "lines": [{"sku": "s", "quantity": 9223372036854775807}]}',
        b'{"name": "a", "lines": [{"sku": "s", "quantity": -9223372036854775808}], "amount": -0.0}',
        b'{"name": "a", "attrs": {"x": ' + b"[" * 14 + b"]" * 14 + b"}}",
        b'{"name": "\\\\u0000"}',
        b'{"name": "a", "lines": [' + b",".join([b'{"sku": "s", "quantity": 1}'] * 100) + b"]}",
        '{"name": "\u202eright to left\u200f"}'.encode(),
    ],
)
async def test_unusual_but_sound_bodies_pass(client: httpx.AsyncClient, body: bytes) -> None:
    response = await post(client, body)
    assert response.status_code == 200, response.text


async def test_every_error_of_a_body_is_named_at_once(client: httpx.AsyncClient) -> None:
    response = await post(client, b'{"name": "\\u0000", "amount": 1e999, "attrs": {"a": 1, "a": 2}}')
    assert {error["field"] for error in response.json()["errors"]} == {"name", "amount", "attrs.a"}


async def test_a_flood_of_errors_is_cut(client: httpx.AsyncClient) -> None:
    response = await post(client, b'{"name": "a", "attrs": {"x": [' + b",".join([b"NaN"] * 5000) + b"]}}")
    assert len(response.json()["errors"]) == 100


async def test_a_long_name_of_a_field_is_cut(client: httpx.AsyncClient) -> None:
    response = await post(client, b'{"name": "a", "' + b"x" * 60_000 + b'": 1}')
    assert response.status_code == 422
    assert len(response.content) < 1000


async def test_an_input_never_comes_back_in_the_answer(client: httpx.AsyncClient) -> None:
    response = await post(client, b'{"name": "a", "amount": "x13800131234"}')
    assert response.status_code == 422
    assert "13800131234" not in response.text


async def test_an_empty_body_names_the_body(client: httpx.AsyncClient) -> None:
    response = await post(client, b"")
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "body"


async def test_json_is_checked_in_pieces_too(client: httpx.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for byte in b'{"name": "a\\u0000"}':
            yield bytes([byte])

    response = await client.post("/v1/orders", content=pieces(), headers={"Content-Type": "application/json"})
    assert response.json()["errors"][0]["code"] == "null-character"


async def test_a_body_of_another_type_is_refused(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/orders", content=b"name=a", headers={"Content-Type": "text/plain"})
    assert response.status_code == 422


async def test_check_json_raises_what_it_found() -> None:
    check_json(b'{"a": [1, 2.5, "x", null, true]}')
    with pytest.raises(Unprocessable) as refused:
        check_json(b"[1, NaN]")
    assert refused.value.errors[0].field == "[1]"
    with pytest.raises(Problem) as broken:
        check_json(b"[1,")
    assert broken.value.status == 400


async def test_a_scalar_document_is_called_body() -> None:
    assert [error.field for error in json_errors(b"1e999")] == ["body"]
    assert [error.field for error in json_errors(b'"\\u0000"')] == ["body"]


async def test_paths_read_like_code() -> None:
    assert join_path(join_path(join_path("", "lines"), 0), "quantity") == "lines[0].quantity"
