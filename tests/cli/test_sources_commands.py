"""Sources from the shell: listed, tried, found and added, fetched into the store by a clock."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.cli.conftest import Digest
from tests.net.conftest import Server, reply

from digest.cli.sources.commands import status_words
from digest.config import load_config

Settings = Callable[[str, str], None]

LEAD = (
    "Douze ports de la Ligue des îles partagent depuis jeudi une seule capitainerie, et un seul "
    "registre des escales."
)


def item(number: int, day: int = 12, lead: str = LEAD) -> str:
    return (
        f"<item><title>Le phare {number} rallume sa lampe</title>"
        f"<link>https://agence.example/phare-{number}</link><category>Monde</category>"
        f"<pubDate>{day:02} Nov 2026 09:30:00 +0100</pubDate>"
        f"<description>{lead}</description></item>"
    )


def feed(*items: str) -> bytes:
    head = '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
    rest = "<title>Agence des phares</title><language>fr</language>"
    return f"{head}{rest}{''.join(items)}</channel></rss>".encode()


def rss(*items: str, **headers: str) -> bytes:
    return reply(feed(*items), Content_Type="application/rss+xml", **headers)


PAGE = (
    b"<!doctype html><html lang='fr'><head><title>Agence des phares</title>"
    b'<link rel="alternate" type="application/rss+xml" title="Tous les phares" href="/rss.xml">'
    b"</head><body><main><p>Bienvenue.</p></main></body></html>"
)

OPML = """<?xml version="1.0"?>
<opml version="2.0"><body>
<outline text="Monde">
<outline text="Phares" type="rss" xmlUrl="https://phares.example/rss.xml"/>
<outline text="Deux fois" type="rss" xmlUrl="https://phares.example/rss.xml"/>
</outline>
<outline text="Ports" type="rss" xmlUrl="https://ports.example/atom.xml"/>
</body></opml>
"""


@pytest.fixture(autouse=True)
def no_proxy_in_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def site(lettre: Path) -> Iterator[Server]:
    """A site on loopback that the publication may fetch from."""
    running = Server()
    running.answers["/"] = reply(PAGE, Content_Type="text/html; charset=utf-8")
    running.answers["/rss.xml"] = rss(item(1, 11), item(2, 12))
    file = lettre / "config.toml"
    allowed = f'\n[fetch]\nallow = ["127.0.0.1:{running.port}"]\ntimeout = 5\n'
    file.write_text(file.read_text(encoding="utf-8") + allowed, encoding="utf-8")
    yield running
    running.close()


@pytest.fixture
def phares(site: Server, settings: Settings) -> Server:
    """The same site as a source of the publication."""
    url = site.url("/rss.xml")
    table = f'[[sources]]\nname = "phares"\nkind = "feed"\nurl = "{url}"\n'
    settings("# What is worth an edition.", f"{table}\n# What is worth an edition.")
    return site


def source_names(lettre: Path) -> list[str]:
    return [source.name for source in load_config(lettre / "config.toml").sources]


# ---- list, fetch ----------------------------------------------------------------------------


def test_list_tells_where_each_source_is_and_what_is_kept(digest: Digest, phares: Server) -> None:
    before = {one["name"]: one for one in digest("sources", "list", "--json").json}
    assert before["phares"]["articles"] == 0
    assert before["phares"]["fetched_at"] is None
    digest("sources", "fetch")
    after = {one["name"]: one for one in digest("sources", "list", "--json").json}
    assert (after["phares"]["articles"], after["phares"]["status"]) == (2, 200)
    assert (after["redaction"]["where"], after["redaction"]["articles"]) == ("articles", 13)
    line = next(x for x in digest("sources", "list").out.splitlines() if x.startswith("phares"))
    assert line.split()[-4:] == ["2026-11-16", "07:30", "200", "ok"]


def test_list_masks_a_password_and_says_when_there_is_no_source(
    digest: Digest, lettre: Path, settings: Settings
) -> None:
    settings("", '\n[[sources]]\nname = "x"\nkind = "feed"\nurl = "https://a:geheim@x.example/"\n')
    assert "geheim" not in digest("sources", "list").out
    assert "geheim" not in digest("sources", "list", "--json").out
    (lettre / "config.toml").write_text('[publication]\nname = "Vide"\n', encoding="utf-8")
    assert "No source yet" in digest("sources", "list").out


def test_fetch_tells_what_is_new_and_what_changed(digest: Digest, phares: Server) -> None:
    first = digest("sources", "fetch", "--json").json
    assert first[-1] == {
        "name": "phares",
        "articles": 2,
        "new": 2,
        "changed": 0,
        "pages": 0,
        "not_usable": 0,
        "error": None,
    }
    phares.answers["/rss.xml"] = rss(item(1, 11), item(2, 12, LEAD + " Tous."), item(3, 13))
    line = digest("sources", "fetch").out.splitlines()[-1]
    assert line.split() == ["phares", "3", "1", "1", "1", "0"]


def test_feed_that_did_not_change_is_not_read_again_and_its_articles_stay(
    digest: Digest, phares: Server
) -> None:
    phares.answers["/rss.xml"] = [rss(item(1), ETag='"a"'), reply(status="304 Not Modified")]
    digest("sources", "fetch")
    assert digest("sources", "fetch", "--json").json[-1]["articles"] == 0
    assert 'If-None-Match: "a"' in phares.requests[-1]
    assert "phare 1" in digest("shortlist", "--offline", "--all").out
    assert "304 unchanged" in digest("sources", "list").out


def test_fetch_fails_only_when_a_required_source_does(
    digest: Digest, phares: Server, settings: Settings
) -> None:
    phares.answers["/rss.xml"] = reply(status="500 Oops")
    ran = digest("sources", "fetch")
    assert ran.code == 0
    assert "Source phares failed" in ran.err
    assert "phares  failed" in ran.out
    settings('name = "phares"\n', 'name = "phares"\nrequired = true\n')
    refused = digest("sources", "fetch")
    assert refused.code == 3
    assert "500" in refused.err


def test_server_that_is_not_there_is_listed_as_no_answer(
    digest: Digest, phares: Server, lettre: Path
) -> None:

    assert [status_words(s) for s in (0, 200, 304, 404)] == [
        "none",
        "200 ok",
        "304 unchanged",
        "404",
    ]


# ---- test -----------------------------------------------------------------------------------


def test_trial_shows_articles_as_they_are_understood_and_keeps_nothing(
    digest: Digest, phares: Server
) -> None:
    ran = digest("sources", "test", "phares")
    assert ran.code == 0, ran.err
    newest = ran.out.index("Le phare 2")
    assert newest < ran.out.index("Le phare 1")
    for line in (
        "published: 2026-11-12 09:30",
        "section:   International, by its metadata",
        "stated:    Monde (metadata)",
        "language:  fr",
        f"lead:      description, {len(LEAD)} characters: {LEAD}",
        "phares: 2 articles, 0 not usable. Nothing was kept.",
    ):
        assert line in ran.out
    listed = {one["name"]: one for one in digest("sources", "list", "--json").json}
    assert listed["phares"]["articles"] == 0
    assert listed["phares"]["fetched_at"] is None


def test_trial_shows_only_the_latest(digest: Digest, phares: Server) -> None:
    tried = digest("sources", "test", "phares", "--most", "1", "--json").json
    assert tried["articles"] == 2
    assert [one["title"] for one in tried["latest"]] == ["Le phare 2 rallume sa lampe"]
    assert "the latest 1 shown" in digest("sources", "test", "phares", "--most", "1").out


def test_trial_reads_the_page_of_an_article_without_a_lead(digest: Digest, phares: Server) -> None:
    def link(name: str) -> str:
        made = item(1, lead="").replace("https://agence.example/phare-1", phares.url(f"/{name}"))
        return made.replace("Le phare 1", f"Le phare {name}")

    phares.answers["/rss.xml"] = rss(link("nord"), link("sud"))
    body = "".join(f"<p>{LEAD} {LEAD}</p>" for _ in range(4))
    page = (
        f'<html lang="fr"><head><title>Le phare</title><meta property="og:description" '
        f'content="{LEAD}"></head><body><article><h1>Le phare</h1>{body}</article></body></html>'
    )
    phares.answers["/nord"] = reply(page.encode(), Content_Type="text/html; charset=utf-8")
    tried = digest("sources", "test", "phares", "--json").json
    latest = {one["title"].split()[2]: one for one in tried["latest"]}
    assert latest["nord"]["summary"]["text"].startswith(LEAD)
    assert any("from the article's page" in words for words in latest["nord"]["inferred"])
    assert "404" in latest["sud"]["page_failed"]
    out = digest("sources", "test", "phares").out
    assert "inferred:" in out
    assert "page:" in out


def test_trial_of_files_tells_what_is_no_article(digest: Digest, lettre: Path) -> None:
    for number in range(12):
        (lettre / "articles" / f"vide-{number:02}.txt").write_text("")
    ran = digest("sources", "test", "redaction", "--most", "2")
    assert ran.code == 0
    assert "Not usable: articles/vide-00.txt: is empty" in ran.out
    assert "2 more; --json names them" in ran.out
    assert "13 articles, the latest 2 shown, 12 not usable" in ran.out
    undated = digest("sources", "test", "correspondants", "--json").json["latest"]
    assert undated[-1]["published"] is None
    assert "published: no date" in digest("sources", "test", "correspondants").out


def test_trial_says_what_an_article_lacks(digest: Digest, lettre: Path) -> None:
    (lettre / "articles" / "2026-11-15-quais.txt").write_text(
        "Les quais\n\nOù vont les bateaux ?\n\nEt puis ?\n", encoding="utf-8"
    )
    out = digest("sources", "test", "redaction", "--most", "2").out
    assert "section:   not stated" in out
    assert "lead:      none: no sentence can stand alone" in out
    assert "Sport, as printed on it (not wanted)" in out
    drawn = digest("sources", "test", "correspondants").out
    assert "jpg" in drawn


def test_unknown_or_broken_source_is_told(digest: Digest, phares: Server) -> None:
    unknown = digest("sources", "test", "phare")
    assert unknown.code == 2
    assert "Did you mean “phares”?" in unknown.err
    phares.answers["/rss.xml"] = reply(status="404 Not Found")
    broken = digest("sources", "test", "phares")
    assert broken.code == 3
    assert "404" in broken.err


# ---- add ------------------------------------------------------------------------------------


def test_site_is_looked_at_and_its_best_way_is_added(
    digest: Digest, lettre: Path, site: Server
) -> None:
    before = (lettre / "config.toml").read_text(encoding="utf-8")
    ran = digest("sources", "add", site.url("/"), "--yes", "--name", "phares", "--section", "Monde")
    assert ran.code == 0, ran.err
    assert "Le phare 2 rallume sa lampe" in ran.out
    assert "Next: digest sources test phares" in ran.out
    added = load_config(lettre / "config.toml").sources[-1]
    assert (added.name, added.kind, added.url) == ("phares", "feed", site.url("/rss.xml"))
    assert added.section == "Monde"
    after = (lettre / "config.toml").read_text(encoding="utf-8")
    assert set(before.splitlines()) <= set(after.splitlines())
    assert digest("sources", "test", "phares").code == 0


def test_address_of_a_feed_is_taken_as_it_is(digest: Digest, lettre: Path, site: Server) -> None:
    ran = digest("sources", "add", site.url("/rss.xml"), "--yes", "--json")
    assert ran.json["added"]["kind"] == "feed"
    assert ran.json["offers"][0]["articles"] == 2
    assert source_names(lettre)[-1] == ran.json["added"]["name"]


def test_source_that_is_there_already_is_not_added_twice(
    digest: Digest, lettre: Path, phares: Server
) -> None:
    refused = digest("sources", "add", phares.url("/rss.xml"), "--yes")
    assert refused.code == 2
    assert "is a source already: “phares”" in refused.err
    assert len(source_names(lettre)) == 4


def test_nothing_is_added_when_nobody_can_be_asked(
    digest: Digest, lettre: Path, site: Server
) -> None:
    refused = digest("sources", "add", site.url("/"))
    assert refused.code == 2
    assert "--yes" in refused.err
    assert len(source_names(lettre)) == 3


@pytest.mark.parametrize(("typed", "code"), [("1\n", 0), ("\n", 0), ("0\n", 9), ("x\n", 9)])
def test_person_at_the_terminal_picks_one(
    digest: Digest,
    lettre: Path,
    site: Server,
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
    code: int,
) -> None:
    monkeypatch.setattr("digest.cli.sources.adding.is_interactive", lambda: True)
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    ran = digest("sources", "add", site.url("/rss.xml"))
    assert ran.code == code, ran.err
    assert len(source_names(lettre)) == (4 if code == 0 else 3)


@pytest.mark.parametrize(
    ("url", "more", "code", "words"),
    [
        ("not an address", [], 2, "is not a web address"),
        ("ftp://phares.example/", [], 2, "is not a web address"),
        ("{site}/", ["--kind", "papyrus"], 2, "--kind: found “papyrus”"),
        ("{site}/", ["--kind", "wordpress"], 3, "found nothing that can be read as wordpress"),
        ("{site}/nowhere", [], 3, "404"),
    ],
)
def test_address_that_leads_nowhere_is_told(
    digest: Digest, lettre: Path, site: Server, url: str, more: list[str], code: int, words: str
) -> None:
    ran = digest("sources", "add", url.format(site=site.url("")), "--yes", *more)
    assert ran.code == code
    assert words in ran.err
    assert len(source_names(lettre)) == 3


# ---- import ---------------------------------------------------------------------------------


def test_feeds_of_a_reader_are_added_once_with_their_section(
    digest: Digest, lettre: Path, settings: Settings
) -> None:
    (lettre / "abonnements.opml").write_text(OPML, encoding="utf-8")
    ran = digest("sources", "import", "abonnements.opml", "--yes")
    assert ran.code == 0, ran.err
    assert "abonnements.opml: 2 added, 0 known already." in ran.out
    sources = load_config(lettre / "config.toml").sources[3:]
    assert [(s.name, s.kind, s.url, s.section) for s in sources] == [
        ("phares", "feed", "https://phares.example/rss.xml", "Monde"),
        ("ports", "feed", "https://ports.example/atom.xml", ""),
    ]
    before = (lettre / "config.toml").read_text(encoding="utf-8")
    again = digest("sources", "import", "abonnements.opml", "--yes")
    assert "0 added, 2 known already" in again.out
    assert "known as phares" in again.out
    assert (lettre / "config.toml").read_text(encoding="utf-8") == before


def test_import_tells_what_it_would_do_and_asks(digest: Digest, lettre: Path) -> None:
    (lettre / "a.opml").write_text(OPML, encoding="utf-8")
    refused = digest("sources", "import", "a.opml")
    assert refused.code == 2
    assert "Add 2 feeds to config.toml?" in refused.err
    assert "https://ports.example/atom.xml" in refused.out
    assert len(source_names(lettre)) == 3


def test_import_as_json(digest: Digest, lettre: Path) -> None:
    (lettre / "a.opml").write_text(OPML, encoding="utf-8")
    first = digest("sources", "import", "a.opml", "--yes", "--json").json
    assert [one["name"] for one in first["added"]] == ["phares", "ports"]
    again = digest("sources", "import", "a.opml", "--yes", "--json").json
    assert again["skipped"][0] == {
        "url": "https://phares.example/rss.xml",
        "known_as": "phares",
    }


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<rss/>", "a.opml: line 1"),
        (b"<opml><body>", "a.opml"),
        (b"", "a.opml: is empty"),
        (b'<opml version="2.0"><body/></opml>', ""),
    ],
)
def test_file_that_is_no_list_of_feeds_changes_nothing(
    digest: Digest, lettre: Path, content: bytes, words: str
) -> None:
    (lettre / "a.opml").write_bytes(content)
    ran = digest("sources", "import", "a.opml", "--yes")
    assert ran.code == (2 if words else 0)
    assert words in ran.err
    assert len(source_names(lettre)) == 3
    assert digest("sources", "import", "none.opml", "--yes").code == 2


def test_names_are_shown_as_they_are_and_passwords_are_not(digest: Digest, site: Server) -> None:
    url = site.url("/rss.xml").replace("http://", "http://ana:geheim@")
    ran = digest("sources", "add", url, "--yes", "--name", "[bold]du [/]soir")
    assert ran.code == 0, ran.err
    assert "Added to config.toml: [bold]du [/]soir (feed" in ran.out
    assert "Next: digest sources test '[bold]du [/]soir'" in ran.out
    (Path("reste.opml")).write_text(
        f'<opml><outline xmlUrl="{url}?cle=1"/><outline xmlUrl="{url}"/></opml>', encoding="utf-8"
    )
    shown = [ran, digest("sources", "import", "reste.opml", "--yes")]
    Path("reste.opml").write_text(f'<opml><outline xmlUrl="{url}?cle=2"/></opml>', encoding="utf-8")
    shown.append(digest("sources", "import", "reste.opml", "--yes", "--json"))
    site.answers["/rss.xml?cle=3"] = rss(item(3))
    shown.append(digest("sources", "add", f"{url}?cle=3", "--yes", "--json"))
    for one in shown:
        assert one.code == 0, one.err
        assert "geheim" not in one.out + one.err


def test_name_with_a_line_break_is_refused_and_nothing_is_written(
    digest: Digest, lettre: Path, site: Server
) -> None:
    before = (lettre / "config.toml").read_bytes()
    ran = digest("sources", "add", site.url("/rss.xml"), "--yes", "--name", "a\nb")
    assert ran.code == 2
    assert "line break" in ran.err
    assert (lettre / "config.toml").read_bytes() == before


def test_fetch_says_that_something_was_not_usable(digest: Digest, phares: Server) -> None:
    phares.answers["/rss.xml"] = rss(item(1), "<item><title>Sans adresse</title></item>")
    assert digest("sources", "fetch", "--json").json[-1]["not_usable"] == 1
    phares.answers["/rss.xml"] = rss(item(1), item(2), "<item><title>Sans adresse</title></item>")
    assert "phares: 1 not usable; digest sources test phares" in digest("sources", "fetch").out
