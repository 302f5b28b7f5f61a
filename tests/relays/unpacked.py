"""Mail servers from Debian's packages, unpacked beside the repository's files and run from there.

`tests/components.sh` unpacks each into `.components/<package>` with the libraries it needs. They
run as root, as mail servers do, on loopback, with every file of theirs in a folder of /tmp.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

#: Where OpenSMTPD keeps what it delivers with.
LIBEXEC = "usr/libexec/opensmtpd/*"

COMPONENTS = Path(__file__).resolve().parents[2] / ".components"


def unpacked(package: str, program: str, *, required: bool = False) -> Path:
    """Where a package was unpacked; skips the test when it could not be had.

    With `CI=true` the lack of a `required` one is a failure.
    """
    prefix = COMPONENTS / package
    why = ""
    if not (prefix / program).exists():
        why = f"{package} is not unpacked: run `make components`"
    elif os.geteuid() != 0:
        why = f"{package} runs as root only"
    if why and required and os.environ.get("CI") == "true":
        pytest.fail(why)
    if why:
        pytest.skip(why)
    return prefix


def libraries(prefix: Path) -> str:
    """For LD_LIBRARY_PATH."""
    folders = [prefix / "usr/lib/postfix", *prefix.glob("usr/lib/*-linux-gnu")]
    return ":".join(str(folder) for folder in [*folders, *prefix.glob("lib/*-linux-gnu")])


def make_root(folder: Path, prefix: Path, users: dict[str, int], *programs: str) -> None:
    """Make a folder a root of its own, for servers that want users whom this machine has not.

    In it: the unpacked package, `programs` of this machine, the libraries of both, /etc/passwd.
    """
    shutil.copytree(prefix, folder, dirs_exist_ok=True, symlinks=True)
    for program in programs:
        _copy(Path(program), folder)
    binaries = [*programs, *map(str, prefix.glob("usr/sbin/*")), *map(str, prefix.glob(LIBEXEC))]
    for library in _libraries_of(binaries, prefix):
        _copy(library, folder)
    etc = folder / "etc"
    etc.mkdir(exist_ok=True)
    names = {"root": 0, "nobody": 65534, **users}
    passwd = [f"{name}:x:{number}:{number}::/:/bin/sh\n" for name, number in names.items()]
    (etc / "passwd").write_text("".join(passwd))
    (etc / "group").write_text("".join(f"{name}:x:{number}:\n" for name, number in names.items()))
    (etc / "hosts").write_text("127.0.0.1 localhost relay.example.org\n")
    (etc / "nsswitch.conf").write_text("passwd: files\ngroup: files\nhosts: files\n")
    for device, minor in (("null", 3), ("zero", 5), ("urandom", 9)):
        file = folder / "dev" / device
        file.parent.mkdir(exist_ok=True)
        os.mknod(file, 0o666 | stat.S_IFCHR, os.makedev(1, minor))
        file.chmod(0o666)
    for name in ("tmp", "mail"):
        (folder / name).mkdir(exist_ok=True)
        (folder / name).chmod(0o1777)


def _copy(file: Path, folder: Path) -> None:
    target = folder / file.relative_to("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        shutil.copy(file, target)


def _libraries_of(binaries: list[str], prefix: Path) -> set[Path]:
    found: set[Path] = set()
    for binary in binaries:
        said = subprocess.run(
            ["ldd", binary],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "LD_LIBRARY_PATH": libraries(prefix)},
        ).stdout
        found.update(Path(path) for path in re.findall(r"(?:=>\s*|^\s*)(/\S+)", said, re.M))
    return {library for library in found if not library.is_relative_to(prefix)}


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def own_root() -> Iterator[Path]:
    """A folder for `make_root`, in one that no other user may enter: programs there are setuid."""
    with open_folder() as folder:
        folder.chmod(0o700)
        root = folder / "root"
        root.mkdir(mode=0o755)
        yield root


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that other users may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="relay-", dir="/tmp", ignore_cleanup_errors=True) as f:
        folder = Path(f)
        folder.chmod(0o755)
        yield folder


@contextmanager
def running(
    command: list[str], port: int, log: Path, environment: dict[str, str]
) -> Iterator[None]:
    """A server in the foreground, from its first answer on the port to its end."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **environment},
            start_new_session=True,
        )
    try:
        answers = until(lambda: process.poll() is not None or _answers(port), 20)
        if not answers or process.poll() is not None:
            pytest.fail(f"{command[0]} does not answer:\n{log.read_text(errors='replace')[-3000:]}")
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait for a condition; whether it came true."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        try:
            probe.connect(("127.0.0.1", port))
            return probe.recv(3) == b"220"
        except OSError:
            return False
