"""Every setting of this service, read from the environment (`GUANXI_...`) and nowhere else."""

from __future__ import annotations

from datetime import time
from email.utils import parseaddr
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator, model_validator

from guanxi.service import ServiceSettings

_HOURS = r"^(off|([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d)$"
_NOWHERE = ".invalid"


class Settings(ServiceSettings):
    """What this service needs beyond what all services need."""

    smtp_url: SecretStr | None = None
    """`smtp://[user:password@]host[:port]`, or `smtps://` for TLS from the start. Without it no mail leaves."""
    smtp_seconds: float = Field(default=10.0, gt=0, le=60)
    """How long one step of an SMTP dialogue may take."""
    sender: str = "Guanxi <no-reply@guanxi.invalid>"
    default_language: str = Field(default="zh-Hans", pattern=r"^(zh-Hans|zh-Hant|en)$")
    default_time_zone: str = "Asia/Shanghai"
    quiet_hours: str = Field(default="21:00-08:00", pattern=_HOURS)
    """When customers are not written to, in their own time zone; `off` for never."""
    tracking_page: str = "/track/{token}"
    """Where a complainant follows a complaint, below `public_url`."""
    webhook_allow_loopback: bool = False
    """Development only: lets webhooks go to this machine, and by plain HTTP."""

    @field_validator("smtp_url")
    @classmethod
    def _is_smtp(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        message = "must be like smtp://user:password@mail.example.com:587, or begin with smtps://"
        try:
            parts = urlsplit(value.get_secret_value())
            fit = parts.scheme in ("smtp", "smtps") and bool(parts.hostname) and parts.port != 0
        except ValueError as error:
            raise ValueError(message) from error
        if not fit:
            raise ValueError(message)
        return value

    @field_validator("default_time_zone")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            message = "must be a time zone, like Asia/Shanghai"
            raise ValueError(message) from error
        return value

    @field_validator("sender")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if "@" not in parseaddr(value)[1] or not value.isprintable():
            message = "must be an address, like Guanxi <no-reply@example.com>"
            raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _no_loopback_in_production(self) -> Settings:
        if self.profile == "production" and self.webhook_allow_loopback:
            message = (
                "GUANXI_WEBHOOK_ALLOW_LOOPBACK is for development: webhooks must not reach this machine in production"
            )
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _mail_leads_back_to_us(self) -> Settings:
        if self.profile != "production" or self.smtp_url is None:
            return self
        if not self.public_url:
            message = "GUANXI_PUBLIC_URL must be set where mail goes out: its links begin with it"
            raise ValueError(message)
        if parseaddr(self.sender)[1].endswith(_NOWHERE):
            message = "GUANXI_SENDER must be an address of yours where mail goes out"
            raise ValueError(message)
        return self

    @property
    def quiet(self) -> tuple[time, time] | None:
        """From when until when customers are not written to."""
        if self.quiet_hours == "off":
            return None
        since, until = (time.fromisoformat(part) for part in self.quiet_hours.split("-"))
        return since, until
