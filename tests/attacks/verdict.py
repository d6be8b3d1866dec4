"""What an honest refusal is, whatever was sent."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx

from support.rounds import PATIENCE_S
from support.waiting import Problem, eventually

_MEMBERS = {"type", "title", "status", "detail", "instance", "code", "errors"}


def once() -> dict[str, str]:
    """The headers that every write may carry."""
    return {"Idempotency-Key": str(uuid4()), "If-Match": '"1"'}


def honest(answer: httpx.Response) -> httpx.Response:
    """No answer is a failure of ours, but a 503 that says when to come back; no answer shows how it was made."""
    said = f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:500]}"
    assert answer.status_code < 500 or (answer.status_code == 503 and "retry-after" in answer.headers), said
    assert "Traceback" not in answer.text, said
    return answer


def refused(answer: httpx.Response, *statuses: int) -> dict[str, Any]:
    """The problem document of a refusal."""
    honest(answer)
    assert answer.status_code in statuses, f"{answer.status_code} {answer.text[:500]}"
    assert answer.headers["content-type"] == "application/problem+json", answer.text[:500]
    document: dict[str, Any] = answer.json()
    assert document.keys() >= _MEMBERS, document
    assert document["status"] == answer.status_code
    return document


async def told(client: httpx.AsyncClient, path: str, body: Any = None, **more: Any) -> httpx.Response:
    """The answer to a POST once the service knows the customer in it, who may have been registered a moment ago."""
    answers: list[httpx.Response] = []

    async def look() -> Problem:
        answers.append(honest(await client.post(path, json=body, **{"headers": once(), **more})))
        return answers[-1].text if answers[-1].status_code == httpx.codes.SERVICE_UNAVAILABLE else None

    await eventually(look, PATIENCE_S)
    return answers[-1]


def shape(value: Any) -> Any:
    """A document without what names the object or the moment: two of one shape tell nothing apart."""
    if isinstance(value, dict):
        return {key: shape(inside) for key, inside in value.items() if key not in ("instance", "trace_id")}
    return [shape(inside) for inside in value] if isinstance(value, list) else value
