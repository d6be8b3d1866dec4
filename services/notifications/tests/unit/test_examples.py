"""The contract shows how each body looks, and what it shows is taken."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from notifications.alerts.schemas import AcknowledgementPost, AlertRulePut
from notifications.app import SERVICE
from notifications.asking.schemas import AnswerPost, RequestPost
from notifications.feeds.schemas import WebhookPatch, WebhookPost
from notifications.permissions.schemas import PermissionsPut
from notifications.templates.rules import check
from notifications.templates.schemas import TemplatePost

BODIES: list[type[BaseModel]] = [
    *(AcknowledgementPost, AlertRulePut, PermissionsPut, TemplatePost, WebhookPatch, WebhookPost),
    *(AnswerPost, RequestPost),
]


@pytest.mark.parametrize("body", BODIES)
def test_each_body_has_an_example_that_it_takes(body: type[BaseModel]) -> None:
    (example,) = body.model_json_schema()["examples"]
    assert body.model_validate(example).model_dump(exclude_unset=True, mode="json").keys() == example.keys()


def test_the_example_of_a_template_may_be_used() -> None:
    (example,) = TemplatePost.model_json_schema()["examples"]
    check(example["code"], example["subject"], example["body"], 600)


def test_no_route_takes_a_body_that_is_not_named_here() -> None:
    taken = {
        field.field_info.annotation
        for router in SERVICE.routers
        for route in router.routes
        if (field := getattr(route, "body_field", None))
    }
    assert taken == set(BODIES)
