"""Whatever fails, the studio answers in words and goes on."""

from __future__ import annotations

import logging
import sqlite3
import threading
from pathlib import Path

import pytest
from tests.letters import make_config
from tests.web.studio_world import DEADLINE, WEEK, Running, acting, edit, state

from digest.edition import lifecycle
from digest.errors import EditionFileError, StoreError, TemplateError
from digest.web.studio import session
from digest.web.studio.looking import failure_of
from digest.web.studio.session import Studio
from digest.web.studio.viewing import View


def test_fault_of_the_program_is_an_answer_and_a_line_of_the_log(
    running: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_arguments: object, **_options: object) -> None:
        raise ZeroDivisionError("oops \ud800")

    with acting(running) as client:
        with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
            patch.setattr(View, "message", broken)
            patch.setattr(View, "frame", broken)
            answer = client.get("/message.json")
            assert answer.status_code == 500
            assert answer.json()["message"].startswith("ZeroDivisionError: oops")
            assert "report" in answer.json()["hint"]
            frame = client.get("/frames/light.html")
            assert frame.status_code == 500
            assert frame.headers["content-type"].startswith("text/html")
            assert "ZeroDivisionError" in frame.text
        assert [record.exc_info for record in caplog.records] == [None, None]
        assert client.get("/").status_code == 200


def test_address_that_is_no_text_is_refused_in_words(running: Running) -> None:
    with acting(running) as client:
        for content in (
            b'{"address": "\\ud800@example.org"}',
            b'{"address": "a\\u0000@a.example"}',
        ):
            answer = client.post(
                "/test", content=content, headers={"Content-Type": "application/json"}
            )
            assert answer.status_code == 400
            assert answer.json()["message"]
        assert client.get("/nothing.json").json() == {"message": "Not Found", "hint": ""}


def test_template_that_includes_itself_is_told(studio: Studio) -> None:
    seen = studio.view.seen
    assert seen is not None
    file = studio.publication.config.path("templates") / "weekly" / "letter.mjml.j2"
    file.write_text('{% include "letter.mjml.j2" %}')
    studio.render()
    assert studio.view.failure is not None
    assert studio.view.seen is seen


def test_place_of_a_failure_is_where_something_was_asked_for() -> None:
    config = make_config(root=Path("/lettre"))
    asked = failure_of(
        TemplateError(
            "templates/weekly/gone.j2: there is no such file "
            "(asked for in templates/weekly/letter.mjml.j2:3)"
        ),
        config,
    )
    assert (asked.file, asked.line) == ("templates/weekly/letter.mjml.j2", 3)
    edition = failure_of(EditionFileError("/lettre/editions/a b/edition.toml:7: title: no"), config)
    assert (edition.file, edition.line) == ("editions/a b/edition.toml", 7)
    amid = failure_of(StoreError("a picture (sponsors/a.toml:9) is missing"), config)
    assert (amid.file, amid.line) == ("sponsors/a.toml", 9)
    endless = failure_of(RecursionError("maximum recursion depth exceeded"), config)
    assert "without end" in endless.message
    assert "includes itself" in endless.hint


def test_store_that_another_program_holds_is_told_and_saves_are_rendered_meanwhile(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = running.studio.publication.database
    assert database.busy_seconds == session.PATIENCE
    database.busy_seconds = 0
    waiting, go_on = threading.Event(), threading.Event()
    approve = lifecycle.approve

    def slowly(*arguments: object, **options: object) -> str:
        waiting.set()
        assert go_on.wait(DEADLINE)
        return approve(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(lifecycle, "approve", slowly)
    assert database.path is not None
    holder = sqlite3.connect(database.path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    answers = []
    with acting(running) as client:
        shown = state(client)["status"]["full_hash"]

        def post() -> None:
            answers.append(client.post("/approve", json={"hash": shown}))

        thread = threading.Thread(target=post)
        thread.start()
        assert waiting.wait(DEADLINE)
        edit(running.edition_file, 'title = "', 'title = "Pendant : ')
        running.studio.render()
        view = running.studio.view
        go_on.set()
        thread.join(DEADLINE)
        assert view.seen is not None
        assert "Pendant" in view.seen.letter.subject
        (answer,) = answers
        assert answer.status_code == 503
        assert "wait" in answer.json()["hint"].lower()
        holder.execute("ROLLBACK")
        holder.close()
        assert "Pendant" in str(state(client)["inbox"])


def test_rendering_that_does_not_end_keeps_nobody_waiting(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "PATIENCE", 0.01)
    busy, go_on = threading.Event(), threading.Event()

    def endless(*_arguments: object) -> None:
        busy.set()
        assert go_on.wait(DEADLINE)
        raise TemplateError("at last")

    monkeypatch.setattr(session, "look", endless)
    thread = threading.Thread(target=studio.render)
    thread.start()
    assert busy.wait(DEADLINE)
    with pytest.raises(StoreError, match="still being rendered"):
        studio.approve("any")
    go_on.set()
    thread.join(DEADLINE)


def test_page_is_shown_while_the_store_does_not_answer(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = studio.view.seen
    assert seen is not None
    studio.approve(seen.hash)

    def gone(*_arguments: object) -> None:
        raise StoreError("the store is gone")

    monkeypatch.setattr("digest.web.studio.viewing.record_of", gone)
    monkeypatch.setattr("digest.web.studio.viewing.read_articles", gone)
    shown = studio.view.state(studio.clock())
    assert shown["status"]["state"] == "approved"
    assert shown["edition"]["id"] == WEEK
