from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import httpx
import pytest

from guanxi_local.failures import Failure
from guanxi_local.imports.events import Made, RowTally
from guanxi_local.imports.reconcile import Account, Effect, EventTally, Figures, intake_effects
from guanxi_local.imports.sender import Fault, Result, Sender, batches


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def events(count: int) -> Iterator[Made]:
    return (Made({"id": f"e-{n}", "data": {}}, (n,)) for n in range(count))


def received(request: httpx.Request) -> httpx.Response:
    results = [{"id": event["id"], "status": "received", "customer": "known"} for event in json.loads(request.content)]
    return httpx.Response(202, json={"id": "b", "results": results})


def sender(answer: Callable[[httpx.Request], httpx.Response], clock: Clock, rate: float | None = None) -> Sender:
    client = httpx.Client(transport=httpx.MockTransport(answer), base_url="http://gateway.test")
    return Sender(client, rate, clock)


def test_batches_hold_five_hundred_events_and_stay_below_the_limit_of_a_body() -> None:
    assert [len(batch.events) for batch in batches(events(1201))] == [500, 500, 201]
    small = list(batches(events(10), size=60))
    assert [len(batch.events) for batch in small] == [2] * 5
    assert all(len(batch.body) <= 64 for batch in small)
    assert [json.loads(batch.body)[0]["id"] for batch in small] == ["e-0", "e-2", "e-4", "e-6", "e-8"]


def test_one_event_larger_than_the_limit_goes_alone() -> None:
    assert [len(batch.events) for batch in batches(events(2), size=5)] == [1, 1]


def test_each_batch_has_a_key_of_its_own_that_its_repeats_keep() -> None:
    clock, keys, bodies = Clock(), [], []

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["Idempotency-Key"])
        bodies.append(request.content)
        if len(keys) == 1:
            raise httpx.ReadTimeout("lost")
        return httpx.Response(503, headers={"Retry-After": "3"}) if len(keys) == 2 else received(request)

    done = list(sender(answer, clock).send(events(501)))
    assert [len(batch) for batch in done] == [500, 1]
    assert keys[0] == keys[1] == keys[2] != keys[3]
    assert bodies[0] == bodies[1] == bodies[2]
    assert clock.now >= 3


def test_a_refusal_ends_the_import_with_its_reason() -> None:
    problem = {"detail": "The token does not allow this.", "errors": [{"field": "scope", "detail": "missing"}]}
    with pytest.raises(Failure, match=r"403 The token does not allow this\.; scope: missing"):
        list(sender(lambda _: httpx.Response(403, json=problem), Clock()).send(events(1)))


def test_a_platform_that_stays_away_ends_the_import_with_how_far_it_got() -> None:
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if len(seen) > 1:
            raise httpx.ConnectError("gone")
        return received(request)

    with pytest.raises(Failure, match="gave up after 500 events"):
        list(sender(answer, Clock()).send(events(600)))


def test_a_batch_that_takes_too_long_is_halved_and_those_that_follow_are_smaller() -> None:
    sizes: list[int] = []
    keys: set[str] = set()

    def answer(request: httpx.Request) -> httpx.Response:
        count = len(json.loads(request.content))
        sizes.append(count)
        if count > 200:
            return httpx.Response(503, json={"code": "deadline"})
        keys.add(request.headers["Idempotency-Key"])
        return received(request)

    done = list(sender(answer, Clock()).send(events(700)))
    assert [made.id for batch in done for made, _ in batch] == [f"e-{n}" for n in range(700)]
    assert all(made.id == result.id for batch in done for made, result in batch)
    assert sizes == [500, 500, 250, 250, 125, 125, 250, 250, 125, 125, 125, 75]
    assert len(keys) == 6


def test_answers_that_do_not_fit_the_batch_are_no_success() -> None:
    with pytest.raises(Failure, match="answered with 0 results"):
        list(sender(lambda _: httpx.Response(202, json={"results": []}), Clock()).send(events(1)))


def test_the_rate_is_kept() -> None:
    clock = Clock()
    list(sender(received, clock, rate=100).send(events(1000)))
    assert clock.now == pytest.approx(10)


def result(status: str, customer: str | None = None, *codes: str) -> tuple[Made, Result]:
    faults = [Fault(field="data.x", code=code, detail="") for code in codes]
    return Made({"id": "e"}, (1,)), Result.model_validate(
        {"id": "e", "status": status, "customer": customer, "errors": faults}
    )


def test_what_was_refused_before_is_a_duplicate_that_is_told_of_again() -> None:
    made, refused = result("rejected", None, "missing")
    tally = EventTally()
    tally.count([(made, refused.model_copy(update={"repeated": True})), result("duplicate")])
    assert (tally.sent, tally.duplicates, tally.rejected, tally.rejected_before) == (2, 2, 0, 1)
    assert ("    rejected before", 1) in Account(RowTally(), tally, []).lines()


def reckoning() -> tuple[RowTally, EventTally]:
    tally = EventTally()
    tally.count([result("received", "registered"), result("received", "known"), result("received", "anonymous")])
    tally.count(
        [result("duplicate"), result("rejected", None, "missing", "other"), result("rejected", None, "missing")]
    )
    return RowTally(read=6, used=6), tally


def test_an_account_counts_each_event_once_by_its_first_reason() -> None:
    rows, tally = reckoning()
    assert (tally.sent, tally.received, tally.duplicates, tally.rejected) == (6, 3, 1, 2)
    assert list(tally.reasons.lines()) == [("data.x: missing (row 1, 1)", 2)]
    assert Account(rows, tally, []).mistakes() == []


def test_an_account_that_does_not_add_up_says_where() -> None:
    rows, tally = reckoning()
    figures = Figures(
        events=5, resolved=2, passed_anonymous=1, rejected=2, registered=1, duplicates=1, passed_on={"order": 3}
    )
    assert Account(rows, tally, intake_effects(tally, figures)).mistakes() == []
    lost = figures.model_copy(update={"resolved": 1, "events": 4})
    assert Account(rows, tally, intake_effects(tally, lost)).mistakes() == [
        "customer-profile: reports kept is 4, must be 5",
        "customer-profile: resolved is 1, must be 2",
        "customer-profile: passed on is 3, must be 2",
    ]
    rows.read = 7
    assert len(Account(rows, tally, [Effect("s", "w", 1, 2)]).mistakes()) == 2


def test_figures_are_those_of_this_run_only() -> None:
    before = Figures(events=5, resolved=5, passed_on={"order": 5, "profile": 1})
    now = Figures(events=8, resolved=7, rejected=1, passed_on={"order": 7, "profile": 1})
    assert now.since(before) == Figures(events=3, resolved=2, rejected=1, passed_on={"order": 2})
