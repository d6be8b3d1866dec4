from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from customer_profile.intake.envelope import Arrival, read
from customer_profile.intake.rules import Judged, Report, Thread, Verdict, judge, weigh
from customer_profile.sources.rules import Publisher

NOW = datetime(2026, 4, 1, tzinfo=UTC)
DEALER = Publisher("dealer-17", "dealer-17", internal=False, allowed=None, paused_at=None)
OFFICE = Publisher("call-centre", "head-office", internal=True, allowed=None, paused_at=None)
ORDER: dict[str, Any] = {
    "external_customer": "C-1",
    "external_ref": "SO-1",
    "placed_at": "2026-03-31T09:30:00+08:00",
    "currency": "CNY",
    "lines": [{"sku": "M-1", "quantity": 1, "amount_minor": 100}],
}


def judged(publisher: Publisher | None = DEALER, data: Any = ORDER, desk: str = "dealer-17", **changes: Any) -> Judged:
    event = {
        "specversion": "1.0",
        "id": "e-1",
        "source": desk,
        "type": "guanxi.inbound.OrderReported.v1",
        "time": "2026-03-31T09:30:00+08:00",
        "data": data,
        **changes,
    }
    return judge(read(Arrival(desk, orjson.dumps(event), "f")), desk, publisher, NOW)


def faults(found: Judged) -> list[tuple[str, str]]:
    return [(error.field, error.code) for error in found.errors]


def test_a_good_report_passes() -> None:
    found = judged()
    assert faults(found) == []
    assert found.model is not None
    assert found.model.reference == "SO-1"


@pytest.mark.parametrize(
    ("publisher", "changes", "fault"),
    [
        (DEALER, {"source": "dealer-18"}, ("source", "not-the-publisher")),
        (None, {}, ("source", "unknown-source")),
        (Publisher("dealer-17", "d", False, None, NOW), {}, ("source", "paused")),
        (Publisher("dealer-17", "d", False, frozenset({"ContactReported"}), None), {}, ("type", "not-allowed")),
        (DEALER, {"time": "2026-04-01T00:06:00Z"}, ("time", "in-the-future")),
        (DEALER, {"subject": "0192f0c1-2345-7abc-8def-0123456789ab"}, ("subject", "not-allowed")),
        (DEALER, {"type": "guanxi.inbound.OrderReported.v2"}, ("type", "unknown-version")),
        (DEALER, {"type": "guanxi.inbound.OrderDeleted.v1"}, ("type", "unknown-type")),
        (DEALER, {"type": "guanxi.reports.OrderReported.v1"}, ("type", "unknown-type")),
    ],
)
def test_what_a_sender_may_not_do_is_refused_by_field(
    publisher: Publisher | None, changes: dict[str, Any], fault: tuple[str, str]
) -> None:
    found = judged(publisher, **changes)
    assert found.model is None
    assert fault in faults(found)


def test_an_allowed_report_may_be_corrected_and_voided() -> None:
    only_orders = Publisher("dealer-17", "d", internal=False, allowed=frozenset({"OrderReported"}), paused_at=None)
    assert judged(only_orders, type="guanxi.inbound.OrderReportedCorrected.v1").errors == ()
    assert judged(only_orders, {"external_ref": "SO-1"}, type="guanxi.inbound.OrderReportedVoided.v1").errors == ()


def test_internal_publishers_may_name_a_customer() -> None:
    found = judged(OFFICE, desk="call-centre", subject="0192f0c1-2345-7abc-8def-0123456789ab")
    assert found.errors == ()


def test_a_clock_five_minutes_ahead_is_forgiven() -> None:
    assert judged(time="2026-04-01T00:05:00Z").errors == ()


def test_what_happened_cannot_lie_in_the_future() -> None:
    assert faults(judged(data={**ORDER, "placed_at": "2026-04-02T00:00:00Z"})) == [("data.placed_at", "in-the-future")]


def test_all_faults_are_named_at_once_in_the_path_of_the_event() -> None:
    found = judged(data={**ORDER, "currency": "???", "lines": [{"sku": "M-1", "quantity": "many"}]}, time="never")
    assert {field for field, _ in faults(found)} >= {"time", "data.currency", "data.lines[0].quantity"}


def test_a_bad_optional_field_is_left_out_with_a_warning() -> None:
    profile = {"external_customer": "C-1", "kind": "person", "name": "張建國", "birth_date": "1990-02-31"}
    found = judged(data=profile, type="guanxi.inbound.ProfileReported.v1")
    assert found.model is not None
    assert [warning.field for warning in found.warnings] == ["data.birth_date"]


def report(twin: Any = "original", hours: int = 0, body: str = "a", **changes: Any) -> Report:
    return Report(twin, NOW + timedelta(hours=hours), body.encode(), **changes)


