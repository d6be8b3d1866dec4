"""What a hand-over is asked with, and the matrix of wrong doors."""

from __future__ import annotations

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


class WrongDoors(Read):
    """The matrix of wrong doors, the fullest cell first."""

    cells: list[WrongDoorRead]
