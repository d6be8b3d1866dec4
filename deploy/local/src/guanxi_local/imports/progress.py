"""What one sees while an import runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from guanxi_local.imports.events import RowTally
from guanxi_local.imports.reconcile import EventTally
from guanxi_local.imports.run import Show

_COLUMNS = "{task.fields[rows]:,} rows, {task.fields[events]:,} events, {task.fields[rejected]:,} rejected"


@contextmanager
def shown(console: Console, title: str) -> Iterator[Show]:
    """A line that moves with the counts; nothing where nobody watches."""
    columns = (TextColumn(title), BarColumn(), TextColumn(_COLUMNS), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=None, rows=0, events=0, rejected=0)

        def show(rows: RowTally, events: EventTally) -> None:
            progress.update(task, rows=rows.read, events=events.sent, rejected=events.rejected)

        yield show
