"""What is counted of a batch, and what is no event of the topic it lies in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from guanxi.bus.applier import FactApplier
from guanxi.bus.ports import Place, Record
from guanxi.db import Tx
from guanxi.events import Consumer, Event, make_event
from guanxi.events.scores import ScoreChanged, SegmentChanged
from guanxi.ports import SystemIds
from guanxi.telemetry import EVENTS_APPLIED, EVENTS_SKIPPED

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NO_CONNECTION: Any = None


async def _nothing(_: Tx, __: Sequence[Event[ScoreChanged]]) -> None:
    """Has no effect."""


def _applier() -> FactApplier:
    return FactApplier(Consumer("counted", {ScoreChanged: _nothing}, kind="state"))


def _tx() -> Tx:
    return Tx(NO_CONNECTION, NOW, SystemIds())


def _event() -> Event[ScoreChanged]:
    fact = ScoreChanged(kind="churn", as_of=date(2026, 1, 1), value=1, band="any", version="1")
    return make_event(
        fact, id=UUID(int=1), recorded=NOW, aggregate=UUID(int=2), sequence=1, subject=None, time=NOW, correlation="c"
    )


def _skipped(type_name: str) -> float:
    return float(EVENTS_SKIPPED.labels(type_name)._value.get())


@pytest.mark.parametrize(("type_name", "counted"), [(SegmentChanged.TYPE, 0), ("guanxi.scores.NeverHeardOf.v1", 1)])
@pytest.mark.asyncio
async def test_only_a_type_that_this_release_does_not_know_is_unknown(type_name: str, counted: int) -> None:
    before = _skipped(type_name)
    record = Record(Place("guanxi.scores", 0), 0, b"k", b"{}", (("ce_type", type_name.encode()),), 0)
    assert await _applier().apply(_tx(), [record]) == []
    assert _skipped(type_name) - before == counted


@pytest.mark.parametrize(
    ("topic", "changes", "word"),
    [
        ("guanxi.scores", {}, None),
        ("prefix.guanxi.scores", {}, None),
        ("prefix.guanxi.replay.complaints.levels.0123456789ab", {}, None),
        ("guanxi.complaints", {}, "guanxi.complaints"),
        ("guanxi.inbound.scores", {}, "guanxi.inbound.scores"),
        ("guanxi.scores", {"source": "/guanxi/complaints"}, "source"),
        ("guanxi.scores", {"source": "/guanxi/nobody"}, "source"),
    ],
)
@pytest.mark.asyncio
async def test_an_event_counts_in_its_owners_topic_alone(topic: str, changes: dict[str, str], word: str | None) -> None:
    body = _event().model_copy(update=changes).to_json()
    record = Record(Place(topic, 0), 0, b"k", body, (("ce_type", ScoreChanged.TYPE.encode()),), 0)
    failures = await _applier().apply(_tx(), [record])
    assert [word in str(one.error) for one in failures if word] == ([True] if word else [])
    assert len(failures) == (word is not None)


@pytest.mark.asyncio
async def test_events_are_counted_once_their_effect_is_durable() -> None:
    tx, figure = _tx(), EVENTS_APPLIED.labels("counted")
    before = figure._value.get()
    await _applier().apply_events(tx, [_event()])
    assert figure._value.get() == before
    tx.committed()
    assert figure._value.get() == before + 1
