"""Principals, masks and what external units see."""

from __future__ import annotations

from pathlib import Path
from stat import S_IMODE
from typing import Annotated, Any

import pytest
import sqlalchemy as sa
from pydantic import BaseModel

from guanxi.auth import (
    ANONYMOUS,
    CachedLookup,
    Principal,
    Standing,
    has_personal,
    make_principal,
    mask_email,
    mask_id,
    mask_phone,
    masked,
    visible,
)
from guanxi.auth.development import DevelopmentIssuer
from guanxi.events import Personal

pytestmark = pytest.mark.asyncio
Phone = Annotated[str, Personal("phone")]


class Contact(BaseModel):
    name: Annotated[str, Personal("name")]
    phone: Phone | None
    emails: list[Annotated[str, Personal("email")]] = []


class File(BaseModel):
    id_number: Annotated[str | None, Personal("id")] = None
    contacts: list[Contact] = []
    owner: Contact | None = None
    note: str = "plain"


FILE = File(
    id_number="140105199001011234",
    contacts=[Contact(name="張建國", phone="13800131234", emails=["zhang@example.com", "j@example.com"])],
    owner=Contact(name="李明", phone=None),
)
CLERK = Principal("clerk", "head-office", frozenset({"customers:read"}), internal=True)
OFFICER = Principal("officer", "head-office", frozenset({"customers:read", "pii:read"}), internal=True)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("13800131234", "138****1234"),
        ("+8613800131234", "+86138****1234"),
        ("0351-555-0101", "035****0101"),
        ("+14155550101", "+14****0101"),
        ("5550101", "****"),
        ("110", "****"),
        ("", "****"),
    ],
)
async def test_phones(value: str, shown: str) -> None:
    assert mask_phone(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [("zhang@example.com", "z***@example.com"), ("a@b", "a***@b"), ("@b", "***"), ("nobody", "***"), ("", "***")],
)
async def test_mail(value: str, shown: str) -> None:
    assert mask_email(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [("140105199001011234", "140*************34"), ("12345", "*****"), ("1234567890", "*" * 10), ("", "")],
)
async def test_identity_numbers(value: str, shown: str) -> None:
    assert mask_id(value) == shown


async def test_masks_reach_every_depth_and_leave_names() -> None:
    shown = masked(FILE, CLERK)
    assert shown.id_number == "140*************34"
    assert shown.contacts[0].phone == "138****1234"
    assert shown.contacts[0].emails == ["z***@example.com", "j***@example.com"]
    assert (shown.contacts[0].name, shown.note, shown.owner) == ("張建國", "plain", FILE.owner)


async def test_the_original_stays_as_it_was() -> None:
    masked(FILE, CLERK)
    assert FILE.contacts[0].phone == "13800131234"


async def test_who_may_sees_it_whole() -> None:
    assert masked(FILE, OFFICER) is FILE


async def test_an_administrator_without_the_scope_sees_masks() -> None:
    admin = Principal("a", "head-office", frozenset({"admin"}), internal=True)
    assert masked(FILE, admin).contacts[0].phone == "138****1234"


async def test_what_holds_nothing_personal_is_known() -> None:
    assert has_personal(FILE)
    assert not has_personal(File(contacts=[Contact(name="a", phone=None)]))


async def test_admin_implies_all_but_personal_data() -> None:
    admin = make_principal("a", "head-office", ["admin"], internal=True)
    assert admin.may("complaints:write")
    assert not admin.may("pii:read")


async def test_an_external_unit_loses_admin_and_ops() -> None:
    dealer = make_principal("a", "dealer-17", ["admin", "ops:write", "reports:publish"], internal=False)
    assert dealer.scopes == {"reports:publish"}


async def test_nobody_may_nothing() -> None:
    assert not ANONYMOUS.may("complaints:read")


async def test_internal_readers_see_all_rows_and_external_ones_their_own() -> None:
    column: sa.Column[str] = sa.Column("unit_id", sa.Text)
    assert str(visible(CLERK, column)) == "true"
    clause = visible(Principal("d", "dealer-17", frozenset()), column)
    assert clause.compile().params == {"unit_id_1": "dealer-17"}


async def test_a_standing_is_asked_once_in_five_seconds() -> None:
    asked: list[str] = []
    moment = [0.0]

    class Lookup:
        async def standing(self, unit: str, subject: str) -> Standing:
            asked.append(unit)
            return Standing(internal=len(asked) > 1, employee_id=None)

    lookup = CachedLookup(Lookup(), lambda: moment[0])
    first = [await lookup.standing("u", "s") for _ in range(5)]
    moment[0] = 5.0
    second = await lookup.standing("u", "s")
    assert (asked, first[0].internal, second.internal) == (["u", "u"], False, True)


class _Number(BaseModel):
    value: Annotated[str, Personal("phone")]


class _Deep(BaseModel):
    plain: str
    maybe: _Number | None = None
    several: tuple[_Number | int, ...] = ()
    anything: Any = None


@pytest.mark.parametrize(
    "deep",
    [
        _Deep(plain="x", maybe=_Number(value="13800131234")),
        _Deep(plain="x", several=(1, _Number(value="13800131234"))),
        _Deep(plain="x", anything=[_Number(value="13800131234")]),
    ],
)
async def test_what_is_personal_is_found_wherever_it_stands(deep: _Deep) -> None:
    assert has_personal(deep)
    assert "13800131234" not in masked(deep, CLERK).model_dump_json()
    assert not has_personal(_Deep(plain="13800131234"))


async def test_the_development_issuer_keeps_its_key(tmp_path: Path) -> None:
    issuer = DevelopmentIssuer.create()
    issuer.save(tmp_path / "key.json")
    assert S_IMODE((tmp_path / "key.json").stat().st_mode) == 0o600
    assert DevelopmentIssuer.load(tmp_path / "key.json").jwks_json() == issuer.jwks_json()
    assert '"d"' not in issuer.jwks_json()


async def test_the_development_issuer_refuses_production(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="production"):
        DevelopmentIssuer.create(profile="production")
    with pytest.raises(ValueError, match="production"):
        DevelopmentIssuer.load(tmp_path / "none", profile="production")
