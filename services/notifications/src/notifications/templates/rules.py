"""Rendering: a small language without loops or calls, short results, nothing that could forge a header."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

LANGUAGES = ("zh-Hans", "zh-Hant", "en")
COMPLAINT_NAMES = frozenset({"name", "number", "promised_at", "tracking_url"})
NAMES: dict[str, frozenset[str]] = {
    "complaint-receipt": COMPLAINT_NAMES,
    "complaint-answer": COMPLAINT_NAMES,
    "complaint-thanks": COMPLAINT_NAMES,
    "improvement-told": frozenset({"name", "title", "effective_on"}),
    "improvement-survey": frozenset({"name", "title", "effective_on", "reply_url"}),
    "permission-request": frozenset({"name", "purpose", "channel", "reply_url"}),
    "alert": frozenset({"name", "rule", "number", "inbox_url"}),
    "promise-reminder": frozenset({"name", "due_at", "inbox_url"}),
}
"""Code of a template -> the names that it may use."""

SAMPLES = {
    "name": "山西煤產品總公司駐太原辦事處",
    "number": "C-2026-000123",
    "promised_at": "2026-03-31 18:00",
    "tracking_url": "https://guanxi.example.com/track/" + "x" * 43,
    "title": "樣品架改為提前兩週備料，並由專人在交貨前一日致電確認到貨時間與收貨人",
    "effective_on": "2026-03-31",
    "reply_url": "https://guanxi.example.com/why/" + "x" * 43,
    "purpose": "marketing",
    "channel": "email",
    "rule": "complaint-handed-over",
    "due_at": "2026-03-31 18:00",
    "inbox_url": "https://guanxi.example.com/v1/inbox",
}
LONGEST_SUBJECT = 120
LONGEST_VALUE = 120
LONGEST_TITLE = 200
"""What was changed is one sentence of the firm's, and means nothing when it is cut."""
_ALLOWED = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If),
    *(nodes.And, nodes.Or, nodes.Not, nodes.Compare, nodes.Operand),
)
_HANT = re.compile(r"zh-(hant|tw|hk|mo)\b", re.IGNORECASE)
_BREAKS = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_ENVIRONMENT = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=False)
_HTML = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True)
_PAGE = _HTML.from_string(
    """<!doctype html>
<html lang="{{ language }}"><head><meta charset="utf-8"><title>{{ subject }}</title></head><body>
{% for paragraph in paragraphs %}
<p>{% for text, link in paragraph %}{% if link %}<a href="{{ text }}">{{ text }}</a>{% else %}{{ text }}{% endif %}
{% endfor %}</p>
{% endfor %}
</body></html>
"""
)
_LINK = re.compile(r"(https?://[^\s<>\"]+)")
_WHAT, _TITLE = "title", "title:"
_FOOTERS = {
    "zh-Hans": "为什么收到此邮件、如何不再接收：{why}",
    "zh-Hant": "為什麼收到此郵件、如何不再接收：{why}",
    "en": "Why you get this, and how to stop it: {why}",
}


