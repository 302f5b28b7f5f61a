"""Every link of a letter is asked before readers follow it; what cannot be told stops nobody."""

from __future__ import annotations

import dataclasses
import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.letters import make_config, make_edition, make_placement, make_story
from tests.net.conftest import Server, reply

from digest.check import RULES, Locator
from digest.check import asking as asking_module
from digest.check.asking import FILE, ask_links
from digest.check.findings import NOWHERE, Finding
from digest.check.links import Answer, LetterLink, asked_as, letter_links, link_findings
from digest.config.settings import FetchSettings
from digest.model.edition import OtherVersion
from digest.net import Fetcher, Web
from digest.render.letter import render_letter

NOW = datetime(2026, 11, 16, 7, 30, tzinfo=UTC)


def nothing(step: str, done: int, total: int) -> None:
    """A progress that nobody sees."""


def judged(url: str, answer: Answer, *, sponsored: bool = False) -> list[Finding]:
    link = LetterLink(url, "story 1", NOWHERE, sponsored)
    return list(link_findings([link], {asked_as(url): answer}))


PAGE = "https://journal.example/monde/phare"


@pytest.mark.parametrize(
    ("answer", "rule", "severity", "words"),
    [
        (Answer(PAGE, 404), "link-dead", "error", "(404)"),
        (Answer(PAGE, 410), "link-dead", "error", "(410)"),
        (Answer(cause="name"), "link-dead", "error", "“journal.example” does not exist"),
        (Answer(cause="protection"), "link-dead", "error", "certificate"),
        (Answer(cause="private"), "link-dead", "error", "private address"),
        (Answer(cause="redirects"), "link-dead", "error", "without end"),
        (Answer(PAGE, 500), "link-down", "warning", "(500)"),
        (Answer(PAGE, 502), "link-down", "warning", "(502)"),
        (Answer(cause="time"), "link-down", "warning", "in time"),
        (Answer(cause="connection"), "link-down", "warning", "nobody answers"),
        (Answer(PAGE, 401), "link-unsure", "note", "answered 401"),
        (Answer(PAGE, 403), "link-unsure", "note", "answered 403"),
        (Answer(PAGE, 405), "link-unsure", "note", "answered 405"),
        (Answer(PAGE, 429), "link-unsure", "note", "answered 429"),
        (Answer(PAGE, 503), "link-unsure", "note", "answered 503"),
        (Answer(cause="robots"), "link-unsure", "note", "stay away"),
        (Answer(), "link-unsure", "note", "no answer of use"),
        (Answer("https://journal.example/", 200), "link-moved", "warning", "front page"),
        (Answer("https://autre.example/a", 200), "link-moved", "warning", "autre.example"),
        (Answer(PAGE, 200, seconds=7.2), "link-slow", "warning", "7 seconds"),
    ],
)
def test_each_answer_is_told_for_what_it_is(
    answer: Answer, rule: str, severity: str, words: str
) -> None:
    [finding] = judged(PAGE, answer)
    assert (finding.rule, finding.severity, finding.place) == (rule, severity, "story 1")
    assert words in finding.message
    assert PAGE in finding.message
    assert finding.hint
    assert RULES[rule].part == "links"


@pytest.mark.parametrize(
    ("url", "final"),
    [
        (PAGE, PAGE),
        ("http://journal.example/a", "https://journal.example/a"),
        ("https://journal.example/a", "https://www.journal.example/a?b"),
        ("https://www.journal.example/a", "https://m.journal.example/a"),
        ("https://journal.example", "https://journal.example/"),
        ("https://journal.example/?p=3", "https://journal.example/?p=3"),
    ],
)
def test_link_that_ends_on_its_own_site_is_fine(url: str, final: str) -> None:
    assert judged(url, Answer(final, 200, seconds=0.4)) == []


def test_sponsor_may_have_its_clicks_counted_elsewhere() -> None:
    [finding] = judged(PAGE, Answer("https://compte.example/a", 200), sponsored=True)
    assert (finding.rule, finding.severity) == ("link-moved", "note")


