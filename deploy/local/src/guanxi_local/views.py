"""What the runner shows: news of a start, the table of processes, and the addresses at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from guanxi_local.inspection import Addresses, Line
from guanxi_local.progress import READY, STARTING, News

_WORDS = {"postgres": "PostgreSQL", "kafka": "Kafka"}


class StartView:
    """One line for each step, with a spinner while it runs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        columns = (SpinnerColumn(finished_text="[green]✓[/]"), TextColumn("{task.description}"), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console)
        self._tasks: dict[str, TaskID] = {}
        self._began: dict[str, float] = {}

    def show(self, news: News) -> None:
        """Show one piece of news."""
        step = _WORDS.get(news.step, news.step)
        if news.state == STARTING:
            self._began[step] = news.at
            self._tasks[step] = self._progress.add_task(step, total=1)
        elif news.state == READY:
            took = news.at - self._began.get(step, news.at)
            if self._console.is_terminal:
                self._progress.update(self._tasks[step], completed=1)
            else:
                self._console.print(f"{step} ready after {took:.1f} s")

    @contextmanager
    def open(self) -> Iterator[StartView]:
        """Show what comes for the length of the block; without a terminal, plain lines."""
        if not self._console.is_terminal:
            yield self
            return
        with self._progress:
            yield self


def processes_table(lines: list[Line]) -> Table:
    """Lay out the state of every process."""
    table = Table(box=None, pad_edge=False)
    for title in ("process", "state", "address", "pid", "up", "memory"):
        table.add_column(title, justify="right" if title in ("pid", "up", "memory") else "left")
    for line in lines:
        colour = {"ready": "green", "running": "yellow"}.get(line.state, "red")
        address = "" if line.address.endswith(":0") else line.address
        up = str(timedelta(seconds=int(line.seconds))) if line.pid else ""
        memory = f"{line.bytes / 1e6:,.0f} MB" if line.pid else ""
        table.add_row(line.name, f"[{colour}]{line.state}[/]", address, str(line.pid or ""), up, memory)
    return table


def addresses_table(addresses: Addresses) -> Table:
    """Lay out where everything answers."""
    table = Table(box=None, pad_edge=False, show_header=False)
    rows = {
        "gateway": addresses.gateway,
        **addresses.services,
        "kafka": addresses.kafka,
        "postgres": addresses.postgres,
    }
    for name, address in rows.items():
        table.add_row(name, f"[bold]{address}[/]" if name == "gateway" else address)
    return table
