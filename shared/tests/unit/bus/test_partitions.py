"""A key goes where aiokafka would send it, and the Java client."""

from __future__ import annotations

from uuid import UUID

import pytest
from aiokafka.partitioner import DefaultPartitioner

from guanxi.bus.kafka.producer import partition_for


@pytest.mark.parametrize("partitions", [1, 2, 6, 12])
def test_a_key_goes_where_the_client_would_send_it(partitions: int) -> None:
    numbers = list(range(partitions))
    keys = [str(UUID(int=n)).encode() for n in range(200)] + [b"", b"x", "關係".encode()]
    usual = [DefaultPartitioner()(key, numbers, numbers) for key in keys]
    assert [partition_for(key, numbers, numbers) for key in keys] == usual
    assert set(usual) == set(numbers)
    assert partition_for(None, numbers, numbers) in numbers
