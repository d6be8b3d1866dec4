"""What an import asks of the other services, against services that answer from a table."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from guanxi_local.failures import Failure
from guanxi_local.imports import effects
from guanxi_local.imports.effects import Onlooker
from guanxi_local.imports.reconcile import Effect, Figures

PASSED = Figures(registered=2, passed_on={"order": 3, "complaint": 1, "payment": 5})
SINCE = datetime(2024, 3, 1, tzinfo=UTC)
ORDER, FILED = "guanxi.interactions.OrderPlaced", "guanxi.complaints.ComplaintFiled"


class Services:
    """Five services; each look may change what they answer."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.answers: dict[str, dict[str, Any]] = {
            "customer-profile": {"made": {"customers": 12}},
            "interactions": {
                "published": {f"{ORDER}.v1": 5, f"{ORDER}Corrected.v1": 1},
                "caused": {f"{ORDER}.v1": 2, f"{ORDER}Corrected.v1": 1},
            },
            "complaints": {"published": {f"{FILED}.v1": 1}, "caused": {f"{FILED}.v1": 1}},
            "scoring": {"made": {"order": 5, "complaint": 1, "contact": 400}},
            "notifications": {"made": {"messages suppressed": 3}},
        }

    def __call__(self, request: httpx.Request) -> httpx.Response:
        service = request.url.path.split("/")[3]
        self.asked[service] += 1
        assert dict(request.url.params) == {"source": "dealer-17", "since": SINCE.isoformat()}
        empty: dict[str, Any] = {"published": {}, "caused": {}, "known_customers": 12, "made": {}}
        return httpx.Response(200, json=empty | self.answers[service])


def look(services: Services) -> list[Effect]:
    with httpx.Client(transport=httpx.MockTransport(services), base_url="http://gateway.test") as client:
        return Onlooker(client, "dealer-17", SINCE).settled(PASSED)


def wrong(seen: list[Effect]) -> list[tuple[str, str, int, int | None]]:
    return [(one.service, one.what, one.count, one.expected) for one in seen if not one.right]


def test_reports_are_counted_with_corrections_and_facts_without_what_was_under_way_before() -> None:
    services = Services()
    assert wrong(look(services)) == []
    assert services.asked["scoring"] == 1


def test_a_gateway_that_goes_away_while_one_looks_gives_one_clear_line() -> None:
    def gone(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with (
        httpx.Client(transport=httpx.MockTransport(gone), base_url="http://gateway.test") as client,
        pytest.raises(Failure, match=r"^the gateway does not answer \(refused\); is the platform up\?"),
    ):
        Onlooker(client, "dealer-17", SINCE).settled(PASSED)


def test_customers_whom_others_register_meanwhile_do_not_disturb() -> None:
    services = Services()
    services.answers["scoring"]["known_customers"] = 900
    assert wrong(look(services)) == []


def test_what_is_missing_is_named_when_nothing_moves_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effects, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(effects, "LOOK_SECONDS", 0.01)
    services = Services()
    services.answers["scoring"]["known_customers"] = 11
    services.answers["scoring"]["made"]["order"] = 4
    services.answers["interactions"]["caused"] = {}
    assert wrong(look(services)) == [
        ("scoring", "customers known", 11, 12),
        ("interactions", "order kept", 0, 3),
        ("scoring", "order facts", 4, 5),
    ]
    assert services.asked["scoring"] > 1
