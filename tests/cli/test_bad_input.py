"""Bad input gets a plain word, the right exit code, and nothing is lost or sent."""

from __future__ import annotations

import contextlib
import http.server
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.cli.conftest import NOW, WEEK, Digest

Settings = Callable[[str, str], None]


def assert_told(ran, code: int, *words: str) -> None:
    """A plain error with these words, this exit code, and no traceback."""
    assert ran.code == code, ran.err
    assert "Traceback" not in ran.err
    for word in words:
        assert word in ran.err


# ---- Settings and templates -----------------------------------------------------------------


@pytest.mark.parametrize(
    "command", [["build"], ["send", "--yes"], ["status"], ["doctor"], ["config", "show"]]
)
def test_broken_toml_names_the_line(digest: Digest, settings: Settings, command) -> None:
    settings("", "\n[broken\n")
    assert_told(digest(*command), 2, "config.toml:", "not valid TOML", "[broken")


def test_unknown_key_names_the_nearest(digest: Digest, settings: Settings) -> None:
    settings("[delivery]\nprovider", "[delivery]\nprovder")
    assert_told(digest("build"), 2, "delivery.provder", "“provider”?")


def test_missing_config_says_how_to_make_one(digest: Digest, tmp_path: Path) -> None:
    assert_told(digest("build", "--config", tmp_path / "none.toml"), 2, "digest init DIR")


def test_missing_template_is_named(digest: Digest, settings: Settings) -> None:
    settings("[edition]\n", '[edition]\ntemplate = "none"\n')
    assert_told(digest("build"), 5, "none")
    assert_told(digest("preview"), 5, "digest build")


def test_unknown_variable_in_a_template_names_file_and_line(digest: Digest, lettre: Path) -> None:
    digest("build")
    file = lettre / "templates" / "weekly" / "letter.txt.j2"
    file.write_text("Bonjour\n{{ editon.subject }}\n", encoding="utf-8")
    assert_told(digest("send", "--yes"), 5, "letter.txt.j2:2", "editon")


def test_unknown_personal_token_is_an_error(digest: Digest, lettre: Path) -> None:
    digest("build")
    file = lettre / "editions" / WEEK / "edition.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('subject = "', 'subject = "%%{prenom|Vous}%% : ', 1))
    assert_told(digest("send", "--yes"), 5, "prenom")


@pytest.mark.parametrize("week", ["2026-W54", "2026-46", "hier", "2025-W53"])
def test_week_that_does_not_exist_is_refused(digest: Digest, week: str) -> None:
    assert_told(digest("build", "--week", week), 2, week)


# ---- Articles -------------------------------------------------------------------------------


def test_empty_week_sends_nothing(digest: Digest, lettre: Path) -> None:
    refused = digest("send", "--yes", "--week", "2019-W20")
    assert_told(refused, 5, "2019-W20", "nothing to publish", "outside the window")
    assert not (lettre / "outbox").exists()


def test_undated_and_future_articles_are_left_out_and_reported(
    digest: Digest, lettre: Path
) -> None:
    folder = lettre / "articles"
    body = "Un paragraphe de texte qui se tient.\n\nUn autre paragraphe de texte.\n"
    (folder / "sans-date.md").write_text(
        f"---\ntitle: Sans date aucune\nsection: International\n---\n{body}", encoding="utf-8"
    )
    (folder / "demain.md").write_text(
        f"---\ntitle: Venu de demain\ndate: 2031-01-01\nsection: International\n---\n{body}",
        encoding="utf-8",
    )
    built = digest("build")
    assert built.code == 0
    assert "Sans date aucune" in built.err
    assert "Venu de demain" in built.err
    for title, verdict in (("Sans date aucune", "undated"), ("Venu de demain", "future")):
        assert digest("why", title, "--json").json["articles"][0]["verdict"] == verdict


def test_line_breaks_and_nul_in_titles_reach_no_header(digest: Digest, lettre: Path) -> None:
    item = (
        "<item><title>Titre&#13;&#10;Bcc: x@example.org suite</title>"
        "<link>https://agence.example/crlf</link>"
        "<pubDate>Sun, 15 Nov 2026 23:00:00 +0100</pubDate><category>International</category>"
        "<description>Une phrase complète qui suffit à dire ce qui s’est passé, ici et là-bas."
        "</description></item></channel>"
    )
    feed = lettre / "articles" / "agence-boussole.xml"
    text = feed.read_text(encoding="utf-8")
    feed.write_text(text.replace("</channel>", item).replace("suite", "su\x00ite"))
    article = digest("why", "https://agence.example/crlf", "--json").json["articles"][0]
    assert article["title"].splitlines() == [article["title"]]
    assert "\x00" not in article["title"]
    digest("build")
    file = lettre / "editions" / WEEK / "edition.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('subject = "', 'subject = "A\\r\\nBcc: x@example.org ', 1))
    sent = digest("send", "--yes")
    if sent.code == 0:
        for message in (lettre / "outbox" / "new").iterdir():
            assert b"\nBcc:" not in message.read_bytes()
    else:
        assert_told(sent, 5, "subject")