def test_long_address_is_shown_short() -> None:
    [finding] = judged(f"{PAGE}/{'a' * 200}", Answer("", 404))
    assert len(finding.message) < 130


def test_machine_without_network_is_told_once() -> None:
    links = [LetterLink(f"https://{name}.example/a", name, NOWHERE) for name in "abcd"]
    down = {link.url: Answer(cause="connection") for link in links}
    [finding] = link_findings(links, down)
    assert (finding.rule, finding.severity, finding.place) == ("link-unsure", "note", "links")
    one_answers = down | {links[0].url: Answer(links[0].url, 200)}
    assert [f.rule for f in link_findings(links, one_answers)] == ["link-down"] * 3
    assert [f.rule for f in link_findings(links[:2], down)] == ["link-down"] * 2


def test_every_link_of_the_letter_is_asked_once_and_named_by_its_place(tmp_path: Path) -> None:
    edition = make_edition(3, 1)
    story = make_story(
        2,
        link="https://example.org/recits/2#milieu",
        also_in=(OtherVersion("Le Cap", "https://cap.example/2"),),
    )
    edition = dataclasses.replace(
        edition, stories=(edition.stories[0], story, make_story(3, link="mailto:a@example.org"))
    )
    config, placements = make_config(), [make_placement()]
    letter = render_letter(edition, placements, config, tmp_path)
    links = letter_links(letter.html, edition, placements, Locator(edition, config, tmp_path))
    places = {link.url: link.place for link in links}
    assert places["https://example.org/recits/1"].startswith("story 1 “")
    assert places["https://example.org/recits/2#milieu"].startswith("story 2 “")
    assert places["https://cap.example/2"].startswith("story 2 “")
    assert places["https://example.org/bref/1"] == "brief 1 “Islande”"
    assert places[placements[0].url] == "slot “main”, Maison Orme"
    assert "“Devenir partenaire" in places["https://example.org/partenaires"]
    assert [link.sponsored for link in links if link.url == placements[0].url] == [True]
    assert all(url.startswith("https://") and "%%{" not in url for url in places)
    assert len({asked_as(link.url) for link in links}) == len(links)


def test_letter_itself_need_not_stand_on_the_web_yet(tmp_path: Path) -> None:
    edition, config = make_edition(), make_config(online_url="https://lettre.example.org/{edition}")
    html = render_letter(edition, [], config, tmp_path).html
    own = "https://lettre.example.org/2026-W46"
    where = Locator(edition, config, tmp_path)
    assert own in {link.url for link in letter_links(html, edition, [], where)}
    assert own not in {link.url for link in letter_links(html, edition, [], where, itself=own)}


def test_links_that_nobody_asked_are_not_judged() -> None:
    assert list(link_findings([LetterLink(PAGE, "story 1", NOWHERE)], {})) == []


@pytest.fixture(autouse=True)
def no_proxy_in_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


def web(**settings: Any) -> Web:
    chosen = {"allow": ("127.0.0.1", "localhost"), "timeout": 10.0, **settings}
    fetcher = Fetcher(FetchSettings(**chosen), version="1")
    return Web(fetcher, history=None, clock=lambda: NOW, per_host=4)


def ask(
    folder: Path, *addresses: str, now: datetime = NOW, at: Web | None = None
) -> Mapping[str, Answer]:
    return ask_links(addresses, at or web(), folder=folder, now=now, progress=nothing)


def paths(server: Server) -> list[str]:
    asked = [request.split(" ")[1] for request in server.requests]
    return sorted(path for path in asked if path != "/robots.txt")


def test_pages_answers_come_back_as_they_are(server: Server, tmp_path: Path) -> None:
    server.answers |= {
        "/ok": reply(b"x" * 50_000),
        "/gone": reply(status="410 Gone"),
        "/robots-only": reply(status="403 Forbidden"),
        "/moved": reply(status="301 Moved", Location="/ok"),
        "/round": reply(status="302 Found", Location="/round"),
        "/fault": reply(status="500 Internal Server Error"),
        "/large": reply(b"y" * 300_000),
    }
    told = []
    answers = ask_links(
        [server.url(path) for path in sorted(server.answers)],
        web(max_bytes=100_000),
        folder=tmp_path,
        now=NOW,
        progress=lambda *step: told.append(step),
    )
    seen = {url.rpartition("/")[2]: (a.status, a.cause) for url, a in answers.items()}
    assert seen == {
        "ok": (200, ""),
        "gone": (410, ""),
        "robots-only": (403, ""),
        "moved": (200, ""),
        "round": (0, "redirects"),
        "fault": (500, ""),
        "large": (200, ""),
    }
    assert answers[server.url("/moved")].url == server.url("/ok")
    assert told[0] == ("Asking the links", 0, 7)
    assert told[-1] == ("Asking the links", 7, 7)


