"""Ids and their times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from guanxi.ports import SystemClock, SystemIds, derived_id, id_time


def test_an_id_tells_when_it_was_made() -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=2)
    made = id_time(SystemIds().new())
    assert made is not None
    assert before <= made <= SystemClock().now()


def test_ids_of_one_process_sort_by_time() -> None:
    ids = SystemIds()
    made = [ids.new() for _ in range(1000)]
    assert made == sorted(made)
    assert len(set(made)) == 1000


def test_other_versions_tell_no_time() -> None:
    assert id_time(uuid4()) is None


def test_a_derived_id_is_stable_and_its_own() -> None:
    parent = UUID(int=7)
    assert derived_id(parent, "promise/0") == derived_id(parent, "promise/0")
    assert len({derived_id(parent, f"promise/{n}") for n in range(100)}) == 100
