"""The report of a soak: one HTML file with its pictures in it."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from soak.items import Result

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse;width:100%}td,th{padding:.3rem .6rem;border-bottom:1px solid #ddd;text-align:left}"
    "td.n{text-align:right;font-variant-numeric:tabular-nums}.failed{color:#b00020;font-weight:600}"
    "pre{background:#f6f6f6;padding:1rem;overflow:auto;font-size:12px}img{max-width:100%}"
)


def write(results: Sequence[Result], wanted: int, path: Path) -> None:
    """Write the report of what has ended so far."""
    failed = [one for one in results if one.outcome != "passed"]
    recoveries = [one for result in results for one in result.recoveries]
    hours = sum(one.seconds for one in results) / 3600
    told = f"{len(results)} of {wanted} tests ended, {len(failed)} failed, {len(recoveries)} recoveries, {hours:.1f} h"
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Soak</title><style>{_STYLE}</style><h1>Soak</h1>",
        f"<p>{told}.</p>",
        _recovery_picture(recoveries) if recoveries else "",
        *(_memory_picture(one.memory) for one in results if one.memory),
        _table(results),
        *(f"<h2>{escape(one.name)}</h2><pre>{escape(one.said)}</pre>" for one in failed),
    ]
    path.write_text("\n".join(parts))


def _table(results: Sequence[Result]) -> str:
    head = "<tr><th>test<th>outcome<th>seconds<th>seed<th>recoveries<th>longest, s"
    return f"<h2>Tests</h2><table>{head}{''.join(map(_row, results))}</table>"


def _row(one: Result) -> str:
    longest = max((converged for *_, converged in one.recoveries), default=None)
    worst = "" if longest is None else f"{longest:.1f}"
    numbers = (f"{one.seconds:,.0f}", one.seed or "", len(one.recoveries) or "", worst)
    cells = "".join(f"<td class=n>{number}" for number in numbers)
    return f"<tr><td>{escape(one.name)}<td class={one.outcome}>{one.outcome}{cells}"


def _recovery_picture(recoveries: Sequence[tuple[float, float, float]]) -> str:
    def draw(axes: Any) -> None:
        for name, column in zip(("ready", "drained", "converged"), zip(*recoveries, strict=True), strict=True):
            axes.plot(sorted(column), [n / len(column) for n in range(1, len(column) + 1)], label=name)
        axes.axvline(30, color="black", linestyle="--", linewidth=1)
        axes.set_xlabel("seconds after the fault (dashed: what is promised)")
        axes.set_ylabel("share of faults")
        axes.legend()

    return "<h2>How soon it is well again</h2>" + _picture(draw)


def _memory_picture(memory: dict[str, Any]) -> str:
    def draw(axes: Any) -> None:
        axes.plot([n * memory["every_s"] / 60 for n in range(len(memory["mb"]))], memory["mb"])
        axes.set_ylim(bottom=0)
        axes.axhline(2048, color="black", linestyle="--", linewidth=1)
        axes.set_xlabel("minutes at 50 events a second")
        axes.set_ylabel("MB, whole platform")

    return "<h2>Memory</h2>" + _picture(draw)


def _picture(draw: Callable[[Any], None]) -> str:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    drawing, axes = plt.subplots(figsize=(9, 3.5), layout="constrained")
    draw(axes)
    buffer = io.BytesIO()
    drawing.savefig(buffer, format="png", dpi=110)
    plt.close(drawing)
    return f'<img alt="" src="data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}">'
