"""Alert rules and dashboards: each query is PromQL, and asks for figures that the services really have."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from guanxi.telemetry import REGISTRY
from guanxi_local.processes import read_processes

FOLDER = Path(__file__).parents[2] / "deploy" / "observability"
DASHBOARDS = sorted((FOLDER / "grafana" / "dashboards").glob("*.json"))
# What Prometheus itself adds, and the labels that scraping puts on every sample.
OF_PROMETHEUS = {"up"}
SCRAPED = {"service", "process", "job", "instance", "le"}


def queries() -> Iterator[tuple[str, str]]:
    for group in yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"]:
        yield from ((rule["alert"], rule["expr"]) for rule in group["rules"])
    for path in DASHBOARDS:
        for panel in json.loads(path.read_text())["panels"]:
            yield from ((f"{path.stem}: {panel['title']}", target["expr"]) for target in panel["targets"])


def existing() -> dict[str, set[str]]:
    """The names under which each figure is stored, with the labels it has."""
    found: dict[str, set[str]] = {
        sample.name: set(sample.labels) for metric in REGISTRY.collect() for sample in metric.samples
    }
    for name, collector in REGISTRY._names_to_collectors.items():
        found[name] = set(getattr(collector, "_labelnames", ()))
    return found


def asked(query: Any) -> Iterator[Any]:
    """Every selector inside a parsed query."""
    if isinstance(query, promql_parser.VectorSelector):
        yield query
        return
    for part in ("expr", "lhs", "rhs", "vector_selector", "args"):
        inner = getattr(query, part, None)
        for one in inner if isinstance(inner, list) else [inner]:
            if one is not None:
                yield from asked(one)


@pytest.mark.parametrize(("where", "query"), list(queries()), ids=lambda value: value[:60])
def test_a_query_is_promql_and_asks_for_what_there_is(where: str, query: str) -> None:
    known = existing()
    selectors = list(asked(promql_parser.parse(query)))
    assert selectors, where
    labels = set().union(*(known.get(one.name, set()) for one in selectors)) | SCRAPED
    assert {one.name for one in selectors} <= known.keys() | OF_PROMETHEUS
    assert {matcher.name for one in selectors for matcher in one.matchers.matchers} <= labels
    grouped = {label.strip() for group in re.findall(r"by \(([^)]*)\)", query) for label in group.split(",")}
    assert grouped <= labels


def test_there_is_a_dashboard_for_each_question() -> None:
    assert {path.stem for path in DASHBOARDS} == {"flow", "lag", "outbox", "dead-letters", "complaints", "scores"}
    uids = [json.loads(path.read_text())["uid"] for path in DASHBOARDS]
    assert len(set(uids)) == len(uids)


def test_every_process_is_scraped() -> None:
    scrape = yaml.safe_load((FOLDER / "prometheus.yaml").read_text())["scrape_configs"][0]
    wanted = {f"{service.name}-{role}" for service in read_processes() for role in ("api", "worker")}
    assert set(scrape["dns_sd_configs"][0]["names"]) == wanted
