"""`python -m guanxi.events.contracts`: what it writes, refuses and says, in a git repository of its own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from guanxi.events import Consumer, Topology, fact_types
from guanxi.events.complaints import ComplaintFiled
from guanxi.events.contracts import __main__ as command
from guanxi.events.contracts._catalogue import asyncapi, inconsistencies, table, unheard
from guanxi.events.customers import CustomerRegistered

ORDER = "guanxi.interactions.OrderPlaced.v1"


async def _read(tx: object, events: object) -> None:
    """A handler that is never called."""


SAMPLE_TOPOLOGIES = [
    Topology(service="complaints", emits=(ComplaintFiled,)),
    Topology(service="notifications", consumers=(Consumer("alerts", {ComplaintFiled: _read}, kind="reaction"),)),
]


class Repository:
    """A git repository with a folder of contracts, and the command run on it."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "docs" / "contracts"
        self.folder.mkdir(parents=True)
        self.root = root
        self.git("init", "-q")

    def git(self, *arguments: str) -> None:
        identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
        subprocess.run(["git", *identity, *arguments], cwd=self.root, check=True, capture_output=True)

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-qm", "Keep the contracts")

    def run(self, *options: str) -> tuple[int, str]:
        said: list[str] = []
        arguments = ["--folder", str(self.folder), "--services", "--skip-openapi", *options]
        code = command.main(arguments, said.append)
        return code, "\n".join(said)

    def schema(self, name: str) -> dict[str, Any]:
        read: dict[str, Any] = json.loads((self.folder / f"schemas/{name}.json").read_text())
        return read

    def put_schema(self, name: str, schema: dict[str, Any]) -> None:
        (self.folder / f"schemas/{name}.json").write_text(json.dumps(schema))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path)
    assert made.run()[0] == 0
    made.commit()
    return made


def test_writes_a_schema_and_a_sample_of_every_type(repository: Repository) -> None:
    for name in fact_types():
        assert repository.schema(name)["title"] == name
        assert (repository.folder / f"samples/{name}/{command.RELEASE}.json").exists()


def test_check_agrees_with_what_was_just_written(repository: Repository) -> None:
    code, said = repository.run("--check")

    assert code == 0
    assert "agree with the code" in said


def test_writing_twice_changes_nothing(repository: Repository) -> None:
    before = {path: path.stat().st_mtime_ns for path in repository.folder.rglob("*.json")}
    repository.run()

    assert {path: path.stat().st_mtime_ns for path in repository.folder.rglob("*.json")} == before


def test_check_shows_the_difference_of_a_file_edited_by_hand(repository: Repository) -> None:
    page = repository.folder / "events.md"
    page.write_text(page.read_text().replace("# Events", "# My events"))

    code, said = repository.run("--check")

    assert code == 1
    assert "error: events.md: differs, run make contracts" in said
    assert "-# My events" in said
    assert "+# Events" in said


def test_check_misses_a_file_that_was_deleted(repository: Repository) -> None:
    (repository.folder / f"schemas/{ORDER}.json").unlink()
    (repository.folder / f"samples/{ORDER}/{command.RELEASE}.json").unlink()

    code, said = repository.run("--check")

    assert code == 1
    assert f"schemas/{ORDER}.json: missing, run make contracts" in said
    assert f"samples/{ORDER}/{command.RELEASE}.json: missing, run make contracts" in said


def test_check_refuses_an_edited_sample(repository: Repository) -> None:
    path = repository.folder / f"samples/{ORDER}/{command.RELEASE}.json"
    path.write_text(path.read_text().replace("CNY", "USD"))

    code, said = repository.run("--check")

    assert code == 1
    assert f"samples/{ORDER}/{command.RELEASE}.json: samples are append-only" in said


def test_samples_of_earlier_releases_stay_as_they_are(repository: Repository) -> None:
    old = repository.folder / f"samples/{ORDER}/0.0.1.json"
    current = repository.folder / f"samples/{ORDER}/{command.RELEASE}.json"
    text = current.read_text().replace("CNY", "HKD")
    old.write_text(text)
    repository.commit()

    assert repository.run()[0] == 0
    assert old.read_text() == text
    assert repository.run("--check")[0] == 0


def test_check_names_a_sample_that_can_no_longer_be_read(repository: Repository) -> None:
    old = repository.folder / f"samples/{ORDER}/0.0.1.json"
    current = repository.folder / f"samples/{ORDER}/{command.RELEASE}.json"
    old.write_text(current.read_text().replace('"total_minor"', '"total"'))
    repository.commit()

    code, said = repository.run("--check")

    assert code == 1
    assert f"samples/{ORDER}/0.0.1.json (full): total_minor: Field required" in said


