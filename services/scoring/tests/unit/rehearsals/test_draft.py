"""Changed scorecards: only numbers change, and only to what makes sense."""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from guanxi.problems import Conflict, Unprocessable
from scoring.rehearsals import rules
from scoring.rehearsals.draft import drafted
from scoring.rehearsals.rules import Rehearsal, Result
from scoring.scorecards import files
from scoring.scorecards.prospects import POTENTIAL
from scoring.scorecards.referring import INFLUENCE

BODY = files.body(files.VALUE, 1)
AT = datetime(2026, 6, 30, 4, tzinfo=UTC)


def _bands(**first: int) -> list[dict[str, Any]]:
    bands: list[dict[str, Any]] = copy.deepcopy(BODY["bands"])
    bands[0] |= first
    return bands


def test_a_change_is_merged_into_the_version_in_force_and_leaves_it_as_it_is() -> None:
    before = copy.deepcopy(BODY)
    made = drafted(
        files.VALUE, BODY, {"default_margin_bp": 2500, "payment": {"late": -3}, "bands": _bands(**{"from": 80})}, 2
    )
    card = files.value_card_of(made)
    assert (card.version, card.default_margin_bp, card.payment.late, card.payment.base) == (2, 2500, -3, 5)
    assert (card.bands[0].start, card.bands[0].keep_from) == (80, 68)
    assert before == BODY


def test_a_firm_with_a_version_of_an_earlier_shape_rehearses_what_came_later() -> None:
    own = files.body(POTENTIAL, 1) | {"version": 2, "winnable_bp": 3000}
    made = drafted(POTENTIAL, own, {"agreements": {"strategic": 15}}, 3)
    card = files.replaced(files.cards(), POTENTIAL, made).potential
    assert (card.version, card.winnable_bp, card.texts) == (3, 3000, files.cards().potential.texts | own["texts"])
    assert card.agreements == {"strategic": 15, "service": 0, "sale": 0}
    assert set(card.life_cycle.values()) == {0}
    with pytest.raises(Unprocessable, match="This is no change"):
        drafted(POTENTIAL, own, {"agreements": {"strategic": 0}}, 3)


def test_a_firm_with_a_trust_of_its_own_rehearses_whether_they_would_buy_again() -> None:
    own = files.body(files.TRUST, 1) | {"version": 2, "base": 60}
    made = drafted(files.TRUST, own, {"signals": {"would-buy-again": {"points": 5}}}, 3)
    card = files.replaced(files.cards(), files.TRUST, made).trust
    assert (card.version, card.base, card.signals["would-buy-again"].points) == (3, 60, 5)
    assert card.signals["would-not-buy-again"].points == 0
    assert card.signals["promise-broken"] == files.cards().trust.signals["promise-broken"]


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({}, "changes", "empty"),
        ({"nothing": 1}, "changes.nothing", "unknown"),
        ({"texts": {}}, "changes.texts", "fixed"),
        ({"version": 9}, "changes.version", "fixed"),
        ({"window_days": "365"}, "changes.window_days", "type"),
        ({"window_days": 36.5}, "changes.window_days", "type"),
        ({"window_days": True}, "changes.window_days", "type"),
        ({"window_days": 0}, "changes.window_days", "range"),
        ({"window_days": 10**13}, "changes.window_days", "too-large"),
        ({"default_margin_bp": 10_001}, "changes.default_margin_bp", "range"),
        ({"profit": [[0, 0]]}, "changes.profit", "length"),
        ({"recency": [[90, 15], [30, 12], [180, 8], [364, 3]]}, "changes.recency", "order"),
        ({"frequency": [[1, 15], [4, 10], [2, 6], [12, 3]]}, "changes.frequency", "order"),
        ({"bands": _bands(**{"from": 60})}, "changes.bands", "order"),
        ({"bands": _bands(keep_from=99)}, "changes.bands[0].keep_from", "order"),
        ({"bands": [{"band": "best"}, *BODY["bands"][1:]]}, "changes.bands[0].band", "fixed"),
        ({"payment": {"least": 20}}, "changes.payment.least", "order"),
        ({"continuity": {"days": 0}}, "changes.continuity.days", "range"),
    ],
)
def test_what_is_no_change_is_refused_with_its_field(changes: dict[str, Any], field: str, code: str) -> None:
    with pytest.raises(Unprocessable) as refused:
        drafted(files.VALUE, BODY, changes, 2)
    assert (field, code) in {(one.field, one.code) for one in refused.value.errors}


def _rehearsal(**more: Any) -> Rehearsal:
    values: dict[str, Any] = {"id": UUID(int=1), "version": 1, "created_at": AT, "recorded_at": AT, "unit_id": "u"}
    values |= {
        "kind": files.VALUE,
        "base_version": 1,
        "value_version": 1,
        "used": {files.VALUE: 1, INFLUENCE: 1},
        "changes": {},
        "body": BODY,
        "reason": "r",
        "status": "draft",
    }
    values |= {"as_of": date(2026, 6, 30), "time_zone": "Asia/Shanghai", "reached": None, "result": Result()}
    return Rehearsal(**values | {"proposed_by": "me"} | more)


def test_another_person_approves_what_was_rehearsed_and_only_that_is_published() -> None:
    in_force = {files.VALUE: 1, INFLUENCE: 1}
    for status in ("draft", "approved", "published"):
        with pytest.raises(Conflict):
            rules.approved(_rehearsal(status=status), in_force, "you", AT)
    with pytest.raises(Conflict) as own:
        rules.approved(_rehearsal(status="rehearsed"), in_force, "me", AT)
    assert own.value.code == "own-proposal"
    approved = rules.approved(_rehearsal(status="rehearsed"), in_force, "you", AT)
    assert rules.published(approved, in_force, AT).published_version == 2
    with pytest.raises(Conflict):
        rules.published(_rehearsal(status="rehearsed"), in_force, AT)


@pytest.mark.parametrize("other", [files.VALUE, INFLUENCE])
def test_nothing_is_approved_or_published_by_other_versions_than_it_was_rehearsed_by(other: str) -> None:
    in_force = {files.VALUE: 1, INFLUENCE: 1, "trust": 4}
    with pytest.raises(Conflict) as outdated:
        rules.approved(_rehearsal(status="rehearsed"), in_force | {other: 2}, "you", AT)
    assert outdated.value.code == "outdated"
    with pytest.raises(Conflict) as outdated:
        rules.published(_rehearsal(status="approved"), in_force | {other: 2}, AT)
    assert outdated.value.code == "outdated"
    assert rules.published(_rehearsal(status="approved"), in_force | {"trust": 5}, AT).published_version == 2


@pytest.mark.parametrize(
    ("kind", "used"),
    [
        (files.VALUE, {files.VALUE, INFLUENCE, "segments", "treatments"}),
        (INFLUENCE, {files.VALUE, INFLUENCE}),
        ("trust", {files.VALUE, "trust"}),
        ("satisfaction", {files.VALUE, "satisfaction", "quality-indicators"}),
        ("segments", {files.VALUE, "segments"}),
        ("treatments", {files.VALUE, "treatments"}),
    ],
)
def test_whatever_a_kind_is_reckoned_by_is_kept_with_it(kind: str, used: set[str]) -> None:
    assert rules.uses(kind) == used
