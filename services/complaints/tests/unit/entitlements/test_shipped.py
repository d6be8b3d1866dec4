"""The shipped policy is one that could have been sent by HTTP, and says what the firm has decided."""

from __future__ import annotations

from importlib.resources import files

import yaml

from complaints.entitlements.policy_schemas import PolicyBody

_TEXT = files("complaints.entitlements.policies").joinpath("1.yaml").read_text("utf-8")


def test_it_is_a_right_draft() -> None:
    body = yaml.safe_load(_TEXT)
    assert body.pop("currency") == "CNY"
    PolicyBody.model_validate(body)


def test_each_clause_is_named_in_three_languages() -> None:
    for clause in yaml.safe_load(_TEXT)["clauses"]:
        assert sorted(clause["names"]) == ["en", "zh-Hans", "zh-Hant"], clause["code"]


def test_the_package_for_large_orders_has_four_benefits_and_the_one_for_vips_several() -> None:
    packages: dict[str, set[str]] = {}
    for clause in yaml.safe_load(_TEXT)["clauses"]:
        packages.setdefault(clause.get("package", ""), set()).add(clause["benefit"])
    assert packages["lifelong"] == {"warranty", "tender-documents", "samples", "guide-and-logistics"}
    assert packages["vip"] == {"warranty", "vip-service-level"}
