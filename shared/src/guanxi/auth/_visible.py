"""Rows an external unit may see are its own; the clause stands in every base query."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from guanxi.auth._principal import Principal


def visible(principal: Principal, column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """True for internal readers, `column = the reader's unit` for external ones."""
    return sa.true() if principal.internal else column == principal.unit
