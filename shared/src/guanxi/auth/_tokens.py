"""Access tokens: JWTs of one issuer for one audience, signed with a key of its JWKS by one of three algorithms."""

from __future__ import annotations

import json
import math
import re
import warnings
from base64 import urlsafe_b64decode
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NoReturn

from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning

from guanxi.auth._jwks import KeySource, algorithm_of
from guanxi.ports import Clock, SystemClock

LONGEST = 8192
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_NAME = re.compile(r"[^\x00-\x20\x7f-\x9f\ud800-\udfff]{1,255}")
_UNIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
_KINDS = frozenset({"jwt", "at+jwt", "application/at+jwt"})
_MOST_LEEWAY = timedelta(seconds=60)
_REMEMBERED = 2048
_REMEMBERED_SECONDS = 60.0


class TokenRefusedError(ValueError):
    """The token is not valid; why is for our log, never for the caller."""


@dataclass(frozen=True, slots=True)
class TokenRules:
    """Whose tokens are taken."""

    issuer: str
    audience: str
    algorithms: frozenset[str] = frozenset({"RS256", "ES256", "EdDSA", "Ed25519"})
    leeway: timedelta = timedelta(seconds=30)

    def __post_init__(self) -> None:
        if self.leeway > _MOST_LEEWAY or not self.issuer or not self.audience:
            message = "tokens need an issuer, an audience and a leeway of at most 60 s"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a valid token says; times in seconds since 1970."""

    subject: str
    unit: str
    scopes: frozenset[str]
    source: str | None
    not_before: float
    expires: float


class TokenVerifier:
    """Checks tokens. A token just checked is remembered for a minute, because a signature costs more than the rest."""

    def __init__(self, rules: TokenRules, keys: KeySource, clock: Clock | None = None) -> None:
        self._rules = rules
        self._keys = keys
        self._clock = clock or SystemClock()
        self._remembered: OrderedDict[str, tuple[int, float, Claims]] = OrderedDict()

    async def verify(self, token: str) -> Claims:
        """The claims of a valid token; raises `TokenRefusedError` or `KeysUnavailableError`."""
        now = self._clock.now().timestamp()
        known = self._remembered.get(token)
        if known is not None and known[0] == self._keys.generation and 0 <= now - known[1] < _REMEMBERED_SECONDS:
            self._check_times(known[2], now)
            return known[2]
        claims = await self._check(token, now)
        self._remembered[token] = (self._keys.generation, now, claims)
        if len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)
        return claims

    async def _check(self, token: str, now: float) -> Claims:
        if len(token) > LONGEST or not _COMPACT.fullmatch(token):
            _refuse("not a compact JWS")
        header = _segment(token.partition(".")[0])
        algorithm, kid = header.get("alg"), header.get("kid")
        if not isinstance(algorithm, str) or algorithm not in self._rules.algorithms:
            _refuse("algorithm not allowed")
        if not isinstance(kid, str) or not _NAME.fullmatch(kid):
            _refuse("no key id")
        if "crit" in header or "b64" in header or str(header.get("typ", "JWT")).lower() not in _KINDS:
            _refuse("header not understood")
        key = await self._keys.key(kid)
        if key is None or algorithm_of(key) != ("EdDSA" if algorithm == "Ed25519" else algorithm):
            _refuse("unknown key, or one of another algorithm")
        claims = self._read(_payload(token, key, algorithm))
        self._check_times(claims, now)
        return claims

    def _read(self, claims: dict[str, Any]) -> Claims:
        audience = claims.get("aud")
        named = audience if isinstance(audience, list) else [audience]
        if claims.get("iss") != self._rules.issuer or self._rules.audience not in named:
            _refuse("another issuer or audience")
        expires = _number(claims.get("exp"))
        not_before = max(_number(claims.get(name, -math.inf), least=-math.inf) for name in ("nbf", "iat"))
        scope = claims.get("scope", "")
        if not isinstance(scope, str) or not all(_SCOPE.fullmatch(part) for part in scope.split(" ") if part):
            _refuse("scope is not a list of names")
        source = claims.get("source")
        return Claims(
            subject=_text(claims.get("sub"), _NAME),
            unit=_text(claims.get("unit"), _UNIT),
            scopes=frozenset(part for part in scope.split(" ") if part),
            source=None if source is None else _text(source, _UNIT),
            not_before=not_before,
            expires=expires,
        )

    def _check_times(self, claims: Claims, now: float) -> None:
        leeway = self._rules.leeway.total_seconds()
        if now >= claims.expires + leeway:
            _refuse("expired")
        if now < claims.not_before - leeway:
            _refuse("not valid yet")


def _payload(token: str, key: Any, algorithm: str) -> dict[str, Any]:
    verify: Callable[[], jws.CompactSignature] = lambda: jws.deserialize_compact(token, key, algorithms=[algorithm])  # noqa: E731
    try:
        if algorithm == "EdDSA":
            # RFC 9864 renamed it Ed25519; issuers in the field still say EdDSA, and joserfc warns at each.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SecurityWarning)
                verified = verify()
        else:
            verified = verify()
        claims = json.loads(verified.payload or b"")
    except (JoseError, ValueError, RecursionError) as error:
        message = "bad signature or payload"
        raise TokenRefusedError(message) from error
    if not isinstance(claims, dict):
        _refuse("the claims are not an object")
    return claims


def _segment(text: str) -> dict[str, Any]:
    try:
        found = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, RecursionError) as error:
        message = "the header is not JSON"
        raise TokenRefusedError(message) from error
    if not isinstance(found, dict):
        _refuse("the header is not an object")
    return found


def _number(value: object, *, least: float = 0) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        _refuse("a time is not a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.nan
    if not (least <= number < math.inf):
        _refuse("a time is out of range")
    return number


def _text(value: object, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        _refuse("a claim is missing or malformed")
    return value


def _refuse(reason: str) -> NoReturn:
    raise TokenRefusedError(reason)
