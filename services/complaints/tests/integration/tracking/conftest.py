"""Links are followed here more often in a second than anybody may: each test begins with full buckets."""

from __future__ import annotations

import pytest

from guanxi.testing import Harness
from guanxi.web import Limits


@pytest.fixture(autouse=True)
def _full_buckets(service: Harness) -> None:
    service.app.state.tracking_limits = Limits()
