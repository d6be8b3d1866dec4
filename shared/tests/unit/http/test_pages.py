"""Lists by key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel

from guanxi.auth import Access, guarded
from guanxi.http import Page, Paging, Unprocessable, decode_cursor, encode_cursor

pytestmark = pytest.mark.asyncio
SECRET = b"s" * 32
START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    at: datetime
    id: UUID
    secret: str = "inside"


class Shown(BaseModel):
    id: UUID


ROWS = [Row(START + timedelta(minutes=n // 2), UUID(int=n)) for n in range(95)]


@pytest.fixture
def listing(make_app: Callable[..., FastAPI], connect: Callable[..., httpx.AsyncClient]) -> httpx.AsyncClient:
    router = APIRouter()

    @router.get("/rows")
    @guarded(Access())
    async def rows(page: Paging, name: str = "") -> Page[Shown]:
        left = [row for row in ROWS if page.after is None or (row.at, row.id) > page.after]
        return page.cut(left[: page.limit + 1], lambda row: (row.at, row.id))

    @router.get("/others")
    @guarded(Access())
    async def others(page: Paging) -> Page[Shown]:
        return page.cut([], lambda row: (row,))

    return connect(make_app(router))


async def test_every_row_comes_once_whatever_the_page_size(listing: httpx.AsyncClient) -> None:
    for limit in (1, 7, 50, 95, 200):
        seen: list[str] = []
        url = f"/v1/rows?limit={limit}&name=a%20b"
        while url:
            response = await listing.get(url)
            seen += [item["id"] for item in response.json()["items"]]
            url = response.links.get("next", {}).get("url", "")
        assert seen == [str(row.id) for row in ROWS]


async def test_fifty_are_the_default_and_only_declared_fields_are_shown(listing: httpx.AsyncClient) -> None:
    page = (await listing.get("/v1/rows")).json()
    assert len(page["items"]) == 50
    assert set(page["items"][0]) == {"id"}
    assert page["next"]


async def test_the_last_page_has_no_next(listing: httpx.AsyncClient) -> None:
    response = await listing.get("/v1/rows?limit=200")
    assert response.json()["next"] is None
    assert "link" not in response.headers


async def test_the_link_keeps_the_filter(listing: httpx.AsyncClient) -> None:
    response = await listing.get("/v1/rows?limit=5&name=%E5%BC%A0")
    assert "name=%E5%BC%A0" in response.links["next"]["url"]


async def test_the_link_keeps_what_is_named_twice(listing: httpx.AsyncClient) -> None:
    response = await listing.get("/v1/rows?limit=5&kind=a&kind=b")
    assert "kind=a&kind=b" in response.links["next"]["url"]


@pytest.mark.parametrize("limit", ["0", "-1", "201", "1000000000", "9223372036854775808", "x", "1.5", ""])
async def test_limits_outside_1_to_200_are_refused(listing: httpx.AsyncClient, limit: str) -> None:
    response = await listing.get("/v1/rows", params={"limit": limit})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "limit"


@pytest.mark.parametrize("cursor", ["", "x", "....", "é", "A" * 44, "A" * 3000, "'; DROP TABLE rows; --", "null"])
async def test_a_cursor_that_is_not_ours_is_refused(listing: httpx.AsyncClient, cursor: str) -> None:
    response = await listing.get("/v1/rows", params={"cursor": cursor})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "cursor"


async def test_a_cursor_of_another_list_is_refused(listing: httpx.AsyncClient) -> None:
    cursor = (await listing.get("/v1/rows?limit=1")).json()["next"]
    assert (await listing.get("/v1/others", params={"cursor": cursor})).status_code == 422


async def test_a_changed_cursor_is_refused() -> None:
    cursor = encode_cursor((START, UUID(int=5), 7, "名"), SECRET, "rows")
    assert decode_cursor(cursor, SECRET, "rows") == (START, UUID(int=5), 7, "名")
    for place in range(len(cursor) - 1):
        changed = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        with pytest.raises(Unprocessable):
            decode_cursor(changed, SECRET, "rows")
    with pytest.raises(Unprocessable):
        decode_cursor(cursor, b"t" * 32, "rows")
