"""What each service shows of a customer by any of its ids, and what by the model of its history it must show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from support.client import Caller
from support.lives import AT, FAMILIES, WORDS, Family, Model
from support.waiting import Problem

_ALL = "limit=200&kind=contact&kind=complaint"
_ON_ONE_PAGE: Mapping[Family, int] = {"contact": 10, "complaint": 20}
"""How many of each an overview shows."""


@dataclass(frozen=True)
class View:
    """One answer: where it is found, what of it counts, and what that must be."""

    path: str
    counts: Callable[[Any], Any]
    wanted: Any
    moved: str | None = None
    """Where the answer is said to be, when another record speaks for the one asked about."""


async def differs(caller: Caller, model: Model, customer: str) -> Problem:
    """The first view of a customer that is not what the model says."""
    for view in _views(model, customer):
        answer = await caller.ask("GET", view.path)
        if answer is None or not answer.is_success:
            return f"{view.path}: {answer and answer.text}"
        found, location = view.counts(answer.json()), answer.headers.get("content-location")
        if found != view.wanted:
            return f"{view.path}: {found} instead of {view.wanted}"
        if location != view.moved:
            return f"{view.path} is said to be at {location} instead of {view.moved}"
    return None


def _views(model: Model, customer: str) -> Iterator[View]:
    speaks, members = model.canonical(customer), model.members(customer)
    at, there = f"/v1/customers/{customer}", f"/v1/customers/{speaks}"
    moved = None if speaks == customer else there
    matters = {(one.id, one.family, one.customer) for one in model.living(customer, *FAMILIES)}
    said = model.allowed(customer)
    yield View(at, lambda body: (body["id"], body["canonical_id"], body["members"]), (speaks, speaks, members), moved)
    yield View(f"{at}/timeline?{_ALL}", _matters, matters, moved and f"{moved}/timeline")
    yield View(f"{at}/facts?{_ALL}", _matters, matters)
    yield View(
        f"{at}/scores",
        lambda body: (body["customer_id"], body["members"]),
        (speaks, members),
        moved and f"{moved}/scores",
    )
    yield View(f"{at}/permissions", lambda body: [one["state"] for one in body["permissions"]], [said] if said else [])
    for family in FAMILIES:
        kept = {one.id: (one.customer, one.words) for one in model.living(customer, family)}
        yield View(f"{AT[family]}?limit=200&customer_id={customer}", partial(_listed, family), kept)
    page = speaks, members, *(_some(model, customer, one) for one in FAMILIES)
    yield View(f"{at}/overview", _overview, page, moved and f"{moved}/overview")


def _matters(body: Any) -> set[tuple[str, str, str]]:
    return {(one["id"], one["kind"], one["customer_id"]) for one in body["items"]}


def _listed(family: Family, body: Any) -> dict[str, tuple[str, str]]:
    return {one["id"]: (one["customer_id"], one[WORDS[family]]) for one in body["items"]}


def _overview(body: Any) -> tuple[Any, ...]:
    return body["customer_id"], body["members"], *(len(body[f"{family}s"]["items"]) for family in FAMILIES)


def _some(model: Model, customer: str, family: Family) -> int:
    return min(len(model.living(customer, family)), _ON_ONE_PAGE[family])
