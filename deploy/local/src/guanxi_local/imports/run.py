"""One import from start to reckoning."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import httpx
import orjson

from guanxi_local.failures import Failure
from guanxi_local.imports.effects import Onlooker
from guanxi_local.imports.events import Made, RowTally, make_events
from guanxi_local.imports.mapping import FileMapping
from guanxi_local.imports.reader import Flaw, RowFile
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
    """Send a file's events for a publisher and give the account.

    `rejected` gets a line for each refused event and each row that cannot be read. With an `onlooker` the account
    waits for, and counts, the effects in the other services too.
    """
    file = RowFile(path, mapping.encoding, mapping.delimiter)
    before = figures(client, source)
    tally = EventTally()
    with _ledger(rejected) as ledger:
        rows = RowTally(tell=ledger.unreadable)
        for answered in Sender(client, rate).send(make_events(file, mapping, source, rows)):
            ledger.refused(answered)
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


@dataclass(frozen=True, slots=True)
class _Ledger:
    """Writes a line for each row and event that was not taken; nothing without a file."""

    file: IO[bytes] | None

    def unreadable(self, row: int, flaw: Flaw) -> None:
        self._write({"rows": [row], "errors": [{"field": "row", "code": flaw.code, "detail": flaw.detail}]})

    def refused(self, answered: Iterable[tuple[Made, Result]]) -> None:
        for made, result in answered:
            if result.status == "rejected":
                errors = [error.model_dump() for error in result.errors]
                self._write({"rows": made.rows, "id": made.id, "report_id": result.report_id, "errors": errors})

    def _write(self, line: dict[str, Any]) -> None:
        if self.file is not None:
            self.file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))


@contextmanager
def _ledger(path: Path | None) -> Iterator[_Ledger]:
    if path is None:
        yield _Ledger(None)
        return
    with path.open("wb") as file:
        yield _Ledger(file)
