"""How far the broker's word for a batch can be believed, and what may be forgotten by it. Plain functions."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from aiokafka.errors import MessageSizeTooLargeError

from guanxi.bus.lease import Batch, Pointer
from guanxi.bus.ports import Ack, BrokerError, Place


def believed(claimed: Sequence[Pointer], acks: Sequence[Ack | BaseException]) -> list[Ack | BaseException]:
    """The word for each message as far as it can be believed: the log may lose its tail while a batch is under way.

    Where an offset is given twice, what came before is gone. Where the word for a message is lost, it may lie in place
    of one that was acknowledged: of the same topic only what came before counts, and the next lease looks at that.
    """
    word = list(acks)
    doubted: set[str] = set()
    lying: dict[Place, list[int]] = {}
    for n, (pointer, ack) in enumerate(zip(claimed, acks, strict=True)):
        if isinstance(ack, MessageSizeTooLargeError):
            continue  # not sent at all
        if isinstance(ack, BaseException):
            doubted.add(pointer.topic)
        elif pointer.topic in doubted:
            word[n] = BrokerError("acknowledged after another whose word was lost")
        else:
            before = lying.setdefault(ack.place, [])
            if before and _offset(acks[before[-1]]) >= ack.offset:
                for lost in before:
                    word[lost] = BrokerError("acknowledged, and then lost with the end of the log")
                before.clear()
            before.append(n)
    return word


def behind(lost: Collection[Place], acks: Sequence[Ack | BaseException]) -> list[Ack | BaseException]:
    """The word for each message; one that came to lie before what is now published again has to come after it."""
    late = BrokerError("acknowledged before something older that was lost")
    return [late if isinstance(ack, Ack) and ack.place in lost else ack for ack in acks]


def acknowledged_prefix(
    claimed: Sequence[Pointer], acks: Sequence[Ack | BaseException]
) -> tuple[list[Pointer], list[Batch]]:
    """What may be forgotten: per key only what comes before its first failure, so that order per key survives."""
    failed: set[tuple[str, str]] = set()
    done: list[Pointer] = []
    batches: dict[Place, Batch] = {}
    for pointer, ack in zip(claimed, acks, strict=True):
        if isinstance(ack, BaseException) or (pointer.topic, pointer.key) in failed:
            failed.add((pointer.topic, pointer.key))
            continue
        done.append(pointer)
        batch = batches.setdefault(ack.place, Batch(ack.place, ack.offset, ack.offset, ack.timestamp, []))
        batch.last_offset, batch.last_timestamp = ack.offset, ack.timestamp
        batch.event_ids.append(pointer.event_id)
    return done, list(batches.values())


def _offset(ack: Ack | BaseException) -> int:
    return ack.offset if isinstance(ack, Ack) else -1
