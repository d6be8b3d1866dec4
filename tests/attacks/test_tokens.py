"""A: tokens at the doors of all five services. What is not valid gets 401 without a hint, what is not allowed 403."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from attacks.doors import ROUTES, Route
from attacks.verdict import honest, once, refused, shape
from guanxi.auth.development import AUDIENCE, ISSUER
from guanxi_local.testplatform import TestPlatform
from guanxi_local.tokens import open_issuer

pytestmark = pytest.mark.asyncio(loop_scope="session")

DOORS = (
    "/v1/customers",
    "/v1/interactions",
    "/v1/complaints",
    "/v1/key-customers",
    "/v1/inbox",
)
"""One of each service."""

_STRANGER = ECKey.generate_key("P-256")
_RSA = RSAKey.generate_key(2048)
Make = Callable[["Forger"], str]


class Forger:
    """Has the issuer's real key, and misuses it."""

    def __init__(self, platform: TestPlatform) -> None:
        self.key: ECKey = open_issuer(platform.state)._key

    def signed(
        self, *, key: Any = None, alg: str = "ES256", header: dict[str, Any] | None = None, **claims: Any
    ) -> str:
        now = int(time.time())
        said: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "admin",
            "unit": "head-office",
            "scope": "admin pii:read",
        }
        said |= {"iat": now, "nbf": now, "exp": now + 3600, **claims}
        kept = {name: value for name, value in said.items() if value is not ...}
        head = {"alg": alg, "kid": self.key.kid, **(header or {})}
        return jwt.encode({k: v for k, v in head.items() if v is not ...}, kept, key or self.key, algorithms=[alg])

    def forged(self, header: Any, payload: Any = None, signature: bytes = b"x" * 64) -> str:
        if payload is None:
            payload = json.loads(_decode(self.signed().split(".")[1]))
        return ".".join(map(_segment, (header, payload, signature)))

    def hmac(self, secret: bytes) -> str:
        text = self.forged({"alg": "HS256", "kid": self.key.kid}).rpartition(".")[0]
        return f"{text}.{_segment(hmac.digest(secret, text.encode(), hashlib.sha256))}"

    def altered(self, **changes: Any) -> str:
        header, payload, signature = self.signed().split(".")
        return f"{header}.{_segment({**json.loads(_decode(payload)), **changes})}.{signature}"


