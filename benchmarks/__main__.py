"""`make bench`: measure every figure, check that what was fast was right, and show it."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable

from rich.console import Console

from benchmarks import report, rounds
from benchmarks.cases import (
    f1_log,
    f3_read,
    f4_latency,
    f6_consume,
    f7_travel,
    f8_relay,
    f10_rebuild,
    f11_dealers,
    f14_start,
    f15_create,
    f16_list,
)
from benchmarks.figures import Figure
from benchmarks.stage import Stage, set_up

# F14 first: idle memory is that of a platform which has done nothing yet. F11 makes the customers that F3 and F1 need.
# F15 makes 100,000 customers: what comes after it runs on them.
CASES: dict[str, Callable[[Stage, int], Figure | list[Figure]]] = {
    "F14": f14_start.run,
    "F11": f11_dealers.run,
    "F6": f6_consume.run,
    "F8": f8_relay.run,
    "F3": f3_read.run,
    "F1": f1_log.run,
    "F4": f4_latency.run,
    "F7": f7_travel.run,
    "F15": f15_create.run,
    "F16": f16_list.run,
    "F10": f10_rebuild.run,
}


def main(console: Console) -> int:
    """Run all cases; 1 when a check failed, whatever the speed."""
    # A new topic has no leader for a moment; the client says so at length and tries again.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    count, began = rounds.asked(), time.monotonic()
    console.print(f"Starting a platform of its own; {count} rounds a figure.", highlight=False)
    figures: list[Figure] = []
    with set_up() as stage:
        for name in rounds.wanted(CASES):
            started = time.monotonic()
            found = CASES[name](stage, count)
            new = found if isinstance(found, list) else [found]
            figures += new
            console.print(f"{name} measured in {time.monotonic() - started:.0f} s", highlight=False)
            report.tell(console, new)
            report.write(figures)
    figures.sort(key=lambda figure: int(figure.id.removeprefix("F")))
    report.show(console, figures)
    written = (report.write(figures), report.plot(figures))
    console.print(f"{written[0]}\n{written[1]}\n{time.monotonic() - began:.0f} s in all", highlight=False)
    return 0 if all(figure.right for figure in figures) else 1


if __name__ == "__main__":
    # Without a terminal rich takes 80 columns, too few for the table.
    sys.exit(main(Console(width=None if sys.stdout.isatty() else 150)))
