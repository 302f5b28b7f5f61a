"""The exported studio is a folder that anybody can open: whole, relative, and without a secret."""

from __future__ import annotations

import dataclasses
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import html as lxml_html
from tests.web.studio_world import NOW, WEEK, open_studio

from digest.errors import StoreError
from digest.subscribers import membership
from digest.web.studio.exporting import as_received, write_studio
from digest.web.studio.page import words
from digest.web.studio.pictures import ServedPictures
from digest.web.studio.readers import values_of
from digest.web.studio.replacing import replace_files
from digest.web.studio.session import Studio


@pytest.fixture
def folder(studio: Studio, tmp_path: Path) -> Path:
    """The studio of the sample edition as a folder."""
    membership.add(studio.publication.database, "hebdo", "odette@readers.example", now=NOW)
    seen = studio.view.seen
    assert seen is not None
    page = write_studio(studio.publication, seen, tmp_path / "out", NOW)
    assert page == tmp_path / "out" / "index.html"
    return page.parent


def tree(file: Path) -> lxml_html.HtmlElement:
    return lxml_html.document_fromstring(file.read_bytes())


def test_folder_holds_everything_the_page_needs(folder: Path) -> None:
    page = tree(folder / "index.html")
    assert page.get("data-static") is not None
    for address in page.xpath("//script/@src") + page.xpath("//link[not(@rel='icon')]/@href"):
        assert (folder / address).is_file()
    state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    assert state["static"] is True
    assert state["can"] == {
        "test": False,
        "approve": False,
        "reopen": False,
        "why_not": "static",
    }
    assert [reader["id"] for reader in state["readers"]] == ["sample"]
    (inside,) = page.xpath("//script[@id='state']/text()")
    assert json.loads(inside) == state
    for name in state["faces"]:
        frame = tree(folder / "frames" / f"{name}.html")
        for src in frame.xpath("//img/@src"):
            assert src.startswith("data:") or (folder / "frames" / src).is_file()
    for name in ("text", "text-unsponsored", "message", "files", "provenance"):
        assert json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def test_articles_are_not_published_whole(folder: Path, studio: Studio) -> None:
    shown = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    whole = studio.view.provenance()
    assert shown["story-1"]["spans"] == whole["story-1"]["spans"]
    for key, entry in shown.items():
        words = [piece["text"] for part in entry["paragraphs"] for piece in part["pieces"]]
        for part in whole[key]["paragraphs"]:
            taken = any(piece["span"] for piece in part["pieces"])
            assert (part["pieces"][0]["text"] in words) is taken
        assert words.count("[…]") >= 1


def test_says_when_it_was_exported(folder: Path) -> None:
    state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    for language in ("fr", "en"):
        assert re.fullmatch(r"\d+(?:er)? \w+ \d{4}, \d\d:\d\d", state["exported_at"][language])
    assert "by" not in state["status"]


def test_what_the_page_would_fetch_stands_in_it(folder: Path) -> None:
    """A page that is opened from disk may fetch nothing."""
    text = (folder / "index.html").read_text(encoding="utf-8")
    embedded = [
        json.loads(content)
        for content in tree(folder / "index.html").xpath(
            "//script[@type='application/json']/text()"
        )
    ]
    for name in ("text", "text-unsponsored", "message", "files", "provenance"):
        companion = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        assert companion in embedded
    assert "</script><" not in text.replace("</script>\n", "")


def test_nothing_in_it_is_absolute_or_from_elsewhere(folder: Path) -> None:
    for file in [folder / "index.html", *folder.glob("frames/*.html")]:
        page = tree(file)
        loaded = page.xpath("//@src") + page.xpath("//link/@href") + page.xpath("//@background")
        assert not [a for a in loaded if re.match(r"[a-z]+:(?!,|image/)|/", a)]
        styles = "".join(page.xpath("//style/text()") + page.xpath("//@style"))
        assert not re.search(r"url\(\s*['\"]?(?:https?:|/)", styles)


