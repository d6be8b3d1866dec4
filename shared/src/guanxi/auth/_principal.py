"""The caller: who it is, for which unit it acts and what its token allows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

ADMIN = "admin"
PII_READ = "pii:read"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls. `internal` is the flag of its unit; a unit that nobody knows is external."""

    subject: str
    unit: str
    scopes: frozenset[str]
    source: str | None = None
    internal: bool = False
    employee_id: UUID | None = None

    def may(self, scope: str) -> bool:
        """Whether the token allows `scope`; `admin` allows everything but reading unmasked personal data."""
        return scope in self.scopes or (scope != PII_READ and ADMIN in self.scopes)


def make_principal(  # noqa: PLR0913 - one argument for each attribute
    subject: str,
    unit: str,
    scopes: Iterable[str],
    *,
    source: str | None = None,
    internal: bool,
    employee_id: UUID | None = None,
) -> Principal:
    """A principal with the scopes that its unit may hold: an external unit is never an administrator or operator.

    Operators see every unit's dead letters; a token that makes a dealer one is a mistake of its issuer.
    """
    held = frozenset(scopes)
    if not internal:
        held = frozenset(scope for scope in held if scope != ADMIN and not scope.startswith("ops:"))
    return Principal(subject, unit, held, source, internal, employee_id)


ANONYMOUS = Principal("anonymous", "", frozenset())
