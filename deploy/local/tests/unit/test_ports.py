"""Which ports an installation gets."""

from __future__ import annotations

import errno
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi_local import ports as ports_module
from guanxi_local.failures import Failure
from guanxi_local.ports import GivenPorts, PortFile, choose, demand

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
    assert PortFile(path, GivenPorts(tmp_path)).read() == {}


def _ports(folder: Path, name: str = "ports.json") -> PortFile:
    return PortFile(folder / name, GivenPorts(folder))


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """All ports are free but those that a test puts in here; unit tests open no sockets."""
    taken: set[int] = set()
    refused = OSError(errno.EADDRINUSE, "Address already in use")
    monkeypatch.setattr(ports_module, "_obstacle", lambda port: refused if port in taken else None)
    return taken


def test_a_port_that_a_person_chose_is_written_beside_the_others(tmp_path: Path, free: set[int]) -> None:
    ports = _ports(tmp_path)
    before = ports.settle(NAMES)
    after = ports.settle(NAMES, pinned={"gateway": before["kafka"]})
    assert after["gateway"] == before["kafka"]
    assert after["postgres"] == before["postgres"]
    assert len(set(after.values())) == 3
    assert ports.read() == after


def test_a_port_that_a_person_chose_and_another_program_has_is_refused(tmp_path: Path, free: set[int]) -> None:
    free.add(15_002)
    with pytest.raises(Failure, match="port 15002 is taken by another program"):
        _ports(tmp_path).settle(NAMES, pinned={"gateway": 15_002})


@pytest.mark.parametrize(
    ("number", "words"), [(errno.EACCES, "only for root"), (errno.EADDRNOTAVAIL, "cannot be used: not there")]
)
def test_why_a_chosen_port_cannot_be_had_is_told_apart(
    monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    monkeypatch.setattr(ports_module, "_obstacle", lambda _: OSError(number, "not there"))
    with pytest.raises(Failure, match=words):
        demand(80)


def test_what_is_settled_already_is_not_written_again(tmp_path: Path, free: set[int]) -> None:
    ports = _ports(tmp_path)
    first = ports.settle(NAMES)
    written = (tmp_path / "ports.json").stat().st_ino
    assert ports.settle(NAMES) == first
    assert (tmp_path / "ports.json").stat().st_ino == written


def test_two_that_ask_before_either_listens_get_different_ports(
    tmp_path: Path, free: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports_module, "_LAST", ports_module._FIRST + 6)
    here = _ports(tmp_path, "here.json").settle(NAMES)
    there = _ports(tmp_path, "there.json").settle(NAMES)
    assert len({*here.values(), *there.values()}) == 6
    assert _ports(tmp_path, "here.json").settle(NAMES) == here
    with pytest.raises(Failure, match="no free port"):
        _ports(tmp_path, "third.json").settle(NAMES)


def test_a_port_that_was_given_long_ago_and_is_free_is_given_again(
    tmp_path: Path, free: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports_module, "_LAST", ports_module._FIRST + 3)
    _ports(tmp_path, "here.json").settle(NAMES)
    started = time.time()
    monkeypatch.setattr(time, "time", lambda: started + 1_000)
    assert len(set(_ports(tmp_path, "there.json").settle(NAMES).values())) == 3
