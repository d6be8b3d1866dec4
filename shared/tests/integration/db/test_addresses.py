"""The deploy step takes every address that a running service takes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit, urlunsplit

import pytest
import sqlalchemy as sa

from guanxi.db import schema_differences
from guanxi_local.roles import Database

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _with_sslmode(url: str) -> str:
    return url + ("&" if "?" in url else "?") + "sslmode=prefer"


def _with_two_hosts(url: str) -> str:
    parts = urlsplit(url)
    who, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{who}@{host},{host}"))


@pytest.mark.parametrize("written", [str, _with_sslmode, _with_two_hosts])
async def test_an_address_with_a_tls_mode_or_several_hosts_is_reached(
    service_database: Callable[[str], Awaitable[Database]], written: Callable[[str], str]
) -> None:
    database = await service_database("scoring")
    assert await schema_differences(written(database.owner_url), sa.MetaData()) == []
