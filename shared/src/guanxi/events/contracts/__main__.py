"""`python -m guanxi.events.contracts [--check]`: write the contracts, or compare them with the code."""

from __future__ import annotations

import argparse
import difflib
import importlib
import importlib.metadata
import sys
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

from guanxi.events._topology import Topology
from guanxi.events.contracts import _files as files
from guanxi.events.contracts._catalogue import inconsistencies, unheard
from guanxi.events.contracts._openapi import openapi_documents

SERVICES = ("customer_profile", "interactions", "complaints", "scoring", "notifications")
RELEASE = importlib.metadata.version("guanxi")
_DIFF_LINES = 20


def main(arguments: Sequence[str] | None = None, say: Callable[[str], None] = print) -> int:
    """Write the contracts, or check them; gives the exit code."""
    options = _options(arguments)
    topologies, notes = _topologies(options.services)
    wanted = files.generated(topologies, RELEASE)
    notes += unheard(topologies)
    problems = inconsistencies(topologies)
    if not options.skip_openapi:
        printed = openapi_documents(options.services)
        wanted |= {f"openapi/{name}": text for name, text in printed.documents.items()}
        notes += [f"{module}: no such service yet, its OpenAPI document is left out" for module in printed.absent]
        problems += printed.failed
    broken = _broken(options.folder, wanted, unreleased=options.unreleased)
    problems += broken
    if options.check:
        problems += _check(options.folder, wanted)
    elif not broken:
        problems += _write(options, wanted)
    for line in (*(f"note: {note}" for note in notes), *(f"error: {problem}" for problem in problems)):
        say(line)
    if not problems:
        say(f"contracts: {len(wanted)} files {'agree with the code' if options.check else 'written'}")
    return 1 if problems else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m guanxi.events.contracts", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where files and code differ")
    parser.add_argument("--folder", type=Path, default=Path("docs/contracts"), help="default: %(default)s")
    parser.add_argument("--services", nargs="*", default=list(SERVICES), help="import names of the services")
    parser.add_argument("--skip-openapi", action="store_true", help="leave the OpenAPI documents alone")
    parser.add_argument(
        "--unreleased", action="store_true", help="allow to break what no release (tag v...) has carried yet"
    )
    return parser.parse_args(arguments)


def _topologies(services: Sequence[str]) -> tuple[list[Topology], list[str]]:
    found, notes = [], []
    for service in services:
        try:
            found.append(importlib.import_module(f"{service}.topology").TOPOLOGY)
        except ModuleNotFoundError as error:
            notes.append(f"{service}: no topology yet ({error}), left out of asyncapi.yaml and events.md")
    return found, notes


def _broken(folder: Path, wanted: files.Files, *, unreleased: bool) -> list[str]:
    tag = files.last_release(folder)
    bases = [*([tag] if tag else []), *([] if unreleased else ["HEAD"])]
    found = [line for base in bases for line in files.broken_schemas(files.committed(folder, base), wanted)]
    return [f"{line} (new fields are optional for ever; a rename is a new type)" for line in dict.fromkeys(found)]


def _check(folder: Path, wanted: files.Files) -> list[str]:
    present = files.on_disk(folder)
    generated_folders = {name.split("/")[0] for name in wanted if "/" in name}
    problems = [
        _difference(name, present.get(name), text) for name, text in wanted.items() if present.get(name) != text
    ]
    problems += [
        f"{name}: nothing generates it any more"
        for name in present
        if name not in wanted and name.split("/")[0] in generated_folders
    ]
    problems += [f"{name}: missing, run make contracts" for name in files.samples(RELEASE) if name not in present]
    kept = {name: text for name, text in files.committed(folder, "HEAD").items() if name.startswith("samples/")}
    problems += [f"{name}: samples are append-only" for name, text in kept.items() if present.get(name) != text]
    return problems + files.unreadable_samples(present)


def _write(options: argparse.Namespace, wanted: files.Files) -> list[str]:
    present = files.on_disk(options.folder)
    tag = files.last_release(options.folder)
    released = files.committed(options.folder, tag) if tag else {}
    for name, text in files.samples(RELEASE).items():
        stale = name in present and bool(files.unreadable_samples({name: present[name]}))
        if name not in present or (options.unreleased and stale and name not in released):
            wanted = {**wanted, name: text}
    for name, text in wanted.items():
        path = options.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if present.get(name) != text:
            path.write_text(text, encoding="utf-8")
    for name in present:
        if name.startswith("schemas/") and name not in wanted:
            (options.folder / name).unlink()
    return files.unreadable_samples(files.on_disk(options.folder))


def _difference(name: str, present: str | None, wanted: str) -> str:
    if present is None:
        return f"{name}: missing, run make contracts"
    lines = difflib.unified_diff(present.splitlines(), wanted.splitlines(), "committed", "generated", lineterm="", n=1)
    return f"{name}: differs, run make contracts\n  " + "\n  ".join(islice(lines, _DIFF_LINES))


if __name__ == "__main__":
    sys.exit(main())
