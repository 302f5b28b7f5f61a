"""What counts as the name of a section, in labels and in addresses."""

from __future__ import annotations

import pytest

from digest.model.content import SectionSignal
from digest.selection.sections import is_generic, label_signals, names_section, section_in_url


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
