"""Cuts the power under a SQLite store: what was not synchronised is gone, or is there in part.

`watch` puts itself between SQLite and its files within this process. What SQLite writes goes to
the files as ever, and to a copy of each, the disk, only when SQLite asks for it to be synchronised;
of what it has not asked for yet, some sectors reach the disk early, by lot, as they may. After the
process was killed, `restore` puts the disk's copies in the place of the files.

It leaves out: a disk that lies about synchronising, and directories (a file that was made or
removed is so at once). Sources: the SQLite manual, "The OS Backend (VFS)", "sqlite3_io_methods",
"Atomic Commit In SQLite" (3.0, hardware assumptions).
"""

from __future__ import annotations

import ctypes
import os
import random
import shutil
import sqlite3
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

SECTOR = 512
#: How likely a sector that was not synchronised reaches the disk all the same.
_EARLY = 0.3

_Open = ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_int,
    ctypes.c_void_p,
)
_Delete = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)
_Write = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int64
)
_Truncate = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int64)
_Sync = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)


class _Vfs(ctypes.Structure):
    """The beginning of `sqlite3_vfs`."""

    _fields_ = (
        ("version", ctypes.c_int),
        ("file_bytes", ctypes.c_int),
        ("longest_name", ctypes.c_int),
        ("next", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("app", ctypes.c_void_p),
        ("open", _Open),
        ("delete", _Delete),
    )


class _Methods(ctypes.Structure):
    """`sqlite3_io_methods`, version 3."""

    _fields_ = (
        ("version", ctypes.c_int),
        ("close", ctypes.c_void_p),
        ("read", ctypes.c_void_p),
        ("write", _Write),
        ("truncate", _Truncate),
        ("sync", _Sync),
        ("others", ctypes.c_void_p * 13),
    )


class _File(ctypes.Structure):
    """The beginning of `sqlite3_file`."""

    _fields_ = (("methods", ctypes.POINTER(_Methods)),)


#: Kept alive for as long as SQLite may call them.
_watching: list[_Watch] = []


@cache
def can_cut() -> bool:
    """Whether this Python has its SQLite as a library of its own, that can be stepped into."""
    return _library() is not None


def watch(store: Path, seed: str) -> None:
    """From now on keep the disk's copy of a store and its log, beside them, until the end."""
    library = _library()
    assert library is not None
    library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
    vfs = library.sqlite3_vfs_find(None).contents
    _watching.append(_Watch(vfs, store.resolve(), random.Random(seed)))


def restore(store: Path) -> None:
    """Put what the disk has in the place of the store; the process that wrote to it is dead."""
    for file in _files(store):
        disk = _disk(file)
        if disk.exists():
            # Into the same file: a store that became another one is taken for a copy.
            with file.open("r+b" if file.exists() else "wb") as target:
                target.truncate(0)
                target.write(disk.read_bytes())
        elif file != store:
            file.unlink(missing_ok=True)
    store.with_name(f"{store.name}-shm").unlink(missing_ok=True)


def _files(store: Path) -> list[Path]:
    return [store, store.with_name(f"{store.name}-wal")]


def _disk(file: Path) -> Path:
    return file.with_name(f"{file.name}.disk")


def _library() -> ctypes.CDLL | None:
    connection = sqlite3.connect(":memory:")
    connection.close()
    for line in Path("/proc/self/maps").read_text().splitlines():
        if "libsqlite3" in line:
            return ctypes.CDLL(line.split()[-1])
    return None


class _Disk:
    """What a disk has of one file, and what it was told and not yet asked to keep."""

    def __init__(self, file: Path, chance: random.Random) -> None:
        self._place = _disk(file)
        self._chance = chance
        self._waiting: list[tuple[int, bytes | None]] = []
        if file.exists():
            shutil.copyfile(file, self._place)
        self._descriptor = os.open(self._place, os.O_RDWR | os.O_CREAT, 0o600)

    def write(self, content: bytes, offset: int) -> None:
        """Told; some sectors of it are kept at once."""
        self._waiting.append((offset, content))
        for at in range(0, len(content), SECTOR):
            if self._chance.random() < _EARLY:
                os.pwrite(self._descriptor, content[at : at + SECTOR], offset + at)

    def truncate(self, size: int) -> None:
        """Told; kept when asked for."""
        self._waiting.append((size, None))

    def sync(self) -> None:
        """Keep everything, in order."""
        for offset, content in self._waiting:
            if content is None:
                os.ftruncate(self._descriptor, offset)
            else:
                os.pwrite(self._descriptor, content, offset)
        self._waiting.clear()

    def remove(self) -> None:
        """The file is gone, and at once."""
        os.close(self._descriptor)
        self._place.unlink()


class _Watch:
    def __init__(self, vfs: Any, store: Path, chance: random.Random) -> None:
        self._watched = {str(file): file for file in _files(store)}
        self._chance = chance
        self._lock = threading.Lock()
        self._disks: dict[str, _Disk] = {}
        #: Address of an open file → its name.
        self._names: dict[int, str] = {}
        #: Address of SQLite's methods → ours.
        self._methods: dict[int, _Methods] = {}
        self._called: list[Any] = []
        for file in _files(store):
            _disk(file).unlink(missing_ok=True)
        self._really_open, self._really_delete = _as_it_is(vfs.open), _as_it_is(vfs.delete)
        vfs.open, vfs.delete = self._kept(_Open, self._open), self._kept(_Delete, self._delete)

    def _kept(self, kind: Any, function: Callable[..., int]) -> Any:
        def called(*arguments: Any) -> int:
            try:
                return function(*arguments)
            except BaseException:
                # Nobody above could hear of it.
                os.abort()

        made = kind(called)
        self._called.append(made)
        return made

    def _open(self, vfs: int, name: int | None, file: int, flags: int, out: int | None) -> int:
        result = int(self._really_open(vfs, name, file, flags, out))
        known = os.fsdecode(ctypes.string_at(name)) if name else ""
        if result == 0 and known in self._watched:
            with self._lock:
                if known not in self._disks:
                    self._disks[known] = _Disk(self._watched[known], self._chance)
                self._names[file] = known
            opened = _File.from_address(file)
            opened.methods = ctypes.pointer(self._methods_for(opened.methods))
        return result

    def _methods_for(self, methods: Any) -> Any:
        """The same methods, of which three tell the disk too."""
        address = ctypes.addressof(methods.contents)
        if address in self._methods:
            return self._methods[address]
        ours = _Methods()
        ctypes.memmove(ctypes.byref(ours), address, ctypes.sizeof(_Methods))
        real = {name: _as_it_is(getattr(ours, name)) for name in ("write", "truncate", "sync")}

        def write(file: int, content: int, amount: int, offset: int) -> int:
            with self._lock:
                self._disk_of(file).write(ctypes.string_at(content, amount), offset)
            return int(real["write"](file, content, amount, offset))

        def truncate(file: int, size: int) -> int:
            with self._lock:
                self._disk_of(file).truncate(size)
            return int(real["truncate"](file, size))

        def sync(file: int, flags: int) -> int:
            with self._lock:
                self._disk_of(file).sync()
            return int(real["sync"](file, flags))

        ours.write = self._kept(_Write, write)
        ours.truncate = self._kept(_Truncate, truncate)
        ours.sync = self._kept(_Sync, sync)
        self._methods[address] = ours
        return ours

    def _delete(self, vfs: int, name: int, sync: int) -> int:
        result = int(self._really_delete(vfs, name, sync))
        with self._lock:
            disk = self._disks.pop(os.fsdecode(ctypes.string_at(name)), None)
            if disk is not None:
                disk.remove()
        return result

    def _disk_of(self, file: int) -> _Disk:
        return self._disks[self._names[file]]


def _as_it_is(function: Any) -> Any:
    """A function by its own address, whatever is written to where that address stands."""
    return type(function)(ctypes.cast(function, ctypes.c_void_p).value)
