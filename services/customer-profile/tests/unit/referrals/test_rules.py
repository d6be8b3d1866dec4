"""When a referral happened, and whether a customer was brought before."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from customer_profile.referrals.rules import Referral, brought_before, moment_of

NOW = datetime(2026, 3, 31, 4, tzinfo=UTC)


def a_referral(referred: UUID, **values: Any) -> Referral:
    base: dict[str, Any] = {"id": uuid4(), "version": 1, "created_at": NOW, "unit_id": "x", "referrer_id": uuid4()}
    return Referral(**{**base, "referred_id": referred, "referred_on": NOW.date(), "entered_by": "x", **values})


def test_a_referral_is_never_ahead_of_now() -> None:
    assert moment_of(date(2026, 3, 30), NOW) == datetime(2026, 3, 30, 12, tzinfo=UTC)
    assert moment_of(date(2026, 3, 31), NOW) == NOW


def test_any_record_of_the_customer_and_only_what_stands_counts() -> None:
    one, other = uuid4(), uuid4()
    assert brought_before([one, other], [a_referral(other)])
    assert not brought_before([one], [a_referral(other)])
    assert not brought_before([one], [a_referral(one, voided_at=NOW)])
