"""`make bench-large`: what size costs, at 100,000 customers and at 1,000,000 with 10,000,000 interactions."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from rich.console import Console

from benchmarks import million, report, rounds
from benchmarks.cases import f12_sizes
from benchmarks.figures import Figure
from benchmarks.filling import MANY, fill
from benchmarks.stage import Stage, set_up
from guanxi_local.files import shared_cache

FEW = 300
_SCORED = "SELECT count(*) FROM score_series WHERE kind = 'value.existing' AND computed_at IS NOT NULL"
_FACTS = "SELECT count(*) FROM fact WHERE kind = 'contact'"


def main(console: Console) -> int:
    """Run all; 1 when a check failed, whatever the speed."""
    count, began = rounds.asked(), time.monotonic()

    def say(text: str) -> None:
        console.print(f"{time.monotonic() - began:5.0f} s  {text}", highlight=False)

    figures: list[Figure] = []
    with set_up() as few:
        _begin(few)
        fill(few, FEW)
        if "F18" in rounds.wanted(["F18"]):
            with set_up() as many:
                _begin(many)
                say(f"{MANY:,} customers")
                fill(many)
                figures.append(f12_sizes.run("F18", few, many, count))
            say("F18 measured")
        if rounds.wanted(["F12", "F17"]):
            with _grown(say) as firm:
                figures.append(f12_sizes.run("F12", few, firm, count))
                say("F12 measured")
                figures.append(f12_sizes.search(firm, count))
                say("F17 measured")
    report.show(console, figures)
    written = (report.write(figures, "large"), report.plot(figures, "large"))
    console.print(f"{written[0]}\n{written[1]}\n{time.monotonic() - began:.0f} s in all", highlight=False)
    return 0 if all(figure.right for figure in figures) else 1


@contextmanager
def _grown(say: million.Say) -> Iterator[Stage]:
    """The platform with a million customers; it stays in the cache, about 12 GB, until somebody removes the folder."""
    folder = shared_cache() / "bench-large"
    say(f"the platform in {folder}; filled the first time only")
    with set_up(folder) as stage:
        _begin(stage)
        million.grow(stage, say)
        yield stage


def _begin(stage: Stage) -> None:
    """One customer, contact and score, each written by its service, unless there is one; then all is quiet."""
    if not stage.count("scoring", _SCORED):
        platform = stage.platform
        head = {"Authorization": f"Bearer {platform.token()}"}
        with httpx.Client(base_url=platform.gateway, headers=head, timeout=30, trust_env=False) as admin:
            body = {"kind": "organisation", "name": "山西煤業"}
            made = admin.post("/v1/customers", json=body, headers={"Idempotency-Key": "bench-first"})
            told = {"customer_id": made.raise_for_status().json()["id"], "channel": "phone", "direction": "in"}
            said = admin.post("/v1/interactions", json=told, headers={"Idempotency-Key": "bench-first"})
            said.raise_for_status()
        stage.wait("the first contact is a fact", lambda: stage.count("scoring", _FACTS) > 0)
        stage.wait("the first score is there", lambda: stage.count("scoring", _SCORED) > 0)
    stage.quieten()


if __name__ == "__main__":
    # Without a terminal rich takes 80 columns, too few for the table.
    sys.exit(main(Console(width=None if sys.stdout.isatty() else 150)))
