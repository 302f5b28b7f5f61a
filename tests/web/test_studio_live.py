"""A save reaches the page by itself; what is approved there is what was shown."""

from __future__ import annotations

import email
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import policy
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import html as lxml_html
from tests.web.studio_world import NOW, WEEK, Running, open_studio, serving

from digest.delivery import ledger
from digest.edition import lifecycle
from digest.errors import (
    ApprovalError,
    CheckError,
    ContentError,
    StoreError,
    TemplateError,
    UsageError,
)
from digest.subscribers import membership
from digest.subscribers.importing import refresh_list
from digest.web.studio import live, watching
from digest.web.studio.looking import failure_of
from digest.web.studio.session import Studio
from digest.web.studio.watching import Watched

Edit = Callable[[Path, str, str], None]


def edit(file: Path, old: str, new: str) -> None:
    """Save a file with one text replaced, as an editor does."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def state(client: httpx.Client) -> dict[str, object]:
    answer = client.get("/state.json")
    assert answer.status_code == 200
    return dict(answer.json())


@contextmanager
def acting(running: Running) -> Iterator[httpx.Client]:
    """A browser whose posts come from the page itself."""
    with running.client() as client:
        client.headers["Origin"] = running.url
        yield client


def heard_until(running: Running, change: Callable[[], None], wanted: Callable[[], bool]) -> None:
    """Make a change and hear events until what is wanted is there."""
    with running.events() as events:
        change()
        while not wanted():
            events.next()


# ---- Looking --------------------------------------------------------------------------------


def test_page_and_everything_it_fetches_tell_of_the_same_letter(untouched: Running) -> None:
    with untouched.client() as client:
        page = lxml_html.document_fromstring(client.get("/").content)
        shown = state(client)
        (inside,) = page.xpath("//script[@id='state']/text()")
        assert json.loads(inside) == shown
        assert shown["edition"]["id"] == WEEK  # type: ignore[index]
        assert shown["can"] == {"test": True, "approve": True, "why_not": ""}
        assert shown["status"]["state"] == "ready"  # type: ignore[index]
        assert shown["failure"] is None
        for name in shown["faces"]:  # type: ignore[attr-defined]
            frame = client.get(f"/frames/{name}.html")
            assert frame.status_code == 200
            assert "text/html" in frame.headers["content-type"]
        keys = {row["key"] for row in shown["plan"]}  # type: ignore[attr-defined]
        frame = lxml_html.document_fromstring(client.get("/frames/light.html").content)
        ids = set(frame.xpath("//@id"))
        free = {row["key"] for row in shown["plan"] if row["kind"] == "free"}  # type: ignore[attr-defined]
        assert keys - free <= ids
        for src in frame.xpath("//img/@src"):
            picture = client.get(httpx.URL(f"{untouched.url}/frames/").join(src))
            assert picture.headers["content-type"].startswith("image/")
            assert picture.content
        assert client.get("/frames/none.html").status_code == 404
        assert set(client.get("/provenance.json").json()) >= {"story-1"}
        assert client.get("/message.json").json()["headers"]


def test_page_loads_only_what_is_served(untouched: Running) -> None:
    with untouched.client() as client:
        page = lxml_html.document_fromstring(client.get("/").content)
        loaded = page.xpath("//script/@src") + page.xpath("//link[not(@rel='icon')]/@href")
        assert loaded
        for address in loaded:
            assert client.get(f"/{address}").status_code == 200
        assert not page.xpath("//@style|//style|//*[@onclick]")


def test_letter_without_its_sponsors_is_a_letter_of_its_own(untouched: Running) -> None:
    with untouched.client() as client:
        whole, without = (
            lxml_html.document_fromstring(client.get(f"/frames/{name}.html").content)
            for name in ("light", "light-unsponsored")
        )
        assert whole.xpath("//*[@id='slot-main']")
        assert not without.xpath("//*[starts-with(@id, 'slot-')]")
        assert without.xpath("//*[@id='story-7']")
        texts = [
            "\n".join(client.get(f"/{name}.json").json()["lines"])
            for name in ("text", "text-unsponsored")
        ]
        assert "PUBLICITÉ" in texts[0].upper()
        assert "PUBLICITÉ" not in texts[1].upper()


def test_letter_is_shown_as_a_subscriber_reads_it(running: Running) -> None:
    database = running.studio.publication.database
    membership.add(database, "hebdo", "odette@readers.example", name="Odette", now=NOW)
    with running.client() as client:
        (found,) = client.get("/readers.json", params={"q": "odette"}).json()["readers"]
        assert found["label"] == "o…@readers.example, hebdo"
        for path in ("/frames/light.html", "/text.json", "/message.json"):
            answer = client.get(path, params={"reader": found["id"]})
            assert "o…@readers.example" in json.dumps(answer.text, ensure_ascii=False) + answer.text
            assert "odette@" not in answer.text
        (subscription,) = [
            s for s in membership.listing(database, "hebdo") if s.email.startswith("odette")
        ]
        everything = "".join(
            client.get(path, params={"reader": found["id"]}).text
            for path in ("/frames/light.html", "/text.json", "/message.json", "/state.json", "/")
        )
        assert subscription.token not in everything
        assert client.get("/text.json", params={"reader": "list:hebdo"}).status_code == 200
        assert client.get("/text.json", params={"reader": "nobody"}).status_code == 404
        assert client.get("/readers.json").json() == {"readers": []}


def test_hostile_title_stays_a_text(running: Running) -> None:
    hostile = "</script><script>alert(1)</script>"
    edit(running.edition_file, 'title = "', f'title = "{hostile} ')
    running.studio.render()
    with running.client() as client:
        page = lxml_html.document_fromstring(client.get("/").content)
        assert not page.xpath("//script[not(@src) and not(@type='application/json')]")
        (inside,) = page.xpath("//script[@id='state']/text()")
        assert hostile in json.dumps(json.loads(inside)["plan"])
        frame = client.get("/frames/light.html").text
        assert "<script>alert" not in frame


# ---- Following the files --------------------------------------------------------------------


def test_saved_template_is_seen_at_once(running: Running) -> None:
    file = running.folder / "templates" / "weekly" / "letter.txt.j2"
    with running.client() as client:

        def seen() -> bool:
            return "Bonjour du gabarit" in client.get("/text.json").text

        heard_until(
            running,
            lambda: (
                file.write_text(
                    "Bonjour du gabarit\n" + file.read_text(encoding="utf-8"), encoding="utf-8"
                )
                and None
            ),
            seen,
        )


def test_saved_edition_sponsor_and_settings_are_seen(running: Running) -> None:
    with running.client() as client:

        def has(text: str, path: str = "/state.json") -> Callable[[], bool]:
            return lambda: text in client.get(path).text

        file = running.edition_file
        heard_until(
            running, lambda: edit(file, 'title = "', 'title = "Tout neuf : '), has("Tout neuf")
        )
        sponsor = next((running.folder / "sponsors").glob("lampisterie*.toml"))
        heard_until(
            running, lambda: edit(sponsor, 'headline = "', 'headline = "Neuve : '), has("Neuve")
        )
        settings = running.folder / "config.toml"
        heard_until(
            running,
            lambda: edit(settings, 'name = "Actualités', 'name = "Nouvelles'),
            has("Nouvelles internationales"),
        )
        heard_until(running, lambda: edit(file, "Tout neuf", "Encore neuf"), has("Encore neuf"))


def test_check_follows_the_letter(running: Running) -> None:
    with running.client() as client:

        def found() -> bool:
            shown = state(client)
            rules = [f["rule"] for f in shown["findings"]]  # type: ignore[attr-defined]
            return "headline-empty" in rules

        heard_until(running, lambda: edit(running.edition_file, 'title = "', 'title = ""#'), found)
        shown = state(client)
        assert shown["can"] == {"test": True, "approve": False, "why_not": "errors"}
        (one,) = [f for f in shown["findings"] if f["rule"] == "headline-empty"]  # type: ignore[attr-defined]
        assert one["target"] == "story-1"
        assert one["file"] == f"editions/{WEEK}/edition.toml"
        files = {f["path"]: f for f in client.get("/files.json").json()["files"]}
        assert files[one["file"]]["lines"][one["line"] - 1].startswith("title = ")
        assert one["number"] in shown["plan"][0]["findings"] or any(  # type: ignore[index]
            one["number"] in row["findings"]
            for row in shown["plan"]  # type: ignore[attr-defined]
        )


def test_broken_template_keeps_the_last_letter_and_names_the_line(running: Running) -> None:
    file = running.folder / "templates" / "weekly" / "letter.mjml.j2"
    sound = file.read_text(encoding="utf-8")
    with running.client() as client:
        before = client.get("/frames/light.html").text

        def failed() -> bool:
            return state(client)["failure"] is not None

        def approvable() -> bool:
            return bool(state(client)["can"]["approve"])  # type: ignore[index]

        heard_until(running, lambda: file.write_text(f"{sound}\n{{% oops %}}\n") and None, failed)
        shown = state(client)
        failure = shown["failure"]
        assert failure["file"] == "templates/weekly/letter.mjml.j2"  # type: ignore[index]
        assert failure["line"] == sound.count("\n") + 2  # type: ignore[index]
        assert failure["message"]  # type: ignore[index]
        assert shown["can"]["why_not"] == "failure"  # type: ignore[index]
        assert client.get("/frames/light.html").text == before
        heard_until(running, lambda: file.write_text(sound) and None, approvable)
        assert not failed()


def test_templates_that_were_away_are_heard_of_when_they_come_back(lettre: Path) -> None:
    shutil.move(lettre / "templates", lettre / "away")
    studio = open_studio(lettre)
    assert studio.view.failure is not None
    with serving(studio, lettre) as running, running.client() as client:
        page = client.get("/")
        assert page.status_code == 200
        shown = state(client)
        assert shown["faces"] == []
        assert shown["inbox"] is None
        assert client.get("/frames/light.html").status_code == 404
        assert client.get("/text.json").json() == {"lines": []}
        assert client.get("/message.json").json()["headers"] == []
        assert client.get("/provenance.json").json() == {}
        assert client.get("/pictures/a.jpg").status_code == 404
        paths = [f["path"] for f in client.get("/files.json").json()["files"]]
        assert "config.toml" in paths
        heard_until(
            running,
            lambda: shutil.move(lettre / "away", lettre / "templates") and None,
            lambda: state(client)["failure"] is None,
        )
        assert client.get("/frames/light.html").status_code == 200


def test_broken_settings_are_told_and_mended(running: Running) -> None:
    file = running.folder / "config.toml"
    with running.client() as client:
        heard_until(
            running,
            lambda: edit(file, "[delivery]\nprovider", "[delivery]\nprovder"),
            lambda: state(client)["failure"] is not None,
        )
        failure = state(client)["failure"]
        assert failure["file"] == "config.toml"  # type: ignore[index]
        assert "provider" in failure["hint"]  # type: ignore[index]
        heard_until(
            running,
            lambda: edit(file, "[delivery]\nprovder", "[delivery]\nprovider"),
            lambda: state(client)["failure"] is None,
        )


@pytest.mark.parametrize(
    ("path", "matters"),
    [
        ("config.toml", True),
        ("other.toml", False),
        ("editions/2026-W46/edition.toml", True),
        ("editions/2026-W46/.built.toml", True),
        ("editions/2026-W46/.edition.toml.17.tmp", False),
        ("editions/2026-W46/pictures/a.JPG", True),
        ("editions/2026-W46/pictures/a.txt", False),
        ("editions/2026-W46/preview/index.html", False),
        ("editions/2026-W45/edition.toml", False),
        ("templates", True),
        ("templates/weekly/letter.mjml.j2", True),
        ("templates/weekly/letter.mjml.j2~", False),
        ("templates/weekly/.letter.mjml.j2.swp", False),
        ("templates/weekly/#letter#", False),
        ("sponsors/maison.toml", True),
        ("sponsors/pictures/a.png", True),
        ("sponsors/notes.md", False),
        ("subscribers/digest.db", False),
    ],
)
def test_only_what_makes_the_letter_is_heard(path: str, matters: bool) -> None:
    root = Path("/lettre")
    watched = Watched(
        root / "config.toml", root / "editions" / WEEK, root / "templates", root / "sponsors"
    )
    assert watched.concerns(root / path) is matters


def test_saves_are_seen_where_the_system_watches_no_more_folders(
    lettre: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = watching.awatch

    def exhausted(*paths: Path, force_polling: bool | None, **options: Any) -> Any:
        if not force_polling:
            raise OSError("OS file watch limit reached.")
        return real(*paths, force_polling=True, poll_delay_ms=20, **options)

    monkeypatch.setattr(watching, "awatch", exhausted)
    studio = open_studio(lettre)
    with serving(studio, lettre) as running, running.client() as client:
        heard_until(
            running,
            lambda: edit(running.edition_file, 'title = "', 'title = "Quand même : '),
            lambda: "Quand même" in client.get("/state.json").text,
        )


def test_watching_begins_again_when_it_failed(
    lettre: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failed = watching.awatch, []

    def unlucky(*paths: Path, force_polling: bool | None, **options: Any) -> Any:
        if len(failed) < 4:
            failed.append(paths)
            raise FileNotFoundError(2, "No such file or directory")
        return real(*paths, force_polling=force_polling, **options)

    monkeypatch.setattr(watching, "awatch", unlucky)
    monkeypatch.setattr(live, "AGAIN", 0.0)
    studio = open_studio(lettre)
    with serving(studio, lettre) as running, running.client() as client:
        heard_until(
            running,
            lambda: edit(running.edition_file, 'title = "', 'title = "Enfin : '),
            lambda: "Enfin : " in client.get("/state.json").text,
        )


def test_open_page_hears_that_the_studio_is_alive(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "PING", 0.01)
    with running.client() as client, client.stream("GET", "/events") as answer:
        assert "event: ping" in answer.iter_lines()


def test_approval_elsewhere_is_seen(running: Running) -> None:
    seen = running.studio.view.seen
    assert seen is not None
    with running.client() as client, running.events() as events:
        database = running.studio.publication.database
        lifecycle.approve(database, WEEK, seen.parts, details=seen.details, by="odile", now=NOW)
        events.next()
        status = state(client)["status"]
        assert status["state"] == "approved"  # type: ignore[index]
        assert status["by"] == "odile"  # type: ignore[index]
        assert status["at"] == "2026-11-16 07:30"  # type: ignore[index]
        while not (running.studio.view.seen and running.studio.view.seen.is_checked):
            events.next()


def test_templates_may_move_while_the_studio_is_open(running: Running) -> None:
    shutil.copytree(running.folder / "templates", running.folder / "gabarits")
    other = running.folder / "gabarits" / "weekly" / "letter.txt.j2"
    with running.client() as client:
        heard_until(
            running,
            lambda: edit(
                running.folder / "config.toml", "[edition]\n", '[edition]\ntemplates = "gabarits"\n'
            ),
            lambda: "gabarits/weekly" in client.get("/files.json").text,
        )
        text = other.read_text(encoding="utf-8")
        heard_until(
            running,
            lambda: other.write_text(f"Déménagé\n{text}", encoding="utf-8") and None,
            lambda: "Déménagé" in client.get("/text.json").text,
        )


def test_broken_sponsors_file_leaves_the_page_standing(running: Running) -> None:
    (running.folder / "sponsors" / "casse.toml").write_text("name = \n")
    running.studio.render()
    with running.client() as client:
        shown = state(client)
        assert shown["failure"]["file"] == "sponsors/casse.toml"  # type: ignore[index]
        assert shown["plan"]
        assert client.get("/frames/light.html").status_code == 200


# ---- Acting ---------------------------------------------------------------------------------


def test_approving_keeps_what_was_shown(running: Running) -> None:
    with acting(running) as client, running.events() as events:
        shown = state(client)
        answer = client.post("/approve", json={"hash": shown["status"]["full_hash"]})  # type: ignore[index]
        assert answer.status_code == 200
        assert events.next() > shown["version"]  # type: ignore[operator]
        after = state(client)
        assert after["status"]["state"] == "approved"  # type: ignore[index]
        assert after["status"]["by"] == "solveig"  # type: ignore[index]
        assert after["can"]["why_not"] == "approved"  # type: ignore[index]
        record = lifecycle.record_of(running.studio.publication.database, WEEK)
        assert record is not None
        assert record.approved_hash == after["status"]["full_hash"]  # type: ignore[index]
        again = client.post("/approve", json={"hash": after["status"]["full_hash"]})  # type: ignore[index]
        assert again.status_code == 409
        assert "approved already" in again.json()["message"]


def test_letter_that_changed_since_it_was_shown_is_not_approved(studio: Studio) -> None:
    seen = studio.view.seen
    assert seen is not None
    folder = studio.publication.folder(WEEK)
    edit(folder / "edition.toml", 'title = "', 'title = "Autre : ')
    with pytest.raises(ApprovalError, match=r"changed since: .*HTML.*story 1") as refused:
        studio.approve(seen.hash)
    assert "approve" in refused.value.hint
    assert lifecycle.record_of(studio.publication.database, WEEK).approved_hash == ""  # type: ignore[union-attr]
    with pytest.raises(ApprovalError, match="the letter"):
        studio.approve("another hash")


def test_change_after_an_approval_is_named(studio: Studio) -> None:
    seen = studio.view.seen
    assert seen is not None
    studio.approve(seen.hash)
    edit(studio.publication.folder(WEEK) / "edition.toml", 'title = "', 'title = "Autre : ')
    studio.render()
    studio.examine()
    shown = studio.view.state(NOW)
    assert shown["status"]["state"] == "ready"
    assert "story 1" in shown["status"]["changed"]
    assert shown["can"]["approve"]


def test_errors_block_an_approval(studio: Studio) -> None:
    edit(studio.publication.folder(WEEK) / "edition.toml", 'title = "', 'title = ""#')
    studio.render()
    studio.examine()
    seen = studio.view.seen
    assert seen is not None
    with pytest.raises(CheckError):
        studio.approve(seen.hash)


def test_skipped_and_dispatched_editions_cannot_be_approved(studio: Studio) -> None:
    publication = studio.publication
    seen = studio.view.seen
    assert seen is not None
    lifecycle.skip(publication.database, WEEK, NOW)
    assert studio.has_moved()
    assert studio.view.state(NOW)["can"]["why_not"] == "skipped"
    skipped = studio.view.seen
    assert skipped is not None
    with pytest.raises(ContentError):
        studio.approve(skipped.hash)
    lifecycle.reopen(publication.database, WEEK)
    send(studio)
    edit(publication.folder(WEEK) / "edition.toml", 'title = "', 'title = "Trop tard : ')
    assert studio.has_moved()
    assert not studio.has_moved()
    shown = studio.view.state(NOW)
    assert shown["status"]["state"] == "dispatched"
    assert shown["can"] == {"test": True, "approve": False, "why_not": "dispatched"}
    with pytest.raises(ContentError, match="has left"):
        studio.approve(seen.hash)


def test_letter_that_left_is_shown_as_readers_have_it(studio: Studio) -> None:
    send(studio)
    edit(studio.publication.folder(WEEK) / "edition.toml", 'title = "', 'title = "Trop tard : ')
    studio.render()
    assert not studio.examine()
    sample = studio.reader("")
    assert sample is not None
    html = studio.view.frame("light", sample, NOW)
    assert html is not None
    assert "Trop tard" not in html
    shown = studio.view.state(NOW)
    assert shown["plan"] == []
    assert shown["findings"] == []
    assert not [name for name in shown["faces"] if "unsponsored" in name]
    assert studio.view.frame("light-unsponsored", sample, NOW) is None
    assert studio.view.provenance() == {}


def send(studio: Studio) -> None:
    """Freeze the letter that is shown, as `digest send` does."""
    publication, seen = studio.publication, studio.view.seen
    assert seen is not None
    refresh_list(publication.database, publication.config, "hebdo", now=NOW)
    ledger.freeze(
        publication.database,
        seen.rendered.letter,
        edition_id=WEEK,
        ledger="main",
        list_name="hebdo",
        provider="outbox",
        stories=[],
        now=NOW,
    )


def test_test_copy_leaves_and_no_ledger_knows(running: Running) -> None:
    with acting(running) as client:
        answer = client.post("/test", json={"address": " Odile@example.org "})
        assert answer.status_code == 200
        assert answer.json()["to"] == "O…@example.org"
        assert answer.json()["provider"] == "outbox"
    (copy,) = (running.folder / "outbox" / "new").iterdir()
    content = copy.read_text(encoding="ascii")
    assert "To: <odile@example.org>" in content
    message = email.message_from_string(content, policy=policy.default)
    assert message["Subject"].startswith("[Test] ")
    database = running.studio.publication.database
    assert ledger.balance(database, WEEK, "main").audience == 0


def test_test_copy_to_no_address_is_refused_in_words(running: Running) -> None:
    with acting(running) as client:
        answer = client.post("/test", json={"address": "nobody"})
        assert answer.status_code == 400
        assert answer.json()["message"].startswith("“")
        assert answer.json()["hint"]


def test_without_a_letter_there_is_nothing_to_send(lettre: Path) -> None:
    shutil.rmtree(lettre / "templates" / "weekly")
    studio = open_studio(lettre)
    with pytest.raises(ContentError):
        studio.send_test("a@example.org")
    assert not studio.examine()
    assert studio.view.state(NOW)["status"]["state"] == "blocked"


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"address": 1}', "application/json", 400),
        (b'{"other": "a"}', "application/json; charset=utf-8", 400),
        (b"[" * 4000, "application/json", 400),
        (b'{"address": "a@example.org"}', "text/plain", 415),
        (b"address=a@example.org", "application/x-www-form-urlencoded", 415),
        (b'{"address": "' + b"a" * 5000 + b'"}', "application/json", 413),
    ],
)
def test_odd_requests_are_refused(
    untouched: Running, content: bytes, kind: str, status: int
) -> None:
    with acting(untouched) as client:
        answer = client.post("/test", content=content, headers={"Content-Type": kind})
        assert answer.status_code == status


# ---- Failing --------------------------------------------------------------------------------


def test_fault_of_the_program_does_not_end_the_sitting(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object, **_options: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("digest.web.studio.session.look", broken)
    studio.render()
    failure = studio.view.failure
    assert failure is not None
    assert failure.message == "ZeroDivisionError: oops"
    assert studio.view.seen is not None
    monkeypatch.undo()
    studio.render()
    monkeypatch.setattr("digest.web.studio.session.examined", broken)
    assert studio.examine()
    assert studio.view.failure is not None


def test_busy_store_is_asked_again(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_arguments: object) -> None:
        raise StoreError("the store is locked")

    monkeypatch.setattr("digest.web.studio.session.record_of", busy)
    assert not studio.has_moved()
    version = studio.view.version
    studio.render()
    assert studio.view.version > version
    assert studio.view.failure is None


def test_failure_names_file_and_line_where_they_are_known() -> None:
    root = Path("/lettre")
    found = failure_of(TemplateError("templates/weekly/letter.mjml.j2:12: no", "Mend."), root)
    assert (found.file, found.line) == ("templates/weekly/letter.mjml.j2", 12)
    inside = failure_of(ContentError("/lettre/editions/x/edition.toml:7: title: no"), root)
    assert (inside.file, inside.line) == ("editions/x/edition.toml", 7)
    nowhere = failure_of(StoreError("the store is locked at 10:30", "Wait."), root)
    assert (nowhere.file, nowhere.line, nowhere.hint) == ("", 0, "Wait.")
    assert failure_of(UsageError("x"), root).message == "x"
