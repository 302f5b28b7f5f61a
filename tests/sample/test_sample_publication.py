"""What the sample publication promises to whoever runs the first command, read from its files."""

from __future__ import annotations

import csv
import math
import re
import tomllib
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
import yaml
from lxml import etree
from PIL import Image

from digest.config.loading import load_config
from digest.config.sponsor_files import load_sponsors
from digest.sponsorship.conflicts import find_conflicts

ROOT = Path(__file__).resolve().parents[2]
ZONE = ZoneInfo("Europe/Paris")
OUR_FOLDERS = ("articles", "articles/correspondants")
SETTINGS = tomllib.loads((ROOT / "config.toml").read_text(encoding="utf-8"))
WEEK = SETTINGS["edition"]["week"]
MONDAY = datetime.combine(
    date.fromisocalendar(int(WEEK[:4]), int(WEEK[-2:]), 1), time.min, tzinfo=ZONE
)
NEXT_MONDAY = MONDAY + timedelta(days=7)
EXAMPLE_HOST = re.compile(r"(.+\.)?(example|example\.(org|com|net))")

MARKDOWN = sorted(file for folder in OUR_FOLDERS for file in (ROOT / folder).glob("*.md"))
PLAIN = sorted(file for folder in OUR_FOLDERS for file in (ROOT / folder).glob("*.txt"))
ITEMS = list(etree.parse(ROOT / "articles/agence-boussole.xml").getroot().iter("item"))


def front_matter(file: Path) -> dict[str, Any]:
    matter: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8").split("---")[1])
    return matter


def paragraphs(file: Path) -> list[str]:
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".md":
        text = text.split("---", 2)[2]
    return [part.strip() for part in text.split("\n\n") if part.strip()]


def published(file: Path) -> datetime | None:
    if file.suffix == ".md":
        moment = front_matter(file).get("date")
        assert moment is None or isinstance(moment, datetime)
        return moment
    return datetime.combine(date.fromisoformat(file.name[:10]), time(12), tzinfo=ZONE)


def is_international(file: Path) -> bool:
    if file.suffix == ".md":
        return front_matter(file).get("section") == "International"
    return paragraphs(file)[0] == "ActualitésInternational"


def chapo(file: Path) -> str:
    return str(front_matter(file)["chapo"]) if file.suffix == ".md" else paragraphs(file)[2]


def in_the_week(file: Path) -> bool:
    moment = published(file)
    return moment is not None and MONDAY <= moment < NEXT_MONDAY


INTERNATIONAL = [f for f in MARKDOWN + PLAIN if is_international(f) and in_the_week(f)]


def test_a_newcomer_finds_a_full_week_of_international_stories() -> None:
    assert len(MARKDOWN + PLAIN) + len(ITEMS) >= 18
    assert len(INTERNATIONAL) >= 12
    regions = {front_matter(f)["region"] for f in INTERNATIONAL if f.suffix == ".md"}
    assert len(regions) >= 7


@pytest.mark.parametrize("file", INTERNATIONAL, ids=lambda file: file.stem)
def test_each_story_is_worth_its_reading_time(file: Path) -> None:
    assert 350 <= sum(len(p.split()) for p in paragraphs(file)) <= 700
    assert 120 <= len(chapo(file)) <= 360
    assert chapo(file).endswith(".")
    prose = [p for p in paragraphs(file) if p[-1] in ".»" and p != chapo(file)]
    assert 5 <= len(prose) <= 9


@pytest.mark.parametrize("file", MARKDOWN + PLAIN, ids=lambda file: file.stem)
def test_french_is_typed_as_a_newsroom_types_it(file: Path) -> None:
    text = "\n".join(paragraphs(file)) + chapo(file)
    assert not re.search(r"['\"]", text)
    assert not re.search(r"[^\s\u00a0\u202f][;!?»]|«[^\u00a0\u202f]| [;:!?»]", text)


