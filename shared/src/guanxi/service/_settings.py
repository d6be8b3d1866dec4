"""The settings that every service has. A wrong one ends the start with one line and exit code 2."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from guanxi import crash

_WEAK = 32
_LAST_PORT = 65_535
_TLS = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


class ServiceSettings(BaseSettings):
    """Read from the environment, prefix `GUANXI_`."""

    model_config = SettingsConfigDict(env_prefix="GUANXI_", extra="ignore", frozen=True)

    profile: Literal["development", "production"] = "production"
    database_url: str = Field(pattern=r"^postgresql://")
    migration_url: str | None = Field(default=None, pattern=r"^postgresql://")
    kafka: str = Field(pattern=r"^[^\s:,]+:\d+(,[^\s:,]+:\d+)*$")
    topic_prefix: str = Field(default="", pattern=r"^[A-Za-z0-9._-]*$")
    topic_replication: int = Field(default=1, ge=1, le=9)
    """How many brokers keep each record of the topics that this process makes."""
    jwks: str
    issuer: str = "urn:guanxi:development"
    audience: str = "guanxi"
    public_url: str = ""
    cursor_key: SecretStr | None = None
    tracking_key: SecretStr | None = None
    forwarded_allow_ips: str = "127.0.0.1"
    """The proxies that may say for whom they ask (`X-Forwarded-For`): addresses and networks, with commas between."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    otlp_endpoint: str | None = None
    most_at_once: int = Field(default=100, ge=1)
    """Requests in work in one process; what comes beyond them is refused at once."""
    stuck_seconds: float = Field(default=30.0, gt=0)
    crash_at: str | None = None
    """A named step (`guanxi.crash`) at which this process is to die, `relay.after_produce:3`; for tests of faults."""

    @field_validator("database_url", "migration_url")
    @classmethod
    def _database_address(cls, value: str | None) -> str | None:
        if value is not None:
            _check_database_address(value)
        return value

    @field_validator("kafka")
    @classmethod
    def _kafka_addresses(cls, value: str) -> str:
        if any(not _is_port(address.rpartition(":")[2]) for address in value.split(",")):
            message = f"each port must be a number from 1 to {_LAST_PORT}"
            raise ValueError(message)
        return value

    @field_validator("forwarded_allow_ips")
    @classmethod
    def _proxies(cls, value: str) -> str:
        # The server takes what is neither for a name that no caller ever has, and says nothing.
        for one in value.split(","):
            try:
                ip_network(one.strip())
            except ValueError:
                message = "each proxy must be an address or a network, such as 10.0.0.0/24"
                raise ValueError(message) from None
        return value

    @field_validator("crash_at")
    @classmethod
    def _crash_point(cls, value: str | None) -> str | None:
        if value is not None:
            crash.parse(value)
        return value

    @model_validator(mode="after")
    def _fit_for_production(self) -> ServiceSettings:
        if self.profile != "production":
            return self
        for name in ("cursor_key", "tracking_key"):
            secret: SecretStr | None = getattr(self, name)
            if secret is None or len(secret.get_secret_value()) < _WEAK:
                message = f"GUANXI_{name.upper()} must be set to at least {_WEAK} characters in production"
                raise ValueError(message)
        if self.crash_at is not None:
            message = "GUANXI_CRASH_AT is for tests: in production no process dies on purpose"
            raise ValueError(message)
        if not self.jwks.startswith("https://"):
            message = "GUANXI_JWKS must be an https address in production: the development issuer is refused"
            raise ValueError(message)
        return self

    def secret(self, name: Literal["cursor_key", "tracking_key"]) -> bytes:
        """A key's bytes; a fixed development key where none is set, which production refuses at the start."""
        found: SecretStr | None = getattr(self, name)
        return (found.get_secret_value() if found else f"development-{name}-not-for-production").encode()


def _check_database_address(url: str) -> None:
    """Raise `ValueError` for what the database client would stumble over; its words must not hold the password."""
    try:
        parts = urlsplit(url)
    except ValueError:
        message = "it is no address; write postgresql://user:password@host:port/database"
        raise ValueError(message) from None
    for host in parts.netloc.rpartition("@")[2].split(","):
        port = host.rpartition("]")[2].partition(":")[2]
        if port and not _is_port(port):
            message = f"its port must be a number from 1 to {_LAST_PORT}"
            raise ValueError(message)
    if any(mode not in _TLS for mode in parse_qs(parts.query).get("sslmode", [])):
        message = f"its sslmode must be one of {', '.join(_TLS)}"
        raise ValueError(message)


def _is_port(text: str) -> bool:
    return text.isdecimal() and text.isascii() and 1 <= int(text) <= _LAST_PORT
