"""A wrong setting is named by one line that says what would be right, and never repeats a password."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from guanxi.service import ServiceSettings

RIGHT = {
    "profile": "development",
    "database_url": "postgresql://user:secret@127.0.0.1:5432/complaints",
    "kafka": "127.0.0.1:9092",
    "jwks": "/keys.json",
}


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("database_url", "mysql://user:secret@127.0.0.1/x", "postgresql://"),
        ("database_url", "postgresql://user:secret@127.0.0.1:abc/x", "its port must be a number from 1 to 65535"),
        ("database_url", "postgresql://user:secret@127.0.0.1:99999/x", "its port must be a number from 1 to 65535"),
        ("database_url", "postgresql://user:secret@127.0.0.1:0/x", "its port must be a number from 1 to 65535"),
        ("database_url", "postgresql://user:secret@one:5432,two:x/x", "its port must be a number from 1 to 65535"),
        ("database_url", "postgresql://user:secret@[::1]:x/x", "its port must be a number from 1 to 65535"),
        ("database_url", "postgresql://user:secret@[::1/x", "it is no address"),
        ("database_url", "postgresql://user:se:cret#@host/x", "its port must be a number from 1 to 65535"),
        ("database_url", "postgresql://user:secret@host/x?sslmode=bad", "its sslmode must be one of disable, allow"),
        ("migration_url", "postgresql://user:secret@127.0.0.1:abc/x", "its port must be a number from 1 to 65535"),
        ("kafka", "127.0.0.1:99999", "each port must be a number from 1 to 65535"),
        ("kafka", "one:9092,two:0", "each port must be a number from 1 to 65535"),
        ("kafka", "one", "pattern"),
        ("forwarded_allow_ips", "proxy", "an address or a network"),
        ("forwarded_allow_ips", "127.0.0.1,10.0.0.1/24", "an address or a network"),
        ("forwarded_allow_ips", "", "an address or a network"),
        ("topic_prefix", "a b", "pattern"),
        ("stuck_seconds", "x", "valid number"),
        ("stuck_seconds", "0", "greater than 0"),
        ("log_level", "LOUD", "'DEBUG', 'INFO'"),
        ("profile", "test", "'development' or 'production'"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ServiceSettings.model_validate({**RIGHT, name: value})
    (error,) = caught.value.errors()
    assert error["loc"] == (name,)
    assert words in error["msg"]
    assert "cret" not in error["msg"]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:secret@host/x",
        "postgresql://user:se%3Acret@one:5432,two:5433/x?sslmode=verify-full",
        "postgresql://user:secret@[::1]:5432/x",
        "postgresql://host",
    ],
)
def test_every_right_address_is_taken(url: str) -> None:
    assert ServiceSettings.model_validate({**RIGHT, "database_url": url}).database_url == url