def _segment(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _now() -> int:
    return int(time.time())


ATTACKS: dict[str, Make] = {
    "two dots": lambda _: "..",
    "a word": lambda _: "token",
    "five parts": lambda _: "a.b.c.d.e",
    "alg none": lambda f: f.forged({"alg": "none", "kid": f.key.kid}),
    "alg none, unsigned": lambda f: f.forged({"alg": "none", "kid": f.key.kid}).rpartition(".")[0] + ".",
    "alg nOnE": lambda f: f.forged({"alg": "nOnE", "kid": f.key.kid}),
    "no alg": lambda f: f.forged({"kid": f.key.kid}),
    "HS256 with the public key as JSON": lambda f: f.hmac(json.dumps(f.key.as_dict(private=False)).encode()),
    "HS256 with the public key as PEM": lambda f: f.hmac(f.key.as_pem(private=False)),
    "HS256 with nothing": lambda f: f.hmac(b""),
    "RS256 under our kid": lambda f: f.signed(key=_RSA, alg="RS256"),
    "a stranger's key under our kid": lambda f: f.signed(key=_STRANGER),
    "a stranger's key in the header": lambda f: f.signed(
        key=_STRANGER, header={"jwk": _STRANGER.as_dict(private=False)}
    ),
    "a stranger's address of keys": lambda f: f.signed(key=_STRANGER, header={"jku": "http://127.0.0.1:9/jwks"}),
    "no kid": lambda f: f.signed(header={"kid": ...}),
    "a kid with a path": lambda f: f.signed(header={"kid": "../../../../../dev/null"}),
    "a kid with SQL": lambda f: f.signed(header={"kid": "x' UNION SELECT 'key' --"}),
    "a kid with a command": lambda f: f.signed(header={"kid": "|id"}),
    "a kid of 4 KiB": lambda f: f.signed(header={"kid": "k" * 4096}),
    "a critical extension": lambda f: f.forged({"alg": "ES256", "kid": f.key.kid, "crit": ["exp"], "exp": 1}),
    "a signature of zeros": lambda f: f.forged({"alg": "ES256", "kid": f.key.kid}, signature=b"\0" * 64),
    "no signature": lambda f: f.signed().rpartition(".")[0] + ".",
    "scopes added": lambda f: f.altered(scope="admin ops:write"),
    "another unit": lambda f: f.altered(unit="dealer-17"),
    "another issuer": lambda f: f.signed(iss="https://evil.example"),
    "no issuer": lambda f: f.signed(iss=...),
    "another audience": lambda f: f.signed(aud="somebody"),
    "no audience": lambda f: f.signed(aud=...),
    "expired": lambda f: f.signed(exp=_now() - 61),
    "expired long ago": lambda f: f.signed(exp=1),
    "no expiry": lambda f: f.signed(exp=...),
    "expiry as text": lambda f: f.signed(exp=str(_now() + 60)),
    "expiry of 10^30": lambda f: f.signed(exp=10**30, nbf=10**29),
    "not valid yet": lambda f: f.signed(nbf=_now() + 90),
    "issued tomorrow": lambda f: f.signed(iat=_now() + 86_400),
    "no subject": lambda f: f.signed(sub=...),
    "a subject with a line end": lambda f: f.signed(sub="li\r\nX-Evil: 1"),
    "no unit": lambda f: f.signed(unit=...),
    "a unit with SQL": lambda f: f.signed(unit="x' OR true --"),
    "scopes as a list": lambda f: f.signed(scope=["admin"]),
    "64 KiB": lambda f: f.signed(note="x" * 40_000),
    "a payload nested deep": lambda f: f.forged({"alg": "ES256", "kid": f.key.kid}, b"[" * 5000),
}


@pytest.fixture(scope="session")
def forger(platform: TestPlatform) -> Forger:
    return Forger(platform)


@pytest.mark.parametrize("name", ATTACKS)
async def test_a_token_is_refused_everywhere_in_the_same_words(
    door: httpx.AsyncClient, forger: Forger, name: str
) -> None:
    headers = {"Authorization": f"Bearer {ATTACKS[name](forger)}"}
    found = [shape(refused(await door.get(path, headers=headers), 401)) for path in DOORS]
    plain = shape(refused(await door.get(DOORS[0]), 401))
    assert all(one == plain for one in found), found


CARRIED: dict[str, Callable[[str], dict[str, Any]]] = {
    "twice": lambda token: {"headers": [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")]},
    "beside a basic one": lambda token: {
        "headers": [("Authorization", "Basic YTpi"), ("Authorization", f"Bearer {token}")]
    },
    "in the query": lambda token: {"params": {"access_token": token}},
    "in the query and the header": lambda token: {
        "params": {"access_token": token},
        "headers": {"Authorization": f"Bearer {token}"},
    },
    "in a cookie": lambda token: {"headers": {"Cookie": f"access_token={token}"}},
    "as a basic password": lambda token: {"auth": ("admin", token)},
    "without its word": lambda token: {"headers": {"Authorization": token}},
    "under another word": lambda token: {"headers": {"Authorization": f"Token {token}"}},
    "in a header of its own": lambda token: {"headers": {"X-Access-Token": token}},
    "with a comma": lambda token: {"headers": {"Authorization": f"Bearer {token}, Bearer {token}"}},
    "for another at the proxy": lambda token: {"headers": {"Proxy-Authorization": f"Bearer {token}"}},
    "in front of a method override": lambda _: {"headers": {"X-HTTP-Method-Override": "DELETE", "X-User": "admin"}},
}


@pytest.mark.parametrize("how", CARRIED)
async def test_a_good_token_carried_wrongly_is_none(door: httpx.AsyncClient, forger: Forger, how: str) -> None:
    for path in DOORS:
        refused(await door.get(path, **CARRIED[how](forger.signed())), 401)


async def test_the_forger_could_write_a_good_one(door: httpx.AsyncClient, forger: Forger) -> None:
    for path in DOORS:
        answer = honest(await door.get(path, headers={"Authorization": f"bearer {forger.signed()}"}))
        assert answer.is_success, answer.text


async def test_a_token_just_before_its_end_is_good_and_just_after_it_is_not(
    door: httpx.AsyncClient, forger: Forger
) -> None:
    for exp, status in ((_now() - 10, 200), (_now() - 60, 401)):
        answer = honest(await door.get(DOORS[0], headers={"Authorization": f"Bearer {forger.signed(exp=exp)}"}))
        assert answer.status_code == status, answer.text


_SCOPES = {"none": "", "of nobody": "root superuser *", "of another service": "weather:read", "in capitals": "ADMIN"}
_PRIVATE = [route for route in ROUTES if not route.public]


@pytest.mark.parametrize("route", _PRIVATE, ids=[route.name for route in _PRIVATE])
async def test_every_route_asks_for_a_token_and_for_its_scope(
    door: httpx.AsyncClient, forger: Forger, route: Route
) -> None:
    good = route.good() if route.body else None
    refused(await door.request(route.method, route.at({}), json=good, headers=once()), 401)
    for scope in _SCOPES.values():
        headers = {**once(), "Authorization": f"Bearer {forger.signed(scope=scope)}"}
        refused(await door.request(route.method, route.at({}), json=good, headers=headers), 403)


_WRITES = [
    route for route in _PRIVATE if any("write" in s for one in route.operation["security"] for s in one["bearer"])
]


@pytest.mark.parametrize("route", _WRITES, ids=[route.name for route in _WRITES])
async def test_who_may_read_may_not_write(door: httpx.AsyncClient, forger: Forger, route: Route) -> None:
    (scopes,) = route.operation["security"][0].values()
    scope = " ".join(one.replace(":write", ":read") for one in scopes)
    headers = {**once(), "Authorization": f"Bearer {forger.signed(scope=scope)}"}
    good = route.good() if route.body else None
    refused(await door.request(route.method, route.at({}), json=good, headers=headers), 403)
