"""Settings: a wrong one ends the start."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest
from pydantic import ValidationError

from notifications.settings import Settings

GOOD: dict[str, Any] = {
    "profile": "development",
    "database_url": "postgresql://x/y",
    "kafka": "127.0.0.1:9",
    "jwks": "x",
}
PRODUCTION = {**GOOD, "profile": "production", "jwks": "https://x", "cursor_key": "x" * 32, "tracking_key": "x" * 32}


def test_quiet_hours_are_two_times_or_off() -> None:
    assert Settings.model_validate(GOOD).quiet == (time(21), time(8))
    assert Settings.model_validate({**GOOD, "quiet_hours": "off"}).quiet is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"quiet_hours": "25:00-08:00"},
        {"quiet_hours": "21:00"},
        {"smtp_url": "http://x"},
        {"smtp_url": "smtp://"},
        {"smtp_url": "smtp://mail:99999"},
        {"smtp_url": "smtp://mail:port"},
        {"smtp_url": "smtp://mail:0"},
        {"default_time_zone": "Mars/Olympus"},
        {"default_time_zone": "../../etc/passwd"},
        {"default_time_zone": ""},
        {"sender": "nobody"},
        {"sender": "x@y.z\r\nBcc: a@b.c"},
        {"default_language": "fr"},
        {"smtp_seconds": 0},
    ],
)
def test_a_wrong_setting_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({**GOOD, **wrong})


def test_webhooks_to_this_machine_are_for_development_only() -> None:
    assert Settings.model_validate({**GOOD, "webhook_allow_loopback": True}).webhook_allow_loopback
    assert not Settings.model_validate(PRODUCTION).webhook_allow_loopback
    with pytest.raises(ValidationError, match="LOOPBACK"):
        Settings.model_validate({**PRODUCTION, "webhook_allow_loopback": True})


def test_the_mail_servers_password_is_not_shown() -> None:
    settings = Settings.model_validate({**GOOD, "smtp_url": "smtp://user:geheim@mail"})
    assert "geheim" not in repr(settings)


MAILING = {**PRODUCTION, "smtp_url": "smtp://mail", "public_url": "https://crm.firm.example.com"}


def test_where_mail_goes_out_its_links_and_its_sender_are_real() -> None:
    sender = "Firm <no-reply@firm.example.com>"
    assert Settings.model_validate({**MAILING, "sender": sender}).sender == sender
    with pytest.raises(ValidationError, match="GUANXI_SENDER"):
        Settings.model_validate(MAILING)
    with pytest.raises(ValidationError, match="GUANXI_PUBLIC_URL"):
        Settings.model_validate({**MAILING, "sender": sender, "public_url": ""})
    assert Settings.model_validate(PRODUCTION).smtp_url is None
