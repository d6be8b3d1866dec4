"""A token issuer for development and tests: one key in a file, no login; refused with production settings."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import ECKey

ISSUER = "urn:guanxi:development"
AUDIENCE = "guanxi"
ALGORITHM = "ES256"


class DevelopmentIssuer:
    """Signs tokens with its own key; services trust it by reading its JWKS from a file."""

    def __init__(self, key: ECKey, *, issuer: str = ISSUER, audience: str = AUDIENCE) -> None:
        self._key = key
        self.issuer = issuer
        self.audience = audience

    @classmethod
    def create(cls, *, profile: str = "development") -> DevelopmentIssuer:
        """An issuer with a new P-256 key."""
        _refuse_production(profile)
        return cls(ECKey.generate_key("P-256", {"use": "sig", "alg": ALGORITHM}, auto_kid=True))

    @classmethod
    def load(cls, path: Path, *, profile: str = "development") -> DevelopmentIssuer:
        """The issuer whose private key `save` wrote to `path`."""
        _refuse_production(profile)
        return cls(ECKey.import_key(json.loads(path.read_text())))

    def save(self, path: Path) -> None:
        """Write the private key as a JWK that only its owner can read."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            os.fchmod(file.fileno(), 0o600)
            json.dump(self._key.as_dict(private=True), file)

    def jwks_json(self) -> str:
        """The public key as a JWKS document."""
        return json.dumps({"keys": [self._key.as_dict(private=False)]})

    def token(  # noqa: PLR0913 - one keyword for each claim
        self,
        *,
        subject: str,
        unit: str,
        scopes: Iterable[str],
        source: str | None = None,
        hours: float = 8,
        now: datetime | None = None,
    ) -> str:
        """A signed access token; `hours` may be negative, which gives an expired one."""
        issued = now or datetime.now(UTC)
        claims: dict[str, str | int] = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": subject,
            "unit": unit,
            "scope": " ".join(scopes),
            "iat": int(issued.timestamp()),
            "nbf": int(issued.timestamp()),
            "exp": int((issued + timedelta(hours=hours)).timestamp()),
        }
        if source is not None:
            claims["source"] = source
        header = {"alg": ALGORITHM, "kid": self._key.kid}
        return jwt.encode(header, claims, self._key, algorithms=[ALGORITHM])


def _refuse_production(profile: str) -> None:
    if profile == "production":
        message = "the development issuer is refused with production settings: configure a real issuer and its JWKS"
        raise ValueError(message)
