"""The promise state machine, as plain functions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.events.interactions import CustomerContacted
from guanxi.ports import SystemIds
from guanxi.problems import Conflict, Unprocessable
from guanxi.testing import an_event
from interactions.promises import rules, timing
from interactions.promises.rules import Made, Outcome, Promise, Terms

NOW = datetime(2026, 3, 31, 9, tzinfo=UTC)
IDS = SystemIds()
CONTACT = UUID("0198c0de-0000-7000-8000-000000000001")


def terms(what: str = "stands", *, due: float = 24) -> Terms:
    return Terms(
        what=what,
        due_at=NOW + timedelta(hours=due),
        promiser_id=None,
        promiser_name=None,
        fulfilling_unit="logistics",
    )


def made(*agreed: Terms, historic: bool = False, **values: Any) -> Made:
    values = {"contact_id": CONTACT, "customer_id": CONTACT, "made_at": NOW - timedelta(hours=1), **values}
    return Made(unit_id="head-office", source="erp", external_ref="r", historic=historic, terms=agreed, **values)


def promise(*, due: float = 24, **values: Any) -> Promise:
    (one,) = rules.revise(made(terms(due=due)), (), NOW).changed
    return replace(one, **values)


def outcome(ending: Any, **values: Any) -> Outcome:
    return Outcome(ending=ending, at=NOW, by="tester", **values)


@pytest.mark.parametrize(
    ("due", "historic", "status"),
    [
        (1, False, "open"),
        (1, True, "open"),
        (-1, False, "open"),
        (-1, True, "historic"),
        (-49, False, "historic"),
        (0, True, "historic"),
    ],
)
def test_only_what_we_learned_too_late_closes_as_historic(due: float, status: str, *, historic: bool) -> None:
    assert rules.first_status(NOW + timedelta(hours=due), NOW, historic=historic) == status


@pytest.mark.parametrize("ending", ["kept", "broken", "renegotiated", "withdrawn"])
@pytest.mark.parametrize("status", ["kept", "broken", "renegotiated", "withdrawn", "historic"])
def test_a_settled_promise_has_no_second_outcome(ending: str, status: str) -> None:
    with pytest.raises(Conflict):
        rules.settle(promise(status=status), outcome(ending))


def test_a_voided_promise_has_no_outcome() -> None:
    with pytest.raises(Conflict, match="never made"):
        rules.settle(promise(voided_at=NOW), outcome("kept"))


def test_an_outcome_cannot_lie_before_the_promise() -> None:
    with pytest.raises(Unprocessable):
        rules.settle(promise(), replace(outcome("kept"), at=NOW - timedelta(hours=2)))


def test_a_promise_moved_meanwhile_is_not_broken_at_its_old_moment() -> None:
    assert timing.overdue(promise(due=1), NOW) is None
    broken = timing.overdue(promise(due=0), NOW)
    assert broken
    assert (broken.status, broken.settled_at, broken.settled_by) == ("broken", NOW, "due")


@pytest.mark.parametrize(
    ("due", "values", "hours"),
    [
        (9, {}, 4),
        (95, {}, 71),
        (9, {"recorded_at": NOW + timedelta(hours=60)}, 4),
        (0, {}, None),
        (-1, {}, None),
        (9, {"reminded_at": NOW}, None),
        (9, {"voided_at": NOW}, None),
        (9, {"status": "kept"}, None),
        (9, {"status": "historic"}, None),
    ],
)
def test_the_promiser_is_reminded_halfway_and_a_day_ahead_at_most(
    due: float, values: dict[str, Any], hours: float | None
) -> None:
    moment = NOW + timedelta(hours=hours) if hours is not None else None
    assert timing.remind_at(promise(due=due, **values), NOW) == moment


def test_a_reminder_is_not_made_up_for_when_the_promise_was_learned_of_late() -> None:
    made_before = {"made_at": NOW - timedelta(hours=80)}
    assert timing.remind_at(promise(due=1, **made_before), NOW) is None
    soon = replace(promise(due=1, **made_before), recorded_at=NOW - timedelta(hours=79))
    assert timing.remind_at(soon, NOW) == NOW - timedelta(hours=23)
    assert timing.reminded(soon, NOW) == replace(soon, reminded_at=NOW, version=2)


def test_another_moment_or_promiser_is_reminded_anew() -> None:
    before = promise(due=2, reminded_at=NOW)
    for told, again in ((terms("other", due=2), False), (terms(due=9), True)):
        (after,) = rules.revise(made(told), [before], NOW).changed
        assert (after.reminded_at is None) == again
    (after,) = rules.revise(made(replace(terms(due=2), promiser_id=IDS.new())), [before], NOW).changed
    assert after.reminded_at is None


def test_a_renegotiation_needs_a_moment_after_it() -> None:
    for due in (None, NOW, NOW - timedelta(hours=1)):
        with pytest.raises(Unprocessable):
            rules.renegotiated(promise(), outcome("renegotiated", new_due_at=due), IDS.new(), NOW)


def test_the_same_terms_again_change_nothing() -> None:
    known = rules.revise(made(terms("a"), terms("b")), (), NOW).changed
    assert rules.revise(made(terms("a"), terms("b")), known, NOW) == rules.Revision()


def test_a_place_voided_before_gets_a_new_promise() -> None:
    first = rules.revise(made(terms("a"), terms("b")), (), NOW).changed
    shrunk = rules.revise(made(terms("a")), first, NOW)
    assert [one.what for one in shrunk.changed] == ["b"]
    assert shrunk.voided == (first[1].id,)
    fact = CustomerContacted(unit="a", contact_id=CONTACT, channel="x", direction="in", kind="call", occurred_at=NOW)
    again = rules.revise(made(terms("a"), terms("b"), cause=an_event(fact)), (first[0], *shrunk.changed), NOW)
    assert len(again.made) == 1
    assert again.made[0] not in {one.id for one in first}


@pytest.mark.parametrize("status", ["kept", "renegotiated", "withdrawn"])
def test_new_terms_leave_an_outcome_alone(status: str) -> None:
    before = promise(status=status, settled_at=NOW, settled_by="tester")
    revision = rules.revise(made(terms("other")), [before], NOW)
    assert [(one.what, one.status, one.version) for one in revision.changed] == [("other", status, 2)]
    assert revision.corrected == (before.id,)


def test_what_a_person_called_broken_stays_broken_under_new_terms() -> None:
    before = promise(status="broken", settled_at=NOW, settled_by="tester")
    assert rules.revise(made(terms(due=99)), [before], NOW).changed[0].status == "broken"


def test_a_late_correction_does_not_let_off_whoever_had_promised_in_time() -> None:
    before = promise(due=-1)
    (after,) = rules.revise(made(terms("other", due=-1), historic=True), [before], NOW).changed
    assert (after.what, after.status) == ("other", "open")
    assert timing.moments(after, NOW) == [(rules.DUE_KIND, before.id, before.due_at)]
    assert timing.overdue(after, NOW)


@pytest.mark.parametrize(("due", "status"), [(-1, "historic"), (1, "open")])
def test_what_was_historic_stays_so_until_its_moment_lies_ahead(due: float, status: str) -> None:
    before = promise(due=-60)
    (after,) = rules.revise(made(terms("other", due=due), historic=True), [before], NOW).changed
    assert (before.status, after.status) == ("historic", status)


@pytest.mark.parametrize("links", [1, 3])
def test_with_a_promise_goes_whatever_took_its_place(links: int) -> None:
    rows = list(rules.revise(made(terms("a"), terms("b")), (), NOW).changed)
    for n in range(links):
        rows[-1:] = renegotiate(rows[-1], NOW + timedelta(hours=48 + n))
    revision = rules.revise(made(terms("a")), rows, NOW)
    assert set(revision.voided) == {one.id for one in rows[1:]}
    assert {one.id for one in revision.changed} == set(revision.voided)
    assert all(one.voided_at == NOW for one in revision.changed)
    again = rules.revise(made(terms("a")), [rows[0], *revision.changed], NOW)
    assert again == rules.Revision()


def test_only_kept_and_broken_are_opened_again() -> None:
    for status in ("kept", "broken"):
        before = promise(status=status, settled_at=NOW, settled_by="tester", reason="x", note="y")
        assert rules.reopened(before) == replace(promise(version=2), id=before.id)
    for values in ({"status": "open"}, {"status": "historic"}, {"status": "kept", "voided_at": NOW}):
        with pytest.raises(Conflict):
            rules.reopened(promise(**values))


def renegotiate(before: Promise, due_at: datetime) -> list[Promise]:
    new_id = IDS.new()
    said = outcome("renegotiated", new_due_at=due_at)
    return [rules.settle(before, said, new_id), rules.renegotiated(before, said, new_id, NOW)]


@given(
    st.lists(
        st.tuples(
            st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([-60, -1, 1, 60])), max_size=4),
            st.lists(st.integers(0, 9), max_size=3),
            st.booleans(),
        ),
        min_size=1,
        max_size=6,
    ),
)
def test_after_any_revisions_the_live_promises_are_the_newest_terms(
    versions: list[tuple[list[tuple[str, int]], list[int], bool]],
) -> None:
    rows: dict[UUID, Promise] = {}
    opened: set[UUID] = set()
    fact = CustomerContacted(unit="a", contact_id=CONTACT, channel="x", direction="in", kind="call", occurred_at=NOW)
    for version, negotiated, historic in versions:
        told = made(*(terms(what, due=due) for what, due in version), historic=historic, cause=an_event(fact))
        revision = rules.revise(told, list(rows.values()), NOW)
        for one in revision.changed:
            assert one.version > (rows[one.id].version if one.id in rows else 0)
        rows |= {one.id: one for one in revision.changed}
        opened |= {one.id for one in revision.changed if one.status == "open"}
        for n in negotiated:
            chosen = [one for one in rows.values() if one.status == "open" and one.voided_at is None][n : n + 1]
            rows |= {one.id: one for before in chosen for one in renegotiate(before, NOW + timedelta(hours=99))}
    live = [one for one in rows.values() if one.voided_at is None]
    first = sorted((one for one in live if one.replaces is None), key=lambda one: one.slot or 0)
    assert [(one.what, one.due_at) for one in first] == [
        (what, NOW + timedelta(hours=due)) for what, due in versions[-1][0]
    ]
    assert {one.replaces for one in live if one.replaces} <= {one.id for one in live}
    assert all(one.status in ("open", "historic", "renegotiated") for one in live)
    assert not [one for one in live if one.status == "historic" and (one.id in opened or one.due_at > NOW)]
