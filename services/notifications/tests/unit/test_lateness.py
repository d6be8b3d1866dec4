"""When a fact is too old to tell anybody of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from guanxi.events.scores import SegmentChanged
from guanxi.testing.builders import an_event
from notifications.lateness import too_late

NOW = datetime(2026, 3, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("learned_after", "read_after", "late"), [(0, 0, False), (47, 47, False), (49, 49, True), (0, 49, True)]
)
def test_it_is_too_old_when_it_was_learned_late_or_is_read_late(
    learned_after: int,
    read_after: int,
    late: bool,  # noqa: FBT001
) -> None:
    fact = SegmentChanged(segment="value", as_of=NOW.date(), direction="down", members=(uuid4(),))
    event = an_event(fact, time=NOW, recorded=NOW + timedelta(hours=learned_after))
    assert too_late(event, NOW + timedelta(hours=read_after)) is late