def test_nobodys_address_and_no_way_out_stand_in_it(folder: Path, studio: Studio) -> None:
    tokens = [s.token for s in membership.listing(studio.publication.database, "hebdo")]
    assert tokens
    for file in folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert b"odette" not in content
            assert not [token for token in tokens if token.encode() in content]


def test_what_sponsors_pay_and_the_settings_stay_in_the_house(folder: Path) -> None:
    files = json.loads((folder / "files.json").read_text(encoding="utf-8"))["files"]
    assert {file["kind"] for file in files} == {"edition", "template", "letter"}
    for file in folder.rglob("*"):
        if file.is_file():
            assert b"price = " not in file.read_bytes()


def test_letter_that_left_is_exported_as_it_was(lettre: Path, tmp_path: Path) -> None:
    from tests.web.studio_world import edit, send

    studio = open_studio(lettre)
    send(studio)
    edit(lettre / "editions" / WEEK / "edition.toml", 'title = "', 'title = "Trop tard : ')
    studio.render()
    seen = studio.view.seen
    assert seen is not None
    folder = write_studio(studio.publication, seen, tmp_path / "out", NOW).parent
    state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    assert state["status"]["state"] == "dispatched"
    assert "Trop tard" not in (folder / "frames" / "light.html").read_text(encoding="utf-8")
    assert not list(folder.glob("frames/*unsponsored*"))


