"""Who holds the link of a message: what its token speaks for, and how often it may be used."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path
from starlette.requests import Request

from guanxi.problems import NotFound
from guanxi.service import settings_of
from guanxi.web import LimitsOfApp
from notifications import links
from notifications.settings import Settings

Token = Annotated[str, Path(min_length=1, max_length=200, description="From the link in the message.")]
Known = Annotated[Settings, Depends(settings_of)]
_LIMITS = LimitsOfApp("why")


def speaks_for(token: str, request: Request, settings: Settings) -> UUID:
    """The message that a token speaks for; 404 for no token of ours, 429 for one used too often."""
    _LIMITS.check(request, token)
    message_id = links.read_why(settings.secret("tracking_key"), token)
    if message_id is None:
        raise NotFound("message")
    return message_id
