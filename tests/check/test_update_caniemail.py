"""The data on mail programs is brought up to date by one command, the same from the same source."""

from __future__ import annotations

import json
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from tools.update_caniemail import TARGET, as_text, changes, main, published, reduced

SOURCE: dict[str, Any] = {
    "last_update_date": "2026-05-13 14:45:41 +0000",
    "nicenames": {"family": {"b": "Bee", "a": "Ay"}, "platform": {"ios": "iOS"}},
    "data": [
        {
            "slug": "html-z",
            "title": "<z>",
            "stats": {"b": {"ios": {"2": "n", "10": "y"}}},
            "notes_by_num": None,
        },
        {
            "slug": "css-x",
            "title": "x",
            "stats": {
                "a": {"ios": {"2026-01": "a #2 #9", "2024-03": "y"}},
                "b": {"ios": {"2019": "n", "16.80": "y #1"}},
            },
            "notes_by_num": {"1": "Of no use.", "2": "Partial.  On\ntables."},
        },
    ],
}


def test_newest_version_of_each_platform_is_kept_with_its_notes() -> None:
    data = reduced(SOURCE)
    assert data["date"] == "2026-05-13"
    assert data["platforms"] == ["a.ios", "b.ios"]
    assert list(data["features"]) == ["css-x", "html-z"]
    assert data["features"]["css-x"] == {
        "title": "x",
        "support": "ay",
        "noted": {"a.ios": ["2"]},
        "notes": {"2": "Partial. On tables."},
    }
    assert data["features"]["html-z"] == {"title": "<z>", "support": "uy"}


def test_same_source_gives_the_same_file_one_feature_a_line() -> None:
    text = as_text(reduced(SOURCE))
    assert text == as_text(reduced(json.loads(json.dumps(SOURCE))))
    assert json.loads(text) == reduced(SOURCE)
    assert len([line for line in text.splitlines() if line.startswith('"css-x"')]) == 1


def test_file_in_the_tree_is_as_the_command_writes_it() -> None:
    text = TARGET.read_text(encoding="utf-8")
    assert as_text(json.loads(text)) == text


def test_changes_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = tmp_path / "data.json", tmp_path / "target.json"
    source.write_text(json.dumps(SOURCE), encoding="utf-8")
    assert main([str(source)], target) == 0
    assert "data of none → 2026-05-13, 2 features" in capsys.readouterr().out
    newer = json.loads(json.dumps(SOURCE))
    newer["data"][1]["stats"]["b"]["ios"] = {"17": "n"}
    newer["data"][0]["slug"] = "html-y"
    assert list(changes(reduced(SOURCE), reduced(newer))) == [
        "data of 2026-05-13 → 2026-05-13, 2 features",
        "~ css-x: b.ios y→n",
        "+ html-y",
        "- html-z",
    ]


def test_source_must_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "update_caniemail.py FROM" in capsys.readouterr().err


def test_data_can_come_from_an_address(tmp_path: Path) -> None:
    (tmp_path / "data.json").write_text('{"é": 1}', encoding="utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_QuietHandler, directory=str(tmp_path)))
    with server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            text = published(f"http://127.0.0.1:{server.server_address[1]}/data.json")
        finally:
            server.shutdown()
            thread.join()
    assert json.loads(text) == {"é": 1}


class _QuietHandler(SimpleHTTPRequestHandler):
    """Serves a folder and says nothing."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        pass
