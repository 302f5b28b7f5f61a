"""A folder of texts: everything usable comes in, the rest is named with its line."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.sources.site_server import LEAD, TEXTS, article_html

from digest.config import SourceSettings
from digest.errors import SourceError
from digest.model.content import Article, Rejected, SectionSignal
from digest.sources import open_sources

PARIS = ZoneInfo("Europe/Paris")
EXAMPLE = Path(__file__).parents[3] / "shared" / "examples" / "article-as-published.txt"

BODY = (
    "Le conseil du port a voté hier la construction d’une digue de bois, la première depuis un "
    "siècle. Les pêcheurs l’attendaient, les baigneurs la redoutent, et le budget l’ignore encore."
)
CHAPO = (
    "Un port de l’île de Lindoe se dote d’une digue de bois. Elle durera moins que le béton, "
    "disent ses auteurs, et c’est son principal mérite."
)
TEXT = f"ActualitésInternational\n\nUne digue de bois à Lindoe\n\n{CHAPO}\n\n{BODY}\n\n{BODY}\n"


# ---- The layout as published ----------------------------------------------------------------


def test_published_article_comes_in_whole(newsroom: Any) -> None:
    article = newsroom.file(TEXT, "2026-11-12-une-digue.txt")
    assert article.title == "Une digue de bois à Lindoe"
    assert article.chapo == CHAPO
    assert [p.text for p in article.body] == [BODY, BODY]
    assert article.sections == (SectionSignal("printed", "International"),)
    assert article.url == "https://example.org/articles/une-digue"
    assert article.published == datetime(2026, 11, 12, 12, tzinfo=PARIS)
    assert article.inferred == ("published: from the file's name, at noon",)
    assert article.location == "articles/2026-11-12-une-digue.txt"
    assert article.source == "redaction"


@pytest.mark.skipif(not EXAMPLE.exists(), reason="../shared is absent")
def test_newsrooms_example_comes_in_as_an_editor_reads_it(newsroom: Any) -> None:
    article = newsroom.file(EXAMPLE.read_bytes(), "2024-06-19-poutine-coree.txt")
    assert article.title.startswith("Poutine renforce ses liens avec la Corée du Nord")
    assert article.sections == (SectionSignal("printed", "International"),)
    assert len(article.chapo) == 337
    roles = [paragraph.role for paragraph in article.body]
    assert roles.count("subhead") == 3
    quote = roles.index("quote")
    assert roles[quote + 1] == "attribution"
    assert article.body[quote + 1].text == "Jens Stoltenberg, secrétaire général de l’OTAN"
    assert "sponsoring" not in article.text
    assert article.body[-1].text.endswith("dans les années à venir.")


@pytest.mark.parametrize(
    ("labels", "printed"),
    [
        ("ActualitésInternational", ("International",)),
        ("International", ("International",)),
        ("Monde | Asie", ("Monde", "Asie")),
        ("À la une", ()),
        ("PolitiqueÉconomie", ("Politique", "Économie")),
        ("Planète bleue", ("Planète bleue",)),
    ],
)
def test_printed_labels_become_sections(
    newsroom: Any, labels: str, printed: tuple[str, ...]
) -> None:
    newsroom.sections = ("International", "Planète bleue")
    article = newsroom.file(TEXT.replace("ActualitésInternational", labels))
    assert [signal.value for signal in article.sections] == list(printed)
    assert article.title == "Une digue de bois à Lindoe"


@pytest.mark.parametrize(
    "title",
    [
        "TikTok interdit aux moins de quinze ans",
        "International : la semaine où tout a basculé dans les îles du Nord et au-delà",
        "Où va le monde ?",
    ],
)
def test_a_title_is_not_taken_for_labels(newsroom: Any, title: str) -> None:
    article = newsroom.file(f"{title}\n\n{CHAPO}\n\n{BODY}\n")
    assert (article.title, article.chapo, article.sections) == (title, CHAPO, ())


def test_labels_and_title_may_stand_on_adjacent_lines(newsroom: Any) -> None:
    article = newsroom.file(TEXT.replace("\n\nUne digue", "\nUne digue"))
    assert article.title == "Une digue de bois à Lindoe"
    assert article.chapo == CHAPO


def test_text_without_blank_lines_is_read_line_by_line(newsroom: Any) -> None:
    article = newsroom.file(TEXT.replace("\n\n", "\n"))
    assert article.title == "Une digue de bois à Lindoe"
    assert [p.text for p in article.body] == [BODY, BODY]


def test_wrapped_title_and_paragraphs_are_joined(newsroom: Any) -> None:
    text = TEXT.replace("Une digue de bois à", "Une digue de bois\nà")
    article = newsroom.file(text.replace(" la première", "\nla première"))
    assert article.title == "Une digue de bois à Lindoe"
    assert [p.text for p in article.body] == [BODY, BODY]


@pytest.mark.parametrize(
    "first",
    [
        "LINDOE (Agence Boussole) — Le port a rouvert ce matin, après trois semaines de gel.",
        "Le port a rouvert ce matin. " * 40,
        "- Trois morts dans le détroit.",
        "Un titre de plus, sans point",
    ],
)
def test_first_paragraph_that_is_no_chapo_stays_in_the_body(newsroom: Any, first: str) -> None:
    article = newsroom.file(f"Une digue de bois à Lindoe\n\n{first}\n\n{BODY}\n")
    assert article.chapo == ""
    assert article.body[0].text == first.strip()


def test_a_single_paragraph_is_the_body(newsroom: Any) -> None:
    article = newsroom.file(f"Une digue de bois à Lindoe\n\n{BODY}\n")
    assert (article.chapo, article.text) == ("", BODY)


def test_byline_becomes_the_author(newsroom: Any) -> None:
    article = newsroom.file(TEXT.replace("à Lindoe\n\n", "à Lindoe\n\nPar Solveig Aramburu\n\n"))
    assert (article.author, article.chapo) == ("Solveig Aramburu", CHAPO)


QUOTE = "Une digue qui dure est une digue que l’on oublie de regarder."


@pytest.mark.parametrize(
    ("line", "speaker"),
    [
        ("Solveig Aramburu, capitaine du port", "Solveig Aramburu, capitaine du port"),
        ("Mme Solveig d’Aramburu, capitaine", "Mme Solveig d’Aramburu, capitaine"),
        ("— Solveig Aramburu", "Solveig Aramburu"),
        ("– Le Capitaine du port", "Le Capitaine du port"),
    ],
)
def test_pull_quote_is_bound_to_its_speaker(newsroom: Any, line: str, speaker: str) -> None:
    article = newsroom.file(TEXT.rstrip() + f"\n\n{QUOTE}\n\n{line}\n\n{BODY}\n")
    assert [(p.role, p.text) for p in article.body[-3:]] == [
        ("quote", QUOTE),
        ("attribution", speaker),
        ("text", BODY),
    ]


@pytest.mark.parametrize(
    ("line", "role"),
    [
        ("Un soutien « sans faille »", "subhead"),
        ("Vers une seconde digue ?", "subhead"),
        ("Solveig Aramburu, une vie au port", "subhead"),
        ("Solveig Aramburu, capitaine du port, a voté contre.", "text"),
        ("- trois mètres de bois", "text"),
    ],
)
def test_one_liners_are_told_apart(newsroom: Any, line: str, role: str) -> None:
    article = newsroom.file(TEXT.rstrip() + f"\n\n{line}\n\n{BODY}\n")
    assert [(p.role, p.text) for p in article.body[-2:]] == [(role, line), ("text", BODY)]


def test_a_long_paragraph_is_never_a_pull_quote(newsroom: Any) -> None:
    long = "Cette digue a une histoire. " * 20
    article = newsroom.file(f"Titre\n\n{CHAPO}\n\n{long}\n\nSolveig Aramburu, capitaine\n\n{BODY}")
    assert [p.role for p in article.body] == ["text", "subhead", "text"]


BIO = "Passionnée de mer, j’explore sans relâche les ports du Nord. Pour un sponsoring, "


@pytest.mark.parametrize(
    "end",
    [
        [BIO + "contactez-nous."],
        ["Journaliste, je couvre les ports depuis dix ans."],
        ["Solveig Aramburu est journaliste indépendante, spécialiste des ports."],
        ["© La Lettre 2026"],
        ["Tous droits réservés."],
        ["Lire aussi : La digue d’hier"],
        ["(avec Reuters et l’AFP)"],
        ["* * *", "La rédaction", "Abonnez-vous à notre lettre pour ne rien manquer."],
    ],
)
@pytest.mark.parametrize("head", ["ActualitésInternational\n\n", ""])
@pytest.mark.parametrize("chapo", [f"{CHAPO}\n\n", ""])
def test_bios_and_contact_lines_are_dropped(
    newsroom: Any, end: list[str], head: str, chapo: str
) -> None:
    ending = "\n\n".join(end)
    text = f"{head}Une digue à Lindoe\n\n{chapo}{BODY}\n\n{BODY}\n\n{ending}\n"
    article = newsroom.file(text)
    assert article.body[-1].text == BODY
    assert not any(part in article.text for part in end)


@pytest.mark.parametrize(
    "end",
    [
        "« Pour le sponsoring de la digue, contactez-nous », a répondu le port.",
        "Le sponsoring de la digue reste à trouver.",
        "Solveig Aramburu est journaliste et siège au conseil du port.",
        "L’AFP et Reuters ont quitté l’île hier.",
    ],
)
def test_the_articles_own_last_paragraph_stays(newsroom: Any, end: str) -> None:
    text = TEXT.replace("à Lindoe", "de Solveig Aramburu") + f"\n\n{end}\n"
    assert newsroom.file(text).body[-1].text == end


def test_an_article_that_is_all_end_matter_keeps_a_paragraph(newsroom: Any) -> None:
    article = newsroom.file("Nous écrire\n\nContactez-nous.\n\nAbonnez-vous.\n")
    assert article.text == "Contactez-nous."


# ---- Markdown -------------------------------------------------------------------------------

MARKDOWN = f"""---
title: "Une digue de bois"
date: 2026-11-12T18:30:00+01:00
section: International
url: https://Example.org/digue?utm_source=x
chapo: >
  Un port se dote
  d’une digue de bois.
