"""An installation in containers does its job, and goes on doing it when its parts are killed, replaced and set back."""

from __future__ import annotations

import asyncio
import os
import threading
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from containers.installation import ROOT, Installation, say, until
from containers.smoke import do_the_main_job, is_known
from guanxi_local.demo.play import House, perform
from guanxi_local.processes import read_processes

RUNNING = [
    *(f"{service.name}-{role}" for service in read_processes() for role in ("api", "worker")),
    "postgres",
    "kafka",
    "proxy",
]


def test_the_first_hour_of_a_firm_is_played(installation: Installation) -> None:
    house = House(installation.gateway, installation.kafka, installation.mint)
    asyncio.run(perform(house))
    memory = installation.run("docker", "stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}")
    say("\n".join(sorted(line for line in memory.splitlines() if line.startswith(installation.project))))


def test_the_image_is_closed(installation: Installation) -> None:
    image = installation.containers("complaints-api")["complaints-api"]["Config"]["Image"]
    tools = "for tool in pip gcc cc make curl wget; do command -v $tool; done; id -u"
    assert installation.run("docker", "run", "--rm", "--entrypoint", "sh", image, "-c", tools).split() == ["10001"]
    size = installation.run("docker", "image", "inspect", "-f", "{{.Size}}", image)
    say(f"image: {int(size) / 1e6:.0f} MB")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can end a container's process from outside")
@pytest.mark.parametrize("name", RUNNING)
def test_a_container_whose_process_is_killed_comes_back(installation: Installation, name: str) -> None:
    restarts = installation.containers(name)[name]["RestartCount"]
    installation.kill(name)
    installation.wait_restarted(name, restarts)
    do_the_main_job(installation, f"after the kill of {name}")


def test_stopping_and_starting_all_keeps_the_data(installation: Installation) -> None:
    customer = do_the_main_job(installation, "before the stop")
    installation.compose("stop")
    began = time.monotonic()
    installation.compose("up", "--wait")
    say(f"started again: {time.monotonic() - began:.0f} s")
    assert is_known(installation, customer)
    do_the_main_job(installation, "after the start")


def test_a_service_is_replaced_under_load_without_a_failed_request(installation: Installation) -> None:
    before = {name: one["Id"] for name, one in installation.containers("complaints-api", "complaints-worker").items()}
    done, answers = threading.Event(), []
    load = threading.Thread(target=lambda: answers.extend(asyncio.run(_load(installation, done))))
    load.start()
    try:
        installation.make("roll", SERVICE="complaints")
    finally:
        done.set()
        load.join()
    after = {name: one["Id"] for name, one in installation.containers("complaints-api", "complaints-worker").items()}
    assert not set(before.values()) & set(after.values())
    assert len(after) == 2
    assert [answer for answer in answers if answer not in (200, 201)] == []
    assert answers.count(201) > 20
    say(f"{len(answers)} requests while complaints was replaced")


async def _load(installation: Installation, done: threading.Event) -> list[int | str]:
    """Complaints without a customer, and reading them, until told to stop: what each request was answered."""
    answers: list[int | str] = []
    headers = {"Authorization": f"Bearer {installation.mint()}"}

    async def caller(client: httpx.AsyncClient) -> None:
        while not done.is_set():
            for method, body in (("POST", {"channel": "phone", "text": "under load"}), ("GET", None)):
                key = {"Idempotency-Key": str(uuid.uuid4())} if body else {}
                try:
                    answer = await client.request(method, "/v1/complaints", json=body, headers=key)
                    answers.append(answer.status_code if answer.is_success else f"{answer.status_code} {answer.text}")
                except httpx.TransportError as error:
                    answers.append(repr(error))
            await asyncio.sleep(0.2)

    async with httpx.AsyncClient(base_url=installation.gateway, headers=headers, timeout=20, trust_env=False) as client:
        await asyncio.gather(*(caller(client) for _ in range(3)))
    return answers


def test_the_cluster_is_set_back_to_a_moment(installation: Installation) -> None:
    kept = do_the_main_job(installation, "before the backup")
    said = installation.make("backup")
    assert "it can be restored to any moment since" in said
    also_kept = do_the_main_job(installation, "after the backup")
    moment = _next_second()
    undone = do_the_main_job(installation, "after the moment")
    installation.make("restore", AT=moment)
    assert [is_known(installation, one) for one in (kept, also_kept, undone)] == [True, True, False]
    do_the_main_job(installation, "after the restore")
    with installation.client() as client:
        for service in read_processes():
            assert client.get(f"/v1/ops/{service.name}/dead-letters", params={"status": "open"}).json() == []


def _next_second() -> str:
    """A whole second that everything so far lies before, passed by the time it is given."""
    moment = datetime.fromtimestamp(int(time.time()) + 1, UTC)
    until("the second is over", lambda: datetime.now(UTC) > moment)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_without_env_the_start_fails_with_one_line(tmp_path: Path) -> None:
    import subprocess

    settings = {
        name: os.environ[name] for name in ("PATH", "HOME", "DOCKER_HOST", "DOCKER_CONFIG") if name in os.environ
    }
    command = ["docker", "compose", "--project-directory", str(tmp_path), "-f", str(ROOT / "docker-compose.yml"), "up"]
    done = subprocess.run(command, env=settings, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode != 0
    assert len(done.stderr.strip().splitlines()) == 1
    assert "run make env first" in done.stderr
