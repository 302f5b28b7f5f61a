"""What the page says of a letter is true: plan, findings, provenance, links, inbox, message."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.letters import make_config, make_edition, make_placement
from tests.web.studio_world import NOW, WEEK

from digest.check import Finding
from digest.model.content import Article, Paragraph, SummaryOrigin
from digest.model.edition import Note
from digest.model.sending import Letter, LetterPicture
from digest.model.sponsorship import Booking, BookingStatus, Slot, Sponsor
from digest.subscribers import membership
from digest.text.saying import say
from digest.web.studio.inbox import inbox_row
from digest.web.studio.links import link_table
from digest.web.studio.message import message_of
from digest.web.studio.outline import booked_slots, booking_states, outline, target_of
from digest.web.studio.pictures import served_pictures
from digest.web.studio.provenance import provenance, sentence_counts
from digest.web.studio.readers import MOST_FOUND, Readers, values_of, way_out
from digest.web.studio.session import Studio
from digest.web.studio.sources import source_files
from digest.web.studio.state import json_for_script

CONFIG = make_config()
SAMPLE = Readers().offered(CONFIG, NOW)[0]


def finding(place: str, rule: str = "summary-empty", message: str = "has no text") -> Finding:
    return Finding(rule, "error", place, message, "Write one.", "editions/x/edition.toml", 3)


def letter(**changes: object) -> Letter:
    plain = Letter(
        edition=WEEK,
        language="fr",
        subject="Bonjour %%{name|à vous}%%",
        preheader="Le préambule",
        html='<p>%%{name|Lectrice}%%</p><a href="%%{unsubscribe_url}%%">x</a>',
        text="%%{name|Lectrice}%%\n%%{unsubscribe_url}%%\n",
        mjml="<mjml></mjml>",
    )
    return dataclasses.replace(plain, **changes)  # type: ignore[arg-type]


# ---- Plan -----------------------------------------------------------------------------------


def plan(**changes: object) -> list[dict[str, object]]:
    edition = dataclasses.replace(make_edition(), note=Note("", "Un mot.", "S. K.", ""))
    arguments = {
        "placements": [make_placement("main")],
        "slots": [
            Slot("presenting", "presenting", "Avec"),
            Slot("main", "main", "Publicité"),
            Slot("secondary", "secondary", "Publicité"),
        ],
        "kind": "weekly",
        "publishers": {},
        "sentences": {"story-1": 3},
        "bookings": {},
        "booked": {},
        "targets": [],
        **changes,
    }
    return outline(edition, **arguments)  # type: ignore[arg-type]


def test_plan_follows_the_letter_from_top_to_bottom() -> None:
    keys = [row["key"] for row in plan()]
    stories = [key for key in keys if str(key).startswith("story-")]
    assert stories == [f"story-{number}" for number in range(1, len(stories) + 1)]
    assert keys.index("slot-main") == keys.index("story-4") - 1
    assert keys.index("note") < keys.index("contents") < keys.index("story-1")
    assert keys.index("briefs") < keys.index("quotation")


def test_free_slots_stand_where_their_block_would() -> None:
    rows = plan()
    assert rows[0]["key"] == "slot-presenting"
    free = [row["key"] for row in rows if row["kind"] == "free"]
    assert free == ["slot-presenting", "slot-secondary"]
    keys = [row["key"] for row in rows]
    assert keys.index("slot-secondary") == keys.index("briefs") + 1
    alone = plan(placements=[])
    keys = [row["key"] for row in alone]
    assert keys.index("slot-main") == keys.index("story-3") + 1


def test_placement_that_finds_no_place_is_not_lost_from_the_plan() -> None:
    two = [make_placement("main"), make_placement("main")]
    other = dataclasses.replace(
        two[1], slot=Slot("other", "main", "Publicité"), booking="b/2026-W46/other"
    )
    rows = plan(placements=[two[0], other], bookings={"b/2026-W46/other": "confirmed"})
    (row,) = [row for row in rows if row["key"] == "slot-other"]
    assert row["kind"] == "placement"
    assert row["booking"] == "unplaced"


def test_slot_that_is_booked_is_not_offered_as_free() -> None:
    confirmed, hold = (
        Booking("s", "c", WEEK, slot, status, "one")
        for slot, status in (
            ("presenting", BookingStatus.CONFIRMED),
            ("secondary", BookingStatus.HOLD),
        )
    )
    other = Booking("s", "c", "2026-W47", "secondary", BookingStatus.CONFIRMED, "one")
    booked = booked_slots([Sponsor("s", "Sel & Cie", bookings=(confirmed, hold, other))], WEEK)
    rows = {row["key"]: row for row in plan(booked=booked)}
    assert rows["slot-secondary"]["kind"] == "free"
    reserved = rows["slot-presenting"]
    assert (reserved["kind"], reserved["title"]) == ("placement", "Sel & Cie")
    assert (reserved["booking"], reserved["booking_id"]) == ("unplaced", confirmed.id)


def test_rows_bear_the_numbers_of_their_findings() -> None:
    rows = {row["key"]: row for row in plan(targets=["story-2", "", "slot-main", "story-2"])}
    assert rows["story-2"]["findings"] == [1, 4]
    assert rows["slot-main"]["findings"] == [3]
    assert rows["story-1"]["findings"] == []
    assert rows["story-1"]["sentences"] == 3


@pytest.mark.parametrize(
    ("place", "target"),
    [
        ("story 3 “Un titre”", "story-3"),
        ("slot “main”, Lampisterie", "slot-main"),
        ("brief 2 “Chili”", "briefs"),
        ("briefs", "briefs"),
        ("masthead", "masthead"),
        ("contents", "contents"),
        ("footer", "footer"),
        ("quotation", "quotation"),
        ("note", "note"),
        ("subject", "inbox"),
        ("preheader", "inbox"),
        ("sender", "inbox"),
        ("HTML, “Lire”", ""),
    ],
)
def test_finding_leads_to_its_part(place: str, target: str) -> None:
    assert target_of(finding(place)) == target


def test_booking_is_shown_as_it_stands() -> None:
    placement = make_placement("main")
    booking = Booking("s", "c", WEEK, "main", BookingStatus.MAKE_GOOD, "one")
    sponsor = Sponsor("s", "S", bookings=(booking,))
    booked = dataclasses.replace(placement, booking=booking.id)
    house = dataclasses.replace(placement, booking="house:maison/a")
    gone = dataclasses.replace(placement, booking="s/2026-W46/none")
    assert booking_states([sponsor], [booked, house, gone]) == {
        booking.id: "make-good",
        "house:maison/a": "house",
        "s/2026-W46/none": "",
    }


# ---- Provenance -----------------------------------------------------------------------------

LEAD = "Les écluses de la rive ont rouvert lundi matin après onze jours d’un arrêt complet."


def article(**changes: Any) -> Article:
    plain = Article(
        "s",
        "https://example.org/1",
        "Les écluses rouvrent",
        published=datetime(2026, 11, 9, 10, 20, tzinfo=UTC),
        chapo=f"{LEAD} Le trafic reprend.",
        body=(Paragraph("Un paragraphe."), Paragraph("Une citation.", "quote")),
    )
    return dataclasses.replace(plain, **changes)


def traced(origin: SummaryOrigin, summary: str, found: Article | None) -> dict[str, Any]:
    edition = make_edition()
    story = dataclasses.replace(
        edition.stories[0],
        url="https://example.org/1",
        source="s",
        summary=summary,
        summary_origin=origin,
    )
    edition = dataclasses.replace(edition, stories=(story,))
    return provenance(edition, {found.url: found} if found else {}, CONFIG)["story-1"]


def test_summarys_sentences_are_found_in_the_articles_text() -> None:
    shown = traced(SummaryOrigin.CHAPO, f"{LEAD} Le trafic reprend.", article())
    assert shown["note"] == ""
    assert [span["n"] for span in shown["spans"]] == [1, 2]
    assert shown["spans"][0] == {
        "n": 1,
        "start": 0,
        "end": len(LEAD),
    }
    chapo, *body = shown["paragraphs"]
    assert chapo["pieces"] == [
        {"text": LEAD, "span": 1},
        {"text": " ", "span": 0},
        {"text": "Le trafic reprend.", "span": 2},
    ]
    assert [part["role"] for part in body] == ["text", "quote"]
    assert shown["published"] == {
        "fr": "lundi 9 novembre 2026, 11:20",
        "en": "Monday 9 November 2026, 11:20",
    }


def test_extract_is_marked_in_its_paragraphs() -> None:
    text = (
        "La commission a publié ses chiffres définitifs samedi soir devant une salle pleine. "
        "Elle attend maintenant les recours des deux candidats du second tour."
    )
    found = article(chapo="", body=(Paragraph(text), Paragraph("Suite.")))
    from digest.summary import summarise

    summary = summarise(found, CONFIG.summary.limit)
    shown = traced(summary.origin, summary.text, found)
    assert shown["note"] == ""
    marked = [p["span"] for p in shown["paragraphs"][0]["pieces"]]
    assert 1 in marked


def test_description_is_shown_where_it_was_used() -> None:
    found = article(chapo="", description=LEAD)
    shown = traced(SummaryOrigin.DESCRIPTION, LEAD, found)
    assert shown["paragraphs"][0]["role"] == "description"


def test_editors_words_say_so_and_have_no_span() -> None:
    shown = traced(SummaryOrigin.EDITOR, "Écrit ici.", article())
    assert shown["note"] == "editor"
    assert shown["spans"] == []
    assert shown["paragraphs"]


def test_article_that_is_gone_or_changed_says_so() -> None:
    assert traced(SummaryOrigin.CHAPO, LEAD, None)["note"] == "gone"
    assert traced(SummaryOrigin.CHAPO, LEAD, None)["paragraphs"] == []
    assert traced(SummaryOrigin.CHAPO, "D’autres mots.", article())["note"] == "changed"
    assert sentence_counts({"story-1": {"spans": [1, 2]}}) == {"story-1": 2}


def test_article_without_a_date_has_none() -> None:
    assert traced(SummaryOrigin.CHAPO, LEAD, article(published=None))["published"] == {}


# ---- Links ----------------------------------------------------------------------------------


def test_links_know_their_part_their_sponsor_and_their_measure() -> None:
    html = (
        '<a href="https://l.example/online?utm_source=n">En ligne</a><p id="story-1">x</p>'
        '<a href="#story-1">haut</a><a href="https://a.example/b/">Lire <b>la</b>\n suite</a>'
        '<p id="slot-main">x</p><a href="https://s.example/?utm_source=n&amp;utm_content=main">A</a>'
        '<p id="slot-secondary">x</p><a href="https://s.example/c?utm_source=n&amp;utm_content=2">'
        'B</a><p id="footer"></p><a href="mailto:a@example.org">Écrire</a><a href="http://[">?</a>'
    )
    sponsored = {
        "https://s.example/?utm_source=n&utm_content=main",
        "https://s.example/c?utm_source=n&utm_content=2",
    }
    findings = [
        finding("note", "summary-empty", "https://a.example/b/ is named by nobody who knows"),
        finding("brief 1", "source-gone", say("gone: {url}", url="https://a.example/b/")),
        finding("note", "link-slow", say("{url}: is slow", url="https://nobody.example/")),
    ]
    table = link_table(html, findings, sponsored=sponsored)
    assert table["common"] == {"utm_source": "n"}
    rows = table["rows"]
    assert [row["target"] for row in rows] == [
        "",
        "story-1",
        "slot-main",
        "slot-secondary",
        "footer",
        "footer",
    ]
    assert rows[1]["text"] == "Lire la suite"
    assert [row["shown"] for row in rows][:2] == ["l.example/online", "a.example/b"]
    assert [row["sponsor"] for row in rows] == [False, False, True, True, False, False]
    assert rows[0]["utm"] == {"utm_source": "n"}
    assert rows[2]["utm"] == {"utm_content": "main"}
    assert [row["finding"] for row in rows] == [0, 2, 0, 0, 0, 0]
    assert link_table("", [], sponsored=())["rows"] == []


# ---- Inbox, readers, message ----------------------------------------------------------------


def test_inbox_row_has_the_readers_own_words() -> None:
    row = inbox_row(letter(), CONFIG, {"name": "Ida"})
    assert row["subject"] == "Bonjour Ida"
    assert row["sender"] == "Nouvelles des rives"
    assert (row["subject_phone"], row["preheader_phone"], row["line_desktop"]) == (41, 84, 90)


def test_reader_of_a_list_is_nobody_in_particular() -> None:
    sample, someone = Readers().offered(CONFIG, NOW)
    assert (sample.id, someone.id) == ("sample", "list:main")
    known, unknown = (values_of(one, CONFIG, letter(), NOW) for one in (sample, someone))
    assert known["name"]
    assert known["since"]
    assert (unknown["name"], unknown["since"]) == ("", "")
    assert unknown["list"] == "main"
    for values in (known, unknown):
        assert values["unsubscribe_url"] == way_out(CONFIG) == "https://lettre.example.org/u/…"
        assert values["address"] == "c…@example.org"


def test_publication_without_an_address_has_no_way_out() -> None:
    config = dataclasses.replace(
        CONFIG, publication=dataclasses.replace(CONFIG.publication, public_url="")
    )
    assert way_out(config) == ""


def test_subscribers_are_found_by_address_and_never_named(studio: Studio) -> None:
    database = studio.publication.database
    for name in ("anouk", "annie", "hannah", "o_dile", "odile"):
        membership.add(database, "hebdo", f"{name}@readers.example", name=name.title(), now=NOW)
    found = studio.readers.search(studio.publication, " AN ")
    labels = [reader.label for reader in found]
    assert {"a…@readers.example, hebdo", "h…@readers.example, hebdo"} <= set(labels)
    assert len({reader.id for reader in found}) == len(found)
    assert not [reader for reader in found if "an" in reader.label.partition("@")[0]]
    again = studio.readers.search(studio.publication, "anouk")
    assert again[0].id in {reader.id for reader in found}
    assert studio.reader(again[0].id) == again[0]
    assert [r.email for r in studio.readers.search(studio.publication, "o_d")] == [
        "o_dile@readers.example"
    ]
    assert studio.readers.search(studio.publication, "a") == []
    assert studio.readers.search(studio.publication, "%%") == []
    assert len(studio.readers.search(studio.publication, "example")) <= MOST_FOUND


def test_session_forgets_readers_rather_than_growing(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digest.web.studio.readers._MOST_KNOWN", 1)
    database = studio.publication.database
    for name in ("first", "second"):
        membership.add(database, "hebdo", f"{name}@readers.example", now=NOW)
    (first,) = studio.readers.search(studio.publication, "first@")
    studio.readers.search(studio.publication, "second@")
    assert studio.reader(first.id) is None


def test_message_shows_no_address_and_no_way_out() -> None:
    picture = LetterPicture("a.jpg", "image/jpeg", bytes(range(256)) * 40)
    reader = dataclasses.replace(SAMPLE, email="marie.dupont@readers.example", name="Marie")
    message = message_of(letter(pictures=(picture,)), CONFIG, reader, NOW)
    everything = json.dumps(message, ensure_ascii=False)
    assert "dupont" not in everything
    assert "studio-" not in everything
    headers = dict(message["headers"])
    assert headers["To"] == "Marie <m…@readers.example>"
    assert headers["Subject"] == "Bonjour Marie"
    assert "/u/…" in headers["List-Unsubscribe"]
    assert headers["Date"].endswith("+0100")
    assert "[…]" in message["raw"]
    assert message["bytes"] > len(picture.content) > len(message["raw"])


# ---- Pictures and files ---------------------------------------------------------------------


def test_linked_pictures_come_from_the_editions_folder(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.jpg").write_bytes(b"jpeg")
    (tmp_path / "secret.toml").write_text("x")
    config = make_config(images="link", image_base_url="https://p.example/pictures/")
    base = f"https://p.example/pictures/{WEEK}/pictures"
    html = "".join(
        f'<img src="{base}/{name}">'
        for name in ("a.jpg", "none.jpg", "../secret.toml", "%2e%2e/secret.toml", "x.toml")
    )
    served = served_pictures(letter(html=html), config, tmp_path)
    assert served.sources == {f"{base}/a.jpg": "../pictures/a.jpg"}
    assert served.by_name["a.jpg"].content_type == "image/jpeg"
    assert served.by_name["a.jpg"].read() == b"jpeg"
    (tmp_path / "pictures" / "a.jpg").unlink()
    assert served.by_name["a.jpg"].read() == b""


def test_embedded_pictures_with_odd_names_are_not_served() -> None:
    pictures = tuple(
        LetterPicture(name, "image/jpeg", b"x") for name in ("a.jpg", "../a.jpg", ".a", "")
    )
    served = served_pictures(letter(pictures=pictures), CONFIG, Path())
    assert set(served.by_name) == {"a.jpg"}


def test_files_hold_what_findings_lead_to_and_no_secret(lettre: Path, studio: Studio) -> None:
    settings = lettre / "config.toml"
    settings.write_text(
        settings.read_text(encoding="utf-8")
        + '\n# https://ana:hunter2@host.example/x?token=abc and "postgresql://ana:pw@db/x"\n',
        encoding="utf-8",
    )
    outside = lettre.parent / "outside.toml"
    outside.write_text("secret = 1")
    (lettre / "sponsors" / "link.toml").symlink_to(outside)
    (lettre / "templates" / "weekly" / "large.txt").write_text("x" * 1_000_001)
    (lettre / "sponsors" / "pictures" / "no.toml").write_text("x")
    config = studio.publication.config
    seen = studio.view.seen
    assert seen is not None
    files = source_files(config, lettre / "editions" / WEEK, seen.letter)
    paths = {file["path"]: file for file in files}
    assert paths[f"editions/{WEEK}/edition.toml"]["kind"] == "edition"
    assert paths["templates/weekly/letter.mjml.j2"]["kind"] == "template"
    assert paths["sponsors/maison.toml"]["kind"] == "sponsor"
    assert paths["letter.html"]["kind"] == "letter"
    assert paths["templates/weekly/large.txt"]["lines"] == [""]
    assert "sponsors/link.toml" not in paths
    shown = "\n".join(paths["config.toml"]["lines"])
    assert "hunter2" not in shown
    assert "token=***" in shown
    assert ":pw@" not in shown
    assert "https://meridien.example/articles/" in shown
    assert not [p for p in paths if "subscribers" in p]
    assert "letter.html" not in {f["path"] for f in source_files(config, lettre / "none", None)}


# ---- JSON in the page -----------------------------------------------------------------------


def test_no_text_of_outside_ends_the_script_it_stands_in() -> None:
    hostile = {"title": "</script><script>alert(1)</script><!-- \u2028 & ' \""}
    shown = json_for_script(json.dumps(hostile, ensure_ascii=False))
    assert "<" not in shown
    assert ">" not in shown
    assert "\u2028" not in shown
    assert json.loads(str(shown)) == hostile
