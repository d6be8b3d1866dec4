"""What may be recorded."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from guanxi.bus import log
from guanxi.events import make_event
from guanxi.events.scores import ScoreChanged

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_an_event_that_no_broker_would_take_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    fact = ScoreChanged(kind="churn", as_of=date(2026, 1, 1), value=1, band="any", version="1")
    event = make_event(fact, id=UUID(int=1), recorded=NOW, aggregate=UUID(int=2), sequence=1, subject=None, time=NOW)
    size = len(event.to_json())
    monkeypatch.setattr(log, "MOST_BYTES", size)
    assert len(log.log_arguments(event)[-1]) == size
    monkeypatch.setattr(log, "MOST_BYTES", size - 1)
    with pytest.raises(ValueError, match=f"ScoreChanged.v1 of {size} bytes"):
        log.log_arguments(event)
