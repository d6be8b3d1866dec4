"""`make setup` on machines of all kinds: without pip, moved, interrupted; a stand-in for uv saves the network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from guanxi_local.checkout import checkout
from guanxi_local.jars import read_lock

# Installs itself where it is told to, and writes down what it is asked.
UV = """#!/bin/sh
echo "$*" >> "$UV_LOG"
case "$*" in
    --version) echo "uv VERSION" ;;
    *--target*)
        while [ "$1" != --target ]; do shift; done
        mkdir "$2/bin"
        sed "s/uv VERSION/uv ${3#uv==}/" "$0" > "$2/bin/uv"
        chmod +x "$2/bin/uv" ;;
esac
"""
HIDE_ENSUREPIP = "import sys\nsys.modules['ensurepip'] = None\n"


@dataclass
class Machine:
    """A checkout and a Python that has neither pip nor ensurepip."""

    folder: Path

    @property
    def root(self) -> Path:
        return self.folder / "checkout"

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    def setup(self, version: str = "1.2.3") -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": f"{self.folder / 'bin'}:/usr/bin:/bin",
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "UV_LOG": str(self.folder / "uv.log"),
        }
        python = self.folder / "python" / "bin" / "python"
        command: list[str | Path] = [python, self.root / "deploy" / "setup.py", version]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def asked(self) -> list[str]:
        """What uv was asked since the last look, but for its version."""
        log = self.folder / "uv.log"
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return [" ".join(line.split()[:2]) for line in lines if line != "--version"]


@pytest.fixture
def bare(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path)
    source = checkout()
    packages = [path.relative_to(source) for path in (*source.glob("services/*"), source / "shared")]
    names = [f"{package}/pyproject.toml" for package in packages]
    names += [
        f"deploy/local/src/guanxi_local/{name}.py" for name in ("__init__", "checkout", "failures", "files", "jars")
    ]
    names += ["deploy/setup.py", "deploy/kafka.lock", "deploy/processes.toml", "deploy/local/pyproject.toml"]
    for name in ("requirements.lock", *names):
        (machine.root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / name, machine.root / name)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "python"], check=True)
    site = next((tmp_path / "python").glob("lib/python*/site-packages"))
    (site / "sitecustomize.py").write_text(HIDE_ENSUREPIP)
    return machine


@pytest.fixture
def machine(bare: Machine) -> Machine:
    """With a uv on the PATH, and the jars in the cache."""
    (bare.folder / "bin").mkdir()
    uv = bare.folder / "bin" / "uv"
    uv.write_text(UV)
    uv.chmod(0o755)
    lay_jars(bare)
    return bare


def lay_jars(machine: Machine) -> Path:
    """Put empty jars where the real ones would lie."""
    program = (
        "from guanxi_local.jars import *; import sys; jars = read_lock(lock_file()); folder = library(jars);"
        "folder.mkdir(parents=True); [(folder / jar.file_name).touch() for jar in jars]; mark_complete(folder);"
        "print(folder)"
    )
    environment = {**os.environ, "XDG_CACHE_HOME": str(machine.folder / "cache")}
    return Path(subprocess.check_output([sys.executable, "-c", program], env=environment, text=True).strip())


def test_a_python_that_can_install_nothing_gives_one_line_and_leaves_nothing_half_made(bare: Machine) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", bare.venv], check=True)
    done = bare.setup()
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "install python3-venv" in done.stderr
    assert not bare.venv.exists()


def test_whatever_can_install_brings_uv_and_a_second_run_does_nothing(machine: Machine) -> None:
    first = machine.setup()
    assert first.returncode == 0, first.stderr
    assert machine.asked() == ["pip install", "pip sync", "pip install"]
    assert (machine.venv / "bin" / "uv").exists()
    second = machine.setup()
    assert (second.returncode, second.stdout, machine.asked()) == (0, "", [])


def test_another_version_of_uv_or_another_lock_is_installed_over_the_last(machine: Machine) -> None:
    machine.setup()
    machine.asked()
    machine.setup("1.2.4")
    assert machine.asked() == ["pip install", "pip sync", "pip install"]
    with (machine.root / "requirements.lock").open("a") as file:
        file.write("# one line more\n")
    machine.setup("1.2.4")
    assert machine.asked() == ["pip sync", "pip install"]


def test_a_checkout_that_was_moved_gets_a_virtual_environment_of_its_own(machine: Machine) -> None:
    machine.setup()
    shutil.copytree(machine.root, machine.folder / "copy", symlinks=True)
    shutil.rmtree(machine.root)
    (machine.folder / "copy").rename(machine.root)
    assert machine.setup().stdout == ""
    moved = Machine(machine.folder / "elsewhere")
    moved.folder.mkdir()
    for name in ("checkout", "python", "bin", "cache"):
        shutil.move(machine.folder / name, moved.folder / name)
    done = moved.setup()
    assert done.returncode == 0, done.stderr
    assert str(moved.venv) in (moved.venv / "pyvenv.cfg").read_text()


def test_a_step_that_failed_is_done_again(machine: Machine) -> None:
    (machine.root / "requirements.lock").rename(machine.folder / "lock")
    assert machine.setup().returncode != 0
    (machine.folder / "lock").rename(machine.root / "requirements.lock")
    assert machine.setup().returncode == 0
    assert "pip sync" in machine.asked()


def test_jars_that_were_removed_from_the_cache_are_fetched_again(machine: Machine) -> None:
    machine.setup()
    jar = read_lock(checkout() / "deploy" / "kafka.lock")[0]
    next((machine.folder / "cache").rglob(jar.file_name)).unlink()
    done = machine.setup()
    assert "-- Kafka" in done.stdout
    assert "requirements.lock" not in done.stdout
