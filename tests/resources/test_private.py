"""What is ours on the disk is its owner's alone, whatever it was before."""

from __future__ import annotations

import errno
import gc
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dagster._serdes import ConfigurableClassData

from connector_assets.cli.app import main
from connector_assets.cli.arguments import existing_home
from connector_resources.errors import UnusableInput
from connector_resources.home import Home
from connector_resources.instance.prepare import prepare_dagster_home
from connector_resources.instance.storage import ConnectorStorage
from connector_resources.private import bring_private, keep_private, whole_file

YAML = "start_date: 2026-01-01\nconnections:\n  jde: {url: 'http://127.0.0.1:1/jderest'}\n"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home as an older version left it, open to everybody."""
    made = tmp_path / "home"
    for name in (
        "connections.yaml",
        "dagster/storage/compute.log",
        "logs/2026-03-02.log",
        "landing/jde/F0101/a.parquet",
    ):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(YAML)
    for path in [made, *made.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o664)
    return made


def opened(home: Path) -> set[tuple[bool, int]]:
    return {(each.is_dir(), mode(each)) for each in [home, *home.rglob("*")] if not each.is_symlink()}


def test_a_home_that_exists_is_closed_when_it_is_opened(home: Path) -> None:
    found = Home(home, {})
    found.ledger().flows.open("a/b", "adopt", found.ledger().clock.now())
    assert opened(home) == {(True, 0o700), (False, 0o600)}
    assert {"ledger.sqlite", "ledger.sqlite-wal"} <= {each.name for each in home.iterdir()}
    found.close()


def test_later_only_the_top_is_looked_at_until_it_is_open_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bring_private(home)
    scanned: list[Path] = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: scanned.append(Path(path)) or scandir(path))
    bring_private(home)
    assert set(scanned) <= {home}
    monkeypatch.undo()
    # as a copy or a backup that was put back leaves it
    for path in home.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    bring_private(home)
    assert opened(home) == {(True, 0o700), (False, 0o600)}


def test_links_are_not_followed(home: Path, tmp_path: Path) -> None:
    (tmp_path / "else").mkdir(mode=0o755)
    (tmp_path / "else").chmod(0o755)
    (tmp_path / "else" / "file").write_text("")
    (tmp_path / "else" / "file").chmod(0o644)
    (home / "folder").symlink_to(tmp_path / "else")
    (home / "logs" / "file").symlink_to(tmp_path / "else" / "file")
    bring_private(home)
    assert mode(tmp_path / "else") == 0o755 and mode(tmp_path / "else" / "file") == 0o644


def test_what_belongs_to_another_user_stays(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    bring_private(home)
    assert opened(home) >= {(True, 0o755), (False, 0o664)}


@pytest.mark.parametrize(("code", "said"), [(errno.EROFS, ""), (errno.EPERM, "others may have access to the home")])
def test_a_file_system_that_refuses_stops_nobody(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, code: int, said: str
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Path, "chmod", refuse)
    bring_private(home)
    assert said in caplog.text and bool(said) == bool(caplog.text)
    bring_private(home / "nowhere")


def test_keys_that_others_could_read_are_told_of(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    (home / "keys").write_text("secret")
    (home / "keys").chmod(0o640)
    bring_private(home)
    assert mode(home / "keys") == 0o600
    assert "keys could be read by others (mode 640)" in caplog.text and "secret" not in caplog.text
    caplog.clear()
    bring_private(home)
    assert caplog.text == ""


def test_what_we_write_from_now_on_is_private(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        keep_private()
        (tmp_path / "file").write_text("")
        (tmp_path / "folder").mkdir()
    finally:
        os.umask(before)
    assert mode(tmp_path / "file") == 0o600 and mode(tmp_path / "folder") == 0o700


def test_an_export_takes_the_place_of_one_that_was_open(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text("old")
    path.chmod(0o644)
    with pytest.raises(UnusableInput), whole_file(path) as file:
        file.write(b"half")
        raise UnusableInput
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]
    with whole_file(path) as file:
        file.write(b"new")
    assert path.read_text() == "new" and mode(path) == 0o600
    with whole_file(Path(os.devnull)) as file:
        file.write(b"gone")
    assert Path(os.devnull).is_char_device()


def by_command(home: Path) -> None:
    with pytest.raises(SystemExit):
        main()


def by_ledger(home: Path) -> None:
    found = Home(home, {})
    found.ledger()
    found.close()


def by_dagster(home: Path) -> None:
    data = ConfigurableClassData("connector_resources.instance.storage", "ConnectorStorage", "")
    ConnectorStorage.from_config_value(data, {"base_dir": str(home / "dagster")}).dispose()


@pytest.mark.parametrize("start", [by_command, by_ledger, by_dagster, prepare_dagster_home])
def test_whoever_starts_writes_for_its_owner_alone(
    home: Path, monkeypatch: pytest.MonkeyPatch, start: Callable[[Path], Any]
) -> None:
    monkeypatch.setattr(sys, "argv", ["connector", "--help"])
    monkeypatch.setattr(gc, "set_threshold", lambda _: None)
    monkeypatch.setenv("DAGSTER_HOME", str(home / "dagster"))
    before = os.umask(0o022)
    try:
        start(home)
    finally:
        assert os.umask(before) == 0o077


def test_a_command_that_opens_no_ledger_closes_the_home_too(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTOR_HOME", str(home))
    existing_home()
    assert opened(home) == {(True, 0o700), (False, 0o600)}
