from __future__ import annotations

import pytest

from guanxi.problems import Problem
from guanxi.telemetry import redact_text
from guanxi.web import Allowance, Buckets, Limits


class Watch:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_gives_its_burst_then_one_at_a_time() -> None:
    watch = Watch()
    buckets = Buckets(3, 0.5, watch)
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 0]
    assert buckets.take("a") == pytest.approx(2)
    watch.now = 2.0
    assert buckets.take("a") == 0
    assert buckets.take("a") > 0


def test_a_bucket_never_holds_more_than_its_burst() -> None:
    watch = Watch()
    buckets = Buckets(2, 1.0, watch)
    buckets.take("a")
    watch.now = 1e6
    assert [buckets.take("a") > 0 for _ in range(3)] == [False, False, True]


def test_keys_do_not_share_a_bucket() -> None:
    buckets = Buckets(1, 1.0, Watch())
    assert buckets.take("a") == 0
    assert buckets.take("b") == 0
    assert buckets.take("a") > 0


def test_the_number_of_remembered_keys_is_bounded() -> None:
    buckets = Buckets(1, 1.0, Watch())
    for n in range(11_000):
        buckets.take(str(n))
    assert len(buckets._buckets) == 10_000


def test_one_client_that_guesses_tokens_is_slowed_down_too() -> None:
    limits = Limits(monotonic=Watch())
    for n in range(120):
        limits.check(f"token-{n}", "10.0.0.1")
    with pytest.raises(Problem) as refused:
        limits.check("token-120", "10.0.0.1")
    assert refused.value.status == 429
    assert refused.value.retry_after == 1
    limits.check("token-0", "10.0.0.2")


def test_one_secret_is_tried_so_often_and_no_more_whoever_tries() -> None:
    watch = Watch()
    limits = Limits(secret=Allowance(20, 0.5), monotonic=watch)
    for n in range(20):
        limits.check("code", f"10.0.0.{n}")
    with pytest.raises(Problem) as refused:
        limits.check("code", "10.0.1.1")
    assert (refused.value.status, refused.value.retry_after) == (429, 2)
    limits.check("another", "10.0.1.1")
    watch.now = 2.0
    limits.check("code", "10.0.1.1")


@pytest.mark.parametrize("path", ["GET /v1/track/{}/verdict", "POST /why/{}/withdrawal", "GET /card/{}"])
def test_no_log_line_holds_a_secret(path: str) -> None:
    assert "AaICLbe6dMi" not in redact_text(path.format("AaICLbe6dMi-7MsZ3bCuJ"))
