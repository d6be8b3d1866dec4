"""The news of a start, between the process that starts and those that wait."""

from __future__ import annotations

from pathlib import Path

import pytest

from guanxi_local.progress import FAILED, READY, STARTING, UP, Journal


def test_news_arrive_in_order_and_end_with_the_last(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "progress.jsonl")
    journal.begin()
    for step, state in (("kafka", STARTING), ("kafka", READY), ("platform", UP), ("kafka", "stopped")):
        journal.tell(step, state)
    seen = [(news.step, news.state) for news in journal.follow(lambda: True)]
    assert seen == [("kafka", STARTING), ("kafka", READY), ("platform", UP)]


def test_whoever_waits_for_a_writer_that_died_is_let_go(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "progress.jsonl")
    journal.begin()
    journal.tell("kafka", STARTING)
    assert [news.step for news in journal.follow(lambda: False)] == ["kafka"]


def test_a_line_that_is_not_whole_yet_is_left_for_later(tmp_path: Path) -> None:
    path = tmp_path / "progress.jsonl"
    journal = Journal(path)
    journal.begin()
    journal.tell("platform", FAILED, "the disk is full")
    path.write_text(path.read_text() + '{"step": "kaf')
    assert [(news.final, news.detail) for news in journal.read()] == [(True, "the disk is full")]


def test_a_new_start_forgets_the_news_of_the_last(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "progress.jsonl")
    journal.begin()
    journal.tell("platform", UP)
    journal.begin()
    assert journal.read() == []


def test_a_line_that_a_full_disk_cut_off_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "progress.jsonl"
    journal = Journal(path)
    journal.begin()
    journal.tell("platform", UP)
    for rubbish in ('{"step": "kaf\n', "[1]\n", '{"other": 1}\n', "\x00\x00\n"):
        path.write_text(path.read_text() + rubbish)
    journal.tell("kafka", "stopped")
    assert [news.step for news in journal.read()] == ["platform", "kafka"]
    assert journal.last == "stopped"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the kernel offers no full device")
def test_news_that_a_full_disk_does_not_take_are_let_go(tmp_path: Path) -> None:
    path = tmp_path / "progress.jsonl"
    path.symlink_to("/dev/full")
    Journal(path).tell("kafka", "stopped")


def test_there_are_no_news_before_the_first_start(tmp_path: Path) -> None:
    assert Journal(tmp_path / "progress.jsonl").read() == []
