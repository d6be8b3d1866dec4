"""The customer list as an Office Open XML sheet (ECMA-376): its rows lie in files while it is made, never in memory."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from typing import IO

from xlsxwriter import Workbook

from customer_profile.customers import export
from customer_profile.customers.listing import Filter
from guanxi.auth import Principal
from guanxi.db import Pool
from guanxi.problems import Problem

MOST_ROWS = 1_048_575
"""A sheet has 2^20 rows, and the first is the header."""
LONGEST_CELL = 32_767
_CHUNK = 64 * 1024


async def exported(pool: Pool, wanted: Filter, principal: Principal) -> tuple[int, AsyncIterator[bytes]]:
    """How many customers it has, and the file; 429 while too many exports run, 422 for more than a sheet can hold."""
    export.check_room()
    if await export.total(pool, wanted, principal) > MOST_ROWS:
        detail = f"A sheet holds {MOST_ROWS} rows; take text/csv, or narrow the filters."
        raise Problem(422, "too-many-rows", detail)
    file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever sends it
    try:
        async with export.running():
            rows = await _fill(file, pool, wanted, principal)
    except BaseException:
        file.close()
        raise
    return rows, _sent(file)


async def _fill(file: IO[bytes], pool: Pool, wanted: Filter, principal: Principal) -> int:
    # `constant_memory` writes each row out as the next one begins; a folder of its own is gone with whatever fails.
    with tempfile.TemporaryDirectory() as folder:
        book = Workbook(file, {"constant_memory": True, "tmpdir": folder})
        sheet = _Sheet(book)
        sheet.write([export.COLUMNS])
        async for page in export.pages(pool, wanted, principal):
            await asyncio.to_thread(sheet.write, page)
        await asyncio.to_thread(book.close)
    return sheet.rows - 1


class _Sheet:
    """The one sheet of a book; every cell is text, so that nothing in it is a formula, a link or a number."""

    def __init__(self, book: Workbook) -> None:
        self._sheet = book.add_worksheet("customers")
        self._sheet.freeze_panes(1, 0)
        self.rows = 0

    def write(self, rows: Sequence[Sequence[str]]) -> None:
        for row in rows:
            for n, cell in enumerate(row):
                self._sheet.write_string(self.rows, n, cell[:LONGEST_CELL])
            self.rows += 1


async def _sent(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        file.seek(0)
        while chunk := await asyncio.to_thread(file.read, _CHUNK):
            yield chunk
