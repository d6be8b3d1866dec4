"""The stopwatch line: what the ledgers of all services say together."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi_local.ops.counting import add_up

IDS = st.sets(st.integers(min_value=-(2**63), max_value=2**63 - 1), max_size=20)


def marked(ids: set[int]) -> dict[str, Any]:
    mark = 0
    for one in ids:
        mark ^= one & (2**64 - 1)
    return {"events": len(ids), "mark": f"{mark:x}"}


def ledger(
    recorded: dict[str, set[int]] | None = None,
    taken: dict[tuple[str, ...], set[int]] | None = None,
    *,
    listed: bool = True,
) -> dict[str, Any]:
    return {
        "recorded": {name: marked(ids) for name, ids in (recorded or {}).items()},
        "taken": [{"types": list(types), "listed": listed, **marked(ids)} for types, ids in (taken or {}).items()],
        "waiting": 0,
        "told_twice": 0,
        "dead_letters": 0,
    }


@given(IDS, IDS)
def test_what_two_services_recorded_and_a_third_took_in_comes_out_even(some: set[int], others: set[int]) -> None:
    others -= some
    found = add_up([ledger({"a": some}), ledger({"a": others}), ledger(taken={("a",): some | others})])
    assert (found.events, found.lost, found.twice, found.intakes) == (len(some | others), 0, 0, 1)


@given(IDS.filter(bool), st.data())
def test_an_event_that_is_not_taken_in_is_lost(ids: set[int], data: st.DataObject) -> None:
    one = data.draw(st.sampled_from(sorted(ids)))
    found = add_up([ledger({"a": ids}), ledger(taken={("a",): ids - {one}})])
    assert (found.lost, found.twice) == (1, 0)


@given(IDS.filter(bool), st.data())
def test_another_event_in_its_place_is_seen_though_the_number_is_right(ids: set[int], data: st.DataObject) -> None:
    one = data.draw(st.sampled_from(sorted(ids)))
    stranger = data.draw(st.integers(min_value=0, max_value=2**62).filter(lambda x: x not in ids))
    found = add_up([ledger({"a": ids}), ledger(taken={("a",): ids - {one} | {stranger}})])
    assert (found.lost, found.twice) == (1, 1)


def test_a_consumer_answers_for_its_own_types_only() -> None:
    logs = [ledger({"a": {1, 2}, "b": {3}}), ledger({"c": {4}})]
    assert add_up([*logs, ledger(taken={("a", "c"): {1, 2, 4}})]).lost == 0
    assert add_up([*logs, ledger(taken={("a", "b"): {1, 2}})]).lost == 1


def test_whole_states_keep_no_list() -> None:
    found = add_up([ledger({"a": {1}}), ledger(taken={("a",): set()}, listed=False)])
    assert (found.lost, found.intakes) == (0, 0)


@pytest.mark.parametrize(("figure", "lost", "twice"), [("waiting", 3, 0), ("dead_letters", 3, 0), ("told_twice", 0, 3)])
def test_what_waits_is_buried_or_was_told_twice_counts(figure: str, lost: int, twice: int) -> None:
    found = add_up([{**ledger(), figure: 3}])
    assert (found.lost, found.twice) == (lost, twice)


def test_the_line_is_read_at_a_glance() -> None:
    assert str(add_up([ledger({"a": set(range(1214))})])) == "1,214 events, 0 lost, 0 twice"
