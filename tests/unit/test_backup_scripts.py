"""The scripts of backup and restore, as far as they need no server."""

from __future__ import annotations

import os
import subprocess
import tarfile
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


class Cluster:
    """A data folder and two backups of it, each a file that says what it is."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "docker"
        self.replaced = folder / "docker.replaced"
        self._backup = folder / "backup"
        self.data.mkdir()
        (self.data / "whose").write_text("people")
        for moment in ("2026-11-26T04-00-00Z", "2026-11-26T05-00-00Z"):
            self._back_up(moment)

    def _back_up(self, moment: str) -> None:
        source = self._backup / "source" / moment
        (source / "pg_wal").mkdir(parents=True)
        (source / "whose").write_text(moment)
        (source / "postgresql.auto.conf").touch()
        kept = self._backup / "base" / moment
        kept.mkdir(parents=True)
        for name, content in (("base", source), ("pg_wal", source / "pg_wal")):
            with tarfile.open(kept / f"{name}.tar.gz", "w:gz") as archive:
                archive.add(content, ".")

    def restore(self, at: str = "") -> None:
        script = (SCRIPTS / "restore.sh").read_text().replace("/backup", str(self._backup))
        environment = {**os.environ, "PGDATA": str(self.data), "AT": at}
        subprocess.run(["/bin/sh", "-c", script], env=environment, capture_output=True, check=True, timeout=60)

    def open(self) -> None:
        """What PostgreSQL does when it has played the archive back."""
        (self.data / "recovery.signal").unlink()

    def whose(self) -> tuple[str, str]:
        """What is in place, and what stays beside it."""
        return (self.data / "whose").read_text(), (self.replaced / "whose").read_text()


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster(tmp_path)


def test_a_restore_leaves_what_it_replaced_beside_it(cluster: Cluster) -> None:
    cluster.restore("2026-11-26T04:30:00Z")
    assert cluster.whose() == ("2026-11-26T04-00-00Z", "people")


def test_a_restore_that_was_never_opened_does_not_take_the_place_of_what_it_replaced(cluster: Cluster) -> None:
    cluster.restore("2031-01-01T00:00:00Z")
    cluster.restore("2026-11-26T04:30:00Z")
    assert cluster.whose() == ("2026-11-26T04-00-00Z", "people")


def test_a_restore_that_was_broken_off_loses_nothing(cluster: Cluster) -> None:
    cluster.data.rename(cluster.replaced)
    cluster.restore()
    assert cluster.whose() == ("2026-11-26T05-00-00Z", "people")


def test_a_restore_that_was_opened_is_kept_by_the_next(cluster: Cluster) -> None:
    cluster.restore()
    cluster.open()
    cluster.restore("2026-11-26T04:30:00Z")
    assert cluster.whose() == ("2026-11-26T04-00-00Z", "2026-11-26T05-00-00Z")
