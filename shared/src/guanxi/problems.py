"""What a caller is told when a request cannot be done: raised anywhere, answered by `guanxi.http` (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field that was wrong: its path (`lines[0].quantity`), a stable code and a sentence."""

    field: str
    code: str
    detail: str


class Problem(Exception):  # noqa: N818 - the field's word (RFC 9457), and the name that callers of the library read
    """A request that cannot be done, for a reason the caller should know."""

    def __init__(  # noqa: PLR0913 - the members of a problem document
        self,
        status: int,
        code: str,
        detail: str,
        errors: Sequence[FieldError] = (),
        *,
        retry_after: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.retry_after = retry_after
        self.headers = dict(headers or {})


class NotFound(Problem):
    """404: it does not exist, or the caller may not know that it does."""

    def __init__(self, what: str = "resource") -> None:
        super().__init__(404, "not-found", f"There is no such {what}.")


class Gone(Problem):
    """410: it was erased."""

    def __init__(self, detail: str, code: str = "gone") -> None:
        super().__init__(410, code, detail)


class Conflict(Problem):
    """409: the state of the resource does not allow this."""

    def __init__(self, code: str, detail: str, *, retry_after: int | None = None) -> None:
        super().__init__(409, code, detail, retry_after=retry_after)


class Stale(Problem):
    """412: the version in If-Match is not the present one."""

    def __init__(self, current: int | None = None) -> None:
        now = "" if current is None else f" It is at version {current} now."
        super().__init__(412, "stale", f"The resource has changed since you read it.{now} Read it again, then repeat.")


class PreconditionRequired(Problem):
    """428: an update must name the version it changes."""

    def __init__(self) -> None:
        super().__init__(428, "if-match-required", 'Send If-Match with the ETag you have read, such as If-Match: "7".')


class Unprocessable(Problem):
    """422: understood, and wrong in the fields named."""

    def __init__(self, detail: str, errors: Sequence[FieldError] = (), code: str = "invalid") -> None:
        super().__init__(422, code, detail, errors)

    @classmethod
    def field(cls, field: str, code: str, detail: str) -> Unprocessable:
        """One field that is wrong."""
        return cls("A field is not valid.", (FieldError(field, code, detail),))


class TooLarge(Problem):
    """413: the body is larger than this route takes."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, "too-large", f"The body may have at most {limit} bytes here.")


class Unavailable(Problem):
    """503: not now; repeat after `retry_after` seconds."""

    def __init__(self, retry_after: int = 1, code: str = "unavailable", detail: str | None = None) -> None:
        detail = detail or f"This cannot be done just now. Repeat in {retry_after} s."
        super().__init__(503, code, detail, retry_after=retry_after)


class Unauthorized(Problem):
    """401: no valid token; the answer never says why."""

    def __init__(self) -> None:
        super().__init__(401, "unauthorized", "A valid bearer token is needed.", headers={"WWW-Authenticate": "Bearer"})


class Forbidden(Problem):
    """403: the token is valid and does not allow this."""

    def __init__(self, detail: str = "The token does not allow this.", code: str = "forbidden") -> None:
        super().__init__(403, code, detail)
