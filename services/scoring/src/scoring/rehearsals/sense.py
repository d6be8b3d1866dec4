"""What a changed scorecard has to be like to make sense, kind by kind; each fault with its field's path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from guanxi.problems import FieldError
from scoring.scorecards import files, opinions, prospects, referring

DAYS = (1, 3650)
SHARE_BP = (0, 10_000)
SCALE = (0, 100)
POINTS = (-100, 100)
GRADES = (1, 10)


def senseless(kind: str, body: Mapping[str, Any]) -> Iterator[FieldError]:
    """What makes no sense in the body of a scorecard of a kind."""
    yield from _bands(body["bands"])
    match kind:
        case files.VALUE:
            yield from _value(body)
        case files.TRUST | prospects.LEARNING:
            yield from _scale(body)
            yield from _signals(body["signals"])
        case opinions.SATISFACTION:
            yield from _scale(body)
            yield from _satisfaction(body)
        case referring.INFLUENCE:
            yield from _influence(body)
        case prospects.POTENTIAL:
            yield from _potential(body)


def _within(found: Any, path: str, bounds: tuple[int, int]) -> Iterator[FieldError]:
    least, most = bounds
    if not least <= found <= most:
        yield FieldError(f"changes.{path}", "range", f"From {least} to {most}.")


def _bands(bands: Sequence[Mapping[str, Any]]) -> Iterator[FieldError]:
    starts = [band["from"] for band in bands if "from" in band]
    if starts != sorted(set(starts), reverse=True):
        yield FieldError("changes.bands", "order", "The best band comes first, and each starts below the one before.")
    for n, band in enumerate(bands):
        if "keep_from" in band and band["keep_from"] > band["from"]:
            yield FieldError(
                f"changes.bands[{n}].keep_from", "order", "A tier is kept at least down to where it starts."
            )


def _reachable(bands: Sequence[Mapping[str, Any]], least: int, most: int) -> Iterator[FieldError]:
    # From the very bottom would leave nothing to the last band.
    for n, band in enumerate(bands):
        if "from" in band:
            yield from _within(band["from"], f"bands[{n}].from", (least + 1, most))


def _value(body: Mapping[str, Any]) -> Iterator[FieldError]:
    yield from _within(body["window_days"], "window_days", DAYS)
    yield from _within(body["default_margin_bp"], "default_margin_bp", SHARE_BP)
    yield from _within(body["continuity"]["days"], "continuity.days", DAYS)
    for name, rising in (("profit", True), ("recency", True), ("frequency", False)):
        yield from _one_way(body[name], name, rising=rising)
    if body["payment"]["least"] > body["payment"]["most"]:
        yield FieldError("changes.payment.least", "order", "The least is more than the most.")


def _scale(body: Mapping[str, Any]) -> Iterator[FieldError]:
    for name in ("least", "base", "most"):
        yield from _within(body[name], name, SCALE)
    if body["least"] >= body["most"]:
        yield FieldError("changes.least", "order", "The least has to be less than the most.")
    elif not body["least"] <= body["base"] <= body["most"]:
        yield FieldError("changes.base", "order", "Everybody starts between the least and the most.")
    yield from _reachable(body["bands"], body["least"], body["most"])


def _signals(signals: Mapping[str, Mapping[str, int]]) -> Iterator[FieldError]:
    for code, one in signals.items():
        path = f"signals.{code}"
        yield from _within(one["half_life_days"], f"{path}.half_life_days", DAYS)
        # What raises goes on raising, what lowers lowering: the other way round it would have to be called otherwise.
        bounds = (0, POINTS[1]) if "most" in one else (POINTS[0], 0)
        for name in ("points", "most", "least"):
            if name in one:
                yield from _within(one[name], f"{path}.{name}", bounds)


def _satisfaction(body: Mapping[str, Any]) -> Iterator[FieldError]:
    yield from _within(body["points_per_grade"], "points_per_grade", (1, POINTS[1]))
    yield from _within(body["most_grades"], "most_grades", GRADES)
    yield from _within(body["importance"], "importance", GRADES)
    for code, one in body["sources"].items():
        yield from _within(one["half_life_days"], f"sources.{code}.half_life_days", DAYS)
        yield from _within(one["points"], f"sources.{code}.points", (0, POINTS[1]))
    if not any(one["points"] for one in body["sources"].values()):
        yield FieldError("changes.sources", "empty", "Some source has to count.")


def _influence(body: Mapping[str, Any]) -> Iterator[FieldError]:
    yield from _within(body["window_days"], "window_days", DAYS)
    yield from _within(body["most_customers"], "most_customers", (1, 10_000))
    for n, share in enumerate(body["share_bp"]):
        yield from _within(share, f"share_bp[{n}]", SHARE_BP)
    if body["share_bp"] != sorted(body["share_bp"], reverse=True):
        yield FieldError("changes.share_bp", "order", "Each step counts for no more than the one before.")
    yield from _curve(body["points"], "points")
    yield from _reachable(body["bands"], *SCALE)


def _potential(body: Mapping[str, Any]) -> Iterator[FieldError]:
    for name in ("wallet_days", "year_days"):
        yield from _within(body[name], name, DAYS)
    for name in ("winnable_bp", "margin_bp"):
        yield from _within(body[name], name, SHARE_BP)
    yield from _within(body["needs"]["window_days"], "needs.window_days", DAYS)
    for name in ("need_now", "later", "most"):
        yield from _within(body["needs"][name], f"needs.{name}", SCALE)
    yield from _within(body["growth"]["span_days"], "growth.span_days", DAYS)
    yield from _one_way(body["growth"]["steps"], "growth.steps", rising=False)
    for n, (_, points) in enumerate(body["growth"]["steps"]):
        yield from _within(points, f"growth.steps[{n}][1]", POINTS)
    for name, bounds in (("agreements", SCALE), ("life_cycle", POINTS)):
        for code, points in body.get(name, {}).items():
            yield from _within(points, f"{name}.{code}", bounds)
    yield from _curve(body["wallet"], "wallet")
    yield from _reachable(body["bands"], *SCALE)


def _curve(points: Sequence[Sequence[int]], path: str) -> Iterator[FieldError]:
    yield from _one_way(points, path, rising=True)
    for n, (_, given) in enumerate(points):
        yield from _within(given, f"{path}[{n}][1]", SCALE)
    rising = [each for _, each in points]
    if rising != sorted(rising):
        yield FieldError(f"changes.{path}", "order", "More is worth no fewer points.")


def _one_way(points: Sequence[Sequence[int]], path: str, *, rising: bool) -> Iterator[FieldError]:
    limits = [point[0] for point in points]
    if limits != sorted(set(limits), reverse=not rising):
        yield FieldError(f"changes.{path}", "order", "Its limits go one way, and none stands twice.")