def test_one_pinned_story_leads_with_its_picture() -> None:
    pinned = [f for f in INTERNATIONAL if f.suffix == ".md" and front_matter(f).get("pinned")]
    assert len(pinned) == 1
    assert front_matter(pinned[0])["picture"]


def test_pictures_fit_the_letter_and_say_what_they_show() -> None:
    pictured = [(f, front_matter(f)) for f in MARKDOWN if "picture" in front_matter(f)]
    assert len(pictured) >= 5
    for file, matter in pictured:
        picture = file.parent / matter["picture"]
        assert picture.stat().st_size < 90_000
        with Image.open(picture) as image:
            assert (image.format, image.size) == ("JPEG", (1200, 800))
        assert 0 < len(matter["alt"]) < 70
        assert matter["caption"]
        assert matter["credit"]


def test_other_sections_are_there_to_be_left_out() -> None:
    printed = {paragraphs(file)[0] for file in PLAIN}
    assert {"ActualitésPolitique", "ActualitésSport"} <= printed
    assert any(front_matter(file)["section"] == "Culture" for file in MARKDOWN)
    labels = {item.findtext("category") for item in ITEMS}
    assert {"Monde", "Sport", "Culture"} <= labels


def test_the_window_matters_on_both_sides_of_sunday_midnight() -> None:
    moments = [parsedate_to_datetime(item.findtext("pubDate") or "") for item in ITEMS]
    before = [m for m in moments if m < MONDAY]
    assert max(before).astimezone(ZONE) == datetime(2026, 11, 8, 23, 10, tzinfo=ZONE)
    # Sunday in UTC, Monday in Paris: belongs to the week.
    assert any(m >= MONDAY and m.astimezone(UTC).date() < MONDAY.date() for m in moments)
    ours = [published(f) for f in MARKDOWN + PLAIN if is_international(f)]
    assert any(m is not None and m < MONDAY for m in ours)
    assert ours.count(None) == 1


def test_the_agency_tells_one_of_our_events_in_other_words() -> None:
    ours = {f: f"{paragraphs(f)[1]} {paragraphs(f)[2]}" for f in PLAIN if is_international(f)}
    ours |= {f: f"{front_matter(f)['title']} {chapo(f)}" for f in MARKDOWN if is_international(f)}
    theirs = [
        f"{item.findtext('title')} {item.findtext('description')}"
        for item in ITEMS
        if item.findtext("category") == "Monde"
    ]
    rarity = inverse_frequencies([*ours.values(), *theirs])
    pairs = [(likeness(a, b, rarity), a, b) for a in ours.values() for b in theirs]
    alike = [pair for pair in pairs if pair[0] >= 0.5]
    assert len(alike) == 1
    assert alike[0][1] != alike[0][2]


def stems(text: str) -> Counter[str]:
    return Counter(word[:6] for word in re.findall(r"[^\W\d_]{3,}", text.lower()))


def inverse_frequencies(texts: list[str]) -> dict[str, float]:
    found = Counter(stem for text in texts for stem in stems(text))
    return {stem: math.log((1 + len(texts)) / (1 + n)) for stem, n in found.items()}


def likeness(one: str, other: str, rarity: dict[str, float]) -> float:
    a, b = (
        {stem: (1 + math.log(n)) * rarity[stem] for stem, n in stems(text).items()}
        for text in (one, other)
    )
    product = sum(weight * b.get(stem, 0) for stem, weight in a.items())
    return product / math.sqrt(sum(w * w for w in a.values()) * sum(w * w for w in b.values()))


def test_a_pull_quote_stands_without_marks_and_names_its_speaker() -> None:
    bound = [
        (quote, speaker)
        for file in PLAIN
        for quote, speaker in zip(paragraphs(file)[3:], paragraphs(file)[4:], strict=False)
        if quote.endswith(".") and re.fullmatch(r"[A-ZÀ-Ý][\w-]+ [A-ZÀ-Ý][^.,]+, [^.]+", speaker)
    ]
    assert len(bound) == 1
    assert "«" not in bound[0][0]


