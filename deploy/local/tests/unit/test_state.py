"""The state folder: private, recoverable, and deleted without touching what is not ours."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from guanxi_local.accounts import can_reach, server_account
from guanxi_local.failures import Failure
from guanxi_local.state import State, open_state, reset, wanted_root
from guanxi_local.tokens import open_issuer


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the server's account can pass to, which pytest's own folders are closed to."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o711)
        yield Path(name)


def test_passwords_are_generated_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    state = State(tmp_path)
    first = state.passwords(["a", "b"])
    assert state.passwords(["b", "c"]) | first == state.passwords(["a", "b", "c"])
    assert len(set(state.passwords(["a", "b", "c"]).values())) == 3
    assert all(len(password) >= 32 for password in first.values())
    assert stat.S_IMODE((tmp_path / "passwords.json").stat().st_mode) == 0o600


def test_the_folder_is_closed_to_others_except_for_the_servers_account(folder: Path) -> None:
    state, _ = open_state(folder / "state")
    mode = stat.S_IMODE(state.root.stat().st_mode)
    assert mode == (0o711 if server_account() else 0o700)


def test_the_folder_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GUANXI_STATE", str(tmp_path / "elsewhere"))
    assert wanted_root() == tmp_path / "elsewhere"
    monkeypatch.delenv("GUANXI_STATE")
    assert wanted_root().name == ".local"
    assert (wanted_root().parent / "deploy" / "processes.toml").exists()


@pytest.mark.skipif(server_account() is None, reason="only root starts the server under another account")
def test_root_keeps_its_state_elsewhere_when_the_servers_account_cannot_pass(folder: Path) -> None:
    closed = folder / "home"
    closed.mkdir(mode=0o700)
    state, note = open_state(closed / "state")
    try:
        assert not state.root.is_relative_to(closed)
        assert note is not None
        assert str(state.root) in note
        assert "\n" not in note
        assert open_state(closed / "state")[0].root == state.root
    finally:
        reset(state)


def test_a_folder_that_cannot_be_made_gives_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Failure, match=r"the state folder .*file/state cannot be used") as caught:
        open_state(tmp_path / "file" / "state")
    assert "\n" not in str(caught.value)


def test_a_damaged_signing_key_gives_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "issuer-key.json").write_text('{"kty": ')
    with pytest.raises(Failure, match=r"issuer-key\.json is damaged; delete it"):
        open_issuer(State(tmp_path))


def test_a_reset_deletes_what_is_ours_and_nothing_else(folder: Path) -> None:
    state, _ = open_state(folder)
    state.passwords(["a"])
    (folder / "postgres").mkdir()
    (folder / "postgres" / "PG_VERSION").write_text("18")
    (folder / "thesis.txt").write_text("ten years of work")
    reset(state)
    assert {path.name for path in folder.iterdir()} == {"thesis.txt", ".guanxi-state"}
    assert open_state(folder)[0] == state


def test_a_folder_that_holds_other_things_is_neither_changed_nor_taken(folder: Path) -> None:
    (folder / "logs").mkdir()
    folder.chmod(0o755)
    with pytest.raises(Failure, match="holds other things; set GUANXI_STATE to a folder that is empty") as caught:
        open_state(folder)
    assert "\n" not in str(caught.value)
    assert [path.name for path in folder.iterdir()] == ["logs"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755


def test_an_empty_folder_that_was_there_is_taken_and_keeps_its_mode(folder: Path) -> None:
    folder.chmod(0o751)
    open_state(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o751
    assert open_state(folder)[1] is None


@pytest.mark.parametrize("umask", [0o022, 0o027, 0o077])
def test_the_servers_account_can_pass_to_a_new_folder_whatever_the_umask(folder: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        state, note = open_state(folder / "deep" / "er" / "state")
        assert note is None
        assert can_reach(state.account, state.root)
    finally:
        os.umask(before)


def test_a_damaged_file_of_passwords_gives_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "passwords.json").write_text('{"a": ')
    with pytest.raises(Failure, match=r"passwords\.json is damaged"):
        State(tmp_path).passwords(["a"])


def test_a_reset_of_a_folder_of_ours_alone_removes_the_folder(folder: Path) -> None:
    state, _ = open_state(folder / "state")
    reset(state)
    assert not state.root.exists()
