"""Which platform the operators' commands ask."""

from __future__ import annotations

from pathlib import Path

import pytest

from guanxi_local.failures import Failure
from guanxi_local.ops.asking import check_service, open_door, service_names
from guanxi_local.processes import read_processes


@pytest.fixture
def wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state folder that a command of this test would make."""
    folder = tmp_path / "state"
    monkeypatch.setenv("GUANXI_STATE", str(folder))
    return folder


def test_another_platform_is_asked_without_a_state_folder_of_our_own(wanted: Path) -> None:
    with open_door("http://crm.example.com", "a token"):
        assert not wanted.exists()


def test_another_platform_needs_a_token_of_its_own(wanted: Path) -> None:
    with pytest.raises(Failure, match="needs a token of its own"):
        open_door("http://crm.example.com", None)
    assert not wanted.exists()


@pytest.mark.parametrize("address", ["http://crm.example.com:port", "crm.example.com"])
def test_an_address_that_is_none_gives_one_clear_line(address: str) -> None:
    with pytest.raises(Failure, match=r"port'|'http://'") as caught, open_door(address, "a token") as door:
        door.get("/v1/ops/complaints/lag")
    assert "\n" not in str(caught.value)


def test_a_service_that_does_not_exist_is_refused_with_those_that_do() -> None:
    assert service_names() == [service.name for service in read_processes()]
    with pytest.raises(Failure, match="there is no service billing; they are customer-profile, "):
        check_service("billing")
