"""The log files of all processes, shown together or followed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from guanxi_local.failures import Failure
from guanxi_local.files import tail
from guanxi_local.state import State

_LINES = 40


def choose(state: State, name: str | None) -> list[Path]:
    """Give the log files of one process or of all."""
    paths = sorted(state.logs.glob("*.log"))
    if name is None:
        return paths
    chosen = [path for path in paths if path.stem == name]
    if not chosen:
        known = ", ".join(path.stem for path in paths) or "none yet"
        message = f"there is no log of {name}; there are: {known}"
        raise Failure(message)
    return chosen


def last_lines(paths: list[Path], count: int = _LINES) -> Iterator[tuple[str, str]]:
    """Give the last lines of each file with the name of their process."""
    for path in paths:
        for line in tail(path, 64 * 1024).splitlines()[-count:]:
            yield path.stem, line


def follow(paths: list[Path]) -> Iterator[tuple[str, str]]:
    """Give each line as it is written, without end; a file that was begun anew is read from its start."""
    places = {path: path.stat().st_size for path in paths}
    while True:
        for path, place in places.items():
            size = path.stat().st_size if path.exists() else 0
            places[path] = place if size >= place else 0
            if size > places[path]:
                text, places[path] = _whole_lines(path, places[path])
                yield from ((path.stem, line) for line in text.splitlines())
        time.sleep(0.2)


def _whole_lines(path: Path, place: int) -> tuple[str, int]:
    with path.open("rb") as file:
        file.seek(place)
        raw = file.read()
    whole = raw[: raw.rfind(b"\n") + 1]
    return whole.decode(errors="replace"), place + len(whole)
