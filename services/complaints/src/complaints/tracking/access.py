"""Who holds a tracking link: what its token speaks for, and how often it may be used."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path
from starlette.requests import Request

from guanxi.auth import tracking
from guanxi.problems import NotFound
from guanxi.service import ServiceSettings, settings_of
from guanxi.web import LimitsOfApp

Token = Annotated[str, Path(min_length=1, max_length=200, description="From the link in the receipt.")]
Settings = Annotated[ServiceSettings, Depends(settings_of)]
_LIMITS = LimitsOfApp("tracking")


def speaks_for(token: str, request: Request, settings: ServiceSettings) -> UUID:
    """The complaint that a token lets its holder follow; 404 for no token of ours, 429 for one used too often."""
    _LIMITS.check(request, token)
    complaint_id = tracking.read(settings.secret("tracking_key"), token)
    if complaint_id is None:
        raise NotFound("complaint")
    return complaint_id
