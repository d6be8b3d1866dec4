"""Reading the declared formula of ties."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """One version of the formula; days and points as the file declares them."""

    version: str
    window_days: int
    most: int
    contact: int
    interview: int
    promise_kept: int
    contacts_of_a_tie: int
    days_before: int


@cache
def newest() -> Formula:
    """The version of the highest number."""
    found = [one for one in files("interactions.handovers.ties").iterdir() if one.name.endswith(".toml")]
    declared = tomllib.loads(max(found, key=lambda one: int(one.name.removesuffix(".toml"))).read_text("utf-8"))
    return Formula(
        version=declared["version"],
        window_days=declared["window_days"],
        most=declared["most"],
        **declared["points"],
        contacts_of_a_tie=declared["tie"]["contacts"],
        days_before=declared["joint_visit"]["days_before"],
    )
