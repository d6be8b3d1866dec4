"""SQLAlchemy Core statements, executed by asyncpg.

One connection type, one transaction type and one story for cancellation: Core builds, asyncpg executes (ADR 0003).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.sql import ClauseElement

_DIALECT = asyncpg_dialect()  # type: ignore[no-untyped-call]


def compile_statement(statement: ClauseElement) -> tuple[str, list[Any]]:
    """The SQL text with `$n` placeholders and its arguments in order.

    Values go to asyncpg as they are: its codecs (JSON, UUID, timestamps) replace SQLAlchemy's bind processors.
    """
    compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    values = compiled.params
    return str(compiled), [values[name] for name in getattr(compiled, "positiontup", None) or ()]
