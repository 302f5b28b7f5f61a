"""Summaries from the shell: one text, or thousands of articles in a pipe, in any folder."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Digest, Ran

from digest.cli import run

LEAD = (
    "La Ligue des îles a signé jeudi à Port-Ansel un traité sans précédent. "
    "Ses douze ports auront une seule capitainerie et un seul registre."
)
BODY = [
    "Réunis à Port-Ansel, les ministres ont signé le traité des ports de la Ligue.",
    "Il entre en vigueur lundi. Les armateurs y gagnent trois jours d’escale.",
]
TITLE = "Douze ports de la Ligue, une capitainerie"
ARTICLE: dict[str, Any] = {"title": TITLE, "chapo": LEAD, "body": BODY}
MARKDOWN = f"---\ntitle: {TITLE}\nchapo: {LEAD}\n---\n{BODY[0]}\n\n{BODY[1]}\n"

Summarise = Callable[..., Ran]


@pytest.fixture
def summarise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Summarise:
    """Run the command in an empty folder, with bytes on standard input."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DIGEST_CONFIG", raising=False)

    def command(*arguments: object, given: bytes = b"") -> Ran:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given), encoding="utf-8"))
        capfd.readouterr()
        code = run(["summarise", *map(str, arguments)])
        printed = capfd.readouterr()
        return Ran(code, printed.out, printed.err)

    return command


def lines(*articles: object) -> bytes:
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in articles).encode()


def results(ran: Ran) -> list[dict[str, Any]]:
    assert ran.code == 0, ran.err
    return [json.loads(line) for line in ran.out.splitlines()]


# ---- One text -------------------------------------------------------------------------------


