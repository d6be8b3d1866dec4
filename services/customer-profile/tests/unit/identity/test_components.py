"""Which records count as one: properties that hold for every set of merges in every order."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from customer_profile.identity.rules import Edge, canonical_ids, components, speaking

RECORDS = range(8)
Merges = list[Edge[int]]


def connected(one: int, other: int, edges: Merges) -> bool:
    return any(one in c.members and other in c.members for c in components((one, other), edges))


@st.composite
def merges(draw: st.DrawFn) -> Merges:
    """Merges as the platform lets them be made: each joins two components."""
    made: Merges = []
    pairs = st.tuples(st.sampled_from(RECORDS), st.sampled_from(RECORDS))
    for survivor, absorbed in draw(st.lists(pairs, max_size=12)):
        if survivor != absorbed and not connected(survivor, absorbed, made):
            made.append(Edge(survivor, absorbed))
    return made


any_edges = st.lists(
    st.builds(Edge, st.sampled_from(RECORDS), st.sampled_from(RECORDS)).filter(lambda e: e.survivor != e.absorbed),
    max_size=12,
)


def canonical(edges: Merges) -> dict[int, int]:
    return canonical_ids(components(RECORDS, edges))


@given(any_edges)
def test_every_record_is_in_one_component_and_its_canonical_record_is_one_of_it(edges: Merges) -> None:
    found = components(RECORDS, edges)
    assert sorted(m for c in found for m in c.members) == list(RECORDS)
    assert all(c.canonical in c.members for c in found)


@given(any_edges)
def test_merged_records_share_a_component_and_others_do_not(edges: Merges) -> None:
    of = canonical(edges)
    assert all(of[e.survivor] == of[e.absorbed] for e in edges)
    untouched = set(RECORDS) - {m for e in edges for m in (e.survivor, e.absorbed)}
    assert all(of[record] == record for record in untouched)


@given(any_edges, st.randoms(use_true_random=False))
def test_the_order_of_merges_does_not_matter(edges: Merges, random: object) -> None:
    shuffled = list(edges)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert canonical(shuffled) == canonical(edges)


@given(merges(), st.data())
def test_undoing_in_any_order_gives_what_the_remaining_merges_make(edges: Merges, data: st.DataObject) -> None:
    order = data.draw(st.permutations(edges))
    standing = list(edges)
    for edge in order:
        standing.remove(edge)
        fresh = [e for e in edges if e in standing]
        assert canonical(standing) == canonical(fresh)
    assert canonical(standing) == {record: record for record in RECORDS}


@given(merges(), st.data())
def test_a_merge_undone_leaves_no_trace(edges: Merges, data: st.DataObject) -> None:
    survivor, absorbed = data.draw(st.tuples(st.sampled_from(RECORDS), st.sampled_from(RECORDS)))
    assume(survivor != absorbed and not connected(survivor, absorbed, edges))
    with_it = [*edges, Edge(survivor, absorbed)]
    assert canonical([e for e in with_it if e != Edge(survivor, absorbed)]) == canonical(edges)


@given(merges())
def test_each_merge_undone_parts_one_component_into_two(edges: Merges) -> None:
    for edge in edges:
        rest = [e for e in edges if e != edge]
        assert len(components(RECORDS, rest)) == len(components(RECORDS, edges)) + 1


@given(merges())
def test_who_is_absorbed_never_speaks_while_somebody_else_was_named(edges: Merges) -> None:
    absorbed = {e.absorbed for e in edges}
    for component in components(RECORDS, edges):
        named = [m for m in component.members if m not in absorbed]
        assert named
        assert component.canonical == min(named)


@given(any_edges, st.sets(st.sampled_from(RECORDS)))
def test_only_the_living_speak(edges: Merges, living: set[int]) -> None:
    found = components(RECORDS, edges)
    speakers = speaking(found, living)
    assert set(speakers) == living
    assert set(speakers.values()) <= living
    of = canonical_ids(found)
    assert all(speakers[one] == of[one] for one in living if of[one] in living)
    assert all(of[speakers[one]] == of[one] for one in living)


@pytest.mark.parametrize(
    ("edges", "speaks"),
    [
        ([], {1: 1, 2: 2, 3: 3}),
        ([Edge(3, 1)], {1: 3, 2: 2, 3: 3}),
        ([Edge(3, 1), Edge(1, 2)], {1: 3, 2: 3, 3: 3}),
        ([Edge(3, 2), Edge(1, 2)], {1: 1, 2: 1, 3: 1}),
        ([Edge(3, 2), Edge(2, 3)], {1: 1, 2: 2, 3: 2}),
    ],
    ids=[
        "nothing merged",
        "the survivor named, though younger",
        "a chain",
        "two named: the oldest",
        "a circle: the oldest",
    ],
)
def test_who_speaks(edges: Merges, speaks: dict[int, int]) -> None:
    assert canonical_ids(components((1, 2, 3), edges)) == speaks
