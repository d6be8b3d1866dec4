"""The HTTP conventions that every service shares."""

from guanxi.problems import (
    Conflict,
    FieldError,
    Forbidden,
    Gone,
    NotFound,
    PreconditionRequired,
    Problem,
    Stale,
    TooLarge,
    Unauthorized,
    Unavailable,
    Unprocessable,
)

__all__ = [
    "Conflict",
    "FieldError",
    "Forbidden",
    "Gone",
    "NotFound",
    "PreconditionRequired",
    "Problem",
    "Stale",
    "TooLarge",
    "Unauthorized",
    "Unavailable",
    "Unprocessable",
]