def test_nobody_there_and_nothing_private_is_reached(server: Server, tmp_path: Path) -> None:
    server.answers["/ok"] = reply(b"")
    url = server.url("/ok")
    assert ask(tmp_path, url, at=web(allow=()))[url] == Answer(cause="private")
    assert server.requests == []
    port = server.port
    server.close()
    nobody = f"http://127.0.0.1:{port}/ok"
    assert ask(tmp_path, nobody)[nobody].cause == "connection"
    unknown = "http://nulle-part.invalid/a"
    assert ask(tmp_path, unknown)[unknown].cause in ("name", "connection")


def test_certificate_that_browsers_refuse_is_seen(tmp_path: Path) -> None:
    trustme = pytest.importorskip("trustme")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    protected = Server(context)
    try:
        url = protected.url("/ok")
        assert ask(tmp_path, url)[url].cause == "protection"
    finally:
        protected.close()


def test_site_that_asks_programs_to_stay_away_is_left_alone(server: Server, tmp_path: Path) -> None:
    server.answers |= {
        "/robots.txt": reply(b"User-agent: *\nDisallow: /", Content_Type="text/plain"),
        "/ok": reply(b""),
    }
    url = server.url("/ok")
    assert ask(tmp_path, url)[url].cause == "robots"
    assert paths(server) == []


def test_good_answer_is_believed_for_an_hour_and_a_bad_one_never(
    server: Server, tmp_path: Path
) -> None:
    server.answers |= {"/ok": reply(b"", Connection="close"), "/no": reply(status="404 Not Found")}
    both = [server.url("/ok"), server.url("/no")]
    first = ask(tmp_path, *both)
    assert (tmp_path / FILE).is_file()
    again = ask(tmp_path, *both, now=NOW + timedelta(minutes=59))
    assert {url: a.status for url, a in again.items()} == {
        url: a.status for url, a in first.items()
    }
    assert paths(server) == ["/no", "/no", "/ok"]
    ask(tmp_path, *both, now=NOW + timedelta(minutes=61))
    assert paths(server) == ["/no", "/no", "/no", "/ok", "/ok"]
    ask(tmp_path, both[0], now=NOW - timedelta(minutes=1))
    assert paths(server).count("/ok") == 3


@pytest.mark.parametrize("damage", ["", "[]", "{", '{"a": 1}', '{"a": {"at": "hier"}}'])
def test_memory_that_is_damaged_remembers_nothing(
    server: Server, tmp_path: Path, damage: str
) -> None:
    (tmp_path / FILE).write_text(damage)
    server.answers["/ok"] = reply(b"")
    url = server.url("/ok")
    assert ask(tmp_path, url)[url].is_good
    assert list(json.loads((tmp_path / FILE).read_text())) == [url]


def test_memory_that_cannot_be_written_only_costs_a_question(
    server: Server, tmp_path: Path
) -> None:
    server.answers["/ok"] = reply(b"")
    url = server.url("/ok")
    assert ask(tmp_path / "nowhere", url)[url].is_good


def test_server_that_hangs_holds_the_check_for_a_while_only(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking_module, "ALL_SECONDS", 0.5)
    server.answers["/ok"] = reply(b"")
    server.answers["/hangs"] = lambda connection, closing: closing.wait(30)
    ok, hangs = server.url("/ok"), server.url("/hangs")
    before = threading.active_count()
    answers = ask(tmp_path, ok, hangs)
    assert answers[hangs] == Answer()
    assert threading.active_count() < before + 20