def test_text_is_summarised_in_any_folder(summarise: Summarise, tmp_path: Path) -> None:
    file = tmp_path / "2026-11-12-ports.md"
    file.write_text(MARKDOWN, encoding="utf-8")
    ran = summarise(file)
    assert (ran.code, ran.out) == (0, f"{LEAD}\n")
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("name", ["texte.txt", "texte", "texte.text"])
def test_text_as_published_is_read_by_its_blank_lines(
    summarise: Summarise, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text(f"International\n{TITLE}\n\n{LEAD}\n\n{BODY[0]}\n", "utf-8")
    assert summarise(name).out == f"{LEAD}\n"


def test_saved_page_is_read(summarise: Summarise, tmp_path: Path) -> None:
    paragraphs = "".join(f"<p>{part} {part}</p>" for part in BODY * 3)
    (tmp_path / "page.html").write_text(
        f'<html lang="fr"><head><title>{TITLE}</title><meta property="og:title" '
        f'content="{TITLE}"><meta property="og:description" content="{LEAD}"></head>'
        f"<body><article><h1>{TITLE}</h1>{paragraphs}</article></body></html>",
        encoding="utf-8",
    )
    (told,) = results(summarise("page.html", "--json"))
    assert told["summary"] == LEAD
    assert told["title"] == TITLE


def test_standard_input_holds_a_text_or_json_lines(summarise: Summarise) -> None:
    text = f"\n{TITLE}\n\n{LEAD}\n\n{BODY[0]}\n".encode()
    assert summarise("-", given=text).out == f"{LEAD}\n"
    assert summarise("-", given=b"\xef\xbb\xbf\n" + lines(ARTICLE)).out == f"{LEAD}\n"


def test_without_the_lead_sentences_are_taken_from_the_body(
    summarise: Summarise, tmp_path: Path
) -> None:
    (tmp_path / "ports.md").write_text(MARKDOWN, encoding="utf-8")
    (told,) = results(summarise("ports.md", "--no-chapo", "--json"))
    assert told["origin"] == "extract"
    assert told["summary"].startswith(BODY[0])
    (whole,) = results(summarise("ports.md", "--json"))
    assert (whole["origin"], whole["summary"]) == ("chapo", LEAD)


def test_limit_is_the_options_or_the_publications(
    summarise: Summarise, tmp_path: Path, lettre: Path
) -> None:
    given = lines(ARTICLE)
    first = LEAD.split(". ")[0] + "."
    assert summarise("-", "--limit", "100", given=given).out == f"{first}\n"
    file = lettre / "config.toml"
    file.write_text(file.read_text("utf-8") + "\n[summary]\nlimit = 100\n", "utf-8")
    config = ["--config", lettre / "config.toml"]
    assert summarise("-", *config, given=given).out == f"{first}\n"
    assert summarise("-", *config, "--limit", "400", given=given).out == f"{LEAD}\n"
    assert summarise("-", "--config", "none.toml", given=given).code == 2


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("vide.txt", b"", "vide.txt: is empty"),
        ("seul.md", b"# Un titre\n", "but no text"),
        ("head.md", b"---\ntitle: [\n---\nx\n", "head.md:"),
        ("bin.txt", b"abc\0def\n", "zero byte"),
    ],
)
def test_text_that_is_none_is_told_with_the_reason(
    summarise: Summarise, tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    (tmp_path / name).write_bytes(content)
    ran = summarise(name)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err
    assert str(tmp_path) not in ran.err
    assert "Traceback" not in ran.err


def test_file_that_is_not_there_is_told(summarise: Summarise) -> None:
    ran = summarise("nulle-part.md")
    assert ran.code == 2
    assert "nulle-part.md: No such file or directory" in ran.err


def test_text_without_a_sentence_that_stands_alone_is_told(
    summarise: Summarise, tmp_path: Path
) -> None:
    (tmp_path / "court.txt").write_text(f"{TITLE}\n\nOù vont les bateaux ?\n\nEt puis ?\n")
    ran = summarise("court.txt")
    assert (ran.code, ran.out) == (2, "")
    assert "no sentence of it can stand alone in 400 characters" in ran.err
    (told,) = results(summarise("court.txt", "--json"))
    assert (told["summary"], told["origin"], told["spans"]) == ("", "none", [])


# ---- JSON Lines -----------------------------------------------------------------------------


def test_json_lines_come_out_in_their_order_with_their_ids(summarise: Summarise) -> None:
    given = [{**ARTICLE, "id": number, "title": f"{TITLE} {number}"} for number in range(30)]
    told = results(summarise("-", "--json", "--no-chapo", given=lines(*given)))
    assert [one["id"] for one in told] == list(range(30))
    assert [one["title"] for one in told] == [one["title"] for one in given]
    assert list(told[0]) == ["id", "title", "summary", "origin", "spans"]
    assert "id" not in results(summarise("-", "--json", given=lines(ARTICLE)))[0]


def test_spans_point_into_the_paragraphs_as_they_were_given(summarise: Summarise) -> None:
    given = {"title": TITLE, "body": ["", BODY[0], "   ", BODY[1]]}
    (told,) = results(summarise("-", "--json", given=lines(given)))
    pieces = [given["body"][s["paragraph"]][s["start"] : s["end"]] for s in told["spans"]]
    assert " ".join(pieces) == told["summary"] != ""


def test_body_may_be_one_text_with_blank_lines(summarise: Summarise) -> None:
    listed = results(summarise("-", "--json", given=lines({"title": TITLE, "body": BODY})))
    text = {"title": TITLE, "body": f"\n{BODY[0]}\n \n{BODY[1]}\n"}
    assert results(summarise("-", "--json", given=lines(text))) == listed


def test_plain_output_has_one_line_for_each_article(summarise: Summarise) -> None:
    empty = {"title": TITLE, "body": ["Où vont les bateaux ?"]}
    ran = summarise("-", given=lines(ARTICLE, empty, ARTICLE) + b"\n\n")
    assert ran.out == f"{LEAD}\n\n{LEAD}\n"


def test_control_characters_of_a_text_do_not_reach_the_terminal(summarise: Summarise) -> None:
    forged = {**ARTICLE, "chapo": f"\x1b\x07{LEAD}\u202e", "id": "\ud800a"}
    ran = summarise("-", given=json.dumps(forged).encode())
    assert ran.out == f"{LEAD}\n"
    assert results(summarise("-", "--json", given=json.dumps(forged).encode()))[0]["id"] == "a"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{oops}\n", "not JSON"),
        (b"[1, 2]\n", "found [1, 2]"),
        (b'{"title": "x"}\n', "has neither body nor chapo"),
        (b'{"body": 3}\n', "body: found 3, not a text"),
        (b'{"body": ["a", 3]}\n', "body: holds something that is not a text"),
        (b'{"title": ["a"], "body": "b"}\n', 'title: found ["a"]'),
        (b'{"title": "\xe9"}\n', "byte 0xe9 is not UTF-8"),
        (b'{"body": ' + b"[" * 100_000 + b"\n", "not JSON"),
        (b'{"id": ' + b"9" * 5000 + b', "body": "b"}\n', "not JSON"),
        (b'{"body": "' + b"a" * 2_000_000 + b'"}\n', "more than 2,000,000 bytes in one line"),
    ],
)
def test_bad_line_is_told_with_its_number_and_what_came_before_is_printed(
    summarise: Summarise, tmp_path: Path, line: bytes, words: str
) -> None:
    (tmp_path / "week.jsonl").write_bytes(lines(ARTICLE) + b"\n" + line + lines(ARTICLE))
    ran = summarise("week.jsonl")
    assert (ran.code, ran.out) == (2, f"{LEAD}\n")
    assert f"week.jsonl:3: {words}" in " ".join(ran.err.split())
    assert "Traceback" not in ran.err


def test_each_summary_is_out_before_the_next_line_is_read(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "digest", "summarise", "-", "--json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONUTF8": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(2):
            process.stdin.write(lines(ARTICLE))
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["summary"] == LEAD
        process.stdin.close()
        assert process.wait(30) == 0


def test_publication_is_not_touched(digest: Digest, lettre: Path) -> None:
    before = sorted(lettre.rglob("*"))
    ran = digest("summarise", "articles/2026-11-13-le-fleuve-a-demenage.md")
    assert ran.code == 0
    assert ran.out.startswith("Une crue a déplacé de onze kilomètres")
    assert sorted(lettre.rglob("*")) == before
