"""What the generated files should hold, and what of it is committed or released already."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from guanxi.events._envelope import MalformedEventError, UnknownTypeError, fact_types, parse
from guanxi.events._topology import Topology
from guanxi.events.contracts._additive import breaks
from guanxi.events.contracts._catalogue import asyncapi, table
from guanxi.events.contracts._samples import sample
from guanxi.events.contracts._schemas import Json, event_schema
from guanxi.events.inbound import check_inbound

Files = dict[str, str]
"""Path below the folder of contracts -> text."""


def generated(topologies: Sequence[Topology], release: str) -> Files:
    """The files that always follow the code: schemas, AsyncAPI document, table."""
    schemas = {f"schemas/{name}.json": _json(event_schema(fact)) for name, fact in fact_types().items()}
    document = yaml.safe_dump(asyncapi(topologies, release), sort_keys=False, allow_unicode=True, width=120)
    return {**schemas, "asyncapi.yaml": document, "events.md": table(topologies)}


def samples(release: str) -> Files:
    """The samples of this release; once written they are never written again."""
    return {
        f"samples/{name}/{release}.json": _json({"full": sample(fact, full=True), "minimal": sample(fact, full=False)})
        for name, fact in fact_types().items()
    }


def on_disk(folder: Path) -> Files:
    """All files below the folder."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in sorted(paths)}


def committed(folder: Path, revision: str) -> Files:
    """The files below the folder as of a git revision; none where there is no git, no revision or no folder."""
    found: Files = {}
    top, _, inside = _git(folder, "rev-parse", "--show-toplevel", "--show-prefix").decode().partition("\n")
    archive = _git(Path(top), "archive", f"{revision}:{inside.strip().rstrip('/')}") if top else b""
    if not archive:
        return found
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar.getmembers():
            content = tar.extractfile(member)
            if content is not None:
                found[member.name] = content.read().decode()
    return found


def last_release(folder: Path) -> str | None:
    """The newest release tag (`v...`) before HEAD, or None before the first release."""
    return _git(folder, "describe", "--tags", "--abbrev=0", "--match", "v*").decode().strip() or None


def _git(folder: Path, *arguments: str) -> bytes:
    program = shutil.which("git")
    if program is None or not folder.is_dir():
        return b""
    return subprocess.run([program, *arguments], cwd=folder, capture_output=True, check=False).stdout


def broken_schemas(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Where the schemas of `now` refuse what those of `before` allowed."""
    found = []
    for name in sorted(name for name in before if name.startswith("schemas/")):
        type_name = name.removeprefix("schemas/").removesuffix(".json")
        if name not in now:
            found.append(f"{type_name}: the type is gone; types are kept for ever")
            continue
        old, new = json.loads(before[name])["$defs"]["data"], json.loads(now[name])["$defs"]["data"]
        found += [f"{type_name}: {sentence}" for sentence in breaks(old, new)]
    return found


def unreadable_samples(files: Mapping[str, str]) -> list[str]:
    """Samples, of this or any earlier release, that can no longer be read."""
    found = []
    for name in sorted(name for name in files if name.startswith("samples/")):
        for size, event in json.loads(files[name]).items():
            reason = unreadable(event)
            if reason:
                found.append(f"{name} ({size}): {reason}")
    return found


def unreadable(event: Json) -> str | None:
    """Why an event, inbound or ours, cannot be read; None when it can."""
    if str(event["type"]).startswith("guanxi.inbound."):
        checked = check_inbound(event["type"], event["data"])
        return "; ".join(f"{fault.field} {fault.detail}" for fault in (*checked.errors, *checked.warnings)) or None
    try:
        parse(json.dumps(event))
    except (UnknownTypeError, MalformedEventError) as error:
        return str(error)
    return None


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
