"""Which subjects an article touches, so that a sponsor can be kept away from them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.content import Article, Paragraph, Topic
from digest.selection import topic_names, topics_of
from digest.selection.topics import _lexicon, _table


def names(title: str, chapo: str = "", language: str = "fr", **values: Any) -> set[str]:
    article = Article("a", "https://example.org/a", title, chapo=chapo, **values)
    return {topic.name for topic in topics_of(article, language)}


@pytest.mark.parametrize(
    ("title", "topics"),
    [
        ("La guerre reprend autour de Karsa", {"war"}),
        ("Des bombardements sur le port de Lindoe", {"war"}),
        ("Un cessez-le-feu pour les moissons", {"war"}),
        ("Attentat déjoué à la gare de Maravel", {"terrorism"}),
        ("Mort d’une gardienne de phare", {"death"}),
        ("Trois alpinistes tués", {"death"}),
        ("La maire de Lindoe est décédée", {"death", "politics"}),
        ("Séisme de magnitude 6 à Karsa", {"disaster"}),
        ("LES INONDATIONS GAGNENT LE DELTA", {"disaster"}),
        ("Collision de deux bacs dans la brume", {"accident"}),
        ("Un avion s’écrase près de Maravel", {"aviation", "accident", "air-accident"}),
        ("Le braqueur rend les bijoux", {"crime"}),
        ("Des émeutes après le match", {"violence", "protest"}),
        ("Accusé de viol, le chef se tait", {"abuse", "justice"}),
        ("La campagne de vaccination prend du retard", {"health"}),
        ("La ministre des Ports s’en va", {"politics"}),
        ("Second tour serré à Karsa", {"election"}),
        ("Les dockers en grève", {"protest"}),
        ("Le procès du naufrageur s’ouvre", {"justice"}),
        ("L’évêque bénit les filets", {"religion"}),
        ("Des réfugiés accueillis dans le phare", {"migration"}),
        ("L’inflation ronge les filets", {"economy"}),
        ("Plan social à la conserverie", {"layoffs"}),
        ("La banque de Karsa en faillite", {"economy", "bankruptcy"}),
        ("La biodiversité des vasières", {"environment"}),
        ("Une sonde et son télescope", {"science"}),
        ("Un musée pour les amarres", {"culture"}),
        ("Le marathon des digues", {"sport"}),
        ("La princesse de Karsa en visite", {"celebrity"}),
        ("Compter les chouettes à l’oreille", set()),
    ],
)
def test_title_names_its_topics(title: str, topics: set[str]) -> None:
    assert names(title) == topics


@pytest.mark.parametrize(
    ("title", "topics"),
    [
        ("War returns to Karsa", {"war"}),
        ("Two climbers killed", {"death"}),
        ("An earthquake shakes Lindoe", {"disaster"}),
        ("Plane crash near Maravel", {"aviation", "accident", "air-accident"}),
        ("Layoffs at the cannery", {"economy", "layoffs"}),
        ("A price war over herring", {"economy"}),
        ("Voters queue at every polling station", {"election"}),
        ("The owl counters of Maravel", set()),
    ],
)
def test_english_titles_too(title: str, topics: set[str]) -> None:
    assert names(title, language="en") == topics
    assert names(title, language="de") == topics


def test_an_article_is_read_in_its_own_language() -> None:
    article = Article("a", "https://example.org/a", "Layoffs and war", language="en-GB")
    assert {topic.name for topic in topics_of(article, "fr")} >= {"layoffs", "war"}


@pytest.mark.parametrize(
    "title",
    [
        "Guerre des prix dans les criées",
        "Les deux chalutiers jouent à la mort subite",
        "Projet tué dans l’œuf",
        "Un angle mort de la loi des marées",
        "Feux d’artifice sur la digue",
        "Une tempête dans un verre d’eau",
        "Une avalanche de critiques",
        "La peintre et ses natures mortes",
    ],
)
def test_idioms_are_about_none_of_it(title: str) -> None:
    assert not names(title) & {"war", "death", "disaster", "accident"}


def test_a_campaign_is_not_always_an_election() -> None:
    assert "election" not in names("La campagne de vaccination", "Une campagne de vaccination.")
    assert "election" in names("La campagne électorale")
    assert "election" in names("La campagne de la candidate")


def test_passing_mention_in_the_body_makes_no_topic() -> None:
    lead = "La gardienne du phare compte les chouettes à l’oreille, depuis dix ans."
    body = (Paragraph("Son grand-père revint de la guerre."), Paragraph("Elle aime les bateaux."))
    assert names("Compter les chouettes", lead, body=body) == set()
    told = (Paragraph("La guerre, toujours la guerre. Des soldats, des bombardements."),)
    assert names("Compter les chouettes", lead, body=told) == {"war"}
    late = (Paragraph("Elle aime les bateaux. " * 60), *told)
    assert names("Compter les chouettes", lead, body=late) == set()


def test_first_paragraph_stands_in_for_a_missing_lead() -> None:
    body = (Paragraph("Un séisme a secoué Karsa."), Paragraph("La guerre est loin."))
    assert names("Karsa", body=body) == names("Karsa", "28 mai", body=body) == {"disaster"}
    assert names("Karsa", description="Un séisme a secoué Karsa.") == {"disaster"}


def test_weak_words_need_company() -> None:
    assert names("Un drone au-dessus des vasières") == set()
    assert names("Un drone de l’armée au-dessus des vasières") == {"war"}


def test_words_stand_as_printed_and_once() -> None:
    article = Article(
        "a",
        "https://example.org/a",
        "Cessez-le-feu à Karsa",
        chapo="Le cessez-le-feu tient ; Soldats et soldats rentrent. Les Bombardements ont cessé.",
        body=(Paragraph("Obus. Missiles. Roquettes."),),
    )
    (topic,) = topics_of(article, "fr")
    assert topic == Topic(
        "war", ("Cessez-le-feu", "cessez-le-feu", "Soldats", "soldats", "Bombardements")
    )


def test_topic_with_most_signs_comes_first() -> None:
    found = topics_of(
        Article("a", "https://example.org/a", "Guerre, soldats, bombardements : un mort"), "fr"
    )
    assert [topic.name for topic in found] == ["war", "death"]


def test_lexicon_is_sound() -> None:
    assert len(topic_names()) > 20
    for name, topic in _table()["topics"].items():
        assert set(topic) <= {"fr", "en", "fr_weak", "en_weak", "all_of"}, name
        assert set(topic.get("all_of", ())) <= set(topic_names())
    for language in ("fr", "en"):
        for start, entries in _lexicon(language).items():
            assert all(entry.words for entry in entries), start
            assert len(start) == 5 or not start.endswith("*")


@given(st.text(max_size=200), st.text(max_size=200), st.sampled_from(["fr", "en", "xx", ""]))
def test_any_text_can_be_asked(title: str, body: str, language: str) -> None:
    article = Article("a", "https://example.org/a", title, body=(Paragraph(body),))
    for topic in topics_of(article, language):
        assert 1 <= len(topic.words) <= 5
        assert all(word in f"{title}\n{body}" for word in topic.words)