def play(*reports: Report) -> tuple[Thread | None, list[Verdict]]:
    thread: Thread | None = None
    verdicts = []
    for one in reports:
        weighed = weigh(thread, one, uuid4())
        thread = weighed.thread
        verdicts.append(weighed.verdict)
    return thread, verdicts


def test_a_correction_follows_its_original() -> None:
    thread, verdicts = play(report(), report("corrected", body="b"))
    assert verdicts == [Verdict.PASS_ON, Verdict.PASS_ON]
    assert thread is not None
    assert (thread.sequence, thread.twin, thread.data_hash) == (2, "corrected", b"b")


def test_the_thread_keeps_the_id_it_was_opened_with() -> None:
    first = UUID(int=1)
    opened = weigh(None, report(), first).thread
    corrected = weigh(opened, report("corrected", body="b"), UUID(int=2)).thread
    assert corrected is not None
    assert corrected.id == first


def test_the_same_body_again_is_a_duplicate() -> None:
    assert play(report(), report(hours=1))[1] == [Verdict.PASS_ON, Verdict.DUPLICATE]
    assert play(report(), report("corrected", body="b"), report("corrected", body="b"))[1][2] is Verdict.DUPLICATE
    assert play(report(), report("corrected", body="b"), report())[1][2] is Verdict.DUPLICATE
    assert play(report(), report("voided", body="v"), report("voided", body="w"))[1][2] is Verdict.DUPLICATE


def test_another_body_without_a_correction_is_refused() -> None:
    thread, verdicts = play(report(), report(body="b"))
    assert verdicts == [Verdict.PASS_ON, Verdict.REFUSED]
    assert thread is not None
    assert thread.data_hash == b"a"


def test_a_profile_simply_replaces_the_earlier_one_unless_it_is_older() -> None:
    repeated = [report(body=body, hours=n, repeatable=True) for n, body in enumerate("abc")]
    assert play(*repeated)[1] == [Verdict.PASS_ON] * 3
    thread, verdicts = play(repeated[1], repeated[0])
    assert verdicts == [Verdict.PASS_ON, Verdict.SUPERSEDED]
    assert thread is not None
    assert thread.data_hash == b"b"


def test_the_highest_revision_wins_over_the_later_time() -> None:
    high = report("corrected", body="high", revision=3)
    low = report("corrected", body="low", hours=5, revision=2)
    for order in ((high, low), (low, high)):
        thread, _ = play(report(revision=1), *order)
        assert thread is not None
        assert thread.data_hash == b"high"


def test_voided_is_final() -> None:
    thread, verdicts = play(report(), report("voided", body="v"), report("corrected", hours=9, body="c", revision=9))
    assert verdicts[-1] is Verdict.SUPERSEDED
    assert thread is not None
    assert thread.twin == "voided"


def test_a_void_that_comes_first_is_not_passed_on_and_still_wins() -> None:
    thread, verdicts = play(report("voided", body="v"), report(), report("corrected", body="c"))
    assert verdicts == [Verdict.SUPERSEDED] * 3
    assert thread is not None
    assert (thread.twin, thread.sequence) == ("voided", 0)


def test_a_correction_cannot_give_the_report_to_another_customer() -> None:
    weighed = weigh(play(report(party="C-1"))[0], report("corrected", body="b", party="C-2"), uuid4())
    assert weighed.verdict is Verdict.REFUSED
    assert weighed.remark is not None
    assert weighed.remark.code == "customer-changed"


def test_a_correction_may_add_the_customer_that_was_missing() -> None:
    thread, verdicts = play(report(), report("corrected", body="b", party="C-1"))
    assert verdicts[-1] is Verdict.PASS_ON
    assert thread is not None
    assert thread.party == "C-1"


def test_of_two_corrections_of_one_moment_the_same_wins_in_any_order() -> None:
    history = [report(), *(report("corrected", 1, body) for body in "bcd")]
    ends = {thread.data_hash for order in itertools.permutations(history) if (thread := play(*order)[0])}
    assert ends == {b"d"}


@pytest.mark.parametrize("with_void", [False, True])
def test_every_order_of_arrival_ends_in_the_same_state(with_void: bool) -> None:  # noqa: FBT001 - a case
    history = [
        report(),
        report("corrected", 1, "b"),
        report("corrected", 2, "c", revision=2),
        report("corrected", 3, "d"),
    ]
    history += [report("voided", 4, "v")] if with_void else []
    # A correction without a revision beside one with: only a total order is promised, so all or none carry one.
    history = [Report(r.twin, r.time, r.data_hash, n + 1) for n, r in enumerate(history)]
    ends = set()
    for order in itertools.permutations(history + history[:2]):
        thread, verdicts = play(*order)
        assert thread is not None
        assert Verdict.REFUSED not in verdicts
        ends.add((thread.twin, thread.data_hash, thread.revision, thread.original_hash))
    assert len(ends) == 1
