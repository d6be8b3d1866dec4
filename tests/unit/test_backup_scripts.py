"""The scripts of backup and restore, as far as they need no server."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "deploy" / "compose" / "postgres"


def back_up(keep: str, programs: Path) -> subprocess.CompletedProcess[str]:
    """Run the script where it finds no program, so that it can touch nothing."""
    command = ["/bin/sh", str(SCRIPTS / "backup.sh")]
    environment = {"KEEP": keep, "PATH": str(programs)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=20)


@pytest.mark.parametrize("keep", ["0", "all", "-1", "007", "1x", " "])
def test_a_backup_that_would_keep_none_is_refused_before_it_begins(keep: str, tmp_path: Path) -> None:
    done = back_up(keep, tmp_path)
    assert (done.returncode, done.stderr) == (2, "backup: KEEP must be a number from 1\n")


@pytest.mark.parametrize("keep", ["", "1", "7", "30"])
def test_a_number_of_backups_to_keep_is_taken(keep: str, tmp_path: Path) -> None:
    assert "KEEP" not in back_up(keep, tmp_path).stderr
