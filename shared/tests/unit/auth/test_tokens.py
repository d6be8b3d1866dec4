"""Attacks on tokens: each gets 401 without a hint (or 403 for what is only not allowed), none gets in."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from guanxi.auth import FileKeys, TokenRefusedError, TokenRules, TokenVerifier

pytestmark = pytest.mark.asyncio

NOW = int(time.time())
ISSUER, AUDIENCE = "https://login.example", "guanxi"
EC = ECKey.generate_key("P-256", {"kid": "ec"})
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed"})
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    WEAK = RSAKey.generate_key(1024, {"kid": "weak"})
FOR_ENCRYPTION = ECKey.generate_key("P-256", {"kid": "enc"})
WIDE = ECKey.generate_key("P-384", {"kid": "wide"})
STRANGER = ECKey.generate_key("P-256", {"kid": "ec"})
SHARED = OctKey.generate_key(256, {"kid": "shared"})
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": AUDIENCE,
    "sub": "li-ming",
    "unit": "head-office",
    "scope": "complaints:read complaints:write",
    "iat": NOW,
    "nbf": NOW,
    "exp": NOW + 3600,
}


class FixedClock:
    def __init__(self, at: float) -> None:
        self.at = at

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)


@pytest.fixture
def jwks(tmp_path: Path) -> Path:
    keys = [key.as_dict(private=False) for key in (EC, RSA, ED, WEAK, WIDE)]
    keys.append({**FOR_ENCRYPTION.as_dict(private=False), "use": "enc"})
    keys.append(SHARED.as_dict(private=True))
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": keys}))
    return path


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def verifier(jwks: Path, clock: FixedClock) -> TokenVerifier:
    return TokenVerifier(TokenRules(ISSUER, AUDIENCE), FileKeys(jwks), clock)


def signed(claims: dict[str, Any] | None = None, *, key: Any = EC, alg: str = "ES256", **header: Any) -> str:
    given = {"alg": alg, "kid": key.kid, **header}
    return jwt.encode({k: v for k, v in given.items() if v is not None}, claims or CLAIMS, key, algorithms=[alg])


def with_claims(**changes: Any) -> str:
    return signed({name: value for name, value in {**CLAIMS, **changes}.items() if value is not ...})


def segment(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def forged(header: Any, payload: Any = CLAIMS, signature: bytes = b"x" * 64) -> str:
    return f"{segment(header)}.{segment(payload)}.{segment(signature)}"


def hmac_with(secret: bytes, kid: str) -> str:
    text = f"{segment({'alg': 'HS256', 'kid': kid})}.{segment(CLAIMS)}"
    return f"{text}.{segment(hmac.digest(secret, text.encode(), hashlib.sha256))}"


def altered(token: str, **changes: Any) -> str:
    header, _, signature = token.split(".")
    return f"{header}.{segment({**CLAIMS, **changes})}.{signature}"


ATTACKS = {
    "nothing": "",
    "no dots": "token",
    "two parts": "a.b",
    "four parts": signed() + ".x",
    "an encrypted token's five parts": "a.b.c.d.e",
    "64 KiB": signed()[:-1] + "A" * 65_536,
    "white space inside": signed().replace(".", ". ", 1),
    "a newline at the end": signed() + "\n",
    "plain Base64 signs": forged({"alg": "ES256", "kid": "ec"}).replace("-", "+") + "=",
    "a header that is not JSON": forged(b"{not json"),
    "a header that is a list": forged([]),
    "a header nested deep": forged(b"[" * 3000),
    "alg none": forged({"alg": "none", "kid": "ec"}),
    "alg none without signature": forged({"alg": "none", "kid": "ec"}).rsplit(".", 1)[0] + ".",
    "alg nOnE": forged({"alg": "nOnE", "kid": "ec"}),
    "no alg": forged({"kid": "ec"}),
    "alg as a list": forged({"alg": ["ES256"], "kid": "ec"}),
    "HMAC with the public key as JSON": hmac_with(json.dumps(EC.as_dict(private=False)).encode(), "ec"),
    "HMAC with the public key as PEM": hmac_with(RSA.as_pem(private=False), "rsa"),
    "HMAC with a symmetric key of the JWKS": signed(key=SHARED, alg="HS256"),
    "RS512": signed(key=RSA, alg="RS512"),
    "PS256": signed(key=RSA, alg="PS256"),
    "a key of 1,024 bits": signed(key=WEAK, alg="RS256"),
    "a key for encryption": signed(key=FOR_ENCRYPTION),
    "another curve": forged({"alg": "ES256", "kid": "wide"}),
    "another kind of key": forged({"alg": "RS256", "kid": "ec"}),
    "a stranger's key with our kid": signed(key=STRANGER),
    "no kid": signed(kid=None),
    "an unknown kid": signed(kid="other"),
    "a kid with a path": signed(kid="../../../../dev/null"),
    "a kid with SQL": signed(kid="ec' OR '1'='1"),
    "a kid with U+0000": forged({"alg": "ES256", "kid": "ec\x00"}),
    "a kid that is a number": forged({"alg": "ES256", "kid": 1}),
    "its own key in the header": signed(key=STRANGER, jwk=STRANGER.as_dict(private=False)),
    "its own key address": signed(key=STRANGER, jku="https://evil.example/jwks"),
    "a critical extension": forged({"alg": "ES256", "kid": "ec", "crit": ["exp"], "exp": 1}),
    "an unencoded payload": forged({"alg": "ES256", "kid": "ec", "b64": False}),
    "another type of token": signed(typ="logout+jwt"),
    "an empty signature": signed().rsplit(".", 1)[0] + ".",
    "a zero signature": forged({"alg": "ES256", "kid": "ec"}, signature=b"\0" * 64),
    "a short signature": signed()[:-10],
    "altered scope": altered(signed(), scope="admin"),
    "altered unit": altered(signed(), unit="dealer-17"),
    "claims that are a list": jws.serialize_compact({"alg": "ES256", "kid": "ec"}, b"[]", EC, algorithms=["ES256"]),
    "claims that are not JSON": jws.serialize_compact({"alg": "ES256", "kid": "ec"}, b"hi", EC, algorithms=["ES256"]),
    "claims nested deep": jws.serialize_compact({"alg": "ES256", "kid": "ec"}, b"[" * 3000, EC, algorithms=["ES256"]),
    "another issuer": with_claims(iss="https://evil.example"),
    "the issuer with a slash": with_claims(iss=ISSUER + "/"),
    "no issuer": with_claims(iss=...),
    "the issuer in a list": with_claims(iss=[ISSUER]),
    "another audience": with_claims(aud="other"),
    "no audience": with_claims(aud=...),
    "an empty list of audiences": with_claims(aud=[]),
    "an audience that contains ours": with_claims(aud="guanxi-admin"),
    "expired": with_claims(exp=NOW - 31),
    "expired by the leeway": with_claims(exp=NOW - 30),
    "no expiry": with_claims(exp=...),
    "expiry as text": with_claims(exp=str(NOW + 3600)),
    "expiry true": with_claims(exp=True),
    "expiry NaN": with_claims(exp=float("nan")),
    "expiry never": with_claims(exp=float("inf")),
    "expiry beyond floats": with_claims(exp=10**400),
    "not valid yet": with_claims(nbf=NOW + 31),
    "issued in the future": with_claims(iat=NOW + 31),
    "a start as text": with_claims(nbf="now"),
    "no subject": with_claims(sub=...),
    "an empty subject": with_claims(sub=""),
    "a subject with a newline": with_claims(sub="li\nming"),
    "a subject with U+0000": with_claims(sub="li\x00"),
    "a subject that is a number": with_claims(sub=7),
    "a very long subject": with_claims(sub="x" * 256),
    "no unit": with_claims(unit=...),
    "a unit with SQL": with_claims(unit="x' OR true --"),
    "a unit in a list": with_claims(unit=["head-office"]),
    "scopes in a list": with_claims(scope=["admin"]),
    "a scope with a quote": with_claims(scope='admin"'),
    "a source with a path": with_claims(source="../dealer"),
}


@pytest.mark.parametrize("token", ATTACKS.values(), ids=ATTACKS.keys())
async def test_an_attack_is_refused(verifier: TokenVerifier, token: str) -> None:
    with pytest.raises(TokenRefusedError):
        await verifier.verify(token)


@pytest.mark.parametrize(
    ("key", "algorithm"), [(EC, "ES256"), (RSA, "RS256"), (ED, "Ed25519")], ids=["ES256", "RS256", "Ed25519"]
)
async def test_each_allowed_algorithm_is_taken(verifier: TokenVerifier, key: Any, algorithm: str) -> None:
    claims = await verifier.verify(signed(key=key, alg=algorithm))
    assert (claims.subject, claims.unit, claims.source) == ("li-ming", "head-office", None)
    assert claims.scopes == {"complaints:read", "complaints:write"}


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
async def test_the_older_name_of_ed25519_is_taken(verifier: TokenVerifier) -> None:
    token = signed(key=ED, alg="EdDSA")
    assert (await verifier.verify(token)).subject == "li-ming"


@pytest.mark.parametrize(
    "token",
    [
        with_claims(exp=NOW - 29),
        with_claims(nbf=NOW + 29, iat=NOW + 29),
        with_claims(aud=["other", AUDIENCE]),
        with_claims(scope=""),
        with_claims(scope=...),
        with_claims(nbf=..., iat=...),
        with_claims(sub="張建國", source="dealer-17"),
        signed(typ="at+jwt"),
        signed(typ=None),
    ],
)
async def test_what_is_unusual_and_sound_passes(verifier: TokenVerifier, token: str) -> None:
    assert (await verifier.verify(token)).unit == "head-office"


async def test_a_remembered_token_still_expires(verifier: TokenVerifier, clock: FixedClock) -> None:
    token = with_claims(exp=NOW + 10)
    await verifier.verify(token)
    clock.at += 39
    await verifier.verify(token)
    clock.at += 1
    with pytest.raises(TokenRefusedError):
        await verifier.verify(token)


async def test_a_remembered_token_falls_with_its_key(jwks: Path, clock: FixedClock) -> None:
    moment = [0.0]
    verifier = TokenVerifier(TokenRules(ISSUER, AUDIENCE), FileKeys(jwks, lambda: moment[0]), clock)
    token = signed()
    await verifier.verify(token)
    jwks.write_text(json.dumps({"keys": [RSA.as_dict(private=False)]}))  # noqa: ASYNC240 - a small file
    await verifier.verify(token)
    moment[0] += 1
    clock.at += 61
    with pytest.raises(TokenRefusedError):
        await verifier.verify(token)


async def test_an_altered_copy_of_a_remembered_token_is_refused(verifier: TokenVerifier) -> None:
    token = signed()
    await verifier.verify(token)
    with pytest.raises(TokenRefusedError):
        await verifier.verify(altered(token, scope="admin"))


@pytest.mark.parametrize(
    "wrong", [{"issuer": ""}, {"audience": ""}, {"leeway": timedelta(seconds=61)}], ids=["issuer", "audience", "leeway"]
)
async def test_rules_that_would_let_anybody_in_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="issuer, an audience and a leeway"):
        TokenRules(**{"issuer": ISSUER, "audience": AUDIENCE, **wrong})
