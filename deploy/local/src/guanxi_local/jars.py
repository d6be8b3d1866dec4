"""Kafka's jars: the pinned list and the folder of the user's cache in which they live."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from guanxi_local.checkout import checkout
from guanxi_local.files import shared_cache


@dataclass(frozen=True)
class Jar:
    """One pinned file: Maven coordinate and SHA-256."""

    coordinate: str
    sha256: str

    @property
    def file_name(self) -> str:
        """The name under which the jar is kept."""
        _, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.jar"


def lock_file() -> Path:
    """Give the path of the committed list."""
    return checkout() / "deploy" / "kafka.lock"


def read_lock(path: Path) -> list[Jar]:
    """Read the list: a coordinate and a checksum on each line."""
    lines = path.read_text().splitlines()
    rows = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    return [Jar(coordinate, sha256) for coordinate, sha256 in rows]


def library(jars: Sequence[Jar]) -> Path:
    """Give the folder in the user's cache in which exactly these jars live."""
    digest = hashlib.sha256("".join(jar.sha256 for jar in jars).encode()).hexdigest()[:12]
    return shared_cache() / f"kafka-{digest}"


def is_complete(jars: Sequence[Jar]) -> bool:
    """Say whether all these jars arrived in their folder and were checked, and none was removed since."""
    folder = library(jars)
    return (folder / ".complete").exists() and all((folder / jar.file_name).exists() for jar in jars)


def mark_complete(folder: Path) -> None:
    """Remember that all jars arrived there and were checked."""
    (folder / ".complete").touch()


def checksum(path: Path) -> str:
    """Give the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
