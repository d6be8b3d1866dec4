"""The issuer's keys: read once, kept, read again in time, and never fetched at a stranger's will."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from joserfc.jwk import ECKey

from guanxi.auth import FileKeys, KeysUnavailableError, RemoteKeys, key_source

pytestmark = pytest.mark.asyncio
ONE, TWO = (ECKey.generate_key("P-256", {"kid": kid}) for kid in ("one", "two"))


def document(*keys: ECKey) -> str:
    return json.dumps({"keys": [key.as_dict(private=False) for key in keys]})


class Issuer:
    """An issuer's address whose answers a test sets."""

    def __init__(self) -> None:
        self.body: str | bytes = document(ONE)
        self.status = 200
        self.asked = 0
        self.moment = 0.0
        self.slow = 0.0
        self.keys = RemoteKeys(
            "https://login.example/jwks", transport=httpx.MockTransport(self._answer), monotonic=self._now
        )

    async def _answer(self, _: httpx.Request) -> httpx.Response:
        self.asked += 1
        await asyncio.sleep(self.slow)
        if self.status == 0:
            raise httpx.ConnectError("refused")
        return httpx.Response(self.status, content=self.body)

    def _now(self) -> float:
        return self.moment


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


async def test_keys_are_fetched_once_and_kept(issuer: Issuer) -> None:
    for _ in range(10):
        assert await issuer.keys.key("one")
    assert issuer.asked == 1


async def test_a_hundred_at_once_make_one_fetch(issuer: Issuer) -> None:
    issuer.slow = 0.01
    found = await asyncio.gather(*(issuer.keys.key("one") for _ in range(100)))
    assert all(found)
    assert issuer.asked == 1


async def test_they_are_fetched_again_after_five_minutes(issuer: Issuer) -> None:
    await issuer.keys.key("one")
    issuer.moment = 301
    await issuer.keys.key("one")
    assert issuer.asked == 2


async def test_a_new_key_is_found_at_once(issuer: Issuer) -> None:
    await issuer.keys.key("one")
    issuer.moment, issuer.body = 11, document(ONE, TWO)
    assert await issuer.keys.key("two")


async def test_invented_ids_cause_at_most_one_fetch_in_ten_seconds(issuer: Issuer) -> None:
    await issuer.keys.key("one")
    issuer.moment = 11
    for n in range(1000):
        assert await issuer.keys.key(f"invented-{n}") is None
    assert issuer.asked == 2


async def test_a_withdrawn_key_is_gone(issuer: Issuer) -> None:
    await issuer.keys.key("one")
    issuer.moment, issuer.body = 301, document(TWO)
    assert await issuer.keys.key("one") is None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (0, ""),
        (500, ""),
        (200, "not json"),
        (200, "[]"),
        (200, "{}"),
        (200, '{"keys": 1}'),
        (200, b"x" * 300_000),
        (302, ""),
    ],
)
async def test_old_keys_go_on_while_the_issuer_is_away(issuer: Issuer, status: int, body: str | bytes) -> None:
    await issuer.keys.key("one")
    issuer.moment, issuer.status, issuer.body = 301, status, body
    assert await issuer.keys.key("one")
    assert issuer.keys.last_error
    issuer.moment = 90_000
    with pytest.raises(KeysUnavailableError):
        await issuer.keys.key("one")


async def test_it_comes_back_by_itself(issuer: Issuer) -> None:
    issuer.status = 503
    with pytest.raises(KeysUnavailableError):
        await issuer.keys.key("one")
    issuer.status, issuer.moment = 200, 11
    assert await issuer.keys.key("one")
    assert issuer.keys.last_error is None


async def test_a_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    moment = [0.0]
    path = tmp_path / "jwks.json"
    keys = FileKeys(path, lambda: moment[0])
    with pytest.raises(KeysUnavailableError):
        await keys.key("one")
    path.write_text(document(ONE))
    moment[0] += 1
    assert await keys.key("one")
    path.write_text(document(ONE, TWO))
    moment[0] += 1
    assert await keys.key("two")
    path.write_text("{half")
    moment[0] += 1
    assert await keys.key("two")
    assert keys.generation == 2


async def test_a_place_may_be_a_path_a_file_address_or_a_url(tmp_path: Path) -> None:
    path = tmp_path / "jwks.json"
    path.write_text(document(ONE))
    for place in (str(path), f"file:{path}", f"file://{path}"):
        assert await key_source(place).key("one")
    assert isinstance(key_source("https://login.example/jwks"), RemoteKeys)
