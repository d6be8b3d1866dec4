"""Which ports an installation gets."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi_local.failures import Failure
from guanxi_local.ports import PortFile, choose

NAMES = ("postgres", "kafka", "gateway")


@given(
    before=st.dictionaries(st.sampled_from(NAMES), st.integers(15_000, 15_005)),
    taken=st.sets(st.integers(15_000, 15_005)),
    keep=st.sets(st.sampled_from(NAMES)),
)
def test_each_name_gets_a_port_of_its_own_that_is_free_or_held_by_its_own_server(
    before: dict[str, int], taken: set[int], keep: set[str]
) -> None:
    chosen = choose(NAMES, before, keep, lambda port: port not in taken)
    assert set(chosen) == set(NAMES)
    assert len(set(chosen.values())) == len(NAMES)
    for name, port in chosen.items():
        assert port not in taken or (name in keep and before[name] == port)


def test_a_port_that_is_still_free_is_kept() -> None:
    assert choose(["kafka"], {"kafka": 15_500}, free=lambda _: True) == {"kafka": 15_500}


def test_a_port_that_another_program_took_is_changed() -> None:
    assert choose(["kafka"], {"kafka": 15_500}, free=lambda port: port != 15_500)["kafka"] != 15_500


def test_a_machine_without_free_ports_gives_one_clear_line() -> None:
    with pytest.raises(Failure, match="no free port"):
        choose(["kafka"], {}, free=lambda _: False)


def test_an_unreadable_file_counts_as_none(tmp_path: Path) -> None:
    path = tmp_path / "ports.json"
    path.write_text('{"kafka": 15')
    assert PortFile(path).read() == {}


def test_a_port_that_a_person_chose_is_written_beside_the_others(tmp_path: Path) -> None:
    ports = PortFile(tmp_path / "ports.json")
    ports.pin("kafka", 15_001)
    ports.pin("gateway", 15_002)
    assert ports.read() == {"kafka": 15_001, "gateway": 15_002}
