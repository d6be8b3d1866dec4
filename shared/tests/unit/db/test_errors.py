"""The table that decides what a failure means."""

from __future__ import annotations

import asyncpg
import pytest

from guanxi.db import ErrorClass, classify


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (asyncpg.SerializationError(), ErrorClass.TRANSIENT),
        (asyncpg.DeadlockDetectedError(), ErrorClass.TRANSIENT),
        (asyncpg.LockNotAvailableError(), ErrorClass.TRANSIENT),
        (asyncpg.QueryCanceledError(), ErrorClass.SLOW),
        (asyncpg.AdminShutdownError(), ErrorClass.DOWN),
        (asyncpg.CannotConnectNowError(), ErrorClass.DOWN),
        (asyncpg.TooManyConnectionsError(), ErrorClass.DOWN),
        (asyncpg.DiskFullError(), ErrorClass.DOWN),
        (asyncpg.ConnectionDoesNotExistError(), ErrorClass.DOWN),
        (asyncpg.InterfaceError("connection is closed"), ErrorClass.DOWN),
        (asyncpg.InterfaceError("cannot perform operation: another operation is in progress"), ErrorClass.DOWN),
        (asyncpg.InterfaceError("the server expects 2 arguments for this query, 3 were passed"), ErrorClass.POISON),
        (asyncpg.InterfaceError("the number of query arguments cannot exceed 32767"), ErrorClass.POISON),
        (ConnectionRefusedError(), ErrorClass.DOWN),
        (TimeoutError(), ErrorClass.SLOW),
        (asyncpg.UntranslatableCharacterError(), ErrorClass.POISON),
        (asyncpg.CheckViolationError(), ErrorClass.POISON),
        (asyncpg.UniqueViolationError(), ErrorClass.POISON),
        (asyncpg.NumericValueOutOfRangeError(), ErrorClass.POISON),
        (ValueError("a bad value"), ErrorClass.POISON),
        (KeyError("missing"), ErrorClass.POISON),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value.value,
)
def test_a_failure_has_its_class(error: Exception, expected: ErrorClass) -> None:
    assert classify(error) is expected
