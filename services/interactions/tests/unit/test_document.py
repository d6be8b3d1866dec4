"""The service's reference for strangers: each body that is asked for is shown, by an example that is right."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import BaseModel

from guanxi.service._app import openapi_document
from interactions import voiding
from interactions.app import SERVICE
from interactions.cards import schemas as cards
from interactions.commerce import schemas as commerce
from interactions.contacts import schemas as contacts
from interactions.handovers import schemas as handovers
from interactions.interviews import schemas as interviews
from interactions.needs import schemas as needs
from interactions.plans import schemas as plans
from interactions.promises import schemas as promises
from interactions.questionnaires import schemas as questionnaires
from interactions.visits import schemas as visits

DOCUMENT = openapi_document(SERVICE)
BODIES = sorted(
    (content["schema"]["$ref"].rpartition("/")[2], f"{method} {path}")
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
    for content in operation.get("requestBody", {}).get("content", {}).values()
    if "/ops/" not in path and "$ref" in content["schema"]
)
MODELS: dict[str, type[BaseModel]] = {
    name: model
    for module in (
        *(voiding, commerce, contacts, promises, questionnaires, interviews),
        *(needs, cards, plans, visits, handovers),
    )
    for name, model in vars(module).items()
    if isinstance(model, type) and issubclass(model, BaseModel)
}


@pytest.mark.parametrize(("name", "route"), BODIES, ids=[route for _, route in BODIES])
def test_every_body_has_an_example_that_is_right(name: str, route: str) -> None:
    schema: dict[str, Any] = DOCUMENT["components"]["schemas"][name]
    assert schema.get("examples"), route
    for example in schema["examples"]:
        assert MODELS[name].model_validate_json(json.dumps(example)).model_fields_set == example.keys()


def test_only_what_is_meant_for_everybody_is_open() -> None:
    public = {
        path for path, operations in DOCUMENT["paths"].items() for one in operations.values() if not one["security"]
    }
    assert {path for path in public if path.startswith(("/v1/", "/card/"))} == {"/v1/responses", "/card/{token}"}
