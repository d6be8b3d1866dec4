"""When an unknown id is surely missing, and when it may still be on its way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from guanxi.directory import surely_missing
from guanxi.ports import SystemIds, id_time

FRESH = SystemIds().new()
MADE = id_time(FRESH) or datetime.now(UTC)


def test_an_id_of_another_version_never_was_a_customer() -> None:
    assert surely_missing(uuid4(), None)


def test_before_the_directory_has_been_read_nothing_is_sure() -> None:
    assert not surely_missing(FRESH, None)


def test_an_id_newer_than_the_watermark_may_be_on_its_way() -> None:
    assert not surely_missing(FRESH, MADE - timedelta(seconds=1))


def test_an_id_whose_write_may_still_be_running_may_be_on_its_way() -> None:
    assert not surely_missing(FRESH, MADE + timedelta(seconds=14))


def test_an_id_older_than_any_running_write_is_missing() -> None:
    assert surely_missing(FRESH, MADE + timedelta(seconds=16))
