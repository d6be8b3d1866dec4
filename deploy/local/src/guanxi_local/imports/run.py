"""One import from start to reckoning."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO

import httpx
import orjson

from guanxi_local.failures import Failure
from guanxi_local.imports.effects import Onlooker
from guanxi_local.imports.events import Made, RowTally, make_events
from guanxi_local.imports.mapping import FileMapping
from guanxi_local.imports.reader import RowFile
from guanxi_local.imports.reconcile import Account, EventTally, Figures, intake_effects
from guanxi_local.imports.sender import Result, Sender, problem

Show = Callable[[RowTally, EventTally], None]


def run_import(  # noqa: PLR0913 - the parts of one run
    client: httpx.Client,
    path: Path,
    mapping: FileMapping,
    source: str,
    *,
    rate: float | None = None,
    rejected: Path | None = None,
    onlooker: Onlooker | None = None,
    show: Show = lambda _rows, _events: None,
) -> Account:
    """Send a file's events for a publisher and give the account; `rejected` gets a line for each refused event.

    With an `onlooker` the account waits for, and counts, the effects in the other services too.
    """
    file = RowFile(path, mapping.encoding, mapping.delimiter)
    before = figures(client, source)
    rows, tally = RowTally(), EventTally()
    for answered in _kept(Sender(client, rate).send(make_events(file, mapping, source, rows)), rejected):
        tally.count(answered)
        show(rows, tally)
    passed = figures(client, source).since(before)
    effects = intake_effects(tally, passed)
    if onlooker is not None:
        effects += onlooker.settled(passed, lambda: show(rows, tally))
    return Account(rows, tally, effects)


def figures(client: httpx.Client, source: str) -> Figures:
    """What customer-profile counts for a publisher."""
    try:
        answer = client.get(f"/v1/sources/{source}/figures")
    except httpx.TransportError as error:
        message = f"the gateway does not answer ({error}); is the platform up? (guanxi status)"
        raise Failure(message) from error
    if answer.status_code == httpx.codes.NOT_FOUND:
        message = f"there is no publisher {source} for this token; make it with: guanxi source add {source} --unit UNIT"
        raise Failure(message)
    if not answer.is_success:
        raise Failure(problem(answer))
    return Figures.model_validate_json(answer.content)


def _kept(batches: Iterable[list[tuple[Made, Result]]], path: Path | None) -> Iterator[list[tuple[Made, Result]]]:
    if path is None:
        yield from batches
        return
    with path.open("wb") as file:
        for answered in batches:
            _write(file, answered)
            yield answered


def _write(file: IO[bytes], answered: Iterable[tuple[Made, Result]]) -> None:
    for made, result in answered:
        if result.status == "rejected":
            line = {"rows": made.rows, "id": made.id, "report_id": result.report_id}
            file.write(orjson.dumps(line | {"errors": [e.model_dump() for e in result.errors]}) + b"\n")
