"""What everybody may know."""

from __future__ import annotations

from complaints.deadlines.schemas import StandardRead
from complaints.fields import Read


class PolicyRead(Read):
    """The policy in one language."""

    number: int
    language: str
    title: str
    body: str


class AvenueRead(Read):
    """A way to complain; `names` by language."""

    code: str
    names: dict[str, str]
    free: bool


class ComplaintChannels(Read):
    """The policy, the avenues and how long each step takes at most, in minutes of working time."""

    policy: list[PolicyRead]
    avenues: list[AvenueRead]
    standards: list[StandardRead]
