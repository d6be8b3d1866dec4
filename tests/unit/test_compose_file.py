"""docker-compose.yml against the tables it is written from, and the settings it needs against `.env.example`."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from guanxi_local.containers import _options
from guanxi_local.processes import read_processes
from guanxi_local.roles import owner_role, runtime_role

ROOT = Path(__file__).parents[2]
PRODUCTION = ROOT / "deploy" / "compose" / "production.yaml"
TEXT = (ROOT / "docker-compose.yml").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]
ROLES = ("api", "worker")
STOCK = {"postgres", "kafka", "proxy", "backup-folder", "restore"}
JOBS = {"issuer", "databases", "topics"}


def by_profile(*, default: bool) -> set[str]:
    return {name for name, service in SERVICES.items() if ("profiles" not in service) == default}


def test_each_process_of_the_table_has_its_containers_and_there_are_no_others() -> None:
    wanted = {f"{service.name}-{part}" for service in read_processes() for part in (*ROLES, "migrate")}
    assert by_profile(default=True) - STOCK - JOBS == wanted


@pytest.mark.parametrize("row", read_processes(), ids=lambda row: row.name)
def test_a_process_runs_its_module_in_its_role_on_its_database(row: Any) -> None:
    runtime = f"postgresql://{runtime_role(row.database)}:${{{runtime_role(row.database).upper()}_PASSWORD:?"
    for role in ROLES:
        service = SERVICES[f"{row.name}-{role}"]
        assert service["command"][:3] == [row.module, "--role", role]
        assert service["environment"]["GUANXI_DATABASE_URL"].startswith(runtime)
        assert service["environment"]["GUANXI_DATABASE_URL"].endswith(f"/{row.database}")
        assert "GUANXI_MIGRATION_URL" not in service["environment"]
        assert service["depends_on"][f"{row.name}-migrate"] == {"condition": "service_completed_successfully"}
    migration = SERVICES[f"{row.name}-migrate"]
    assert _options(migration["command"][1:]).service == row.name
    assert owner_role(row.database) in migration["environment"]["GUANXI_MIGRATION_URL"]


# Of development only, or another process's own (the migrations').
_NOT_HANDED_ON = {"GUANXI_MIGRATION_URL", "GUANXI_CRASH_AT", "GUANXI_WEBHOOK_ALLOW_LOOPBACK", "GUANXI_TOPIC_PREFIX"}


@pytest.mark.parametrize("row", read_processes(), ids=lambda row: row.name)
def test_every_setting_of_a_service_is_handed_on_to_its_containers(row: Any) -> None:
    settings = import_module(f"{row.module}.settings").Settings
    wanted = {f"GUANXI_{name.upper()}" for name in settings.model_fields} - _NOT_HANDED_ON
    for role in ROLES:
        assert wanted - set(SERVICES[f"{row.name}-{role}"]["environment"]) <= {"GUANXI_ISSUER", "GUANXI_AUDIENCE"}


@pytest.mark.parametrize("row", read_processes(), ids=lambda row: row.name)
def test_every_setting_of_a_service_is_in_the_operators_table(row: Any) -> None:
    settings = import_module(f"{row.module}.settings").Settings
    rows = re.findall(r"^\| (`GUANXI_[^|]+)", (ROOT / "docs" / "operations.md").read_text(), re.MULTILINE)
    told = set(re.findall(r"GUANXI_[A-Z_]+", " ".join(rows)))
    wanted = {f"GUANXI_{name.upper()}" for name in settings.model_fields}
    assert wanted - told <= {"GUANXI_CRASH_AT", "GUANXI_WEBHOOK_ALLOW_LOOPBACK"}, "of development only"


def test_what_the_example_of_the_settings_shows_is_what_holds_without_them() -> None:
    shown = dict(re.findall(r"^#(GUANXI_[A-Z_]+)=(.+)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
    # A firm's own; there the example is one.
    own = {"GUANXI_JWKS", "GUANXI_ISSUER", "GUANXI_SMTP_URL", "GUANXI_SENDER", "GUANXI_PUBLIC_URL"}
    for row in read_processes():
        for name, setting in import_module(f"{row.module}.settings").Settings.model_fields.items():
            variable = f"GUANXI_{name.upper()}"
            if variable in shown.keys() - own:
                assert type(setting.default)(shown[variable]) == setting.default, variable


def test_the_services_believe_the_network_of_the_proxy_and_no_other() -> None:
    (network,) = SERVICES["proxy"]["networks"]
    (config,) = yaml.safe_load(TEXT)["networks"][network]["ipam"]["config"]
    believed = {SERVICES[f"{row.name}-api"]["environment"]["GUANXI_FORWARDED_ALLOW_IPS"] for row in read_processes()}
    assert believed == {config["subnet"]}
    assert all(network in SERVICES[f"{row.name}-api"]["networks"] for row in read_processes())


def test_every_job_is_one_that_the_image_knows() -> None:
    assert {_options(SERVICES[job]["command"][1:]).job for job in JOBS} == JOBS


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_container_is_closed_limited_and_comes_back(name: str) -> None:
    service = SERVICES[name]
    assert service["image"].count(":") >= 1, "pinned"
    if "profiles" in service or name in JOBS | {"backup-folder"} or name.endswith("-migrate"):
        assert service["restart"] == ("no" if "profiles" not in service or name == "restore" else "unless-stopped")
    else:
        assert service["restart"] == "unless-stopped"
        assert service["healthcheck"]["test"]
        assert int(service["stop_grace_period"].removesuffix("s")) > 10
    assert service["cap_drop"] == ["ALL"]
    assert service["read_only"] is True
    assert name == "backup-folder" or service["mem_limit"]


def test_every_required_setting_is_generated_and_every_other_one_is_explained() -> None:
    example = (ROOT / ".env.example").read_text()
    generated = set(re.findall(r"^([A-Z_]+)=$", example, re.MULTILINE))
    explained = set(re.findall(r"^#([A-Z_]+)=", example, re.MULTILINE))
    required = set(re.findall(r"\$\{([A-Z_]+):\?run make env first\}", TEXT))
    assert required == generated
    optional = set(re.findall(r"\$\{([A-Z_]+):-", TEXT)) - {"GUANXI_RELEASE"}
    assert optional <= explained
    passed_on = {key for one in SERVICES.values() for key, value in _environment(one).items() if value is None}
    assert {"GUANXI_SMTP_URL", "GUANXI_OTLP_ENDPOINT"} <= passed_on <= explained
    asked_in_production = set(re.findall(r"\$\{([A-Z_]+):\?", PRODUCTION.read_text()))
    assert asked_in_production <= explained


def test_production_is_one_line_of_the_settings_that_every_command_reads() -> None:
    line = re.search(r"^#COMPOSE_FILE=(\S+)$", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert line is not None
    assert [ROOT / name for name in line[1].split(":")] == [ROOT / "docker-compose.yml", PRODUCTION]
    assert PRODUCTION.exists()
    # A file named on the command line would hide the one that the settings name.
    for path in (ROOT / "Makefile", *sorted((ROOT / "deploy" / "compose").glob("*.sh"))):
        assert not re.search(r"(?:compose|COMPOSE\)) (?:.* )?(?:-f|--file)\b", path.read_text()), path.name


def test_no_secret_has_a_value_in_the_repository() -> None:
    assert not re.findall(r"(?:PASSWORD|_KEY|SECRET)[A-Z_]*: (?!\$\{[A-Z_]+:\?|/var/lib/)\S+", TEXT)


def _environment(service: dict[str, Any]) -> dict[str, Any]:
    found = service.get("environment") or {}
    assert isinstance(found, dict)
    return found
