"""Which pointers the relay may forget after a batch."""

from __future__ import annotations

from aiokafka.errors import MessageSizeTooLargeError
from hypothesis import given
from hypothesis import strategies as st

from guanxi.bus.acknowledging import acknowledged_prefix, believed
from guanxi.bus.lease import Pointer
from guanxi.bus.ports import Ack, Place
from guanxi.ports import SystemIds

IDS = SystemIds()


def pointer(seq: int, key: str, topic: str = "complaints") -> Pointer:
    return Pointer(seq, IDS.new(), topic, "guanxi.complaints.ComplaintFiled.v1", key, "{}")


def ack(offset: int, partition: int = 0) -> Ack:
    return Ack(Place("guanxi.complaints", partition), offset, 1_000 + offset)


def test_everything_acknowledged_is_forgotten_and_remembered_by_partition() -> None:
    claimed = [pointer(1, "a"), pointer(2, "b"), pointer(3, "a")]
    done, batches = acknowledged_prefix(claimed, [ack(10), ack(5, 1), ack(11)])
    assert [one.seq for one in done] == [1, 2, 3]
    assert [batch.row()[1:5] for batch in batches] == [(0, 10, 11, 1_011), (1, 5, 5, 1_005)]
    assert batches[0].event_ids == [claimed[0].event_id, claimed[2].event_id]


def test_a_failure_keeps_the_later_events_of_its_key_only() -> None:
    claimed = [pointer(1, "a"), pointer(2, "a"), pointer(3, "b"), pointer(4, "a")]
    done, _ = acknowledged_prefix(claimed, [ack(1), OSError("gone"), ack(2), ack(3)])
    assert [one.seq for one in done] == [1, 3]


def test_the_same_key_in_another_topic_is_another_order() -> None:
    claimed = [pointer(1, "a"), pointer(2, "a", "scores")]
    done, _ = acknowledged_prefix(claimed, [OSError("gone"), ack(3)])
    assert [one.seq for one in done] == [2]


Word = Ack | BaseException


def counts(words: list[Word], topics: dict[int, str] | None = None) -> list[int]:
    claimed = [pointer(n, "a", (topics or {}).get(n, "complaints")) for n in range(len(words))]
    return [n for n, word in enumerate(believed(claimed, words)) if isinstance(word, Ack)]


def test_before_an_offset_that_is_given_twice_everything_is_gone() -> None:
    assert counts([ack(3), ack(4), ack(9, 1), ack(4), ack(5)]) == [2, 3, 4]


def test_after_a_word_that_was_lost_nothing_of_its_topic_counts() -> None:
    """It may lie at 0, where the first one lay: the next lease finds its record there, or another."""
    words: list[Word] = [ack(0), OSError("no word"), ack(1), ack(7, 1)]
    assert counts(words) == [0]
    assert counts(words, {2: "scores"}) == [0, 2]


def test_what_is_too_large_to_be_sent_casts_no_doubt() -> None:
    assert counts([ack(0), MessageSizeTooLargeError(), ack(1)]) == [0, 2]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=30))
def test_what_is_forgotten_is_a_prefix_of_each_key(sent: list[tuple[str, bool]]) -> None:
    claimed = [pointer(seq, key) for seq, (key, _) in enumerate(sent)]
    acks = [ack(seq) if good else OSError() for seq, (_, good) in enumerate(sent)]
    done, batches = acknowledged_prefix(claimed, acks)
    for key in "abc":
        mine = [one.seq for one in claimed if one.key == key]
        kept = [one.seq for one in done if one.key == key]
        assert kept == mine[: len(kept)]
        assert all(sent[seq][1] for seq in kept)
    assert sum(len(batch.event_ids) for batch in batches) == len(done)
