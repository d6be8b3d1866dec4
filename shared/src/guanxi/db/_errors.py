"""What a failure means: the one table that decides between trying again, waiting and burying."""

from __future__ import annotations

from enum import Enum

import asyncpg


class ErrorClass(Enum):
    """What to do about a failure."""

    TRANSIENT = "transient"
    """The same may well succeed at once: try again in place, at most three times within a second."""
    SLOW = "slow"
    """It took too long: narrow it down; alone and again, while the database answers, it is poison."""
    DOWN = "down"
    """What we depend on is away: pause, bury nothing."""
    POISON = "poison"
    """This message will never succeed as it is: dead letter, with its reason."""


_TABLE: tuple[tuple[ErrorClass, tuple[type[BaseException], ...]], ...] = (
    (
        ErrorClass.TRANSIENT,
        (
            asyncpg.SerializationError,
            asyncpg.DeadlockDetectedError,
            asyncpg.LockNotAvailableError,
            # Prepared for a schema that a migration has just changed: prepared anew, it works.
            asyncpg.InvalidCachedStatementError,
        ),
    ),
    (ErrorClass.SLOW, (asyncpg.QueryCanceledError, asyncpg.TransactionTimeoutError, TimeoutError)),
    (
        ErrorClass.DOWN,
        (
            asyncpg.PostgresConnectionError,
            asyncpg.InsufficientResourcesError,
            asyncpg.OperatorInterventionError,
            asyncpg.InternalServerError,
            asyncpg.PostgresSystemError,
            asyncpg.InvalidAuthorizationSpecificationError,
            asyncpg.InvalidCatalogNameError,
            asyncpg.ReadOnlySQLTransactionError,
            asyncpg.IdleInTransactionSessionTimeoutError,
            asyncpg.InternalClientError,
            asyncpg.InterfaceError,
            OSError,
        ),
    ),
)


_MISTAKES = ("the server expects", "the number of query arguments")
"""How an `InterfaceError` begins that tells of a wrong statement, and not of the way to the database."""


def classify(error: BaseException) -> ErrorClass:
    """The class of a failure; whatever the table does not know is poison. The first line that fits decides."""
    if isinstance(error, asyncpg.InterfaceError) and str(error).startswith(_MISTAKES):
        return ErrorClass.POISON
    return next((found for found, kinds in _TABLE if isinstance(error, kinds)), ErrorClass.POISON)
