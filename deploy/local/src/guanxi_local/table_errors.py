"""What is wrong in a table that a person edits, in one line that names the file and the place."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from guanxi_local.failures import Failure


def of_table(path: Path, error: Exception) -> Failure:
    """Turn an error of reading or checking a table into that line."""
    if isinstance(error, ValidationError):
        places = (f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        return Failure(f"{path}: {'; '.join(places)}")
    return Failure(f"{path}: {' '.join(str(error).split())}")
