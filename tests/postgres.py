"""A real PostgreSQL for tests: a cluster of its own on loopback, a fresh database per test.

Without PostgreSQL's programs the tests that need it are skipped; with `CI=true` they fail.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

USER = "digest"


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: file.parts)
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).parent
    reason = "PostgreSQL's initdb is not installed"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def _run(*command: str | Path) -> None:
    """PostgreSQL refuses to run as root."""
    account: dict[str, object] = {}
    if os.geteuid() == 0:
        account = {"user": "postgres", "group": "postgres", "extra_groups": []}
    done = subprocess.run(
        [str(part) for part in command],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **account,  # type: ignore[call-overload]
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stdout}")


def control_postgres(url: str, action: str, *, mode: str = "fast") -> None:
    """`restart`, `stop` or `start` the cluster of a URL; `immediate` is how a crash looks.

    Whoever stops it starts it again: other tests use it.
    """
    cluster = _clusters[url.rpartition("/")[0]]
    options = ["-m", mode] if action != "start" else []
    _run(
        _programs() / "pg_ctl", "-D", cluster, "-l", cluster.parent / "log", *options,
        "-o", (cluster.parent / "options").read_text(), "-w", action,
    )  # fmt: skip


#: The folders of running clusters, by their URL.
_clusters: dict[str, Path] = {}


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[str]:
    """URL of a running cluster, without a database's name."""
    with running_cluster() as url:
        yield url


@contextmanager
def running_cluster() -> Iterator[str]:
    """The same where no fixture can be had."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="digest-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    cluster = folder / "cluster"
    try:
        _run(programs / "initdb", "-D", cluster, "-U", USER, "-A", "trust", "-E", "UTF8",
             "--locale=C", "--no-sync")  # fmt: skip
        options = f"-F -h 127.0.0.1 -p {port} -k {folder} -c max_connections=60"
        _run(programs / "pg_ctl", "-D", cluster, "-l", folder / "log", "-o", options, "-w", "start")
        url = f"postgresql+psycopg://{USER}@127.0.0.1:{port}"
        (folder / "options").write_text(options)
        _clusters[url] = cluster
        try:
            yield url
        finally:
            _run(programs / "pg_ctl", "-D", cluster, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_cluster: str) -> Iterator[str]:
    """URL of an empty database."""
    import psycopg

    name = f"digest_{uuid.uuid4().hex}"
    server = postgres_cluster.replace("+psycopg", "") + "/postgres"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield f"{postgres_cluster}/{name}"
    # A test may have restarted the server.
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty store, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'digest.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url
