"""How the pages of cards look: templates, a style sheet, texts in three languages; no script."""

from __future__ import annotations

import base64
import hashlib
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from interactions.questionnaires.rules import LANGUAGES, Language, in_language


def page(template: str, language: Language, status: int = 200, **values: Any) -> HTMLResponse:
    """A page of ours in a language."""
    own = {
        "lang": language,
        "text": texts()[language],
        "texts": texts(),
        "style": Markup(_style()),  # noqa: S704 - our own file
        "languages": [(code, texts()[code]["name"]) for code in LANGUAGES],
        "say": in_language,
    }
    body = _templates().get_template(template).render(**own, **values)
    return HTMLResponse(body, status, headers={"Content-Security-Policy": _policy(), "Content-Language": language})


@cache
def texts() -> Mapping[str, Any]:
    """What the pages say, by language."""
    return tomllib.loads(_file("texts.toml"))


@cache
def _templates() -> Environment:
    loader = PackageLoader("interactions.cards", "pages")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=False)


@cache
def _style() -> str:
    return _file("card.css")


@cache
def _policy() -> str:
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def _file(name: str) -> str:
    return files("interactions.cards.pages").joinpath(name).read_text(encoding="utf-8")
