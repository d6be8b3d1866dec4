"""Kafka's jars out of the public repositories: resolved when the version is raised, fetched pinned by all others."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from jgo.maven import MavenContext

from guanxi_local.failures import Failure, of_os
from guanxi_local.jars import Jar, checksum, library, mark_complete

_PARALLEL = 6
_TRIES = 3
_KAFKA = "org.apache.kafka:kafka_2.13:4.3.0"
_LOGGING = "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4"
_HEADER = "# Kafka's jars: Maven coordinate and SHA-256. Written by: make lock\n"


def fetch(jars: Sequence[Jar], arrived: Callable[[str], None]) -> Path:
    """Bring all jars into the cache folder, each checked, and tell of each; a second call finds them there."""
    folder = library(jars)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # The folder may be shared by two checkouts that fetch at once: each file arrives whole, by rename.
        with tempfile.TemporaryDirectory(dir=folder) as scratch, ThreadPoolExecutor(_PARALLEL) as threads:
            for name in threads.map(lambda jar: _bring(jar, folder, Path(scratch)), jars):
                arrived(name)
        mark_complete(folder)
    except OSError as error:
        doing = f"Kafka's jars cannot be kept in {folder}"
        raise of_os(error, doing) from error
    return folder


def _bring(jar: Jar, folder: Path, scratch: Path) -> str:
    target = folder / jar.file_name
    if not (target.exists() and checksum(target) == jar.sha256):
        _download(jar, scratch).replace(target)
    return jar.file_name


def _download(jar: Jar, scratch: Path) -> Path:
    path = _resolve(jar.coordinate, scratch)
    if checksum(path) != jar.sha256:
        message = f"{jar.coordinate} has another checksum than deploy/kafka.lock says; it was thrown away"
        raise Failure(message)
    return path


def _resolve(coordinate: str, scratch: Path) -> Path:
    group, artifact, version = coordinate.split(":")
    causes: list[Exception] = []
    for attempt in range(_TRIES):
        context = MavenContext(repo_cache=scratch / f"{artifact}-{attempt}", local_repos=[], timeout=60)
        try:
            return Path(context.project(group, artifact).at_version(version).artifact().resolve())
        except (OSError, RuntimeError) as error:  # the errors of `requests` are OSErrors
            causes.append(error)
    message = f"{coordinate} could not be fetched: {str(causes[-1]).splitlines()[0][:200]}"
    raise Failure(message) from causes[-1]


def relock() -> str:
    """Resolve Kafka and all it needs anew and give the text of the list; run when the version is raised."""
    logging.getLogger("jgo").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as scratch:
        context = MavenContext(repo_cache=Path(scratch), local_repos=[], timeout=60)
        roots = [context.create_dependency(root) for root in (_KAFKA, _LOGGING)]
        # Kafka alone: resolved together, the logging binding's own table of versions would win over Kafka's.
        _, needed = context.resolver.resolve(roots[:1])
        kept = [d for d in needed if d.scope in ("compile", "runtime") and not d.optional]
        files = {f"{d.groupId}:{d.artifactId}:{d.version}": d.artifact for d in (*roots, *kept)}
        rows = [f"{coordinate} {checksum(Path(files[coordinate].resolve()))}\n" for coordinate in sorted(files)]
    return _HEADER + "".join(rows)