def test_token_in_a_foreign_title_neither_leaks_nor_stops_the_letter(
    digest: Digest, lettre: Path
) -> None:
    (lettre / "articles" / "2026-11-15-phare.md").write_text(
        "---\ntitle: Phare %%{unsubscribe_url}%% et %%%{bogus}%%\nsection: International\n"
        "pinned: true\n---\nUne phrase qui suffit à faire un article, ici même.\n",
        encoding="utf-8",
    )
    titles = [story["title"] for story in digest("build", "--json").json["stories"]]
    assert any(title.startswith("Phare %{unsubscribe_url}") for title in titles)
    assert digest("send", "--yes").code == 0


@pytest.mark.parametrize(
    "picture",
    ["../../etc/passwd", "/proc/self/environ", "../config.toml", "pictures/pipe", "a.txt"],
)
def test_picture_outside_the_source_or_no_picture_is_never_copied(
    digest: Digest, lettre: Path, picture: str
) -> None:
    os.mkfifo(lettre / "articles" / "pictures" / "pipe")
    (lettre / "articles" / "a.txt").write_text("du texte")
    (lettre / "articles" / "2026-11-15-phare.md").write_text(
        f"---\ntitle: Un phare\nsection: International\npinned: true\npicture: {picture}\n"
        "alt: Un phare\n---\nUne phrase qui suffit à faire un article, ici même.\n",
        encoding="utf-8",
    )
    built = digest("build", "--json")
    assert built.code == 0
    assert built.json["problems"] or built.json["rejected"]
    copied = lettre / "editions" / WEEK / "pictures"
    assert all(file.suffix == ".jpg" for file in copied.iterdir())
    assert not any("phare" in file.name or "environ" in file.name for file in copied.iterdir())


@contextlib.contextmanager
def served(content: bytes, content_type: str) -> Iterator[str]:
    """One answer for every request, on loopback; yields `host:port`."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def feed_source(url: str, *, required: bool = False) -> str:
    return (
        f'\n[[sources]]\nname = "distant"\nkind = "feed"\nurl = "{url}"\n'
        f"required = {str(required).lower()}\n"
    )


def test_feed_that_is_a_page_is_told_and_the_others_count(
    digest: Digest, settings: Settings
) -> None:
    page = b"<!doctype html><title>Bienvenue</title><p>Rien ici.</p>"
    with served(page, "text/html") as host:
        settings("", feed_source(f"http://{host}/rss"))
        settings("", f'\n[fetch]\nallow = ["{host}"]\n')
        built = digest("build")
    assert built.code == 0
    assert "distant failed" in built.err


def test_unreachable_feed_does_not_stop_the_others(digest: Digest, settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    settings("", feed_source(f"http://127.0.0.1:{port}/rss"))
    settings("", f'\n[fetch]\nallow = ["127.0.0.1:{port}"]\n')
    built = digest("build", "--json")
    assert built.code == 0
    assert [failure["source"] for failure in built.json["failed"]] == ["distant"]


def test_required_source_that_fails_stops_with_3(digest: Digest, settings: Settings) -> None:
    settings("", feed_source("http://127.0.0.1:9/rss", required=True))
    assert_told(digest("send", "--yes"), 3, "127.0.0.1")


def test_private_address_is_refused_unless_allowed(digest: Digest, settings: Settings) -> None:
    with served(b"<rss/>", "application/rss+xml") as host:
        settings("", feed_source(f"http://{host}/rss"))
        failed = digest("build", "--json").json["failed"]
    assert "private" in failed[0]["error"] or "not allowed" in failed[0]["error"]


def test_nothing_left_to_read_stops_with_3(digest: Digest, lettre: Path) -> None:
    shutil.rmtree(lettre / "articles")
    assert_told(digest("build"), 3, "articles")


# ---- Sponsors -------------------------------------------------------------------------------


def test_slot_sold_twice_stops_before_anything_renders(digest: Digest, lettre: Path) -> None:
    sponsors = lettre / "sponsors"
    booked = next(
        file for file in sorted(sponsors.glob("*.toml")) if f'"{WEEK}"' in file.read_text()
    )
    shutil.copy(booked, sponsors / "autre.toml")
    for command in (["build"], ["sponsors", "check"], ["send", "--yes"]):
        assert_told(digest(*command), 5, "booked twice", "autre.toml", WEEK)
    assert "sold twice" in digest("sponsors", "calendar").out
    assert not (lettre / "editions").exists()


def test_sponsors_are_listed_and_checked(digest: Digest) -> None:
    assert digest("sponsors", "check").code == 0
    listed = digest("sponsors", "list", "--json").json
    assert {s["house"] for s in listed} == {True, False}
    assert WEEK in digest("sponsors", "list").out
    rows = digest("sponsors", "calendar", "--weeks", "2", "--json").json
    assert rows[0]["edition"] == WEEK
    assert rows[0]["slots"]["main"][0]["status"] == "confirmed"
    assert digest("sponsors", "check", "--json").json["conflicts"] == []


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
    uncovered = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}
    limited = subprocess.run(
        ["bash", "-c", f"ulimit -f 24; exec {sys.executable} -m digest send --yes"],
        cwd=lettre,
        env={**uncovered, "DIGEST_NOW": NOW},
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