def test_an_author_s_bio_closes_one_text_as_on_the_newsroom_s_site() -> None:
    assert [f for f in PLAIN if paragraphs(f)[-1].endswith("sponsoring, contactez-nous.")]


def test_plain_texts_carry_unmarked_subheads() -> None:
    for file in PLAIN:
        assert [p for p in paragraphs(file)[3:] if len(p) < 60 and p[-1] not in ".!?»"]


def test_the_feed_holds_what_feeds_hold() -> None:
    content = "{http://purl.org/rss/1.0/modules/content/}encoded"
    bodies = {item.findtext("title"): item.findtext(content) for item in ITEMS}
    assert any(body and "<p>" in body and "<a href=" in body for body in bodies.values())
    assert any(
        body is None and item.findtext("description")
        for item, body in zip(ITEMS, bodies.values(), strict=True)
    )
    leads = [unescape(item.findtext("description") or "") for item in ITEMS]
    assert sum(len(lead) < 60 for lead in leads) == 1


def test_the_sample_s_settings_are_all_real() -> None:
    config = load_config(ROOT / "config.toml", environment={})
    assert config.delivery.provider == "outbox"
    assert (config.root / config.lists[0].file).is_file()
    for source in config.sources:
        assert config.path(source.path).exists()


def test_two_sponsors_stand_in_the_week_and_no_slot_is_sold_twice() -> None:
    config = load_config(ROOT / "config.toml", environment={})
    sponsors = load_sponsors(config)
    bookings = [booking for sponsor in sponsors for booking in sponsor.bookings]
    running = {b.slot: b.sponsor for b in bookings if b.edition == WEEK and b.status.runs}
    assert set(running) == {"main", "secondary"}
    assert len(set(running.values())) == 2
    assert {"hold", "cancelled"} <= {str(b.status) for b in bookings}
    assert find_conflicts(sponsors) == []
    creatives = {f"{s.id}/{c.id}" for s in sponsors if s.house for c in s.creatives}
    assert creatives >= {slot.house for slot in config.slots if slot.house}


def test_sponsors_pictures_fit_their_place() -> None:
    sponsors = load_sponsors(load_config(ROOT / "config.toml", environment={}))
    pictures = [Path(c.picture) for s in sponsors for c in s.creatives if c.picture]
    assert pictures
    for picture in pictures:
        assert picture.stat().st_size < 60_000
        with Image.open(picture) as image:
            assert image.size == (1072, 400)


def test_sample_readers_show_every_case() -> None:
    with (ROOT / "subscribers/sample.csv").open(encoding="utf-8", newline="") as stream:
        readers = list(csv.DictReader(stream))
    assert len(readers) == 12
    assert len({reader["email"] for reader in readers}) == 12
    assert Counter(reader["status"] for reader in readers) == Counter(
        active=10, unsubscribed=1, pending=1
    )
    assert any("," in reader["name"] for reader in readers)
    assert any(not reader["email"].isascii() for reader in readers)
    for reader in readers:
        assert EXAMPLE_HOST.fullmatch(reader["email"].rpartition("@")[2])
        if reader["status"] == "active":
            assert datetime.fromisoformat(reader["consent_at"]).tzinfo is not None
            assert reader["consent_source"]


def test_everything_lives_on_example_domains() -> None:
    standards = {"purl.org", "www.w3.org"}
    files = [
        *MARKDOWN,
        *PLAIN,
        ROOT / "config.toml",
        ROOT / "articles/agence-boussole.xml",
        *(ROOT / "sponsors").glob("*.toml"),
    ]
    for file in files:
        for url in re.findall(r"https?://[^\s\"'<>)`]+", file.read_text(encoding="utf-8")):
            host = urlsplit(url).hostname or ""
            assert host in standards or EXAMPLE_HOST.fullmatch(host), f"{file.name}: {url}"
