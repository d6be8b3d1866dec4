"""Core statements become asyncpg's SQL and arguments."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from guanxi.db import after_key, base_columns, compile_statement, new_metadata, personal, personal_columns

metadata = new_metadata()
thing = sa.Table(
    "thing",
    metadata,
    *base_columns(),
    sa.Column("name", sa.Text, info=personal("name")),
    sa.Column("body", JSONB),
)
ONE, TWO = UUID(int=1), UUID(int=2)


def test_arguments_come_in_the_order_of_their_placeholders() -> None:
    sql, args = compile_statement(sa.select(thing.c.id).where(thing.c.name == "b", thing.c.version > 3))
    assert "$1" in sql
    assert "$2" in sql
    assert args == ["b", 3]


def test_a_list_is_spelled_out() -> None:
    sql, args = compile_statement(sa.select(thing.c.id).where(thing.c.id.in_([ONE, TWO])))
    assert args == [ONE, TWO]
    assert "$2" in sql


def test_json_goes_as_the_python_value() -> None:
    _, args = compile_statement(
        sa.insert(thing).values(id=ONE, unit_id="u", body={"a": [1]}).returning(thing.c.version)
    )
    assert {"a": [1]} in args


def test_the_first_page_has_no_condition_and_one_row_too_many() -> None:
    sql, args = compile_statement(after_key(sa.select(thing.c.id), [thing.c.id], None, 10))
    assert "WHERE" not in sql
    assert args == [11]


def test_the_next_page_starts_after_the_key_in_the_order_asked() -> None:
    columns = [thing.c.created_at, thing.c.id]
    sql, args = compile_statement(after_key(sa.select(thing.c.id), columns, ["x", ONE], 10, descending=True))
    assert "<" in sql
    assert "thing.created_at DESC, thing.id DESC" in sql
    assert args == ["x", ONE, 11]


def test_personal_columns_are_found_by_their_tag() -> None:
    assert personal_columns(metadata) == [("thing", "name", "name")]


def test_a_statement_of_the_same_shape_has_the_same_text_and_its_own_arguments() -> None:
    def one(name: str, ids: list[UUID]) -> sa.Select[tuple[UUID]]:
        ours = sa.select(thing.c.id).where(thing.c.name == name, thing.c.version > len(ids))
        return ours.where(thing.c.id.in_(ids)) if ids else ours

    texts = {compile_statement(one(name, []))[0] for name in "abc"}
    assert len(texts) == 1
    for name in "abc":
        assert compile_statement(one(name, []))[1] == [name, 0]
    for ids in ([ONE], [ONE, TWO], [TWO], [TWO, ONE]):
        sql, args = compile_statement(one("a", ids))
        assert args == ["a", len(ids), *ids]
        assert f"${len(args)}" in sql
        assert f"${len(args) + 1}" not in sql


def test_a_value_that_is_written_out_is_written_out_each_time() -> None:
    for name in ("rejected", "resolved", "rejected"):
        written = sa.literal(name, sa.Text, literal_execute=True)
        sql, args = compile_statement(sa.select(thing.c.id).where(thing.c.name == written, thing.c.version > 3))
        assert f"'{name}'" in sql
        assert args == [3]
