"""What a run leaves: a table to read, a picture, and a file for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.figures import Figure, Measure

OUT = Path(__file__).parent / "out"
_WHOLE = 100


def show(console: Console, figures: Sequence[Figure]) -> None:
    """Print the table, the notes under it, and every check that failed."""
    table = Table(title="Guanxi, measured", title_justify="left")
    for title in ("id", "what", "value", "baseline", "ratio (range)", "must", "aim", "met", "CPU µs"):
        table.add_column(title, justify="left" if title in {"id", "what"} else "right", overflow="fold")
    for figure in figures:
        for measure in figure.measures:
            table.add_row(figure.id, *_cells(figure, measure))
        table.add_section()
    console.print(table)
    for figure in figures:
        for measure in figure.measures:
            if measure.note:
                console.print(f"{figure.id} {measure.name}: {measure.note}", highlight=False)
        _show_checks(console, figure)


def tell(console: Console, figures: Sequence[Figure]) -> None:
    """One line for each measure, as soon as there is one: a run that is broken off has shown what it had."""
    for figure in figures:
        for measure in figure.measures:
            name, value, baseline, ratio, must, _, met, cpu = _cells(figure, measure)
            spent = f", {cpu} µs" if cpu else ""
            console.print(
                f"  {figure.id} {name}: {value} beside {baseline}: {ratio}, must {must}: {met}{spent}", highlight=False
            )


def _cells(figure: Figure, measure: Measure) -> list[str]:
    ratios, goal = measure.ratios, measure.goal
    ratio = f"{median(ratios):.3g} ({ratios[0]:.3g}-{ratios[-1]:.3g})"
    sign = {"ratio": "x", "at least": "≥", "at most": "≤"}[goal.judged]
    met = "[green]aim[/]" if measure.aim_met else "[yellow]must[/]" if measure.must_met else "[red]no[/]"
    ours, theirs = measure.cpu
    cpu = "" if ours is None else f"{ours:,.0f}" + ("" if theirs is None else f" ({theirs:,.0f})")
    return [
        measure.name,
        f"{_short(measure.value)} {measure.unit}",
        f"{_short(measure.baseline)} {measure.unit.replace('events', 'rows')}",
        ratio,
        f"{sign}{_short(goal.must)}",
        f"{sign}{_short(goal.aim)}",
        met if figure.right else "[red]WRONG[/]",
        cpu,
    ]


def _show_checks(console: Console, figure: Figure) -> None:
    wrong = [check for check in figure.checks if not check.right]
    if figure.checks and not wrong:
        console.print(f"{figure.id} [green]right[/]: {len(figure.checks)} checks hold", highlight=False)
    for check in wrong:
        console.print(f"{figure.id} [red]wrong[/]: {check.what}: {check.found}, not {check.expected}", highlight=False)


def _short(number: float) -> str:
    return f"{number:,.0f}" if abs(number) >= _WHOLE else f"{number:.3g}"


def write(figures: Sequence[Figure], name: str = "latest") -> Path:
    """Write `<name>.json`; the line farthest from its goal speaks for a figure, all lines are its parts."""
    OUT.mkdir(exist_ok=True)
    found = {figure.id: _entry(figure) for figure in figures}
    path = OUT / f"{name}.json"
    path.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    return path


def _entry(figure: Figure) -> dict[str, Any]:
    return {
        "title": figure.title,
        **_numbers(figure, figure.worst),
        "right": figure.right,
        "parts": [_numbers(figure, measure) for measure in figure.measures],
        "checks": [{"what": c.what, "expected": c.expected, "found": c.found} for c in figure.checks],
    }


def _numbers(figure: Figure, measure: Measure) -> dict[str, Any]:
    ratios = measure.ratios
    ours, theirs = measure.cpu
    return {
        "name": measure.name,
        "unit": measure.unit,
        "value": round(measure.value, 3),
        "baseline": round(measure.baseline, 3),
        "baseline_name": measure.baseline_name,
        "ratio": round(median(ratios), 4),
        "ratio_range": [round(ratios[0], 4), round(ratios[-1], 4)],
        "judged": measure.goal.judged,
        "must": measure.goal.must,
        "aim": measure.goal.aim,
        "met": measure.must_met and figure.right,
        "aim_met": measure.aim_met and figure.right,
        "cpu_us": ours and round(ours, 1),
        "baseline_cpu_us": theirs and round(theirs, 1),
        "rounds": [{"value": round(r.value, 3), "baseline": round(r.baseline, 3)} for r in measure.rounds],
        "note": measure.note,
    }


def plot(figures: Sequence[Figure], name: str = "latest") -> Path:
    """Draw how far each line is from its goal: 1 is what must be, the mark is what we want."""
    import matplotlib as mpl  # noqa: PLC0415 - a second to load, and only wanted here

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415 - after the choice above

    lines = [(figure, measure) for figure in figures for measure in figure.measures][::-1]
    drawing, axes = plt.subplots(figsize=(10, 1 + 0.42 * len(lines)), layout="constrained")
    for y, (figure, measure) in enumerate(lines):
        colour = "#2e8b57" if measure.aim_met else "#d9a400" if measure.must_met else "#c0392b"
        axes.barh(y, measure.distance, color=colour if figure.right else "#555555", height=0.62)
        must, wanted = measure.goal.must or 1, measure.goal.aim or 1
        aim = max(must / wanted, wanted / must)
        axes.plot([aim, aim], [y - 0.4, y + 0.4], color="black", linewidth=2)
        text = f" {_short(measure.value)} {measure.unit}" + (" WRONG" if not figure.right else "")
        axes.text(measure.distance, y, text, va="center", fontsize=8)
    axes.set_yticks(range(len(lines)), [f"{figure.id} {measure.name}" for figure, measure in lines], fontsize=8)
    axes.axvline(1, color="black", linestyle="--", linewidth=1)
    axes.set_xscale("log")
    axes.margins(x=0.15)
    axes.set_xlabel("times what must be (dashed: must, black mark: aim); longer is better")
    path = OUT / f"{name}.png"
    drawing.savefig(path, dpi=130)
    plt.close(drawing)
    return path
