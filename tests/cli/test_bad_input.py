"""Bad input gets a plain word, the right exit code, and nothing is lost or sent."""

from __future__ import annotations

import contextlib
import http.server
import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.cli.conftest import WEEK, Digest, assert_told

Settings = Callable[[str, str], None]


# ---- Settings and templates -----------------------------------------------------------------


@pytest.mark.parametrize(
    "command", [["build"], ["send", "--yes"], ["status"], ["doctor"], ["config", "show"]]
)
def test_broken_toml_names_the_line(digest: Digest, settings: Settings, command: list[str]) -> None:
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
