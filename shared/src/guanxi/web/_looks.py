"""How pages look: templates, a style sheet and texts in three languages of a resource's own folder; no script."""

from __future__ import annotations

import base64
import hashlib
import tomllib
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse

from guanxi import directory
from guanxi.problems import Problem
from guanxi.web._languages import LANGUAGES, Language

if TYPE_CHECKING:
    from jinja2 import Environment

_OURS = "guanxi.web"
_WORDS = {404: "missing", 410: "missing", 429: "many"}
_NO_WAY_BACK = frozenset({"missing"})


class Looks:
    """The pages in the folder `pages` of a package, with `texts.toml`; what it lacks is taken from here.

    `words` name the text for a problem's status (`wrong` for any other), `no_way_back` those of them without a link
    back. A service that has pages depends on jinja2.
    """

    def __init__(
        self,
        package: str,
        style: str = "page.css",
        words: Mapping[int, str] | None = None,
        no_way_back: frozenset[str] = _NO_WAY_BACK,
        names: Mapping[str, Any] | None = None,
    ) -> None:
        self._package, self._sheet = package, style
        self._words, self._no_way_back = _WORDS | dict(words or {}), no_way_back
        self._names = names or {}

    @cached_property
    def texts(self) -> Mapping[str, Any]:
        """What the pages say, by language."""
        return tomllib.loads(self._file("texts.toml"))

    def page(self, template: str, language: Language, status: int = 200, **values: Any) -> HTMLResponse:
        """A page in a language: nothing is loaded from anywhere, its only style is the one in it."""
        from markupsafe import Markup  # noqa: PLC0415 - comes with jinja2

        own = {
            "lang": language,
            "text": self.texts[language],
            "texts": self.texts,
            "style": Markup(self._style),  # noqa: S704 - our own file
            "languages": [(code, self.texts[code]["name"]) for code in LANGUAGES],
        }
        body = self._templates.get_template(template).render(**own, **self._names, **values)
        headers = {"Content-Security-Policy": self._policy, "Content-Language": language}
        return HTMLResponse(body, status, headers=headers)

    def told(self, word: str, language: Language, status: int = 200, again: str | None = None) -> HTMLResponse:
        """A page of one sentence of the texts, with a link back to `again`."""
        title = self.texts[language][word]
        return self.page("problem.html.jinja", language, status, title=title, again=again)

    def problem(self, problem: Problem, language: Language, again: str | None = None) -> HTMLResponse:
        """A problem as a page."""
        word = self._words.get(problem.status, "wrong")
        answer = self.told(word, language, problem.status, None if word in self._no_way_back else again)
        if problem.retry_after is not None:
            answer.headers["Retry-After"] = str(problem.retry_after)
        return answer

    @cached_property
    def _templates(self) -> Environment:
        from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - see the class

        loader = ChoiceLoader([PackageLoader(package, "pages") for package in (self._package, _OURS)])
        return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=False)

    @cached_property
    def _style(self) -> str:
        return self._file(self._sheet)

    @cached_property
    def _policy(self) -> str:
        digest = base64.b64encode(hashlib.sha256(self._style.encode()).digest()).decode()
        style = f"style-src 'sha256-{digest}'"
        return f"default-src 'none'; {style}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

    def _file(self, name: str) -> str:
        own = files(self._package).joinpath("pages", name)
        found = own if own.is_file() else files(_OURS).joinpath("pages", name)
        return found.read_text(encoding="utf-8")


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a page's route refuses with, each as a page: 404, 422, 429 and these; for its OpenAPI document."""
    as_page = {"text/html": {"schema": {"type": "string"}}}
    return {one: {"description": HTTPStatus(one).phrase, "content": as_page} for one in (404, 422, 429, *statuses)}


def clock(zone: str) -> Callable[[datetime], str]:
    """How a page shows moments: by the clock of a time zone (a name of the IANA database)."""
    place = directory.zone_of(zone)

    def at(moment: datetime) -> str:
        return f"{moment.astimezone(place):%Y-%m-%d %H:%M %Z}"

    return at
