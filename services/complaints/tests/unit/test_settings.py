from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from complaints.settings import Settings

FIT: dict[str, Any] = {
    "profile": "production",
    "database_url": "postgresql://x@localhost/complaints",
    "kafka": "kafka:9092",
    "jwks": "https://issuer.example/jwks",
    "cursor_key": "c" * 32,
    "tracking_key": "t" * 32,
}


def test_production_takes_a_key_of_its_own() -> None:
    assert Settings(**FIT).secret("tracking_key") == b"t" * 32


@pytest.mark.parametrize("key", [None, "", "short"])
def test_production_refuses_to_make_links_that_anybody_could_make(key: str | None) -> None:
    with pytest.raises(ValidationError, match="GUANXI_TRACKING_KEY"):
        Settings(**{**FIT, "tracking_key": key})


def test_development_has_a_key_that_says_what_it_is() -> None:
    settings = Settings(**{**FIT, "profile": "development", "tracking_key": None})
    assert b"not-for-production" in settings.secret("tracking_key")
