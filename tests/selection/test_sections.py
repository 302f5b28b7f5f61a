"""What counts as the name of a section, in labels and in addresses."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pytest

from digest.model.content import Article, SectionSignal
from digest.selection.sections import (
    is_generic,
    label_signals,
    names_section,
    resolve_section,
    section_in_url,
)

REAL_WEEK = Path(__file__).parents[3] / "shared" / "data" / "week_2020-W22.jsonl"


@pytest.mark.parametrize("label", ["International", "ÉCONOMIE", "faits-divers", "World News"])
def test_names_of_sections_are_known(label: str) -> None:
    assert names_section(label)


@pytest.mark.parametrize("label", ["Ukraine", "France", "intelligence artificielle", ""])
def test_topics_and_places_are_no_sections(label: str) -> None:
    assert not names_section(label)


def test_a_publication_has_names_of_its_own() -> None:
    assert names_section("horizons lointains", ["Horizons lointains"])


def test_some_labels_say_nothing() -> None:
    assert is_generic("À la une")
    assert not is_generic("Monde")


@pytest.mark.parametrize(
    ("url", "segment"),
    [
        ("https://example.org/monde/afrique/un-article", "monde"),
        ("https://example.org/2026/11/International/un-article.html", "International"),
        ("https://example.org/fr/faits-divers/x", "faits-divers"),
        ("https://example.org/soci%C3%A9t%C3%A9/x", "société"),
        ("https://example.org/europe/x", "europe"),
        ("https://example.org/horizons/x", "horizons"),
        ("https://example.org/articles/monde", ""),
        ("https://monde.example.org/x", ""),
        ("file:///srv/monde/a.txt", ""),
    ],
)
def test_section_is_read_from_an_address(url: str, segment: str) -> None:
    assert section_in_url(url, ["Horizons"]) == segment


def test_labels_that_name_sections_become_statements() -> None:
    labels = ["Ports", "Monde", "Culture / Livres", "Horizons > Mers"]
    assert label_signals(labels, ["Horizons"]) == (
        SectionSignal("metadata", "Monde"),
        SectionSignal("metadata", "Culture / Livres"),
        SectionSignal("metadata", "Horizons > Mers"),
    )


@pytest.mark.skipif(not REAL_WEEK.exists(), reason="../shared is absent")
def test_a_real_week_is_sorted_by_address_and_by_feed() -> None:
    """The truth: listed on the site's international page, where a feed would have it."""
    listings: dict[str, set[str]] = defaultdict(set)
    with REAL_WEEK.open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            listings[row["url"]].add(row["section"])
    truth = {url for url, names in listings.items() if "monde" in names}

    def found(*, by_feed: bool) -> set[str]:
        chosen = set()
        for url, names in listings.items():
            for name in names:
                signals = [SectionSignal("url", section_in_url(url))]
                if by_feed:
                    signals.append(SectionSignal("feed", name))
                article = Article("site", url, "Titre", sections=tuple(signals))
                resolved = resolve_section(article, ("International", "Monde"))
                if resolved is not None and resolved.wanted:
                    chosen.add(url)
        return chosen

    by_address, by_feed = found(by_feed=False), found(by_feed=True)
    assert len(by_address & truth) / len(by_address) >= 0.95
    assert len(by_address & truth) / len(truth) >= 0.85
    assert len(by_feed & truth) / len(by_feed) >= 0.95
    assert len(by_feed & truth) / len(truth) >= 0.95
