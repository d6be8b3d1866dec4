"""An update names the version it changes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Response

from guanxi.auth import Access, guarded
from guanxi.http import Stale, etag, if_match, set_etag

pytestmark = pytest.mark.asyncio


@pytest.fixture
def versioned(make_app: Callable[..., FastAPI], connect: Callable[..., httpx.AsyncClient]) -> httpx.AsyncClient:
    router = APIRouter()

    @router.patch("/thing")
    @guarded(Access())
    async def change(version: Annotated[int, Depends(if_match)], response: Response) -> int:
        if version != 7:
            raise Stale(7)
        set_etag(response, 8)
        return version

    return connect(make_app(router))


async def test_the_present_version_passes_and_the_new_one_comes_back(versioned: httpx.AsyncClient) -> None:
    response = await versioned.patch("/v1/thing", headers={"If-Match": '"7"'})
    assert (response.status_code, response.headers["etag"]) == (200, '"8"')


async def test_without_if_match_the_answer_is_428(versioned: httpx.AsyncClient) -> None:
    assert (await versioned.patch("/v1/thing")).status_code == 428


async def test_an_older_version_is_412(versioned: httpx.AsyncClient) -> None:
    response = await versioned.patch("/v1/thing", headers={"If-Match": '"6"'})
    assert (response.status_code, response.json()["code"]) == (412, "stale")


@pytest.mark.parametrize(
    "value", ["*", "7", 'W/"7"', '"7", "8"', '""', '"-1"', '"07"', '"7', "'7'", '"9999999999999999999"', '"x"', '"7" x']
)
async def test_everything_else_is_422(versioned: httpx.AsyncClient, value: str) -> None:
    response = await versioned.patch("/v1/thing", headers={"If-Match": value})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "If-Match"


async def test_versions_read_as_strong_etags() -> None:
    assert etag(3) == '"3"'


async def test_the_contract_tells_of_412_and_428(versioned: httpx.AsyncClient) -> None:
    document: dict[str, Any] = (await versioned.get("/openapi.json")).json()
    patch = document["paths"]["/v1/thing"]["patch"]
    assert {"412", "428"} <= set(patch["responses"])
    header = patch["parameters"][0]
    assert (header["name"], header["required"], header["schema"]["type"]) == ("If-Match", True, "string")
    assert re.search(header["schema"]["pattern"], etag(7))
