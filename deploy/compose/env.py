"""`make env`: writes .env from .env.example, each empty secret drawn anew. Needs nothing but the standard library."""

from __future__ import annotations

import os
import re
import secrets
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def filled(example: str) -> str:
    """The text with a secret of its own behind every name that has no value."""
    return re.sub(r"^([A-Z_]+)=$", lambda found: f"{found[1]}={secrets.token_urlsafe(32)}", example, flags=re.MULTILINE)


def main() -> None:
    """Write the file, for its owner only; one that is there is never touched: the databases know its passwords."""
    target = ROOT / ".env"
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        sys.stdout.write("env: .env is there and stays as it is\n")
        return
    with os.fdopen(descriptor, "w") as file:
        file.write(filled((ROOT / ".env.example").read_text()))
    sys.stdout.write("env: .env is written, for you only\n")


if __name__ == "__main__":
    main()
