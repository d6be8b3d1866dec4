"""Lists by key: a page starts after the last row of the one before, named by an opaque cursor that we have signed."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import quote, urlencode
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from guanxi.http._routes import template_of
from guanxi.problems import Unprocessable

T = TypeVar("T")
Row = TypeVar("Row")
Key = tuple[datetime | UUID | int | str, ...]
LONGEST_PAGE = 200
_SIGNATURE_BYTES = 16


class Page(BaseModel, Generic[T]):
    """One page of a list."""

    items: list[T]
    next: str | None = Field(
        description="The cursor of the next page; null on the last. `Link` holds its whole address."
    )


_ANY_PAGE = Page[Any]  # to ask for it each time costs a tenth of a page


class PageQuery:
    """Which page the caller wants: `limit` rows after the key `after` (None: the first page)."""

    def __init__(self, request: Request, response: Response, limit: int, after: Key | None) -> None:
        self.limit = limit
        self.after = after
        self._request = request
        self._response = response

    def cut(self, rows: Sequence[Row], key: Callable[[Row], Key]) -> Page[Any]:
        """The page out of at most `limit + 1` rows: one more than the limit tells that there is a next page.

        `key` gives a row's values of the columns that order the list. Sets `Link` when there is a next page.
        """
        if len(rows) <= self.limit:
            return _ANY_PAGE.model_construct(items=list(rows), next=None)
        kept = list(rows[: self.limit])
        cursor = encode_cursor(key(kept[-1]), *_seal_of(self._request))
        asked = [one for one in self._request.query_params.multi_items() if one[0] not in {"cursor", "limit"}]
        query = urlencode([*asked, ("cursor", cursor), ("limit", self.limit)])
        self._response.headers["Link"] = f'<{quote(self._request.scope["path"])}?{query}>; rel="next"'
        return _ANY_PAGE.model_construct(items=kept, next=cursor)


async def page_query(
    request: Request,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE, description="How many items at most.")] = 50,
    cursor: Annotated[str | None, Query(max_length=2048, description="`next` of the page before.")] = None,
) -> PageQuery:
    """The dependency behind `Paging`."""
    after = None if cursor is None else decode_cursor(cursor, *_seal_of(request))
    return PageQuery(request, response, limit, after)


Paging = Annotated[PageQuery, Depends(page_query)]


def encode_cursor(key: Key, secret: bytes, purpose: str) -> str:
    """An opaque name for a place in a list; `purpose` binds it to the list."""
    text = json.dumps([_encode(value) for value in key], separators=(",", ":")).encode()
    return urlsafe_b64encode(_sign(text, secret, purpose) + text).decode().rstrip("=")


def decode_cursor(cursor: str, secret: bytes, purpose: str) -> Key:
    """The key in a cursor of ours; 422 for any other."""
    try:
        raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        signature, text = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, _sign(text, secret, purpose)):
            raise _bad_cursor()
        return tuple(_decode(kind, value) for kind, value in json.loads(text))
    except ValueError as error:
        raise _bad_cursor() from error


def _seal_of(request: Request) -> tuple[bytes, str]:
    secret: bytes = request.app.state.cursor_key
    return secret, template_of(request.scope)


def _sign(text: bytes, secret: bytes, purpose: str) -> bytes:
    return hmac.digest(secret, purpose.encode() + b"\0" + text, hashlib.sha256)[:_SIGNATURE_BYTES]


def _encode(value: datetime | UUID | int | str) -> tuple[str, str | int]:
    if isinstance(value, datetime):
        return "t", value.isoformat()
    if isinstance(value, UUID):
        return "u", str(value)
    return ("i" if isinstance(value, int) else "s"), value


def _decode(kind: str, value: Any) -> datetime | UUID | int | str:
    if kind == "t":
        return datetime.fromisoformat(value)
    return UUID(value) if kind == "u" else int(value) if kind == "i" else str(value)


def _bad_cursor() -> Unprocessable:
    return Unprocessable.field("cursor", "cursor", "This is no cursor of this list. Start again without one.")