def test_folder_that_cannot_be_written_is_named(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    seen = studio.view.seen
    assert seen is not None
    with pytest.raises(StoreError, match="out"):
        write_studio(studio.publication, seen, tmp_path / "out", NOW)


def test_letters_own_file_holds_its_pictures(studio: Studio) -> None:
    seen = studio.view.seen
    sample = studio.reader("")
    assert seen is not None
    assert sample is not None
    values = values_of(sample, studio.publication.config, seen.letter, NOW)
    html, text = as_received(seen.letter, values, seen.pictures)
    assert "cid:" not in html
    assert "data:image/jpeg;base64," in html
    assert "%%{" not in html + text
    nothing = ServedPictures({}, {})
    assert as_received(seen.letter, values, nothing)[1] == text


def test_page_says_the_same_in_both_languages() -> None:
    assert set(words()["fr"]) == set(words()["en"])
    assert not [key for key, text in words()["fr"].items() if not text.strip()]


def export(studio: Studio, folder: Path) -> Path:
    seen = studio.view.seen
    assert seen is not None
    return write_studio(studio.publication, seen, folder, NOW)


def test_only_the_templates_of_this_letter_are_published(studio: Studio, tmp_path: Path) -> None:
    templates = studio.publication.config.path("templates")
    for name in ("secret/notes.toml", ".env.txt", "weekly/.hidden.j2", "weekly/notes.txt"):
        (templates / name).parent.mkdir(exist_ok=True)
        (templates / name).write_text("a secret")
    (templates / "shared").mkdir()
    (templates / "shared" / "asked.j2").write_text("a word")
    (templates / "shared" / "other.j2").write_text("a secret")
    letter = templates / "weekly" / "letter.txt.j2"
    letter.write_text(
        '{% include "shared/asked.j2" %}{% include "shared/gone.j2" ignore missing %}'
        "{% if false %}{% include edition.id %}{% endif %}" + letter.read_text()
    )
    studio.render()
    folder = export(studio, tmp_path / "out").parent
    files = json.loads((folder / "files.json").read_text(encoding="utf-8"))["files"]
    paths = {file["path"] for file in files if file["kind"] == "template"}
    assert "templates/shared/asked.j2" in paths
    assert "templates/weekly/template.toml" in paths
    assert "templates/base/layout.mjml.j2" in paths
    assert {path.split("/")[1] for path in paths} == {"base", "weekly", "shared"}
    assert "a secret" not in (folder / "files.json").read_text(encoding="utf-8")


def test_earlier_export_is_replaced_whole(folder: Path, studio: Studio) -> None:
    (folder / "frames" / "light.html").write_text("an earlier letter")
    first = {path.relative_to(folder) for path in folder.rglob("*")}
    export(studio, folder)
    assert {path.relative_to(folder) for path in folder.rglob("*")} == first
    assert "earlier letter" not in (folder / "frames" / "light.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["notes.txt", "frames/mine.html", "export.json"])
def test_somebody_elses_files_are_never_touched(studio: Studio, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "out"
    if "/" in name:
        export(studio, folder)
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text('{"files": ["../precious", "/etc", ""]}')
    before = sorted(folder.rglob("*"))
    with pytest.raises(StoreError, match=f"holds {re.escape(name)}"):
        export(studio, folder)
    assert sorted(folder.rglob("*")) == before
    assert file.read_text().startswith("{")


def test_links_are_not_followed(folder: Path, studio: Studio, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious")
    (folder / "index.html").unlink()
    (folder / "index.html").symlink_to(precious)
    export(studio, folder)
    assert precious.read_text() == "precious"
    assert not (folder / "index.html").is_symlink()
    elsewhere = tmp_path / "elsewhere"
    (folder / "frames").rename(elsewhere)
    (folder / "frames").symlink_to(elsewhere)
    with pytest.raises(StoreError, match="holds frames"):
        export(studio, folder)
    (folder / "frames").unlink()
    (folder / "export.json").unlink()
    (folder / "export.json").symlink_to(precious)
    with pytest.raises(StoreError, match="no earlier export"):
        export(studio, folder)


def test_digests_own_folder_may_hold_anything(folder: Path, studio: Studio) -> None:
    (folder / "export.json").unlink()
    (folder / "notes.txt").write_text("kept")
    seen = studio.view.seen
    assert seen is not None
    write_studio(studio.publication, seen, folder, NOW, is_own=True)
    assert (folder / "notes.txt").read_text() == "kept"
    assert (folder / "export.json").is_file()


def test_exports_into_one_folder_wait_for_each_other(tmp_path: Path) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def slowly() -> Iterator[tuple[str, bytes]]:
        yield "a.txt", b"first"
        inside.set()
        assert go_on.wait(60)
        yield "b.txt", b"first"

    folder = tmp_path / "out"
    first = threading.Thread(target=replace_files, args=(folder, slowly()))
    first.start()
    assert inside.wait(60)
    assert not (folder / "a.txt").exists()
    second = threading.Thread(target=replace_files, args=(folder, [("a.txt", b"second")]))
    second.start()
    go_on.set()
    first.join(60)
    second.join(60)
    assert sorted(path.name for path in folder.iterdir()) == ["a.txt", "export.json"]
    assert (folder / "a.txt").read_bytes() == b"second"


def test_linked_pictures_stand_in_the_letters_own_file(lettre: Path) -> None:
    from tests.web.studio_world import edit

    edit(
        lettre / "config.toml",
        "[edition]\n",
        '[edition]\nimages = "link"\nimage_base_url = "https://images.example.org"\n',
    )
    studio = open_studio(lettre)
    seen, sample = studio.view.seen, studio.reader("")
    assert seen is not None
    assert sample is not None
    pixel = '<img src="https://pixel.example/?a=1&amp;b=2" alt="">'
    loading = dataclasses.replace(
        seen.letter, html=seen.letter.html.replace("</body>", f"{pixel}</body>")
    )
    values = values_of(sample, studio.publication.config, seen.letter, NOW)
    html, _ = as_received(loading, values, seen.pictures)
    assert "images.example.org" in seen.letter.html
    assert "images.example.org" not in html
    page: Any = lxml_html.document_fromstring(html.encode())
    sources = page.xpath("//img/@src")
    assert sources
    assert all(source.startswith("data:") for source in sources)
    assert "pixel.example" not in html
    (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy.startswith("default-src 'none'; img-src data:")
