"""What all records of interactions carry."""

from __future__ import annotations

from guanxi.events._envelope import Fact
from guanxi.events.fields import Code, RecordReference


class Recorded(Fact):
    """Whose record it is and where it came from."""

    unit: Code
    """The unit whose record it is: the publisher's, or the writer's own."""
    source: Code | None = None
    """The publisher, when it came as a report."""
    external_ref: RecordReference | None = None
    """The publisher's name for it."""