author: [Solveig Aramburu, Piet Lind]
region: Europe
desk: Mers
tags: [bois, ports, bois]
language: fr
picture: pictures/digue.jpg
alt: Une digue
caption: La digue au matin
credit: Studio Lind
pinned: true
layout: large
---

# Une digue de bois

Le **port** a [voté](https://example.org/vote) la construction
d’une `digue`.

![Une photo](a.jpg)

<div>Publicité</div>

## Un siècle d’attente

> Une digue qui dure est une digue oubliée.

— Solveig Aramburu, capitaine

> Le bois revient.
>
> – Piet Lind

- un
- deux

```
du code
```

| a | b |
|---|---|
| 1 | 2 |

{BODY}

— Ce tiret n’est pas une signature
"""


def test_markdown_article_comes_in_whole(newsroom: Any) -> None:
    article = newsroom.file(MARKDOWN, "2026-11-01-x.md")
    assert article.title == "Une digue de bois"
    assert article.url == "https://example.org/digue"
    assert article.published == datetime(2026, 11, 12, 18, 30, tzinfo=PARIS)
    assert article.inferred == ()
    assert article.chapo == "Un port se dote d’une digue de bois."
    assert article.author == "Solveig Aramburu, Piet Lind"
    assert (article.region, article.language, article.pinned) == ("Europe", "fr", True)
    assert article.categories == ("Mers", "bois", "ports")
    assert article.sections == (SectionSignal("metadata", "International"),)
    picture = article.picture
    assert picture is not None
    assert picture.location == str(newsroom.root / "articles/pictures/digue.jpg")
    assert (picture.alt, picture.caption, picture.credit) == (
        "Une digue",
        "La digue au matin",
        "Studio Lind",
    )
    assert [(p.role, p.text) for p in article.body] == [
        ("text", "Le port a voté la construction d’une digue."),
        ("subhead", "Un siècle d’attente"),
        ("quote", "Une digue qui dure est une digue oubliée."),
        ("attribution", "Solveig Aramburu, capitaine"),
        ("quote", "Le bois revient."),
        ("attribution", "Piet Lind"),
        ("text", "un"),
        ("text", "deux"),
        ("text", BODY),
        ("text", "— Ce tiret n’est pas une signature"),
    ]


@pytest.mark.parametrize(
    ("key", "remark"),
    [
        ("sumary", "front matter: unknown key “sumary” ignored; did you mean summary?"),
        ("Titel", "front matter: unknown key “Titel” ignored; did you mean title?"),
        ("zzz", "front matter: unknown key “zzz” ignored"),
    ],
)
def test_misspelt_key_is_remarked_upon(newsroom: Any, key: str, remark: str) -> None:
    article = newsroom.file(f"---\ntitle: Une digue\n{key}: Un port.\n---\n{BODY}\n", "a.md")
    assert (article.chapo, article.inferred) == ("", (remark,))


def test_keys_of_makers_of_sites_are_left_alone(newsroom: Any) -> None:
    head = "title: Une digue\nlayout: post\nslug: digue\nDraft: false\n3: x\n"
    assert newsroom.file(f"---\n{head}---\n{BODY}\n", "a.md").inferred == ()


def test_toml_head_is_read(newsroom: Any) -> None:
    head = 'title = "Une digue"\ndate = 2026-11-12\ndescription = "Un port se dote."\n'
    article = newsroom.file(f"+++\n{head}+++\n{BODY}\n", "a.md")
    assert (article.title, article.chapo) == ("Une digue", "Un port se dote.")
    assert article.published == datetime(2026, 11, 12, tzinfo=PARIS)


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("2026-11-12", datetime(2026, 11, 12, tzinfo=PARIS)),
        ("2026-11-12 18:30:00", datetime(2026, 11, 12, 18, 30, tzinfo=PARIS)),
        ("12 novembre 2026", datetime(2026, 11, 12, tzinfo=PARIS)),
        ('"2026-11-12T18:30"', datetime(2026, 11, 12, 18, 30, tzinfo=PARIS)),
    ],
)
def test_dates_of_a_head_are_in_the_publications_zone(
    newsroom: Any, date: str, moment: datetime
) -> None:
    article = newsroom.file(f"---\ntitle: T\ndate: {date}\n---\n{BODY}", "a.md")
    assert article.published == moment


@pytest.mark.parametrize("date", ["2026-11-12T18:30:00", "2026-11-12T17:30:00Z"])
def test_moments_of_a_toml_head_are_read(newsroom: Any, date: str) -> None:
    article = newsroom.file(f'+++\ntitle = "T"\ndate = {date}\n+++\n{BODY}', "a.md")
    assert article.published == datetime(2026, 11, 12, 18, 30, tzinfo=PARIS)


def test_heading_is_the_title_when_the_head_has_none(newsroom: Any) -> None:
    article = newsroom.file(f"---\n---\n# Une digue\n\n{BODY}", "2026-11-12 Digue été.md")
    assert article.title == "Une digue"
    assert article.url == "https://example.org/articles/digue-ete"


def test_markdown_without_head_or_heading_is_read_as_published(newsroom: Any) -> None:
    article = newsroom.file(TEXT, "a.md")
    assert (article.title, article.chapo) == ("Une digue de bois à Lindoe", CHAPO)


def test_text_file_may_have_a_head(newsroom: Any) -> None:
    assert newsroom.file(f"---\ntitle: Une digue\n---\n{BODY}", "a.txt").title == "Une digue"


def test_empty_values_of_a_head_count_as_left_out(newsroom: Any) -> None:
    head = "title: T\nchapo:\nsummary: Le bref.\npinned:\ntags:\ndate:\npicture: ''\n"
    article = newsroom.file(f"---\n{head}---\n{BODY}", "a.md")
    assert (article.chapo, article.pinned, article.categories) == ("Le bref.", False, ())
    assert (article.published, article.picture) == (None, None)


def test_picture_on_the_web_keeps_its_address(newsroom: Any) -> None:
    article = newsroom.file(f"---\ntitle: T\npicture: https://example.org/a.jpg\n---\n{BODY}")
    assert article.picture is not None
    assert article.picture.location == "https://example.org/a.jpg"


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("---\ntitle: T\ndate: demain\n---\nx", 3, ["date", "“demain”", "2026-11-12"]),
        ("---\ntitle: 2026\n---\nx", 2, ["title", "2026 (int)", "in quotes"]),
        ("---\ntitle: T\ntags: {a: b}\n---\nx", 3, ["tags", "a table"]),
        ("---\ntitle: T\ntags: [1, 2]\n---\nx", 3, ["tags", "a list"]),
        ("---\ntitle: T\npinned: oui\n---\nx", 3, ["pinned", "“oui”", "true or false"]),
        ("---\ntitle: T\nchapo: true\n---\nx", 3, ["chapo", "found true"]),
        ("---\ntitle: T\nurl: javascript:alert(1)\n---\nx", 3, ["url", "https://"]),
        ("---\ntitle: T\npicture: data:image/png;base64,x\n---\nx", 3, ["picture", "https://"]),
        ("---\ntitle: T\ntitle : : x\n---\nx", 3, ["not valid YAML"]),
        ("---\ntitle: T\nnext: [a\n---\nx", 4, ["not valid YAML"]),
        ("---\ntitle: \x07\n---\nx", 1, ["not valid YAML"]),
        ("---\n- a\n- b\n---\nx", 2, ["keys and values"]),
        ("---\ntitle: T\nx", 1, ["never ends"]),
        ("+++\ntitle = 'T'\ndate = 18:30:00\n+++\nx", 3, ["date", "no date"]),
        ("+++\ntitle = 'T'\nbroken\n+++\nx", 3, ["not valid TOML"]),
        ("+++\ntitle = 'T'\nmore = [\n+++\nx", 3, ["not valid TOML"]),
        ("---\ntitle: T\n---\n", 1, ["“T”", "no text"]),
        ("## Pas de titre\n\nDu texte.", 1, ["no title"]),
        ("Un début sans titre. " * 30, 1, ["no title"]),
    ],
)
def test_a_mistake_is_named_with_its_line(
    newsroom: Any, content: str, line: int, words: list[str]
) -> None:
    found = newsroom.bad_file(content)
    assert found.where == f"articles/a.md:{line}"
    assert found.source == "redaction"
    for word in words:
        assert word in found.reason


def test_a_folder_that_is_a_source_of_its_own_is_left_to_it(newsroom: Any) -> None:
    for name in ("articles/a.md", "articles/loin/b.md", "articles/autre/c.md"):
        file = newsroom.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"---\ntitle: {name}\n---\nDu texte.\n", encoding="utf-8")
    config = newsroom.config(
        SourceSettings(name="redaction", kind="files", path="articles"),
        SourceSettings(name="loin", kind="files", path="articles/loin"),
    )
    titles = {
        source.name: [getattr(found, "title", found) for found in source.articles(newsroom.window)]
        for source in open_sources(config, newsroom.served)
    }
    assert titles == {
        "redaction": ["articles/a.md", "articles/autre/c.md"],
        "loin": ["articles/loin/b.md"],
    }


def test_a_deeply_nested_head_does_no_harm(newsroom: Any) -> None:
    for head in (f"title: {'[' * 100_000}", f"title: T\nmore:\n  {'- ' * 50_000}x"):
        found = newsroom.bad_file(f"---\n{head}\n---\nx")
        assert "nested too deeply" in found.reason
    found = newsroom.bad_file(f"+++\ntitle = {'[' * 100_000}\n+++\nx")
    assert "not valid TOML" in found.reason


def test_a_head_of_references_to_references_does_no_harm(newsroom: Any) -> None:
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]" for n in range(1, 40)]
    head = "\n".join(["title: T", *lines])
    assert newsroom.file(f"---\n{head}\n---\n{BODY}", "a.md").title == "T"


# ---- Bytes and folders ----------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_encodings_of_newsrooms_are_read(newsroom: Any, encoding: str, line_end: str) -> None:
    text = TEXT.replace("\n", line_end)
    article = newsroom.file(text.encode(encoding))
    assert (article.title, article.chapo) == ("Une digue de bois à Lindoe", CHAPO)


@pytest.mark.parametrize(
    ("content", "where", "words"),
    [
        (b"", "articles/a.md", "is empty"),
        (b" \n\t\n", "articles/a.md", "is empty"),
        (b"Titre\n\nligne\n\xe9\x81 texte", "articles/a.md:4", "byte 0x81"),
        ("Titre".encode("utf-16"), "articles/a.md:1", "UTF-16"),
        (b"%PDF-1.7\n\x00\x01", "articles/a.md:2", "not a text file"),
        (b"x" * 2_000_001, "articles/a.md", "2,000,001 bytes"),
    ],
)
def test_a_file_that_is_no_text_is_named(
    newsroom: Any, content: bytes, where: str, words: str
) -> None:
    found = newsroom.bad_file(content)
    assert found.where == where
    assert words in found.reason


def test_a_bad_file_does_not_stop_the_others(newsroom: Any, titles: Any) -> None:
    found = newsroom.files({"a.txt": b"\x00", "b.txt": TEXT, "c.md": "---\n", "d/e.TXT": BODY})
    assert titles(found) == ["Une digue de bois à Lindoe"]
    assert [r.where for r in found if isinstance(r, Rejected)] == [
        "articles/a.txt:1",
        "articles/c.md:1",
        "articles/d/e.TXT:1",
    ]


def test_folders_are_walked_in_order_but_not_hidden_ones(newsroom: Any) -> None:
    names = ["b.txt", "a/z.txt", "a/b/c.md", ".git/x.txt", "a/.y.txt", "a/.d/y.txt", "a/n.css"]
    found = newsroom.files(dict.fromkeys(names, TEXT), base_url="")
    assert [article.location for article in found] == [
        "articles/a/b/c.md",
        "articles/a/z.txt",
        "articles/b.txt",
    ]
    assert [article.url for article in found] == [
        (newsroom.root / article.location).as_uri() for article in found
    ]


def test_two_files_with_the_same_address_are_reported(newsroom: Any) -> None:
    first, second = newsroom.files({"2026-11-12-digue.txt": TEXT, "b/digue.txt": TEXT})
    assert isinstance(first, Article)
    assert isinstance(second, Rejected)
    assert "the same address as articles/2026-11-12-digue.txt" in second.reason


@pytest.mark.parametrize(
    ("name", "slug", "day"),
    [
        ("2026-11-12-digue.txt", "digue", 12),
        ("20261112-digue.txt", "digue", 12),
        ("20261112_Digue & Été.txt", "digue-ete", 12),
        ("2026-11-12.txt", "2026-11-12", 12),
        ("digue-2026-11-12.txt", "digue-2026-11-12", None),
        ("2026-13-45-digue.txt", "2026-13-45-digue", None),
        ("2026-1112-digue.txt", "2026-1112-digue", None),
        ("202611123-digue.txt", "202611123-digue", None),
        ("港.txt", "港", None),
        ("!!!.txt", "%21%21%21", None),
    ],
)
def test_name_gives_address_and_day(newsroom: Any, name: str, slug: str, day: int | None) -> None:
    article = newsroom.file(TEXT, name, base_url="https://example.org/a")
    assert article.url == newsroom.file(TEXT, name, base_url="https://example.org/a/").url
    expected = None if day is None else datetime(2026, 11, day, 12, tzinfo=PARIS)
    assert article.published == expected
    assert unquote(article.url) == f"https://example.org/a/{unquote(slug)}"


def test_section_of_the_source_comes_first(newsroom: Any) -> None:
    article = newsroom.file(
        "---\ntitle: T\nsection: Sport\ntags: [Monde, bois]\n---\n" + BODY,
        section="International",
        base_url="https://example.org/politique/",
    )
    assert [(s.origin, s.value) for s in article.sections] == [
        ("feed", "International"),
        ("metadata", "Sport"),
        ("metadata", "Monde"),
        ("url", "politique"),
    ]


def test_missing_folder_names_the_source(newsroom: Any) -> None:
    with pytest.raises(SourceError, match=r"source “redaction”.*no such folder") as caught:
        newsroom.read(path="missing")
    assert "config.toml" in caught.value.hint
    (newsroom.root / "file").write_text("x")
    with pytest.raises(SourceError, match="is not a folder"):
        newsroom.read(path="file")


def test_vanishing_file_is_reported(newsroom: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    found = newsroom.bad_file(TEXT)
    assert found.reason == "cannot be read: Permission denied"


def test_unreadable_folder_names_the_source(newsroom: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Any) -> Any:
        raise PermissionError(13, "Permission denied", str(path))

    (newsroom.root / "articles").mkdir()
    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(SourceError, match="Permission denied"):
        newsroom.read(path="articles")


def test_folder_outside_the_publication_shows_its_whole_path(
    newsroom: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "a.txt").write_text(TEXT, encoding="utf-8")
    (article,) = newsroom.read(path=str(folder))
    assert article.location == (folder / "a.txt").as_posix()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(
    content=st.binary(max_size=300)
    | st.text(max_size=300).map(str.encode)
    | st.lists(
        st.sampled_from(["---", "+++", "title: T", "title = 'T'", "# T", "> q", "", "— X", "A, b"])
        | st.text(max_size=20),
        max_size=12,
    ).map(lambda lines: "\n".join(lines).encode(errors="replace"))
)
def test_whatever_a_file_holds_is_an_article_or_a_reason(newsroom: Any, content: bytes) -> None:
    (found,) = newsroom.files({"a.md": content})
    if isinstance(found, Rejected):
        assert found.reason
    else:
        assert found.title == " ".join(found.title.split(" ")).strip()
        assert found.chapo or found.body
        assert "\n" not in found.title + found.chapo + "".join(p.text for p in found.body)


# ---- Saved pages ----------------------------------------------------------------------------

ADDRESS = '<link rel="canonical" href="https://vigie.example/monde/digue?utm_source=x">'


def test_saved_page_comes_in_like_a_fetched_one(newsroom: Any) -> None:
    article = newsroom.file(article_html(head=ADDRESS), "digue.html", section="Mers")
    assert (article.title, article.chapo) == ("Une digue de bois à Lindoe", LEAD)
    assert [paragraph.text for paragraph in article.body] == list(TEXTS)
    assert article.url == "https://vigie.example/monde/digue"
    assert article.published == datetime(2026, 11, 12, 18, 30, tzinfo=PARIS)
    assert article.inferred == ()
    assert article.sections == (SectionSignal("feed", "Mers"), SectionSignal("url", "monde"))
    assert article.location == "articles/digue.html"


def test_saved_page_without_address_and_date_takes_its_files(newsroom: Any) -> None:
    article = newsroom.file(article_html(published=""), "2026-11-12-une-digue.HTM")
    assert article.url == "https://example.org/articles/une-digue"
    assert article.published == datetime(2026, 11, 12, 12, tzinfo=PARIS)
    assert article.inferred == ("published: from the file's name, at noon",)


def test_picture_saved_beside_a_page_is_left_out(newsroom: Any) -> None:
    figure = '<figure><img src="digue_files/a.jpg" alt="Une digue"></figure>'
    html = article_html().replace("<div>", f"<div>{figure}", 1)
    assert newsroom.file(html, "digue.html").picture is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"  \n", "is empty"),
        (b"x" * 4_000_001, "4,000,001 bytes"),
        (b"<html>" + b"<div>" * 5_000, "inside one another"),
        (b"<html><body><p>Un texte</p></body></html>", "has no title"),
        (b"<title>Une digue</title><body></body>", "has a title (“Une digue”) but no text"),
    ],
)
def test_saved_page_that_is_no_article_is_named(newsroom: Any, content: bytes, words: str) -> None:
    found = newsroom.bad_file(content, "digue.html")
    assert found.where == "articles/digue.html"
    assert words in found.reason


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable for root")
def test_saved_page_that_cannot_be_read_is_named(newsroom: Any) -> None:
    file = newsroom.root / "articles" / "a.html"
    file.parent.mkdir()
    file.write_text("x")
    file.chmod(0)
    (found,) = newsroom.read(path="articles")
    assert "cannot be read" in found.reason
