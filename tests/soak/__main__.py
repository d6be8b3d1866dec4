"""`make soak`: the long counts, test by test. Interrupted, it goes on where it was; FRESH=1 begins anew."""

from __future__ import annotations

import os
import shutil
import sys

from rich.console import Console

from soak import items, report

_FOLDER = items.ROOT / ".local" / "soak"


def main(console: Console) -> int:
    """Run what has not passed yet; 1 when anything failed, 2 when there is nothing to run."""
    if os.environ.get("FRESH"):
        shutil.rmtree(_FOLDER, ignore_errors=True)
    run, names = items.Run(_FOLDER), items.names(os.environ.get("ONLY", ""))
    if not names:
        console.print("No test has such a name.", highlight=False)
        return 2
    done = {one.name for one in run.results() if one.outcome == "passed"}
    console.print(f"{len(names)} tests, {len(done & set(names))} of them passed before.", highlight=False)
    for number, name in enumerate(names, 1):
        if name in done:
            continue
        console.print(f"{number}/{len(names)} {name}", highlight=False, end=" ", soft_wrap=True)
        result = items.run(name)
        run.add(result)
        console.print(f"{result.outcome} in {result.seconds:,.0f} s", highlight=False)
        report.write(run.results(), len(names), _FOLDER / "report.html")
    results = [one for one in run.results() if one.name in names]
    report.write(results, len(names), _FOLDER / "report.html")
    failed = [one.name for one in results if one.outcome != "passed"]
    console.print(
        f"{len(results) - len(failed)} passed, {len(failed)} failed: {_FOLDER / 'report.html'}", highlight=False
    )
    if failed:
        console.print("Next: make soak runs those again that failed; each prints its seed for SEED=n.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Console()))
