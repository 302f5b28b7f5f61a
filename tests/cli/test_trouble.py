"""A store, a disk, a provider or the program itself in trouble: told plainly, nothing is lost."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import NOW, Digest, assert_told

Settings = Callable[[str, str], None]


# ---- Store, disk, locks ---------------------------------------------------------------------


def bound_by_permissions(*command: str) -> list[str]:
    """The command, without root's right to write everywhere."""
    if os.geteuid() != 0:
        return list(command)
    return ["setpriv", "--bounding-set", "-dac_override", *command]


def test_read_only_store_is_told(digest: Digest, lettre: Path) -> None:
    digest("send", "--dry-run")
    store = lettre / "subscribers"
    for file in store.glob("digest.db*"):
        file.chmod(0o400)
    store.chmod(0o500)
    try:
        refused = subprocess.run(
            bound_by_permissions(sys.executable, "-m", "digest", "send", "--yes"),
            cwd=lettre,
            env={**os.environ, "DIGEST_NOW": NOW},
            capture_output=True,
            text=True,
        )
    finally:
        store.chmod(0o700)
    assert refused.returncode == 8, refused.stderr
    assert "digest.db" in refused.stderr
    assert "writable" in refused.stderr
    assert not (lettre / "outbox").exists()


def test_store_is_for_its_owner_only(digest: Digest, lettre: Path) -> None:
    digest("build")
    assert (lettre / "subscribers" / "digest.db").stat().st_mode & 0o077 == 0


def test_commands_that_meet_an_empty_store_wait_for_each_other(lettre: Path) -> None:
    commands = [
        subprocess.Popen(
            [sys.executable, "-m", "digest", "editions", "list"],
            cwd=lettre,
            env={**os.environ, "DIGEST_NOW": NOW},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for command in commands:
        _, told = command.communicate(timeout=60)
        assert command.returncode == 0, told


def test_store_that_is_no_database_is_told(digest: Digest, lettre: Path) -> None:
    (lettre / "subscribers" / "digest.db").write_bytes(b"not a database at all, sorry" * 100)
    assert_told(digest("send", "--yes"), 8, "digest.db", "backup")


def test_second_sender_is_told_who_holds_the_store(digest: Digest, lettre: Path) -> None:
    digest("send", "--dry-run")
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(lettre / "config.toml")],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "DIGEST_NOW": NOW},
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert_told(digest("send", "--yes"), 8, str(holder.pid))
        assert not (lettre / "outbox").exists()
    finally:
        holder.kill()
        holder.communicate()
    assert digest("send", "--yes").code == 0


