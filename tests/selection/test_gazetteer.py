"""A label for the region or the country, as a newsroom prints it."""

from __future__ import annotations

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from digest.selection import country_name, suggest_place
from digest.selection.gazetteer import (
    _names,
    _table,
    country_named,
    country_names,
    place_of,
    region_name,
    region_names,
    regions_named,
)


def suggest_region(text: str, language: str = "fr") -> str:
    """The name of the region that a text is mostly about."""
    return region_name(place_of(text, language).region, language)


CASES = [
    ("Au Sénégal, les pirogues se taisent", "fr", "Afrique de l’Ouest", "Sénégal"),
    ("Les pêcheurs islandais chantent à Reykjavik", "fr", "Europe", "Islande"),
    ("Poutine renforce ses liens avec la Corée du Nord", "fr", "Asie de l’Est", "Corée du Nord"),
    ("À Beyrouth, une ligne de bus", "fr", "Moyen-Orient", "Liban"),
    ("Une loi chilienne sur l’eau", "fr", "Amérique du Sud", "Chili"),
    ("Les Îles Marshall se souviennent", "fr", "Océanie", "Îles Marshall"),
    ("COTE D'IVOIRE : le cacao", "fr", "Afrique de l’Ouest", "Côte d’Ivoire"),
    ("Guinée-Bissau : un scrutin", "fr", "Afrique de l’Ouest", "Guinée-Bissau"),
    ("Le Soudan du Sud vote", "fr", "Afrique de l’Est", "Soudan du Sud"),
    ("Des Néo-Zélandaises au pôle", "fr", "Océanie", "Nouvelle-Zélande"),
    ("L’Union européenne et le Maghreb", "fr", "Europe", ""),
    ("La présidente française au Kenya", "fr", "Afrique de l’Est", "Kenya"),
    ("Paris en fête", "fr", "Europe", "France"),
    ("Birmanie : le fleuve", "fr", "Asie du Sud-Est", "Birmanie"),
    ("Un Québécois à Washington", "fr", "Amérique du Nord", "États-Unis"),
    ("Iceland bans the light", "en", "Europe", "Iceland"),
    ("A Peruvian rope bridge", "en", "South America", "Peru"),
    ("Tokyo opens a school", "de", "East Asia", "Japan"),
    ("Une église du New Jersey", "fr", "Amérique du Nord", "États-Unis"),
    ("Spitzberg : la réserve de graines", "fr", "Arctique", "Svalbard"),
    ("Les Guamiens votent", "fr", "Océanie", "Guam"),
]


@pytest.mark.parametrize(("text", "language", "region", "place"), CASES)
def test_region_and_country_are_named(text: str, language: str, region: str, place: str) -> None:
    assert suggest_region(text, language) == region
    if place != "États-Unis":
        assert suggest_place(text, language) == place


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("", "fr"),
        ("La ministre en réunion avec Dominique et Maurice", "fr"),
        ("Une grenade dans la soupe", "fr"),
        ("They polish the floor under the pole", "en"),
        ("Un tchat sur le mali du client", "fr"),
    ],
)
def test_ordinary_words_are_no_places(text: str, language: str) -> None:
    assert suggest_region(text, language) == suggest_place(text, language) == ""


def test_what_stands_first_counts_more() -> None:
    text = "Au Pérou, un pont de corde. " + "Rien à voir ici. " * 20 + "Le Japon en a un aussi."
    assert suggest_place(text) == "Pérou"
    assert suggest_place("Le Pérou et le Japon. Au Japon, les Japonais votent.") == "Japon"


def test_every_country_is_found_by_its_printed_name() -> None:
    countries = _table()["countries"]
    assert len(countries) == 250
    for language in ("fr", "en"):
        for code, country in countries.items():
            if not country.get("plain", True):
                continue
            name = _names(language).country_names[code]
            assert suggest_place(name, language) == name, code
            assert suggest_region(name, language), code


def test_every_country_of_the_standard_is_there() -> None:
    """ISO 3166 as Babel's CLDR lists it, without its own codes for groups and exceptions."""
    others = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}
    codes = {str(code) for code in Locale("en").territories}
    codes = {code for code in codes if len(code) == 2 and code.isalpha()}
    assert set(_table()["countries"]) == codes - others


def test_names_and_codes_lead_to_places() -> None:
    assert country_named("is") == country_named("ISLANDE") == country_named("Iceland") == "IS"
    assert country_named("États-Unis") == "US"
    assert country_named("Atlantide") == ""
    assert regions_named("afrique") > regions_named("Afrique du Nord") == {"north-africa"}
    assert regions_named("West Africa") == regions_named("west-africa") == {"west-africa"}
    assert regions_named("Atlantide") == frozenset()
    assert all(country_named(name) for name in country_names())
    assert all(regions_named(name) for name in region_names())
    known = {region for name in region_names() for region in regions_named(name)}
    assert known == set(_table()["regions"])


def test_country_is_printed_in_the_publications_language() -> None:
    place = place_of("Les pêcheurs islandais")
    assert (place.country, place.region) == ("IS", "europe")
    assert country_name(place.country, "en") == "Iceland"
    assert country_name("", "fr") == country_name("??") == ""


def test_every_region_has_a_name_in_both_languages() -> None:
    table = _table()
    used = {country["region"] for country in table["countries"].values()}
    assert used == set(table["regions"])
    for region in table["regions"].values():
        assert suggest_region(region["fr"]) == region["fr"]
        assert suggest_region(region["en"], "en") == region["en"]


@given(st.text(max_size=100), st.sampled_from(["fr", "en", "xx"]))
def test_any_text_can_be_asked(text: str, language: str) -> None:
    assert isinstance(suggest_region(text, language), str)
    assert isinstance(suggest_place(text, language), str)
