"""A save reaches the page by itself; what fails leaves the last good letter."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from tests.letters import make_config
from tests.web.studio_world import (
    NOW,
    WEEK,
    Running,
    edit,
    heard_until,
    open_studio,
    serving,
    state,
)
from watchfiles import awatch

from digest.edition import lifecycle
from digest.errors import (
    ContentError,
    StoreError,
    TemplateError,
    UsageError,
)
from digest.web.studio import live, watching
from digest.web.studio.looking import failure_of
from digest.web.studio.session import Studio
from digest.web.studio.watching import Watched


def test_saved_template_is_seen_at_once(running: Running) -> None:
    file = running.folder / "templates" / "weekly" / "letter.txt.j2"
    with running.client() as client:

        def seen() -> bool:
            return "Bonjour du gabarit" in client.get("/text.json").text

        heard_until(
            running,
            lambda: file.write_text(
                "Bonjour du gabarit\n" + file.read_text(encoding="utf-8"), encoding="utf-8"
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
            rules = [f["rule"] for f in shown["findings"]]
            return "headline-empty" in rules

        heard_until(running, lambda: edit(running.edition_file, 'title = "', 'title = ""#'), found)
        shown = state(client)
        assert shown["can"]["why_not"] == "errors"
        assert not shown["can"]["approve"]
        (one,) = [f for f in shown["findings"] if f["rule"] == "headline-empty"]
        assert one["target"] == "story-1"
        assert one["message"] == {"fr": "pas de titre", "en": "has no headline"}
        assert one["place"]["fr"].startswith("Récit 1")
        assert one["about"]["fr"] == "Chaque récit a un titre."
        assert one["file"] == f"editions/{WEEK}/edition.toml"
        files = {f["path"]: f for f in client.get("/files.json").json()["files"]}
        assert files[one["file"]]["lines"][one["line"] - 1].startswith("title = ")
        assert one["number"] in shown["plan"][0]["findings"] or any(
            one["number"] in row["findings"] for row in shown["plan"]
        )


def test_broken_template_keeps_the_last_letter_and_names_the_line(running: Running) -> None:
    file = running.folder / "templates" / "weekly" / "letter.mjml.j2"
    sound = file.read_text(encoding="utf-8")
    with running.client() as client:
        before = client.get("/frames/light.html").text

        def failed() -> bool:
            return state(client)["failure"] is not None

        def approvable() -> bool:
            return bool(state(client)["can"]["approve"])

        heard_until(running, lambda: file.write_text(f"{sound}\n{{% oops %}}\n"), failed)
        shown = state(client)
        failure = shown["failure"]
        assert failure["file"] == "templates/weekly/letter.mjml.j2"
        assert failure["line"] == sound.count("\n") + 2
        assert failure["message"]
        assert shown["can"]["why_not"] == "failure"
        assert client.get("/frames/light.html").text == before
        heard_until(running, lambda: file.write_text(sound), approvable)
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
            lambda: shutil.move(lettre / "away", lettre / "templates"),
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
        assert failure["file"] == "config.toml"
        assert "provider" in failure["hint"]
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
    real = awatch

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
    failed: list[tuple[Path, ...]] = []

    def unlucky(*paths: Path, force_polling: bool | None, **options: Any) -> Any:
        if len(failed) < 4:
            failed.append(paths)
            raise FileNotFoundError(2, "No such file or directory")
        return awatch(*paths, force_polling=force_polling, **options)

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
        assert status["state"] == "approved"
        assert status["at"] == "2026-11-16 07:30"
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
            lambda: other.write_text(f"Déménagé\n{text}", encoding="utf-8"),
            lambda: "Déménagé" in client.get("/text.json").text,
        )


def test_broken_sponsors_file_leaves_the_page_standing(running: Running) -> None:
    (running.folder / "sponsors" / "casse.toml").write_text("name = \n")
    running.studio.render()
    with running.client() as client:
        shown = state(client)
        assert shown["failure"]["file"] == "sponsors/casse.toml"
        assert shown["plan"]
        assert client.get("/frames/light.html").status_code == 200


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
    config = make_config(root=Path("/lettre"))
    found = failure_of(TemplateError("templates/weekly/letter.mjml.j2:12: no", "Mend."), config)
    assert (found.file, found.line) == ("templates/weekly/letter.mjml.j2", 12)
    assert found.message == "no"
    inside = failure_of(ContentError("/lettre/editions/x/edition.toml:7: title: no"), config)
    assert (inside.file, inside.line) == ("editions/x/edition.toml", 7)
    nowhere = failure_of(StoreError("the store is locked at 10:30", "Wait."), config)
    assert (nowhere.file, nowhere.line, nowhere.hint) == ("", 0, "Wait.")
    assert failure_of(UsageError("x"), config).message == "x"


def test_page_hears_that_a_letter_is_being_replaced(running: Running) -> None:
    with running.client() as client, client.stream("GET", "/events") as answer:
        lines = answer.iter_lines()
        assert next(lines) == "event: state"
        edit(running.edition_file, 'title = "', 'title = "Neuf : ')
        told = list(islice((line for line in lines if line.startswith("event: ")), 2))
        assert told == ["event: busy", "event: state"]


def test_approval_does_not_stand_while_the_letter_fails(running: Running) -> None:
    studio = running.studio
    seen = studio.view.seen
    assert seen is not None
    studio.approve(seen.hash)
    file = running.folder / "templates" / "weekly" / "letter.mjml.j2"
    file.write_text(file.read_text(encoding="utf-8") + "{% oops %}\n", encoding="utf-8")
    studio.render()
    shown = studio.view.state(NOW)
    assert shown["status"]["state"] == "blocked"
    assert shown["can"]["why_not"] == "failure"
    assert not shown["can"]["reopen"]
