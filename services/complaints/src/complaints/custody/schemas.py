"""What a hand-over is asked with, and the matrix of wrong doors."""

from __future__ import annotations

from uuid import UUID

from pydantic import StrictBool

from complaints.fields import Body, Code, Note, Read, example


class HandoverCreate(Body):
    """Who should take it, and why."""

    model_config = example(to_unit="logistics", reason="Deliveries are theirs.", wrong_door=True)

    to_unit: Code
    """An internal unit, or the external one whose own complaint it is."""
    reason: Note
    """Said to the unit that is asked; it stays in this service."""
    wrong_door: StrictBool = False
    """Whether the present unit was the wrong one for this cause: it is counted, and the clock of wrong hands runs."""


class WrongDoorRead(Read):
    """A cell of the matrix: how often complaints of this cause came to this unit wrongly."""

    unit: str
    cause: str
    count: int
    complaints: int


class RuleProposed(Read):
    """A routing rule that the matrix speaks for; a person puts it in force at `/v1/routing-rules`."""

    cause: str
    to_unit: str
    priority: int
    complaints: int
    """How many complaints of its cause, sent to a wrong door by rule, this unit has taken up in the end."""
    of: int
    """How many of those any internal unit has."""
    replaces: UUID | None
    """The rule to change for it; a new rule where there is none."""


class WrongDoors(Read):
    """The matrix of wrong doors, the fullest cell first, and the rules that it teaches, the surest first."""

    cells: list[WrongDoorRead]
    proposals: list[RuleProposed]
