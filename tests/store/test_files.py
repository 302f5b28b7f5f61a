"""A file is there whole, as it was, or not at all."""

from __future__ import annotations

import errno
import threading
from pathlib import Path

import pytest

from digest.errors import StoreError
from digest.store.files import write_whole


def test_file_and_its_folders_are_written_and_nothing_else_stays(tmp_path: Path) -> None:
    file = tmp_path / "editions/2026-W46/edition.toml"
    write_whole(file, b"one")
    write_whole(file, b"two")
    assert file.read_bytes() == b"two"
    assert [path.name for path in file.parent.iterdir()] == ["edition.toml"]


def test_file_that_says_so_already_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "a"
    write_whole(file, b"one")
    before = file.stat()
    write_whole(file, b"one")
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_full_disk_leaves_the_earlier_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a"
    write_whole(file, b"one")

    def full(path: Path, content: bytes) -> int:
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StoreError, match=r"a: cannot be written: No space left on device"):
        write_whole(file, b"two")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert file.read_bytes() == b"one"


def test_file_that_may_not_be_read_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another user's, in a folder of ours."""
    file = tmp_path / "a"
    write_whole(file, b"one")

    def forbidden(_path: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", forbidden)
        write_whole(file, b"two")
    assert file.read_bytes() == b"two"


def test_folder_in_its_place_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        write_whole(tmp_path, b"one")


def test_two_at_once_leave_one_of_the_two(tmp_path: Path) -> None:
    file, contents = tmp_path / "a", [bytes([65 + number]) * 100_000 for number in range(4)]
    threads = [threading.Thread(target=write_whole, args=(file, one)) for one in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert file.read_bytes() in contents
    assert len(list(tmp_path.iterdir())) == 1