_HOLDER = """
import sys, time, pathlib
from datetime import datetime, UTC
from digest.config import load_config
from digest.delivery.ledger import sending_lock
from digest.publication import Publication
publication = Publication.open(load_config(pathlib.Path(sys.argv[1])))
with sending_lock(publication.database, purpose="sending", now=datetime.now(UTC)):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_full_disk_leaves_everything_pending_and_the_next_run_goes_on(
    digest: Digest, lettre: Path
) -> None:
    digest("send", "--dry-run")
    limited = subprocess.run(
        ["bash", "-c", f"ulimit -f 24; exec {sys.executable} -m digest send --yes"],
        cwd=lettre,
        env={**os.environ, "DIGEST_NOW": NOW},
        capture_output=True,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGXFSZ, signal.SIG_IGN),
    )
    assert limited.returncode in (6, 8), limited.stderr
    assert "Traceback" not in limited.stderr
    sent = digest("send", "--yes", "--json")
    assert sent.code == 0
    assert sent.json["accepted"] == len(list((lettre / "outbox" / "new").iterdir())) == 10


# ---- Providers ------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", ["smtp", "sendgrid"])
def test_provider_needs_sender_address_and_public_url(
    digest: Digest, settings: Settings, lettre: Path, provider: str
) -> None:
    settings('provider = "outbox"', f'provider = "{provider}"')
    settings("public_url = ", "# public_url = ")
    settings("[edition]\n", '[edition]\nimages = "embed"\n')
    refused = digest("send", "--yes")
    assert refused.code in (2, 5)
    assert "public_url" in refused.err or "unsubscribe" in refused.err


def test_missing_key_is_told_without_a_value(
    digest: Digest, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SENDGRID_API_KEY", raising=False)
    settings('provider = "outbox"', 'provider = "sendgrid"')
    settings("[edition]\n", '[edition]\nimages = "embed"\n')
    assert_told(digest("send", "--yes"), 2, "SENDGRID_API_KEY")


# ---- The program itself ---------------------------------------------------------------------


def test_bug_is_told_without_a_traceback(digest: Digest, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("something odd")

    monkeypatch.setattr("digest.config.load_config", broken)
    assert_told(digest("config", "show"), 1, "Bug:", "RuntimeError", "DIGEST_DEBUG=1")
    monkeypatch.setenv("DIGEST_DEBUG", "1")
    assert "something odd" in digest("config", "show").err


def test_unknown_option_and_command_end_with_2(digest: Digest) -> None:
    assert digest("send", "--nope").code == 2
    assert digest("sned").code == 2


def test_wrong_clock_is_told(digest: Digest, monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("hier", "2026-11-16T08:00:00", "9999-12-31T23:59:59-12:00"):
        monkeypatch.setenv("DIGEST_NOW", value)
        assert_told(digest("build"), 2, "DIGEST_NOW", value)


def test_init_refuses_a_folder_with_something_in_it(digest: Digest, lettre: Path) -> None:
    assert_told(digest("init", lettre), 2, "not empty")


def test_config_show_names_every_origin(digest: Digest) -> None:
    shown = digest("config", "show").out
    assert "publication.language" in shown
    assert "# default" in shown
    assert "# file" in shown
    assert digest("config", "show", "--json").json["summary.limit"]["origin"] == "default"


def test_doctor_tells_what_is_missing(
    digest: Digest, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert digest("doctor").code == 0
    monkeypatch.setenv("SMTP_PASSWORD", "very-secret")
    settings('provider = "outbox"', 'provider = "smtp"')
    settings(
        "",
        '\n[delivery.smtp]\nhost = "127.0.0.1"\nport = 9\npassword_env = "SMTP_PASSWORD"\n'
        'username_env = "SMTP_USERNAME"\n',
    )
    settings("postal_address = ", "# postal_address = ")

    def provider() -> str:
        examined = digest("doctor", "--json")
        assert examined.code == 2
        assert "very-secret" not in examined.out + examined.err
        (found,) = [thing for thing in examined.json if thing["name"] == "provider"]
        assert found["state"] == "error"
        assert found["hint"]
        return str(found["found"])

    assert "postal_address" in provider()
    settings("# postal_address = ", "postal_address = ")
    assert "image_base_url" in provider()
    settings("[edition]\n", '[edition]\nimages = "embed"\n')
    assert "SMTP_USERNAME" in provider()
    monkeypatch.setenv("SMTP_USERNAME", "ana")
    assert "127.0.0.1:9 does not answer" in provider()
    settings('\npassword_env = "SMTP_PASSWORD"', "")
    assert "password_env" in provider()


def test_backup_opens_as_a_store(digest: Digest, tmp_path: Path, lettre: Path) -> None:
    digest("send", "--yes")
    assert digest("backup", tmp_path / "copy.db").code == 0
    assert digest("backup", tmp_path / "copy.db").code != 0
    assert digest("backup", tmp_path / "copy.db", "--force").code == 0
    before = digest("status", "--json").json
    shutil.copy(tmp_path / "copy.db", lettre / "subscribers" / "digest.db")
    for leftover in ("-wal", "-shm"):
        (lettre / "subscribers" / f"digest.db{leftover}").unlink(missing_ok=True)
    assert digest("status", "--json").json == before
    assert "up to date" in digest("db", "upgrade").out
