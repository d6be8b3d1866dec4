"""Who may call a route: each declares scopes or is public; a service with a route that does neither does not start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from starlette.requests import Request

from guanxi.auth._jwks import KeysUnavailableError
from guanxi.auth._principal import ANONYMOUS, Principal, make_principal
from guanxi.auth._standing import UnitLookup
from guanxi.auth._tokens import TokenRefusedError, TokenVerifier
from guanxi.problems import Forbidden, Unauthorized, Unavailable

_LOG = structlog.get_logger()
_Endpoint = TypeVar("_Endpoint", bound=Callable[..., Any])
PRINCIPAL_KEY = "guanxi.principal"


@dataclass(frozen=True, slots=True)
class Access:
    """What a route asks of its caller: all of these scopes; none means that anybody may call it."""

    scopes: tuple[str, ...] = ()

    @property
    def public(self) -> bool:
        """Whether the route takes callers without a token."""
        return not self.scopes


class Authenticator:
    """Turns the token of a request into a principal; the lifespan puts one on `app.state.authenticator`."""

    def __init__(self, tokens: TokenVerifier, units: UnitLookup) -> None:
        self._tokens = tokens
        self._units = units

    async def principal(self, request: Request) -> Principal:
        """The caller; raises `Unauthorized`, or `Unavailable` while the issuer's keys cannot be read."""
        known = request.scope.get(PRINCIPAL_KEY)
        if isinstance(known, Principal):
            return known
        try:
            claims = await self._tokens.verify(_bearer(request))
        except TokenRefusedError as error:
            _LOG.info("token refused", reason=str(error))
            raise Unauthorized from error
        except KeysUnavailableError as error:
            _LOG.warning("token not checked", reason=str(error))
            raise Unavailable(5, "issuer-unavailable") from error
        standing = await self._units.standing(claims.unit, claims.subject)
        principal = make_principal(
            claims.subject,
            claims.unit,
            claims.scopes,
            source=claims.source,
            internal=standing.internal,
            employee_id=standing.employee_id,
        )
        request.scope[PRINCIPAL_KEY] = principal
        return principal


async def authorise(request: Request, access: Access) -> Principal:
    """The caller of a route that asks for `access`; raises `Unauthorized` or `Forbidden`."""
    if access.public:
        return ANONYMOUS
    authenticator: Authenticator = request.app.state.authenticator
    principal = await authenticator.principal(request)
    if not all(map(principal.may, access.scopes)):
        raise Forbidden
    return principal


class Requires:
    """The dependency that `requires` and `public` make."""

    def __init__(self, access: Access) -> None:
        self.access = access

    async def __call__(self, request: Request) -> Principal:
        return await authorise(request, self.access)


def requires(*scopes: str) -> Requires:
    """A dependency that gives the principal of a token with all of these scopes (401 and 403 problems)."""
    if not scopes:
        message = "name at least one scope, or use public()"
        raise ValueError(message)
    return Requires(Access(scopes))


def public() -> Requires:
    """A dependency that marks a route for callers without a token: `dependencies=[Depends(public())]`."""
    return Requires(Access())


def guarded(access: Access) -> Callable[[_Endpoint], _Endpoint]:
    """Mark a plain Starlette endpoint, which has no dependencies, with what it asks; it calls `authorise` itself."""

    def mark(endpoint: _Endpoint) -> _Endpoint:
        endpoint.guanxi_access = access  # type: ignore[attr-defined]
        return endpoint

    return mark


def _bearer(request: Request) -> str:
    headers = request.headers.getlist("authorization")
    if len(headers) != 1 or "access_token" in request.query_params:
        reason = "no token, two of them, or one in the query"
        raise TokenRefusedError(reason)
    scheme, _, token = headers[0].partition(" ")
    if scheme.lower() != "bearer":
        reason = "not a bearer token"
        raise TokenRefusedError(reason)
    return token.strip(" ")
