"""All SQL on the public policy."""

from __future__ import annotations

from dataclasses import dataclass

from guanxi.db import Reader

_AVENUES = "SELECT code, names, free FROM complaint_channel ORDER BY position"
_POLICY = """
SELECT number, language, title, body FROM complaint_policy WHERE number = (SELECT max(number) FROM complaint_policy)
"""


@dataclass(frozen=True, slots=True)
class Avenue:
    """A way to complain; `names` by language."""

    code: str
    names: dict[str, str]
    free: bool


@dataclass(frozen=True, slots=True)
class Policy:
    """The published policy in one language."""

    number: int
    language: str
    title: str
    body: str


async def avenues(reader: Reader) -> list[Avenue]:
    """Every way to complain, the most used first."""
    return [Avenue(**dict(row)) for row in await reader.fetch(_AVENUES)]


async def policy(reader: Reader) -> list[Policy]:
    """The policy in force, in each language."""
    return [Policy(**dict(row)) for row in await reader.fetch(_POLICY)]
