"""The issuer's public keys: from its JWKS address, or from a file in development.

PyJWT's client reads with blocking calls, so this is ours: fresh for five minutes, one fetch at a time, no second fetch
within ten seconds whatever `kid` a stranger invents, and the old keys go on when the issuer is away.
"""

from __future__ import annotations

import asyncio
import json
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import httpx
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key

from guanxi.telemetry import redact_text

Monotonic = Callable[[], float]
PublicKey = RSAKey | ECKey | OKPKey

FRESH_SECONDS = 300.0
STALE_SECONDS = 86_400.0
PAUSE_SECONDS = 10.0
FETCH_SECONDS = 2.0
_LARGEST = 262_144
_RSA_BITS = 2048
_ALGORITHM_OF = {("RSA", None): "RS256", ("EC", "P-256"): "ES256", ("OKP", "Ed25519"): "EdDSA"}


class KeysUnavailableError(RuntimeError):
    """No keys have been read yet, or they are too old: nobody can be let in or turned away."""


class KeySource(Protocol):
    """Gives the issuer's public keys by their id."""

    generation: int

    async def key(self, kid: str) -> PublicKey | None:
        """The key, or None when the issuer has none of that id; raises `KeysUnavailableError`."""
        ...


def key_source(place: str) -> KeySource:
    """The keys at `place`: an http(s) address, a `file:` address or a path."""
    if place.startswith(("http://", "https://")):
        return RemoteKeys(place)
    return FileKeys(Path(place.removeprefix("file://").removeprefix("file:")))


def algorithm_of(key: PublicKey) -> str | None:
    """The one algorithm a key may be used with; None for a kind we do not take."""
    kind = key.as_dict(private=False)
    return _ALGORITHM_OF.get((str(kind["kty"]), str(kind["crv"]) if "crv" in kind else None))


def parse_keys(document: str | bytes) -> dict[str, PublicKey]:
    """The usable signing keys of a JWKS document by id; keys of other kinds, uses or strengths are left out."""
    listed = json.loads(document)["keys"]
    found: dict[str, PublicKey] = {}
    for entry in listed:
        key = _usable(entry)
        if key is not None:
            found[str(entry["kid"])] = key
    return found


def _usable(entry: object) -> PublicKey | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("kid"), str) or entry.get("use", "sig") != "sig":
        return None
    public = {name: value for name, value in entry.items() if name in {"kty", "crv", "x", "y", "n", "e", "kid"}}
    try:
        with warnings.catch_warnings():
            # joserfc warns of what we leave out anyway.
            warnings.simplefilter("ignore", SecurityWarning)
            key = import_key(public)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    if not isinstance(key, RSAKey | ECKey | OKPKey) or algorithm_of(key) is None:
        return None
    if entry.get("alg") not in {None, algorithm_of(key), "Ed25519" if algorithm_of(key) == "EdDSA" else None}:
        return None
    if isinstance(key, RSAKey) and key.public_key.key_size < _RSA_BITS:
        return None
    return key


class FileKeys:
    """Keys in a file, read again when it changes (a look at most once a second)."""

    def __init__(self, path: Path, monotonic: Monotonic = time.monotonic) -> None:
        self.generation = 0
        self._path = path
        self._monotonic = monotonic
        self._keys: dict[str, PublicKey] | None = None
        self._stamp: tuple[int, int] | None = None
        self._looked = float("-inf")

    async def key(self, kid: str) -> PublicKey | None:
        """The key of that id in the file as it is now."""
        if self._monotonic() - self._looked >= 1.0:
            self._look()
        if self._keys is None:
            message = "the JWKS file cannot be read"
            raise KeysUnavailableError(message)
        return self._keys.get(kid)

    def _look(self) -> None:
        self._looked = self._monotonic()
        try:
            status = self._path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if stamp != self._stamp:
                self._keys, self._stamp = parse_keys(self._path.read_bytes()), stamp
                self.generation += 1
        except (OSError, ValueError, KeyError, TypeError):
            # A half-written or missing file: the keys read before go on.
            return


class RemoteKeys:
    """Keys at an address."""

    def __init__(
        self,
        url: str,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        monotonic: Monotonic = time.monotonic,
    ) -> None:
        self.generation = 0
        self.last_error: str | None = None
        self._url = url
        self._transport = transport
        self._monotonic = monotonic
        self._keys: dict[str, PublicKey] | None = None
        self._read_at = float("-inf")
        self._tried_at = float("-inf")
        self._flight = asyncio.Lock()

    async def key(self, kid: str) -> PublicKey | None:
        """The key of that id; an unknown one makes us ask the issuer again, at most every ten seconds."""
        keys = self._keys or {}
        if kid in keys and self._age() < FRESH_SECONDS:
            return keys[kid]
        await self._refresh(known=kid in keys)
        if self._keys is None or self._age() > STALE_SECONDS:
            message = "the issuer's keys cannot be read"
            raise KeysUnavailableError(message)
        return self._keys.get(kid)

    def _age(self) -> float:
        return self._monotonic() - self._read_at

    async def _refresh(self, *, known: bool) -> None:
        if known and self._flight.locked():
            return
        async with self._flight:
            if self._monotonic() - self._tried_at < PAUSE_SECONDS:
                return
            self._tried_at = self._monotonic()
            try:
                self._keys = parse_keys(await self._fetch())
            except (httpx.HTTPError, ValueError, KeyError, TypeError, TimeoutError) as error:
                self.last_error = redact_text(f"{type(error).__name__}: {error}")
                return
            self._read_at, self.last_error = self._monotonic(), None
            self.generation += 1

    async def _fetch(self) -> bytes:
        async with (
            asyncio.timeout(FETCH_SECONDS),
            httpx.AsyncClient(transport=self._transport, timeout=FETCH_SECONDS) as client,
            client.stream("GET", self._url) as response,
        ):
            response.raise_for_status()
            body = b""
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _LARGEST:
                    message = "the JWKS document is too large"
                    raise ValueError(message)
            return body
