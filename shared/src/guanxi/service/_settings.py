"""The settings that every service has. A wrong one ends the start with one line and exit code 2."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_WEAK = 32


class ServiceSettings(BaseSettings):
    """Read from the environment, prefix `GUANXI_`."""

    model_config = SettingsConfigDict(env_prefix="GUANXI_", extra="ignore", frozen=True)

    profile: Literal["development", "production"] = "production"
    database_url: str = Field(pattern=r"^postgresql://")
    migration_url: str | None = Field(default=None, pattern=r"^postgresql://")
    kafka: str = Field(pattern=r"^[^\s:,]+:\d+(,[^\s:,]+:\d+)*$")
    topic_prefix: str = Field(default="", pattern=r"^[A-Za-z0-9._-]*$")
    jwks: str
    issuer: str = "urn:guanxi:development"
    audience: str = "guanxi"
    public_url: str = ""
    cursor_key: SecretStr | None = None
    tracking_key: SecretStr | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    otlp_endpoint: str | None = None
    stuck_seconds: float = Field(default=30.0, gt=0)

    @model_validator(mode="after")
    def _fit_for_production(self) -> ServiceSettings:
        if self.profile != "production":
            return self
        for name in ("cursor_key", "tracking_key"):
            secret: SecretStr | None = getattr(self, name)
            if secret is None or len(secret.get_secret_value()) < _WEAK:
                message = f"GUANXI_{name.upper()} must be set to at least {_WEAK} characters in production"
                raise ValueError(message)
        if not self.jwks.startswith("https://"):
            message = "GUANXI_JWKS must be an https address in production: the development issuer is refused"
            raise ValueError(message)
        return self

    def secret(self, name: Literal["cursor_key", "tracking_key"]) -> bytes:
        """A key's bytes; a fixed development key where none is set, which production refuses at the start."""
        found: SecretStr | None = getattr(self, name)
        return (found.get_secret_value() if found else f"development-{name}-not-for-production").encode()
