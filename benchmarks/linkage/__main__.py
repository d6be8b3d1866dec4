"""`make bench-linkage`: each labelled set by Guanxi and by splink, in one run."""

from __future__ import annotations

import io
import json
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.linkage import ours, theirs
from benchmarks.linkage.score import Scored, best, quality
from benchmarks.linkage.sets import SETS, Labelled, load
from benchmarks.report import OUT

_AUTO_PRECISION = 0.99
_FEBRL = 0.97


def main() -> int:
    """Print the table, write JSON and a picture; 1 where a goal is missed."""
    folder = Path(os.environ.get("GUANXI_DATA", ""))
    if not (folder / "er_febrl").is_dir():
        sys.stderr.write("bench-linkage: set GUANXI_DATA to the folder of the labelled sets\n")
        return 2
    console, rows, missed = Console(width=150), list[dict[str, Any]](), list[str]()
    for name in SETS:
        console.print(f"{name} ...", highlight=False)
        given = load(folder, name)
        shipped, learned = ours.scored(given)
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):  # it tells of each round
            other = theirs.scored(given)
        some = [_row(given, one) for one in (shipped, learned, other)]
        rows += some
        missed += _missed(name, some)
    console.print(_table(rows))
    for line in missed:
        console.print(f"[red]missed[/] {line}", highlight=False)
    OUT.mkdir(exist_ok=True)
    (OUT / "linkage.json").write_text(json.dumps(rows, indent=1))
    _draw(rows)
    console.print(f"Next: look at {OUT / 'linkage.png'}", highlight=False)
    return 1 if missed else 0


def _row(given: Labelled, scored: Scored) -> dict[str, Any]:
    found, (at, most) = quality(scored.found(), given.true), best(scored, given.true)
    row: dict[str, Any] = {
        "set": given.name,
        "tool": scored.tool,
        "records": len(given.records),
        "true pairs": len(given.true),
        "precision": round(found.precision, 4),
        "recall": round(found.recall, 4),
        "f1": round(found.f1, 4),
        "best f1": round(most.f1, 4),
        "best at, bits": at,
        "seconds": round(scored.seconds, 2),
    }
    if scored.auto is not None:
        auto = quality(scored.auto, given.true)
        row |= {"auto precision": round(auto.precision, 4), "auto recall": round(auto.recall, 4)}
    return row


def _missed(name: str, rows: list[dict[str, Any]]) -> list[str]:
    shipped, learned, other = rows
    lines = []
    if learned["f1"] < other["f1"]:
        lines.append(f"{name}: F1 {learned['f1']} is below splink's {other['f1']}")
    if name.startswith("febrl") and learned["f1"] < _FEBRL:
        lines.append(f"{name}: F1 {learned['f1']} is below {_FEBRL}")
    lines += [
        f"{name}: what {row['tool']} merges by itself is right in {row['auto precision']}, not {_AUTO_PRECISION}"
        for row in (shipped, learned)
        if row["auto precision"] < _AUTO_PRECISION
    ]
    return lines


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(title="Pairs that are one customer, at even odds", title_justify="left")
    columns = (
        "set",
        "tool",
        "true pairs",
        "precision",
        "recall",
        "f1",
        "best f1",
        "auto precision",
        "auto recall",
        "seconds",
    )
    for column in columns:
        table.add_column(column, justify="left" if column in {"set", "tool"} else "right")
    before = ""
    for row in rows:
        if before and row["set"] != before:
            table.add_section()
        before = row["set"]
        table.add_row(*(str(row.get(column, "")) for column in columns))
    return table


def _draw(rows: list[dict[str, Any]]) -> None:
    import matplotlib as mpl  # noqa: PLC0415 - slow to import

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415 - after the backend is chosen

    names, tools = list(dict.fromkeys(row["set"] for row in rows)), list(dict.fromkeys(row["tool"] for row in rows))
    figure, axes = plt.subplots(figsize=(9, 4))
    width = 0.8 / len(tools)
    for n, tool in enumerate(tools):
        heights = [next(row["f1"] for row in rows if (row["set"], row["tool"]) == (name, tool)) for name in names]
        axes.bar([place + n * width for place in range(len(names))], heights, width, label=tool)
    axes.set_xticks([place + width for place in range(len(names))], names)
    axes.set_ylabel("pairwise F1 at even odds")
    axes.set_ylim(0, 1.05)
    axes.legend(loc="lower left")
    figure.tight_layout()
    figure.savefig(OUT / "linkage.png", dpi=120)


if __name__ == "__main__":
    sys.exit(main())
