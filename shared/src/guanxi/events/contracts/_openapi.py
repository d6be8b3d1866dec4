"""The OpenAPI documents of the services, each printed by the service itself."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Printed:
    """What the services printed (file name -> text), which of them do not exist, and which failed and why."""

    documents: dict[str, str]
    absent: tuple[str, ...]
    failed: tuple[str, ...]


def openapi_documents(modules: Sequence[str]) -> Printed:
    """Ask every service for its document, all at once."""
    present = [module for module in modules if _exists(f"{module}.__main__")]
    running = {
        module: subprocess.Popen(
            [sys.executable, "-m", module, "openapi"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for module in present
    }
    documents, failed = {}, []
    for module, process in running.items():
        out, err = process.communicate()
        if process.returncode:
            failed.append(f"{module} openapi: {err.strip().splitlines()[-1] if err.strip() else 'failed'}")
        else:
            text = json.dumps(json.loads(out), ensure_ascii=False, indent=2)
            documents[f"{module.replace('_', '-')}.json"] = f"{text}\n"
    return Printed(documents, tuple(module for module in modules if module not in present), tuple(failed))


def _exists(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False
