"""All SQL on what was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import TypeVar
from uuid import UUID

from complaints.answers.rules import Answer, Conversation, Reply, Said, Verdict
from guanxi.db import Reader, Tx, as_row

S = TypeVar("S", bound=Said)

_TABLES: dict[type[Said], str] = {Answer: "answer", Reply: "reply", Verdict: "verdict"}
_INSERT = "INSERT INTO {0} SELECT * FROM jsonb_populate_record(NULL::{0}, $1::jsonb)"
_OF_COMPLAINT = "SELECT * FROM {0} WHERE complaint_id = $1 ORDER BY created_at, id"
_OF_CUSTOMERS = "complaint_id IN (SELECT id FROM complaint WHERE customer_id = ANY($1::uuid[]))"
_ERASE = (
    f"UPDATE answer SET text = NULL WHERE {_OF_CUSTOMERS}",
    f"UPDATE reply SET text = NULL WHERE {_OF_CUSTOMERS}",
    f"UPDATE verdict SET comment = NULL WHERE {_OF_CUSTOMERS}",
)


async def insert(tx: Tx, said: Said) -> None:
    """Keep what was said."""
    await tx.execute(_INSERT.format(_TABLES[type(said)]), as_row(said))


async def conversation(reader: Reader, complaint_id: UUID) -> Conversation:
    """Everything said about a ticket."""
    return Conversation(
        await _all(reader, Answer, complaint_id),
        await _all(reader, Reply, complaint_id),
        await _all(reader, Verdict, complaint_id),
    )


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Blank every word about tickets of these customers."""
    return sum([int((await tx.execute(sql, list(customer_ids))).rpartition(" ")[2]) for sql in _ERASE])


async def _all(reader: Reader, kind: type[S], complaint_id: UUID) -> list[S]:
    names = [field.name for field in fields(kind)]
    rows = await reader.fetch(_OF_COMPLAINT.format(_TABLES[kind]), complaint_id)
    return [kind(**{name: row[name] for name in names}) for row in rows]
