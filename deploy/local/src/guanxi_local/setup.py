"""`python -m guanxi_local.setup fetch|lock`: Kafka's jars for `make setup` and `make lock`."""

from __future__ import annotations

import sys
import warnings

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from guanxi_local.failures import EXIT_CODE, Failure
from guanxi_local.jars import is_complete, lock_file, read_lock


def fetch() -> None:
    """Fetch what is missing, with a bar."""
    jars = read_lock(lock_file())
    if is_complete(jars):
        return
    from guanxi_local import maven  # noqa: PLC0415 - half a second of import, needed once

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=len(jars))
        maven.fetch(jars, lambda name: progress.update(task, advance=1, description=name))


def relock() -> None:
    """Write the list of jars anew."""
    from guanxi_local import maven  # noqa: PLC0415 - as above

    lock_file().write_text(maven.relock())


def main() -> None:
    """Run the command that is the first argument."""
    # A library looks for a run-time folder that root and containers have not; nothing of ours needs it.
    warnings.filterwarnings("ignore", module="platformdirs")
    command = sys.argv[1]
    try:
        if command == "fetch":
            fetch()
        else:
            relock()
    except Failure as failure:
        sys.stderr.write(f"setup: {failure}\n")
        sys.exit(EXIT_CODE)


if __name__ == "__main__":
    main()