class TemplateRefusedError(ValueError):
    """A template that cannot be used; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Template:
    """One revision of the words for one purpose, in one language."""

    id: UUID
    code: str
    language: str
    channel: str
    message_class: str
    revision: int
    subject: str
    body: str
    max_chars: int


@dataclass(frozen=True, slots=True)
class Rendered:
    """What goes out; `text` without the footer is at most `max_chars` long."""

    subject: str
    text: str
    html: str
    language: str


def best_language(wanted: str | None, default: str) -> str:
    """The one of our languages that suits a BCP 47 tag best: script before region, the default when none does."""
    tag = (wanted or "").lower()
    if _HANT.match(tag):
        return "zh-Hant"
    if tag == "zh" or tag.startswith("zh-"):
        return "zh-Hans"
    return "en" if tag == "en" or tag.startswith("en-") else default


def check(code: str, subject: str, body: str, max_chars: int) -> None:
    """Raise `TemplateRefusedError` unless both parts parse, use known names only and stay short with sample values."""
    allowed = NAMES.get(code)
    if allowed is None:
        raise TemplateRefusedError(f"no message uses the code {code}; known are {', '.join(sorted(NAMES))}")
    if len(subject.splitlines()) > 1:
        raise TemplateRefusedError("the subject must be one line")
    for source in (subject, body):
        _check_source(source, allowed)
    if len(_render(body, SAMPLES)) > max_chars:
        raise TemplateRefusedError(f"with sample values the text is longer than {max_chars} characters")
    if len(_render(subject, SAMPLES)) > LONGEST_SUBJECT:
        raise TemplateRefusedError(f"with sample values the subject is longer than {LONGEST_SUBJECT} characters")


def render(template: Template, values: Mapping[str, str], *, why: str | None = None) -> Rendered:
    """Fill in the values; raises `TemplateRefusedError` when the result is too long.

    `why` is the link of a footer, which customers get and staff do not: its page tells why it came, and stops it.
    """
    clean = _clean(values)
    text = _render(template.body, clean).strip()
    if len(text) > template.max_chars:
        raise TemplateRefusedError(f"the text has {len(text)} characters, {template.max_chars} are allowed")
    subject = subject_line(template, clean)
    if why:
        text += "\n\n-- \n" + _FOOTERS[template.language].format(why=why)
    html = _PAGE.render(language=template.language, subject=subject, paragraphs=_paragraphs(text))
    return Rendered(subject, text + "\n", html, template.language)


def one_line(value: str, longest: int = LONGEST_VALUE) -> str:
    """The value without line ends, control characters and marks that turn text around, cut after 120 characters."""
    return _BREAKS.sub(" ", value).strip()[: longest if not value.startswith("http") else None]


def subject_line(template: Template, values: Mapping[str, str]) -> str:
    """The subject, filled in."""
    return one_line(_render(template.subject, _clean(values)))[:LONGEST_SUBJECT]


def titles_of(wordings: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Words of the firm's in several languages, as facts of a message that `title_in` reads."""
    return {f"{_TITLE}{language}": words for language, words in wordings}


def title_in(facts: Mapping[str, str], language: str) -> str:
    """Those words in a language of ours, else in the first of our languages that they are in, else in any."""
    said = {name.removeprefix(_TITLE): words for name, words in facts.items() if name.startswith(_TITLE)}
    ours = {best_language(tag, tag): words for tag, words in said.items()}
    wanted = next((one for one in (language, *LANGUAGES) if one in ours), None)
    return ours[wanted] if wanted else next(iter(said.values()), "")


def local_time(moment: datetime, zone: ZoneInfo) -> str:
    """A moment as the reader's clock shows it."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def _clean(values: Mapping[str, str]) -> dict[str, str]:
    return {name: one_line(value, LONGEST_TITLE if name == _WHAT else LONGEST_VALUE) for name, value in values.items()}


def _render(source: str, values: Mapping[str, str]) -> str:
    try:
        return _ENVIRONMENT.from_string(source).render(values)
    except TemplateError as error:
        raise TemplateRefusedError(str(error)) from error


def _check_source(source: str, allowed: frozenset[str]) -> None:
    try:
        tree = _ENVIRONMENT.parse(source)
    except TemplateError as error:
        raise TemplateRefusedError(f"it cannot be read: {error}") from error
    for node in _every(tree):
        if not isinstance(node, _ALLOWED):
            raise TemplateRefusedError(f"{type(node).__name__} is not taken: only names, text and if")
        if isinstance(node, nodes.Name) and node.name not in allowed:
            raise TemplateRefusedError(f"{node.name} is unknown; there are {', '.join(sorted(allowed))}")


def _every(node: nodes.Node) -> Iterable[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        yield from _every(child)


def _paragraphs(text: str) -> list[list[tuple[str, bool]]]:
    return [
        [(part, part.startswith("http")) for part in _LINK.split(block) if part]
        for block in (piece.strip() for piece in text.split("\n\n"))
        if block
    ]
