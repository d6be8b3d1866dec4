"""Rendering: short, safe, in the reader's language."""

from __future__ import annotations

from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.templates.rules import (
    SAMPLES,
    Template,
    TemplateRefusedError,
    best_language,
    check,
    one_line,
    render,
    title_in,
    titles_of,
)

BODY = "{% if name %}Dear {{ name }},{% else %}Hello,{% endif %}\n\nnumber {{ number }}: {{ tracking_url }}"


def a_template(body: str = BODY, subject: str = "Yours: {{ number }}", max_chars: int = 600) -> Template:
    return Template(uuid4(), "complaint-receipt", "en", "email", "service", 1, subject, body, max_chars)


def test_values_are_filled_in_and_the_footer_says_why_and_how_to_stop() -> None:
    done = render(a_template(), SAMPLES, why="https://x/why")
    assert done.subject == "Yours: C-2026-000123"
    assert "number C-2026-000123" in done.text
    assert "https://x/why" in done.text
    assert '<a href="https://x/why">' in done.html
    assert "https://x/why" not in render(a_template(), SAMPLES).text


def test_a_text_that_is_too_long_is_refused_without_counting_the_footer() -> None:
    short = a_template("{{ name }}", max_chars=10)
    done = render(short, {**SAMPLES, "name": "x" * 10}, why="https://x/" + "y" * 99)
    assert len(done.text) > 100
    with pytest.raises(TemplateRefusedError, match="11 characters"):
        render(short, {**SAMPLES, "name": "x" * 11})


def test_a_missing_value_is_an_error_and_not_a_hole_in_the_text() -> None:
    with pytest.raises(TemplateRefusedError):
        render(a_template(), {"name": "x"})


@given(st.text(max_size=200))
def test_no_value_breaks_out_of_its_line_or_into_markup(value: str) -> None:
    done = render(a_template(max_chars=4000), {**SAMPLES, "name": value, "number": value})
    assert len(done.subject.splitlines()) <= 1
    assert "<script" not in done.html
    assert done.html.count("<p>") == done.text.strip().count("\n\n") + 1


@pytest.mark.parametrize("value", ["<script>alert(1)</script>", "a\r\nBcc: x", "{{ 7 * 7 }}", "\u202egnp.exe"])
def test_hostile_values_stay_text(value: str) -> None:
    done = render(a_template(), {**SAMPLES, "name": value})
    assert "<script>" not in done.html
    assert "49" not in done.text
    assert "\u202e" not in done.text
    assert "\nBcc" not in done.text


def test_one_line_cuts_but_leaves_links_whole() -> None:
    assert len(one_line("x" * 500)) == 120
    assert len(one_line("https://" + "x" * 500)) == 508


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("zh-Hans", "zh-Hans"),
        ("zh", "zh-Hans"),
        ("zh-CN", "zh-Hans"),
        ("zh-SG", "zh-Hans"),
        ("zh-Hant", "zh-Hant"),
        ("zh-hant-HK", "zh-Hant"),
        ("zh-TW", "zh-Hant"),
        ("zh-HK", "zh-Hant"),
        ("en", "en"),
        ("en-GB", "en"),
        ("eng", "zh-Hans"),
        ("fr", "zh-Hans"),
        (None, "zh-Hans"),
    ],
)
def test_the_language_nearest_to_the_readers_is_taken(tag: str | None, language: str) -> None:
    assert best_language(tag, "zh-Hans") == language


@pytest.mark.parametrize(
    "body",
    [
        "{{ x }}",
        "{{ name.x }}",
        "{{ name[0] }}",
        "{{ name() }}",
        "{{ name|upper }}",
        "{{ name ~ name }}",
        "{{ 9 ** 9 }}",
        "{% for x in name %}{% endfor %}",
        "{% include 'x' %}",
        "{% set x = 1 %}",
        "{{",
        "{% if %}{% endif %}",
    ],
)
def test_the_language_of_templates_has_names_and_if_and_nothing_else(body: str) -> None:
    with pytest.raises(TemplateRefusedError):
        check("complaint-receipt", "subject", body, 600)


def test_local_time_is_the_readers() -> None:
    from datetime import UTC, datetime

    from notifications.templates.rules import local_time

    assert local_time(datetime(2026, 3, 31, 16, 30, tzinfo=UTC), ZoneInfo("Asia/Shanghai")) == "2026-04-01 00:30"


@pytest.mark.parametrize(
    ("said", "language", "words"),
    [
        ({"zh-Hans": "甲", "en": "a"}, "en", "a"),
        ({"zh-Hans": "甲", "en": "a"}, "zh-Hant", "甲"),
        ({"zh-TW": "乙"}, "zh-Hant", "乙"),
        ({"en-GB": "a"}, "zh-Hans", "a"),
        ({"fr": "f"}, "en", "f"),
        ({}, "en", ""),
    ],
)
def test_a_title_is_in_the_readers_language_or_in_the_nearest(said: dict[str, str], language: str, words: str) -> None:
    assert title_in(titles_of(said.items()), language) == words


def test_a_title_is_not_cut_where_a_name_is() -> None:
    template = Template(uuid4(), "improvement-told", "en", "email", "service", 1, "x", "{{ title }}|{{ name }}", 600)
    assert (
        render(template, {**SAMPLES, "title": "t" * 200, "name": "n" * 200}).text == "t" * 200 + "|" + "n" * 120 + "\n"
    )
