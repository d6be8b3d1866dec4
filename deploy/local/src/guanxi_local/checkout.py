"""Where the checkout lies that this runner belongs to."""

from __future__ import annotations

from pathlib import Path

from guanxi_local.failures import Failure


def checkout() -> Path:
    """Give the root of the checkout: the folder that holds `deploy/processes.toml`."""
    for folder in (*Path(__file__).resolve().parents, Path.cwd(), *Path.cwd().parents):
        if (folder / "deploy" / "processes.toml").exists():
            return folder
    message = "no deploy/processes.toml above the runner or the current folder; run guanxi inside a checkout"
    raise Failure(message)
