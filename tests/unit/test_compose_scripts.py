"""The scripts of the installation in containers, as far as they need no server."""

from __future__ import annotations

import os
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

COMPOSE = Path(__file__).parents[2] / "deploy" / "compose"
SCRIPTS = COMPOSE / "postgres"


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


@dataclass(frozen=True)
class Docker:
    """Stands for the program `docker`: writes down what it is told, and answers as it was told to."""

    folder: Path

    def run(self, name: str, *arguments: str, at: str = "", **answers: str) -> subprocess.CompletedProcess[str]:
        cases = "".join(f'"compose {word}"*) {answer} ;;\n' for word, answer in answers.items())
        program = self.folder / "docker"
        program.write_text(f'#!/bin/sh\necho "$*" >>{self.folder}/told\ncase "$*" in\n{cases}esac\n')
        program.chmod(0o755)
        environment = {"PATH": f"{self.folder}:{os.environ['PATH']}", "AT": at}
        script = ["/bin/sh", str(COMPOSE / name), *arguments]
        return subprocess.run(script, env=environment, capture_output=True, text=True, check=False, timeout=20)

    def told(self) -> list[str]:
        """The word of compose in each command, in order."""
        return [line.split()[1] for line in (self.folder / "told").read_text().splitlines()]


def test_the_services_come_back_when_the_archive_was_played_back(tmp_path: Path) -> None:
    docker = Docker(tmp_path)
    done = docker.run("restore.sh", at="2026-11-26T04:00:00Z", exec="echo f")
    assert (done.returncode, done.stdout) == (0, "restored; take a backup now: make backup\n")
    assert docker.told() == ["stop", "run", "up", "exec", "up", "run", "up"]


@pytest.mark.parametrize("answers", [{"exec": "exit 1"}, {"up": "exit 1"}], ids=["after it answered", "before"])
def test_a_moment_that_the_archive_does_not_reach_ends_the_restore_with_the_reason(
    answers: dict[str, str], tmp_path: Path
) -> None:
    docker = Docker(tmp_path)
    done = docker.run("restore.sh", at="2031-01-01T00:00:00Z", logs="echo recovery ended before it", **answers)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "recovery ended before it",
        "restore: PostgreSQL could not play the archive back to 2031-01-01T00:00:00Z; the lines above say why",
    ]
    assert docker.told()[-2:] == ["logs", "stop"]


def test_a_service_is_rolled_role_by_role(tmp_path: Path) -> None:
    docker = Docker(tmp_path)
    assert docker.run("roll.sh", "complaints", ps="echo an-old-one").returncode == 0
    assert docker.told() == ["ps", "ps", "build", "run", *["ps", "up", "an-old-one", "an-old-one"] * 2]


def test_a_service_that_does_not_run_is_not_said_to_be_rolled(tmp_path: Path) -> None:
    docker = Docker(tmp_path)
    done = docker.run("roll.sh", "complaints")
    assert (done.returncode, docker.told()) == (2, ["ps"])
    assert done.stderr == "roll: no container of complaints-worker runs; make compose-up starts it\n"
