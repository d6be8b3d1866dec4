"""News of a start, written by the supervisor line by line and followed by whoever waits for it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

STARTING, READY, STOPPED, FAILED, UP = "starting", "ready", "stopped", "failed", "up"


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
        """Write one line; steps run in several threads."""
        news = News(step, state, round(time.monotonic() - self._began, 2), detail)
        with self._lock, self._path.open("a") as file:
            file.write(json.dumps(asdict(news)) + "\n")

    def read(self) -> list[News]:
        """Give all whole lines."""
        try:
            text = self._path.read_text()
        except FileNotFoundError:
            return []
        return [News(**json.loads(line)) for line in text[: text.rfind("\n") + 1].splitlines()]

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