def test_nothing_is_written_when_the_committed_schema_allowed_more(repository: Repository) -> None:
    schema = repository.schema(ORDER)
    schema["$defs"]["data"]["properties"]["gift_note"] = {"type": "string"}
    repository.put_schema(ORDER, schema)
    (repository.folder / "events.md").write_text("old")
    repository.commit()

    code, said = repository.run()

    assert code == 1
    assert f"error: {ORDER}: gift_note: removed (new fields are optional for ever; a rename is a new type)" in said
    assert (repository.folder / "events.md").read_text() == "old"


def test_a_type_is_kept_for_ever(repository: Repository) -> None:
    gone = "guanxi.interactions.OrderDreamt.v1"
    repository.put_schema(gone, repository.schema(ORDER))
    repository.commit()

    for options in ((), ("--check",)):
        code, said = repository.run(*options)
        assert code == 1
        assert f"{gone}: the type is gone; types are kept for ever" in said


def test_what_no_release_carried_may_be_broken_when_asked(repository: Repository) -> None:
    schema = repository.schema(ORDER)
    schema["$defs"]["data"]["properties"]["gift_note"] = {"type": "string"}
    repository.put_schema(ORDER, schema)
    repository.commit()

    assert repository.run("--unreleased")[0] == 0
    assert "gift_note" not in repository.schema(ORDER)["$defs"]["data"]["properties"]


def test_what_a_release_carried_may_not_even_then(repository: Repository) -> None:
    schema = repository.schema(ORDER)
    schema["$defs"]["data"]["properties"]["gift_note"] = {"type": "string"}
    repository.put_schema(ORDER, schema)
    repository.commit()
    repository.git("tag", "v0.0.1")

    code, said = repository.run("--unreleased")

    assert code == 1
    assert "gift_note: removed" in said


def test_a_service_that_does_not_exist_yet_is_said_and_skipped(tmp_path: Path) -> None:
    said: list[str] = []

    code = command.main(["--folder", str(tmp_path / "contracts"), "--services", "no_such_service"], said.append)

    assert code == 0
    assert any("no_such_service: no topology yet" in line for line in said)
    assert any("no_such_service: no such service yet, its OpenAPI document is left out" in line for line in said)


def test_a_service_that_cannot_print_its_document_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "broken_service"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text("raise SystemExit('no settings')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    said: list[str] = []

    code = command.main(["--folder", str(tmp_path / "contracts"), "--services", "broken_service"], said.append)

    assert code == 1
    assert "error: broken_service openapi: no settings" in said


def test_a_services_document_is_written_in_one_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "tiny_service"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text("""print('{"openapi": "3.1.0",  "info": {"title": "关系"}}')""")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    folder = tmp_path / "contracts"

    assert command.main(["--folder", str(folder), "--services", "tiny_service"], lambda _: None) == 0

    text = (folder / "openapi/tiny-service.json").read_text(encoding="utf-8")
    assert text == '{\n  "openapi": "3.1.0",\n  "info": {\n    "title": "关系"\n  }\n}\n'


def test_the_table_names_producer_consumers_and_personal_fields() -> None:
    row = next(line for line in table(SAMPLE_TOPOLOGIES).splitlines() if f"`{ComplaintFiled.TYPE}`" in line)

    assert row == (
        "| `guanxi.complaints.ComplaintFiled.v1` | customer, else the aggregate | complaints | notifications/alerts "
        "| `external_ref`, `reply_to.address` |"
    )


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    document = asyncapi(SAMPLE_TOPOLOGIES, "1.2.3")

    assert document["channels"]["inbound"]["address"] == "guanxi.inbound.{source}"
    reads = document["operations"]["notifications.alerts.reads.complaints"]
    assert reads["action"] == "receive"
    assert reads["messages"] == [{"$ref": f"#/channels/complaints/messages/{ComplaintFiled.TYPE}"}]
    for reference in _references(document):
        if reference.startswith("#/"):
            found: Any = document
            for step in reference.removeprefix("#/").split("/"):
                found = found[step]
        else:
            assert reference.removeprefix("./schemas/").removesuffix(".json") in fact_types()


def test_the_written_asyncapi_document_is_plain_yaml(repository: Repository) -> None:
    document = yaml.safe_load((repository.folder / "asyncapi.yaml").read_text(encoding="utf-8"))

    assert document == asyncapi([], command.RELEASE)


def test_a_service_that_publishes_what_belongs_to_another_is_named() -> None:
    wrong = Topology(service="scoring", emits=(ComplaintFiled,))
    assert inconsistencies([wrong]) == [
        "scoring emits guanxi.complaints.ComplaintFiled.v1, which belongs to complaints"
    ]


def test_a_type_that_is_read_and_not_published_is_told_and_allowed() -> None:
    ahead = Topology(service="scoring", consumers=(Consumer("facts", {CustomerRegistered: _read}),))
    assert inconsistencies([ahead]) == []
    assert unheard([ahead]) == ["guanxi.customers.CustomerRegistered.v1 is read, but no service emits it"]


def _references(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for value in node.values() for found in _references(value)]
    if isinstance(node, list):
        return [found for value in node for found in _references(value)]
    return []
