"""Asking the platform at its gateway, as a command does: an answer, or one line that says why there is none."""

from __future__ import annotations

import time
import uuid
from typing import Any, Self
from urllib.parse import quote

import httpx

from guanxi_local.failures import Failure

_BUSY = frozenset({429, 502, 503})
# A POST carries one Idempotency-Key through all its repetitions; a PUT repeated would find its own version gone.
_REPEATABLE = frozenset({"GET", "POST"})
_PATIENCE_S = 30.0


class Door:
    """One command's way in, with its token; to be taken as a context. What is busy for a while is asked again."""

    def __init__(self, gateway: str, token: str) -> None:
        self._client = client(gateway, token)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def exists(self, path: str) -> bool:
        """Say whether there is something at an address."""
        return self._ask("GET", path).status_code == httpx.codes.OK

    def get(self, path: str, **query: str) -> Any:
        """Give the JSON of a resource."""
        return _read(self._ask("GET", path, query=query))

    def post(self, path: str, body: Any) -> Any:
        """Give the JSON of what was made."""
        return _read(self._ask("POST", path, body=body))

    def put(self, path: str, body: Any, version: int) -> Any:
        """Give the JSON of what was changed, which must be at `version`."""
        return _read(self._ask("PUT", path, body=body, version=version))

    def _ask(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        query: dict[str, str] | None = None,
        version: int | None = None,
    ) -> httpx.Response:
        headers = {"Idempotency-Key": str(uuid.uuid4())} if method == "POST" else {}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        until = time.monotonic() + _PATIENCE_S
        while True:
            try:
                answer = self._client.request(method, path, json=body, params=query, headers=headers)
            except httpx.HTTPError as error:
                message = f"the gateway does not answer ({error}); is the platform up? (guanxi status)"
                raise Failure(message) from error
            wait = _repeat_after(answer) if method in _REPEATABLE else None
            if wait is None or time.monotonic() + wait > until:
                return answer
            time.sleep(wait)


def client(gateway: str, token: str) -> httpx.Client:
    """Give a client that speaks to a gateway with a token; `Failure` for an address that is none."""
    try:
        return httpx.Client(base_url=gateway, headers={"Authorization": f"Bearer {token}"}, timeout=30, trust_env=False)
    except httpx.InvalidURL as error:
        message = f"{gateway} is no address of a gateway ({error}); write it like http://localhost:8080"
        raise Failure(message) from error


def segment(name: str) -> str:
    """Quote a name for use in a path."""
    return quote(name, safe="")


def _repeat_after(answer: httpx.Response) -> float | None:
    """Seconds after which a service that is busy wants to be asked again; None when its answer is final."""
    said = answer.headers.get("retry-after", "")
    return float(said) if answer.status_code in _BUSY and said.isdecimal() else None


def _read(answer: httpx.Response) -> Any:
    if answer.is_success:
        return answer.json()
    try:
        problem = answer.json()
        errors = "".join(f"; {item['field']}: {item['detail']}" for item in problem.get("errors", []))
        message = f"refused: {problem.get('detail', problem.get('title'))}{errors}"
    except ValueError:
        message = f"refused with {answer.status_code}"
    raise Failure(message)
