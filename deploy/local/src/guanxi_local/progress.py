"""News of a start, written by the supervisor line by line and followed by whoever waits for it."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

STARTING, READY, STOPPING, STOPPED, FAILED, UP = "starting", "ready", "stopping", "stopped", "failed", "up"


@dataclass(frozen=True)
class News:
    """What happened to one step, and when, in seconds since the start began; `up` and `failed` are the last."""

    step: str
    state: str
    at: float
    detail: str = ""

    @property
    def final(self) -> bool:
        """Whether nothing follows."""
        return self.state in (UP, FAILED)


class Journal:
    """The file the news of one start is in."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._began = time.monotonic()
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Forget the news of an earlier start."""
        self._path.write_text("")
        self._began = time.monotonic()

    def tell(self, step: str, state: str, detail: str = "") -> None:
        """Write one line, if it can be written: a full disk must not keep anything from being stopped.

        Steps run in several threads.
        """
        news = News(step, state, round(time.monotonic() - self._began, 2), detail)
        with self._lock, contextlib.suppress(OSError), self._path.open("a") as file:
            file.write(json.dumps(asdict(news)) + "\n")

    def read(self) -> list[News]:
        """Give all whole lines; what a full disk left of others is skipped."""
        try:
            text = self._path.read_text(errors="replace")
        except FileNotFoundError:
            return []
        lines = map(_parse, text[: text.rfind("\n") + 1].splitlines())
        return [news for news in lines if news is not None]

    @property
    def last(self) -> str:
        """The state that was told last, empty before the first."""
        news = self.read()
        return news[-1].state if news else ""

    def follow(self, writer_lives: Callable[[], bool]) -> Iterator[News]:
        """Give the news as they come, until the last or until the writer is gone."""
        seen = 0
        while True:
            lives = writer_lives()
            for news in self.read()[seen:]:
                seen += 1
                yield news
                if news.final:
                    return
            if not lives:
                return
            time.sleep(0.05)


def _parse(line: str) -> News | None:
    try:
        return News(**json.loads(line))
    except (ValueError, TypeError):
        return None
