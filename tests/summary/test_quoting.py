"""The quotation of the week is one person's whole saying, word for word, or there is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from digest.model.content import Article, Paragraph
from digest.summary.attribution import Speaker, speaker_after, speaker_before
from digest.summary.quoting import Quoted, quotation_of_the_week, sayings
from digest.summary.rules import broken_rules
from digest.text.enclosures import pair_marks

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "week_2020-W22.jsonl"

SAYING = "Les glaciers ne votent pas, mais nous devons décider pour les enfants qui viennent"
MANNER = f"« {SAYING} », explique Maren Solvik, glaciologue à l'Institut de Karsa."


def article(*body: str | Paragraph, chapo: str = "", url: str = "https://a.example/1") -> Article:
    return Article(
        source="redaction",
        url=url,
        title="Les glaciers du Nord",
        chapo=chapo,
        body=tuple(p if isinstance(p, Paragraph) else Paragraph(p) for p in body),
        language="fr",
    )


def verbatim(quoted: Quoted, source: Article) -> bool:
    (span,) = quoted.spans
    whole = source.chapo if span.part == "chapo" else source.body[span.paragraph].text
    return whole[span.start : span.end] == quoted.text


def test_saying_comes_with_its_speaker_role_and_place() -> None:
    source = article("Le Nord fond.", MANNER)
    quoted = quotation_of_the_week([source])
    assert quoted is not None
    assert (quoted.text, quoted.name) == (SAYING, "Maren Solvik")
    assert (quoted.role, quoted.url) == ("glaciologue à l'Institut de Karsa", source.url)
    assert verbatim(quoted, source)


def test_saying_of_a_chapo_is_found_too() -> None:
    source = article(chapo=MANNER)
    quoted = quotation_of_the_week([source])
    assert quoted is not None
    assert quoted.spans[0].part == "chapo"
    assert verbatim(quoted, source)


def test_pull_quote_with_its_attribution_wins() -> None:
    source = article(
        Paragraph("« Nous tiendrons. »", "quote"),
        Paragraph("— Ana Sorel, maire de Port-Clair", "attribution"),
        url="https://a.example/2",
    )
    quoted = quotation_of_the_week([article(MANNER), source])
    assert quoted is not None
    assert (quoted.text, quoted.name, quoted.role) == (
        "Nous tiendrons.",
        "Ana Sorel",
        "maire de Port-Clair",
    )
    assert verbatim(quoted, source)


@pytest.mark.parametrize("attribution", ["", "—  "])
def test_pull_quote_without_a_name_is_nobodys_word(attribution: str) -> None:
    body = [Paragraph("Nous tiendrons.", "quote")]
    if attribution:
        body.append(Paragraph(attribution, "attribution"))
    assert quotation_of_the_week([article(*body, "Suite.")]) is None


def test_more_important_article_speaks_first() -> None:
    first = article(MANNER, url="https://a.example/1")
    second = article(MANNER.replace("Maren Solvik", "Ana Reul"), url="https://a.example/2")
    quoted = quotation_of_the_week([first, second])
    assert quoted is not None
    assert quoted.url == "https://a.example/1"


def test_pull_quote_with_a_name_is_found_behind_one_without() -> None:
    source = article(
        Paragraph("Rien.", "quote"),
        Paragraph(", maire", "attribution"),
        Paragraph("Nous tiendrons.", "quote"),
        Paragraph("Ana Sorel", "attribution"),
    )
    quoted = quotation_of_the_week([source])
    assert quoted is not None
    assert (quoted.text, quoted.name, quoted.role) == ("Nous tiendrons.", "Ana Sorel", "")


def test_no_article_no_quotation() -> None:
    assert quotation_of_the_week([]) is None
    assert quotation_of_the_week([article("Rien à citer.")]) is None


@pytest.mark.parametrize(
    ("sentence", "name", "role"),
    [
        ("« {} », a déclaré Maren Solvik.", "Maren Solvik", ""),
        ("« {} », a déclaré jeudi Maren Solvik.", "Maren Solvik", ""),
        ("« {} » déclare à l'AFP la glaciologue Maren Solvik.", "Maren Solvik", "glaciologue"),
        ('"{}", a lancé le ministre Ana Reul.', "Ana Reul", "ministre"),
        (
            '"{}", a ainsi prévenu le ministre de la Santé Ana Reul.',
            "Ana Reul",
            "ministre de la Santé",
        ),
        (
            '"{}", juge la ministre de l\'Intérieur Ana Reul, en visite.',
            "Ana Reul",
            "ministre de l'Intérieur",
        ),
        ('"{}", tranche le maire de Karsa Piet Lind.', "Piet Lind", "maire de Karsa"),
        (
            "« {} », selon Maren Solvik, 54 ans, éleveuse à Karsa.",
            "Maren Solvik",
            "éleveuse à Karsa",
        ),
        (
            "« {} », dit Jack Dorn, le patron de Kiro, avant de partir.",
            "Jack Dorn",
            "patron de Kiro",
        ),
        ("« {} », note Luca de Meran, qui enseigne.", "Luca de Meran", ""),
        ("« {} », s'est exclamée Ursula von der Lund.", "Ursula von der Lund", ""),
        ("« {} », insiste le dirigeant Kim Dae Ro.", "Kim Dae Ro", "dirigeant"),
        ("« {} », plaide Me Laurent Bayle, avocat.", "Laurent Bayle", "avocat"),
        ("Maren Solvik a déclaré jeudi : « {}. »", "Maren Solvik", ""),
        (
            "Maren Solvik, glaciologue à Karsa, l'assure : « {} ».",
            "Maren Solvik",
            "glaciologue à Karsa",
        ),
    ],
)
def test_speaker_is_read_as_printed(sentence: str, name: str, role: str) -> None:
    (quoted,) = sayings(article(sentence.format(SAYING)))
    assert (quoted.name, quoted.role) == (name, role)
    assert quoted.text.rstrip(".") == SAYING


@pytest.mark.parametrize(
    ("sentence", "name", "role"),
    [
        ("“{},” said Dana Hill.", "Dana Hill", ""),
        ('"{}," said Dana Hill, a geologist at the Pier.', "Dana Hill", "geologist at the Pier"),
        ('"{}," Dana Hill told reporters.', "Dana Hill", ""),
        ('"{}," Prime Minister Dana Hill said.', "Dana Hill", "Prime Minister"),
        ('Dana Hill said: "{}."', "Dana Hill", ""),
    ],
)
def test_english_speaker_is_read_too(sentence: str, name: str, role: str) -> None:
    said = "We must decide for the children who come after us and not for ourselves alone"
    (quoted,) = sayings(article(sentence.format(said)))
    assert (quoted.text.rstrip("."), quoted.name, quoted.role) == (said, name, role)


@pytest.mark.parametrize(
    "after",
    [
        ", a-t-elle dit.",
        ", a déclaré le ministre.",
        ", a déclaré Mme Solvik.",
        ", a déclaré Solvik.",
        ", a confié une source proche du dossier.",
        ", a déclaré la Maison Blanche.",
        ", a indiqué Médecins Sans Frontières.",
        ", selon le Parisien Libre.",
        ", a dit l'entourage de Bruno Le Marec.",
        ", selon une déclaration du ministre Ana Reul.",
        ", a dit la mère de la victime Ana Reul.",
        ", a dit la sœur de Ana Reul.",
        ", a dit le porte-parole de Kim Dae Ro.",
        ", a dit le directeur de l'Institut Pastor Ana Reul.",
        ", a dit le père d'Ana Reul.",
        ", a dit son avocat Piet Lind.",
        ", selon Ana Reul et Piet Lind.",
        ", a lu dans Le Marec.",
        ".",
        "",
    ],
)
def test_no_saying_without_a_named_person(after: str) -> None:
    assert list(sayings(article(f"« {SAYING} »{after}"))) == []


@pytest.mark.parametrize(
    "said",
    [
        "Nous tiendrons",  # too short
        f"{SAYING}. {SAYING}. {SAYING}",  # too long
        "les glaciers ne votent pas, mais nous devons décider pour les enfants",
        "Qui décidera pour les enfants si nous ne voulons plus décider de rien ?",
        "Il ne vote pas, mais nous devons décider pour les enfants qui viennent",
        "Mais les glaciers ne votent pas, nous devons décider pour les enfants",
        "Nous devons décider pour les enfants, et ils viendront nous le reprocher",
        "Nous devons décider de cette loi pour les enfants qui viennent au monde",
        "Nous devons le dire aux enfants, et nous y sommes prêts depuis longtemps",
        "Nous devons décider (...) pour les enfants qui viennent dans le Nord",
        "Nous devons décider pour les enfants… et pour les glaciers du Nord",
        "Nous devons décider, a-t-elle dit, pour les enfants qui viennent au Nord",
        "Un élan magnifique pour les enfants, pour les glaciers et pour le Nord",
        "Un élan qui nous oblige et qui porte les enfants et les glaciers du Nord",
        "Je suis content, c'est dans la même veine que le reste de cet album du Nord",
        "Notre but est de la moderniser et non de vivre sans rien dans le Nord",
        "Nous devons décider dimanche pour les enfants qui viennent dans le Nord",
        "Nous devons décider pour 'les enfants du Nord' et pour les glaciers aussi",
    ],
)
def test_saying_that_cannot_stand_alone_is_left(said: str) -> None:
    assert list(sayings(article(f"« {said} », explique Maren Solvik, glaciologue."))) == []


@pytest.mark.parametrize(
    "text",
    [
        f"« {SAYING} », explique Maren Solvik, « et vite ».",
        f"« {SAYING}, explique Maren Solvik.",
        f"Le mot « {SAYING} » est de Maren Solvik.",
        f"« {SAYING} »\n« Oui »",
    ],
)
def test_half_a_quotation_is_never_taken(text: str) -> None:
    assert list(sayings(article(text))) == []


def test_what_merely_happened_is_no_quotation_of_the_week() -> None:
    told = "Les pompiers ont sauvé vingt enfants dans un immeuble du port de Karsa"
    source = article(f"« {told} », explique Piet Lind.")
    assert [quoted.text for quoted in sayings(source)] == [told]
    assert quotation_of_the_week([source]) is None


def test_subheads_and_quotes_without_attribution_are_not_read() -> None:
    assert list(sayings(article(Paragraph(MANNER, "subhead"), Paragraph(MANNER, "quote")))) == []


@pytest.mark.parametrize(
    ("after", "speaker"),
    [
        (" dit Ana Reul, éclusière (Karsa).", Speaker("Ana Reul", "éclusière")),
        (
            ", dit Ana Reul, chercheuse à Lind dans Le Môle.",
            Speaker("Ana Reul", "chercheuse à Lind"),
        ),
        (", dit Ana Reul, patronne de son port.", Speaker("Ana Reul", "")),
        (", dit Ana Reul lors d'une visite, éclusière.", Speaker("Ana Reul", "")),
        (", dit Ana Reul, 61 ans.", Speaker("Ana Reul", "")),
        (", dit Ana Reul, 61 ans", Speaker("Ana Reul", "")),
        (", dit l'élue PCM Ana Reul.", Speaker("Ana Reul", "élue PCM")),
        (", dit ACAM Ana Reul.", None),
        (", dit Le Marec.", None),
        (" et puis Ana Reul sort.", None),
    ],
)
def test_attribution_is_read_to_its_end(after: str, speaker: Speaker | None) -> None:
    assert speaker_after(after) == speaker


def test_lead_that_names_nobody_gives_no_speaker() -> None:
    assert speaker_before("Le ministre a déclaré : ") is None
    assert speaker_before("Ana Reul est venue. ") is None


@pytest.mark.skipif(not REAL.is_file(), reason="../shared/data/week_2020-W22.jsonl is absent")
def test_sayings_of_a_real_week_keep_the_rules() -> None:
    found = 0
    for line in REAL.read_text(encoding="utf-8").splitlines():
        data = json.loads(line)
        source = article(*data["body"], chapo=data["chapo"], url=data["url"])
        for quoted in sayings(source):
            found += 1
            assert verbatim(quoted, source)
            assert len(quoted.name.split()) >= 2
            assert quoted.text[0].isupper()
            assert not pair_marks(quoted.text)[1]
            assert not broken_rules(quoted.text, 220)
    assert found >= 10
