"""The jobs before the services in containers, as far as they need no server; and the file of secrets."""

from __future__ import annotations

import json
import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from guanxi.auth import TokenRules, TokenVerifier, key_source
from guanxi_local.containers import Server, main

ROOT = Path(__file__).parents[4]


@pytest.fixture
def issuer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GUANXI_ISSUER_KEY", str(tmp_path / "key.json"))
    monkeypatch.setenv("GUANXI_JWKS", str(tmp_path / "jwks.json"))
    return tmp_path


@pytest.mark.asyncio
async def test_the_issuers_tokens_are_taken_by_who_reads_its_public_half(
    issuer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["issuer"])
    main(["token", "--subject", "li-ming", "--unit", "sales", "--scope", "customers:read scores:read"])
    token = capsys.readouterr().out.strip()
    verifier = TokenVerifier(TokenRules("urn:guanxi:development", "guanxi"), key_source(str(issuer / "jwks.json")))
    claims = await verifier.verify(token)
    assert (claims.subject, claims.unit) == ("li-ming", "sales")
    assert claims.scopes == {"customers:read", "scores:read"}


def test_the_issuers_key_stays_and_only_its_public_half_is_shown(issuer: Path) -> None:
    main(["issuer"])
    key = (issuer / "key.json").read_text()
    main(["issuer"])
    assert (issuer / "key.json").read_text() == key
    assert "d" in json.loads(key)
    assert all("d" not in one for one in json.loads((issuer / "jwks.json").read_text())["keys"])
    assert (issuer / "key.json").stat().st_mode & 0o077 == 0


def test_what_is_not_set_ends_a_job_with_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GUANXI_POSTGRES", raising=False)
    with pytest.raises(SystemExit) as ended:
        main(["databases"])
    assert ended.value.code == 2
    assert capsys.readouterr().err == "guanxi: GUANXI_POSTGRES must be set\n"


def test_a_role_has_its_password_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPLAINTS_APP_PASSWORD", "s3cret")
    url = Server("postgres:5432").url("complaints", "complaints_app")
    assert url == "postgresql://complaints_app:s3cret@postgres:5432/complaints"


def test_each_secret_is_drawn_for_itself() -> None:
    filled = cast("Callable[[str], str]", runpy.run_path(str(ROOT / "deploy/compose/env.py"))["filled"])
    example = (ROOT / ".env.example").read_text()
    secrets = re.findall(r"^[A-Z_]+=(\S{40,})$", filled(example), re.MULTILINE)
    assert len(set(secrets)) == len(re.findall(r"^[A-Z_]+=$", example, re.MULTILINE)) > 10
    assert filled(example) != filled(example)
