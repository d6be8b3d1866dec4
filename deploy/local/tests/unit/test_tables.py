"""The committed tables that the runner works from: topics, processes, jars."""

from __future__ import annotations

from pathlib import Path

import pytest

from guanxi_local.failures import Failure
from guanxi_local.jars import Jar, is_complete, library, lock_file, mark_complete, read_lock
from guanxi_local.kafka import Kafka
from guanxi_local.processes import Surroundings, migrate_command, read_processes, serve_command
from guanxi_local.roles import Database
from guanxi_local.state import State
from guanxi_local.topics import read_topics


def test_topics_have_the_counts_and_retentions_that_were_decided() -> None:
    table = {spec.name.removeprefix("guanxi."): spec for spec in read_topics()}
    assert {name: spec.partitions for name, spec in table.items()} == {
        "reports": 12, "directory": 12, "organisation": 3, "customers": 12,
        "interactions": 12, "complaints": 12, "scores": 12, "notifications": 12,
    }  # fmt: skip
    assert {name for name, spec in table.items() if spec.compacted} == {"directory", "organisation"}
    assert table["reports"].retention_hours == 72
    facts = ("customers", "interactions", "complaints", "scores", "notifications")
    assert {table[name].retention_hours for name in facts} == {14 * 24}


def test_topics_get_the_installations_prefix() -> None:
    assert all(spec.name.startswith("t-1.guanxi.") for spec in read_topics("t-1."))


def test_an_unknown_word_in_the_topic_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "topics.yaml"
    path.write_text("topics: [{name: guanxi.x, partitions: 1, retention_days: 3}]")
    with pytest.raises(Failure, match=r"topics.yaml: topics.0.retention_days: ") as caught:
        read_topics(path=path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["[[service]]\nname =", "[[service]]\nname = 'x'", "service = 3"])
def test_a_wrong_process_table_gives_one_line_that_names_the_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "processes.toml"
    path.write_text(text)
    with pytest.raises(Failure, match=r"processes\.toml: ") as caught:
        read_processes(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["topics: [", "topics: 3", ""])
def test_a_wrong_topic_table_gives_one_line_that_names_the_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "topics.yaml"
    path.write_text(text)
    with pytest.raises(Failure, match=r"topics\.yaml: ") as caught:
        read_topics(path=path)
    assert "\n" not in str(caught.value)


def test_each_service_has_a_module_and_a_database_of_its_own() -> None:
    services = read_processes()
    assert len(services) == 5
    assert len({service.module for service in services}) == 5
    assert len({service.database for service in services}) == 5


def test_a_service_is_started_by_its_module_role_and_port() -> None:
    service = read_processes()[0]
    assert serve_command(service, 15_000)[1:] == ["-m", "customer_profile", "--role", "all", "--port", "15000"]
    assert migrate_command(service)[1:] == ["-m", "customer_profile", "migrate"]


def test_a_service_is_told_of_its_own_database_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "of another server")
    around = Surroundings(State(tmp_path), "127.0.0.1:9", "t-1.", "http://127.0.0.1:8", {"GUANXI_EXTRA": "yes"})
    database = Database("scoring", "postgresql://owner", "postgresql://app")
    environment = around.environment(database)
    assert environment["GUANXI_DATABASE_URL"] == "postgresql://app"
    assert "postgresql://owner" not in environment.values()
    assert around.migration_environment(database) == {**environment, "GUANXI_MIGRATION_URL": "postgresql://owner"}
    assert environment["GUANXI_TOPIC_PREFIX"] == "t-1."
    assert environment["GUANXI_EXTRA"] == "yes"
    assert "PGPASSWORD" not in environment


def test_each_jar_is_pinned_by_version_and_checksum() -> None:
    jars = read_lock(lock_file())
    assert "kafka_2.13-4.3.0.jar" in {jar.file_name for jar in jars}
    assert all(len(jar.sha256) == 64 for jar in jars)
    assert len({jar.file_name for jar in jars}) == len(jars)


def test_the_jars_live_in_the_users_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    one, other = [Jar("a:b:1", "0" * 64)], [Jar("a:b:1", "1" * 64)]
    assert library(one).is_relative_to(tmp_path)
    assert library(one) != library(other)


def test_jars_are_complete_when_all_of_them_are_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    jars = [Jar("a:b:1", "0" * 64), Jar("a:c:1", "1" * 64)]
    library(jars).mkdir(parents=True)
    for jar in jars:
        assert not is_complete(jars)
        (library(jars) / jar.file_name).touch()
    mark_complete(library(jars))
    assert is_complete(jars)
    (library(jars) / "c-1.jar").unlink()
    assert not is_complete(jars)


def test_brokers_of_two_folders_have_two_addresses(tmp_path: Path) -> None:
    assert Kafka(State(tmp_path), 1, 2).bootstrap != Kafka(State(tmp_path), 3, 4).bootstrap
