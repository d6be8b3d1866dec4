"""The development issuer of one installation: its key is made once, its public half is the file the services read."""

from __future__ import annotations

from collections.abc import Iterable

from guanxi.auth.development import DevelopmentIssuer
from guanxi_local.failures import Failure
from guanxi_local.files import locked, write_atomically
from guanxi_local.scopes import ALL_SCOPES, HEAD_OFFICE
from guanxi_local.state import State


def open_issuer(state: State) -> DevelopmentIssuer:
    """Give the installation's issuer, with a new key when it has none."""
    with locked(state.root / "issuer.lock"):
        if not state.signing_key.exists():
            fresh = state.signing_key.with_suffix(".new")
            DevelopmentIssuer.create().save(fresh)
            fresh.rename(state.signing_key)
        issuer = _load(state)
        if not state.jwks.exists():
            write_atomically(state.jwks, issuer.jwks_json())
    return issuer


def _load(state: State) -> DevelopmentIssuer:
    try:
        return DevelopmentIssuer.load(state.signing_key)
    except ValueError as error:
        message = f"{state.signing_key} is damaged; delete it and {state.jwks.name} beside it, and new ones are made"
        raise Failure(message) from error


def mint(  # noqa: PLR0913 - one keyword for each claim
    state: State,
    *,
    unit: str = HEAD_OFFICE,
    scopes: Iterable[str] = ALL_SCOPES,
    subject: str = "admin",
    source: str | None = None,
    hours: float = 8,
) -> str:
    """Sign a token; without options it is a head-office administrator's, good for eight hours."""
    return open_issuer(state).token(subject=subject, unit=unit, scopes=scopes, source=source, hours=hours)
