"""Who holds a tracking link: what its token speaks for, and how often it may be used."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path
from starlette.requests import Request

from complaints.tracking.limits import Limits
from guanxi.auth import tracking
from guanxi.problems import NotFound
from guanxi.service import ServiceSettings, settings_of

Token = Annotated[str, Path(min_length=1, max_length=200, description="From the link in the receipt.")]
Settings = Annotated[ServiceSettings, Depends(settings_of)]


def speaks_for(token: str, request: Request, settings: ServiceSettings) -> UUID:
    """The complaint that a token lets its holder follow; 404 for no token of ours, 429 for one used too often."""
    limits_of(request).check(token, request.client.host if request.client else "")
    complaint_id = tracking.read(settings.secret("tracking_key"), token)
    if complaint_id is None:
        raise NotFound("complaint")
    return complaint_id


def limits_of(request: Request) -> Limits:
    """The buckets of this process."""
    state = request.app.state
    if not hasattr(state, "tracking_limits"):
        state.tracking_limits = Limits()
    found: Limits = state.tracking_limits
    return found
