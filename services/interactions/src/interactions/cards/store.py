"""Statements of invitations and printed cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from guanxi.auth import Principal, visible
from guanxi.db import Reader, Tx, after_key
from interactions import rows
from interactions.cards.rules import Card, Invitation, PrintRun
from interactions.cards.tables import invitation, print_run, printed_card

_I, _R, _P = invitation.c, print_run.c, printed_card.c
_SELECT = sa.select(*rows.columns(invitation, Invitation))
_PRINTED = sa.select(_P.run_id, _P.n, _P.used, _R.questionnaire, _R.questionnaire_version).join_from(
    printed_card, print_run, _R.id == _P.run_id
)
_CARDS = "INSERT INTO printed_card (run_id, n, code_hash) SELECT $1, n, h FROM unnest($2::int[], $3::text[]) AS x(n, h)"
_USED = "UPDATE printed_card SET used = true WHERE run_id = $1 AND n = $2"
_ERASE = """
UPDATE invitation SET erased_at = $2, version = version + 1 WHERE customer_id = ANY($1::uuid[]) AND erased_at IS NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which invitations a reader asks for."""

    customer_ids: Sequence[UUID] | None = None
    status: str | None = None


async def write(tx: Tx, one: Invitation) -> None:
    """Write a row that is new or whose lock is held."""
    await rows.put(tx, invitation, [one])


async def lock(tx: Tx, invitation_id: UUID) -> Invitation | None:
    """One invitation, locked."""
    row = await tx.one(_SELECT.where(_I.id == invitation_id).with_for_update())
    return rows.read(Invitation, row) if row else None


async def find(reader: Reader, principal: Principal, invitation_id: UUID) -> Invitation | None:
    """One invitation that the reader may see."""
    row = await reader.one(_SELECT.where(_I.id == invitation_id, visible(principal, _I.unit_id)))
    return rows.read(Invitation, row) if row else None


async def page(
    reader: Reader, principal: Principal, wanted: Filter, after: Sequence[Any] | None, limit: int
) -> list[Invitation]:
    """Invitations, newest first, one more than `limit`."""
    select = _SELECT.where(_I.voided_at.is_(None), visible(principal, _I.unit_id))
    if wanted.customer_ids is not None:
        select = select.where(_I.customer_id.in_(wanted.customer_ids))
    if wanted.status:
        select = select.where(_I.status == wanted.status)
    found = await reader.all(after_key(select, (_I.invited_at, _I.id), after, limit, descending=True))
    return [rows.read(Invitation, row) for row in found]


async def print_cards(tx: Tx, run: PrintRun, hashes: Sequence[str]) -> None:
    """Enter a run with its cards."""
    await rows.put(tx, print_run, [run])
    await tx.execute(_CARDS, run.id, list(range(1, len(hashes) + 1)), list(hashes))


async def find_run(reader: Reader, run_id: UUID) -> PrintRun | None:
    """One print run."""
    row = await reader.one(sa.select(*rows.columns(print_run, PrintRun)).where(_R.id == run_id))
    return rows.read(PrintRun, row) if row else None


async def first_hash(reader: Reader, run_id: UUID) -> str:
    """What is kept of the code on a run's first card."""
    found: str = await reader.fetchval("SELECT code_hash FROM printed_card WHERE run_id = $1 AND n = 1", run_id)
    return found


async def card(reader: Reader, code_hash: str, *, lock: bool = False) -> Card | None:
    """What a code stands for; locked where it is to be used."""
    named, printed = _SELECT.where(_I.code_hash == code_hash), _PRINTED.where(_P.code_hash == code_hash)
    if lock:
        named, printed = named.with_for_update(), printed.with_for_update(of=printed_card)
    if row := await reader.one(named):
        one = rows.read(Invitation, row)
        if one.voided_at is not None:
            return None
        return Card(
            questionnaire=one.questionnaire,
            questionnaire_version=one.questionnaire_version,
            used=one.status == "answered",
            invitation=one,
        )
    if row := await reader.one(printed):
        return Card(
            questionnaire=row["questionnaire"],
            questionnaire_version=row["questionnaire_version"],
            used=row["used"],
            printed=(row["run_id"], row["n"]),
        )
    return None


async def use_printed(tx: Tx, run_id: UUID, n: int) -> None:
    """Note that a printed card, whose lock is held, was filled in; when is not kept."""
    await tx.execute(_USED, run_id, n)


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Mark what was handed to these customers: nobody signs it any more."""
    return int((await tx.execute(_ERASE, list(customer_ids), tx.now)).split()[-1])
