"""Versions as strong ETags: an update names the version it changes, so nobody overwrites what he has not seen."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Header
from pydantic import WithJsonSchema
from starlette.responses import Response

from guanxi.problems import PreconditionRequired, Unprocessable

_STRONG = re.compile(r'"(0|[1-9][0-9]{0,17})"')
ETAG_SCHEMA = {"type": "string", "pattern": f"^{_STRONG.pattern}$"}
"""One strong ETag of ours, as a document's schema tells of it."""


async def if_match(
    value: Annotated[
        str | None,
        WithJsonSchema(ETAG_SCHEMA),
        Header(alias="If-Match", description='The ETag you have read, such as `"7"`; without it the answer is 428.'),
    ] = None,
) -> int:
    """The version in If-Match; 428 when it is missing, 422 for `*`, lists and weak tags."""
    if value is None:
        raise PreconditionRequired
    found = _STRONG.fullmatch(value.strip())
    if found is None:
        raise Unprocessable.field("If-Match", "etag", 'One strong ETag is taken, such as "7"; no *, no list, no W/.')
    return int(found[1])


def etag(version: int) -> str:
    """The ETag of a version."""
    return f'"{version}"'


def set_etag(response: Response, version: int) -> None:
    """Tell the reader which version it has read."""
    response.headers["ETag"] = etag(version)
