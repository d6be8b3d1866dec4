"""What was written to a service's tables since one looked last: whoever looks often is not sent everything again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from guanxi_local.testplatform import TestPlatform
from support.databases import connect

# The oldest transaction that may still write: what is written later than this look bears this number or a higher one.
_HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"


class Changes:
    """The rows that are new or were changed, service by service."""

    def __init__(self) -> None:
        self._since: dict[str, int] = {}

    async def look(
        self, platform: TestPlatform, service: str, statements: Sequence[str]
    ) -> list[list[tuple[Any, ...]]]:
        """The rows of each statement, which holds `{fresh}` as a condition; those of the first look are all."""
        connection = await connect(platform.postgres_url(service))
        try:
            horizon = await connection.fetchval(_HORIZON)
            fresh = f"xmin::text::bigint >= {self._since.get(service, 0)}"
            found = [await connection.fetch(one.format(fresh=fresh)) for one in statements]
            self._since[service] = horizon
            return [[tuple(row) for row in some] for some in found]
        finally:
            await connection.close()
