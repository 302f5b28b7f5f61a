"""An article's own page: what it states is believed, what it hides or breaks does no harm."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.sources.site_server import LEAD, TEXTS, article_html

from digest.model.content import Picture, SectionSignal
from digest.sources.article_page import read_page
from digest.sources.article_page.apart import read_apart
from digest.sources.article_page.extraction import CONCLUDED, PageArticle, page_article
from digest.sources.article_page.raw_page import RawPage
from digest.sources.article_page.reading import read_raw
from digest.sources.article_page.tree import DEEPEST, MOST_ATTRIBUTES, MOST_BYTES, UnreadableError
from digest.text.folding import fold

PARIS = ZoneInfo("Europe/Paris")
URL = "https://vigie.example/monde/une-digue-de-bois-a-lindoe"
PAGES = Path(__file__).parents[3] / "shared" / "data" / "pages"


def raw(html: str | bytes, charset: str = "utf-8", url: str = URL, *, listing: bool = False) -> Any:
    content = html.encode() if isinstance(html, str) else html
    request = {
        "html": content.decode("latin-1"),
        "charset": charset,
        "url": url,
        "listing": listing,
    }
    return json.loads(json.dumps(read_raw(request)))


def page(html: str | bytes, charset: str = "utf-8", url: str = URL) -> PageArticle:
    """The article of a page, read in this process."""
    return page_article(RawPage.of(raw(html, charset, url)), url, PARIS, ("International",))


def linked(value: object, **options: Any) -> PageArticle:
    """The article of a page whose head states a value in JSON-LD."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    script = f'<script type="application/ld+json">{text}</script>'
    return page(article_html(head=script, **{"published": "", **options}))


NEWS = {
    "@context": "https://schema.org",
    "@type": "NewsArticle",
    "headline": "Une digue de bois à Lindoe",
    "datePublished": "2026-11-12T18:30:00+01:00",
    "dateModified": "2026-11-13T08:00:00+01:00",
    "articleSection": ["International"],
    "keywords": "digue, port",
    "author": [{"@type": "Person", "name": "Solveig Aramburu"}],
    "image": {
        "@type": "ImageObject",
        "url": "https://vigie.example/img/digue-1600.jpg",
        "width": "1600px",
        "height": 900,
        "caption": "La digue au matin",
        "creditText": "Studio Lind",
    },
    "publisher": {"@type": "Organization", "name": "La Vigie"},
    "isAccessibleForFree": "False",
}


def test_page_comes_in_whole() -> None:
    article = linked(NEWS)
    assert article.title == "Une digue de bois à Lindoe"
    assert article.published == datetime(2026, 11, 12, 17, 30, tzinfo=UTC)
    assert article.inferred == ()
    assert article.chapo == LEAD
    assert [paragraph.text for paragraph in article.body] == list(TEXTS)
    assert article.sections == (
        SectionSignal("metadata", "International"),
        SectionSignal("url", "monde"),
    )
    assert article.categories == ("International", "digue", "port")
    assert (article.author, article.language) == ("Solveig Aramburu", "fr")
    assert article.picture == Picture(
        "https://vigie.example/img/digue-1600.jpg",
        "",
        "La digue au matin",
        "Studio Lind",
        1600,
        900,
    )
    assert article.url == URL


def test_page_becomes_an_article_of_its_source() -> None:
    article = linked(NEWS).as_article("vigie", "https://vigie.example/a", "Mers")
    assert (article.source, article.location) == ("vigie", "https://vigie.example/a")
    assert article.sections[0] == SectionSignal("feed", "Mers")


# ---- JSON-LD --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shape",
    [
        [NEWS],
        {"@graph": [{"@type": "WebSite", "name": "La Vigie"}, NEWS]},
        {"@type": "WebPage", "mainEntity": NEWS},
        {**NEWS, "@type": ["Thing", "https://schema.org/ReportageNewsArticle"]},
        {**NEWS, "@type": "BlogPosting"},
        [{"@type": "Organization", "name": "X"}, [[NEWS]]],
    ],
)
def test_linked_data_is_found_in_every_shape(shape: object) -> None:
    article = linked(shape)
    assert article.published == datetime(2026, 11, 12, 17, 30, tzinfo=UTC)
    assert article.author == "Solveig Aramburu"


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(NEWS).replace("}", ",}", 1),
        json.dumps(NEWS) + ";",
        f"<!-- {json.dumps(NEWS)} -->",
        f"//<![CDATA[\n{json.dumps(NEWS)}\n//]]>",
        json.dumps(NEWS).replace("digue, port", "digue,\n port"),
        json.dumps(NEWS).replace('"', "&quot;"),
        json.dumps(NEWS) + "\n<p>reste</p>",
    ],
)
def test_careless_linked_data_is_read(text: str) -> None:
    assert linked(text).published == datetime(2026, 11, 12, 17, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "3", '"texte"', "[" * 100_000, '{"a":' * 50_000, "[[[]]]", '{"@graph": 3}'],
)
def test_linked_data_that_says_nothing_leaves_the_rest(text: str) -> None:
    assert linked(text).chapo == LEAD


def test_values_of_the_wrong_type_count_as_missing() -> None:
    wrong = {
        "@type": "NewsArticle",
        "headline": {"name": 3},
        "datePublished": 20261112,
        "author": [3, None, {"name": ["Solveig Aramburu", 4]}],
        "image": [
            3,
            {"url": 4},
            {"url": ["https://vigie.example/img/a.jpg"], "width": {"value": 9}},
        ],
        "articleSection": {"a": 1},
        "keywords": [{"name": "digue"}, 3],
        "publisher": 3,
        "mainEntityOfPage": 3,
        "inLanguage": {"@value": "fr"},
        "articleBody": 3,
    }
    article = linked(wrong)
    assert article.author == "Solveig Aramburu"
    assert article.categories == ("digue",)
    assert article.picture is not None
    assert (article.picture.location, article.picture.width) == (
        "https://vigie.example/img/a.jpg",
        9,
    )


def test_references_by_id_are_followed() -> None:
    article = linked(
        {
            "@graph": [
                {
                    **NEWS,
                    "author": {"@id": "#a"},
                    "image": {"@id": "#i"},
                    "publisher": {"@id": "#p"},
                },
                {"@id": "#x", "@type": "WebPage", "mainEntity": {"@id": "#a", "name": "Ana Ruiz"}},
                {"@id": "#i", "@type": "ImageObject", "url": "https://vigie.example/img/i.jpg"},
            ]
        }
    )
    assert article.author == "Ana Ruiz"
    assert article.picture is not None
    assert article.picture.location == "https://vigie.example/img/i.jpg"


def test_the_node_of_the_page_itself_wins_over_teasers() -> None:
    teaser = {**NEWS, "url": "https://vigie.example/autre", "datePublished": "2020-01-01"}
    own = {**NEWS, "mainEntityOfPage": {"@id": URL + "?utm_source=x"}}
    assert linked([teaser, own]).published == datetime(2026, 11, 12, 17, 30, tzinfo=UTC)


def test_breadcrumbs_name_the_section() -> None:
    crumbs = {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"name": "Accueil"},
            {"item": {"name": "Économie &amp; mers"}},
            {"name": "Politique"},
            3,
            {"name": "Une digue de bois à Lindoe"},
        ],
    }
    article = linked([{**NEWS, "articleSection": "Actualités"}, crumbs])
    assert article.sections[0] == SectionSignal("metadata", "Politique")
    assert article.categories == ("Économie & mers", "Politique", "digue", "port")


# ---- Dates ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "head",
    [
        '<meta name="date.available" content="2026-11-12 18:30:00 +01:00">',
        '<meta property="og:article:published_time" content="2026-11-12T18:30:00+01:00">',
        '<meta itemprop="datePublished" content="2026-11-12T18:30:00+01:00">',
        '<meta name="DC.date.issued" content="12 novembre 2026 à 18h30">',
    ],
)
def test_stated_dates_are_believed(head: str) -> None:
    article = page(article_html(head=head, published=""))
    assert article.published == datetime(2026, 11, 12, 17, 30, tzinfo=UTC)
    assert article.inferred == ()


def test_time_that_calls_itself_publication_is_stated() -> None:
    html = article_html(published="").replace(
        "</h1>", '</h1><time itemprop="datePublished">12 novembre 2026</time>'
    )
    assert (page(html).published, page(html).inferred) == (
        datetime(2026, 11, 12, tzinfo=PARIS),
        (),
    )


def test_time_beside_the_text_is_concluded() -> None:
    html = article_html(published="").replace(
        "</h1>", '</h1><time datetime="2026-11-12T09:00:00Z">hier</time>'
    )
    article = page(html)
    assert article.published == datetime(2026, 11, 12, 9, tzinfo=UTC)
    assert article.inferred == (CONCLUDED,)


def test_date_in_the_address_is_concluded() -> None:
    article = page(
        article_html(published=""), url="https://vigie.example/2026/11/12/une-digue.html"
    )
    assert article.published == datetime(2026, 11, 12, tzinfo=PARIS)
    assert article.inferred == (CONCLUDED,)


def test_page_without_any_date_stays_undated() -> None:
    article = page(article_html(published=""))
    assert (article.published, article.inferred) == (None, ())


# ---- Title and address ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "title",
    [
        "Une digue de bois - La Vigie",
        "Une digue de bois | La Vigie",
        "Une digue de bois – La Vigie | La Vigie",
        "Une digue de bois • La Vigie.fr",
        "Une digue de bois",
    ],
)
def test_title_stands_without_the_sites_name(title: str) -> None:
    site = "La Vigie.fr" if title.endswith(".fr") else "La Vigie"
    html = article_html(title).replace('content="La Vigie"', f'content="{site}"')
    assert page(html).title == "Une digue de bois"


def test_a_titles_own_dash_stays() -> None:
    assert page(article_html("Lindoe - la digue")).title == "Lindoe - la digue"


def test_cut_title_gives_way_to_the_heading() -> None:
    html = article_html().replace('content="Une digue de bois à Lindoe"', 'content="Une digue…"')
    assert page(html).title == "Une digue de bois à Lindoe"


def test_page_named_like_its_site_takes_the_heading() -> None:
    html = article_html().replace('content="Une digue de bois à Lindoe"', 'content="La Vigie"')
    assert page(html).title == "Une digue de bois à Lindoe"


@pytest.mark.parametrize(
    ("canonical", "expected"),
    [
        (
            "https://www.vigie.example/mer/digue?utm_source=x",
            "https://www.vigie.example/mer/digue",
        ),
        ("http://vigie.example/mer/digue", "https://vigie.example/mer/digue"),
        ("/mer/digue", "https://vigie.example/mer/digue"),
        ("https://vigie.example/", URL),
        ("https://elsewhere.example/digue", URL),
        ("javascript:alert(1)", URL),
        ("https://[", URL),
        ("", URL),
    ],
)
def test_canonical_address_is_taken_when_it_is_of_the_site(canonical: str, expected: str) -> None:
    head = f'<link rel="canonical" href="{canonical}">'
    assert page(article_html(head=head)).url == expected


def test_saved_page_says_where_it_is_from() -> None:
    head = '<meta property="og:url" content="https://vigie.example/mer/digue">'
    assert page(article_html(head=head), url="").url == "https://vigie.example/mer/digue"


# ---- The lead -------------------------------------------------------------------------------

OTHER = (
    "Le port de Lindoe aura sa digue. Elle sera de bois, et c’est la première fois depuis cent ans."
)


def described(text: str, **options: Any) -> PageArticle:
    head = f'<meta property="og:description" content="{text}">'
    return page(article_html(head=head, **options))


def test_description_of_complete_sentences_is_the_chapo() -> None:
    article = described(OTHER, lead="")
    assert (article.chapo, article.description) == (OTHER, "")


def test_chapo_of_the_page_wins_and_another_description_is_kept() -> None:
    article = described(OTHER)
    assert (article.chapo, article.description) == (LEAD, OTHER)


def test_tags_after_a_description_go() -> None:
    assert described(f"{OTHER} #Mer #Port", lead="").chapo == OTHER


def test_description_that_repeats_the_text_is_no_chapo() -> None:
    article = described(TEXTS[0], lead="")
    assert (article.chapo, article.description) == ("", TEXTS[0])
    assert article.body[0].text == TEXTS[0]


@pytest.mark.parametrize("text", ["Le port de Lindoe aura…", "Le port", "Le port […]"])
def test_cut_description_is_no_chapo(text: str) -> None:
    article = described(text, lead="")
    assert (article.chapo, article.description) == ("", text)


def test_description_that_is_the_title_says_nothing() -> None:
    article = described("Une digue de bois à Lindoe", lead="")
    assert (article.chapo, article.description) == ("", "")


def test_paragraph_beside_the_title_is_the_chapo() -> None:
    html = article_html().replace(' class="article__chapo"', ' class="x1y2"')
    assert page(html).chapo == LEAD


def test_chapo_of_a_teaser_below_is_not_taken() -> None:
    teaser = '<div class="related"><h3>Autre</h3><p class="chapo">' + OTHER + "</p></div>"
    article = page(article_html(lead="").replace("</main>", f"{teaser}</main>"))
    assert article.chapo == ""


def test_chapo_in_the_text_is_not_told_twice() -> None:
    article = page(article_html(lead=LEAD, texts=(LEAD, *TEXTS)))
    assert article.chapo == LEAD
    assert [paragraph.text for paragraph in article.body] == list(TEXTS)


# ---- The text -------------------------------------------------------------------------------


def test_roles_of_the_markup_are_kept() -> None:
    inner = (
        f"<p>{TEXTS[0]}</p><h2>Un siècle d’attente</h2><p>{TEXTS[1]}</p>"
        f"<blockquote><p>Une digue oubliée est une bonne digue, disait-on ici.</p></blockquote>"
        f"<p>{TEXTS[2]}</p><ul><li>quarante charpentiers venus de toute la côte, sans exception"
        f"</li><li>deux hivers</li></ul><p>{OTHER}</p>"
    )
    html = article_html(texts=()).replace("<div></div>", f"<div>{inner}</div>")
    roles = [(paragraph.role, paragraph.text[:12]) for paragraph in page(html).body]
    assert ("subhead", "Un siècle d’") in roles
    assert ("quote", "Une digue ou") in roles
    assert ("text", "deux hivers") in roles


@pytest.mark.parametrize(
    "line",
    [
        "Publicité",
        "La suite après cette publicité",
        "À lire aussi Le phare de Lindoe change de couleur",
        "Par Solveig Aramburu",
        "Publié le 12 novembre 2026 à 18h30",
        "Il vous reste 57.09% de cet article à lire. La suite est réservée aux abonnés.",
        "Une digue de bois à Lindoe",
        TEXTS[0],
    ],
)
def test_what_stands_between_paragraphs_goes(line: str) -> None:
    article = page(article_html(texts=(TEXTS[0], TEXTS[1], line, TEXTS[2])))
    assert [paragraph.text for paragraph in article.body] == list(TEXTS)


@pytest.mark.parametrize(
    "line",
    [
        "Par ailleurs, le port ne paiera pas les pieux.",
        "Il vous reste 3 jours pour voter.",
        "- Une colère de pêcheurs -",
    ],
)
def test_sentences_that_begin_alike_stay(line: str) -> None:
    article = page(article_html(texts=(TEXTS[0], line, TEXTS[1], TEXTS[2])))
    assert article.body[1].text == line


def test_two_breaks_part_paragraphs() -> None:
    text = f"{TEXTS[0]}<br><br>{TEXTS[1]}<br>{TEXTS[2]}"
    article = page(article_html(lead="", texts=(text, OTHER)))
    assert article.body[0].text == TEXTS[0]


def test_text_stated_in_linked_data_stands_in_for_a_page_made_by_scripts() -> None:
    stated = {**NEWS, "articleBody": "\n\n".join(TEXTS * 2)}
    article = linked(stated, texts=("Chargement",))
    assert [paragraph.text for paragraph in article.body] == list(TEXTS)
    marked = {**NEWS, "articleBody": "".join(f"<p>{text}</p>" for text in (*TEXTS, OTHER * 3))}
    assert linked(marked, texts=("Chargement",)).body[0].text == TEXTS[0]


def test_markup_and_tokens_of_a_page_are_plain_text() -> None:
    title = "&lt;mj-raw&gt;{{ 7*7 }} &lt;b&gt;Digue&lt;/b&gt;"
    article = page(article_html(title, texts=("<b>Le</b> <script>x()</script>port. " * 20,)))
    assert article.title == "<mj-raw>{{ 7*7 }} <b>Digue</b>"
    assert "x()" not in article.body[0].text
    assert article.body[0].text.startswith("Le port.")


def test_control_and_bidi_characters_go() -> None:
    article = page(article_html("Une digue\u202e de\u200b bois\u0007"))
    assert article.title == "Une digue de bois"


# ---- Author, language, picture ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "author"),
    [
        ('<meta name="author" content="Par Solveig Aramburu">', "Solveig Aramburu"),
        ('<meta property="article:author" content="https://social.example/vigie">', ""),
        ('<meta name="author" content="ana@vigie.example">', ""),
        ("", ""),
    ],
)
def test_author_is_a_name(head: str, author: str) -> None:
    assert page(article_html(head=head)).author == author


def test_language_is_what_most_statements_say() -> None:
    head = '<meta property="og:locale" content="en_GB">'
    html = article_html(head=head).replace('<html lang="fr">', "<html>")
    assert page(html).language == "en"
    assert page(html.replace("en_GB", "x")).language == ""


def og(location: str, extra: str = "") -> PageArticle:
    head = f'<meta property="og:image" content="{location}">{extra}'
    return page(article_html(head=head))


@pytest.mark.parametrize(
    "location",
    [
        "data:image/png;base64,AAAA",
        "javascript:alert(1)",
        "https://vigie.example/img/logo.png",
        "https://vigie.example/static/default-share.jpg",
        "https://vigie.example/pixel.gif",
        "https://vigie.example/dessin.svg",
        "http://[",
        "",
    ],
)
def test_what_is_no_picture_is_none(location: str) -> None:
    assert og(location).picture is None


def test_counting_pixel_is_no_picture() -> None:
    size = (
        '<meta property="og:image:width" content="1"><meta property="og:image:height" content="1">'
    )
    assert og("https://vigie.example/p.jpg", size).picture is None


def test_words_for_a_picture_come_from_the_figure_that_shows_it() -> None:
    figure = (
        '<figure><img data-src="/img/320/digue.jpg" src="data:," alt="Une digue"><figcaption>La '
        'digue au matin <span class="credit">Studio Lind</span></figcaption></figure>'
    )
    head = (
        '<meta property="og:image" content="https://vigie.example/img/1200/digue.jpg">'
        '<meta property="og:image:width" content="1200">'
    )
    html = article_html(head=head).replace("<div>", f"<div>{figure}", 1)
    assert page(html).picture == Picture(
        "https://vigie.example/img/1200/digue.jpg",
        "Une digue",
        "La digue au matin",
        "Studio Lind",
        1200,
    )
    alone = article_html().replace("<div>", f"<div>{figure}", 1)
    picture = page(alone).picture
    assert picture is not None
    assert picture.location == "https://vigie.example/img/320/digue.jpg"


def test_one_picture_in_two_sizes_is_known_by_its_stamp() -> None:
    stated = {**NEWS, "image": "https://vigie.example/0/a1b2c3d4e5f60718-wide.jpg"}
    script = f'<script type="application/ld+json">{json.dumps(stated)}</script>'
    extra = '<meta property="og:image:alt" content="Une digue">'
    head = f'<meta property="og:image" content="/1/a1b2c3d4e5f60718-tall.jpg">{extra}{script}'
    picture = page(article_html(head=head)).picture
    assert picture is not None
    assert (picture.location[-8:], picture.alt) == ("wide.jpg", "Une digue")


# ---- Encodings ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "header", "meta"),
    [
        ("utf-8", "utf-8", ""),
        ("utf-8", "iso-8859-1", ""),
        ("cp1252", "", '<meta charset="windows-1252">'),
        ("cp1252", "iso-8859-1", ""),
        ("iso-8859-15", "", '<meta http-equiv="Content-Type" content="text/html; charset=latin9">'),
        ("utf-16", "", ""),
    ],
)
def test_page_is_read_in_its_encoding(encoding: str, header: str, meta: str) -> None:
    title = "Une digue à l'été"
    html = (
        article_html(title, head=meta, texts=()).replace("’", "'").replace("«", "").replace("»", "")
    )
    assert page(html.encode(encoding), header).title == title


# ---- Listings -------------------------------------------------------------------------------


def test_listing_gives_links_feeds_and_the_interface() -> None:
    html = (
        "<html><head><base href='/monde/'>"
        "<link rel='https://api.w.org/' href='https://vigie.example/wp-json/'>"
        "<link rel='alternate' type='application/rss+xml' href='rss.xml' title='Monde &amp; mers'>"
        "<link rel='alternate' type='application/feed+json' href='/feed.json'>"
        "<link rel='alternate' type='application/json' href='/wp-json/wp/v2/pages/2'>"
        "<link rel='stylesheet' type='application/rss+xml' href='/no.xml'>"
        "<link rel='alternate' type='application/rss+xml' href='http://['>"
        "</head><body><main><h2><a href='a b'>Une <em>digue</em></a></h2>"
        "<a href='/c'><h3>Un phare</h3><p>Un texte</p></a></main><p><a href='d'>D</a></p>"
        "<nav><a href='e'>E</a></nav><a href='mailto:x@y.example'>F</a></body></html>"
    )
    found = RawPage.of(raw(html, listing=True))
    assert found.wordpress == "https://vigie.example/wp-json/"
    assert [(feed.url, feed.title) for feed in found.feeds] == [
        ("https://vigie.example/monde/rss.xml", "Monde & mers"),
        ("https://vigie.example/feed.json", ""),
    ]
    assert [(link.url[22:], link.text, link.prominent) for link in found.links] == [
        ("monde/ab", "Une digue", True),
        ("c", "Un phare", True),
        ("monde/d", "D", False),
    ]


@pytest.mark.parametrize(
    ("items", "listed"),
    [
        ([{"url": "/a"}, {"item": {"url": "/b"}}, {"item": {"@id": "/c"}}], ["/a", "/b", "/c"]),
        (["/a", {"item": "/b"}, {"item": 3, "url": "/c"}, 4, {}], ["/a", "/b", "/c"]),
        ("x", []),
    ],
)
def test_listed_addresses_are_found_in_every_shape(items: object, listed: list[str]) -> None:
    text = json.dumps({"@type": "ItemList", "itemListElement": items})
    html = f'<html><head><script type="application/ld+json">{text}</script></head></html>'
    assert list(RawPage.of(raw(html, listing=True)).linked.listed) == listed


def test_flood_of_linked_data_is_cut() -> None:
    flood = [{"@type": "Thing", "n": number} for number in range(20_000)]
    assert linked([NEWS, *flood]).author == "Solveig Aramburu"
    deep: object = NEWS
    for _ in range(50):
        deep = [deep]
    assert linked(deep).author == ""


def test_name_of_the_site_leaves_the_title_where_the_article_names_no_publisher() -> None:
    nodes = [{**NEWS, "publisher": None}, {"@type": "WebSite", "name": "La Vigie du Nord"}]
    script = f'<script type="application/ld+json">{json.dumps(nodes)}</script>'
    html = article_html("Une digue de bois | La Vigie du Nord", head=script).replace(
        '<meta property="og:site_name" content="La Vigie">', ""
    )
    assert page(html).title == "Une digue de bois"


def test_chapo_of_a_page_without_heading_is_found() -> None:
    html = article_html().replace("<h1>", "<b>").replace("</h1>", "</b>")
    assert page(html).chapo == LEAD


# ---- Hostile pages --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("<html><body>" + "<div>" * 50_000 + "x", "inside one another"),
        ("<html><body>" + "<b>x</b>" * 200_000, "elements"),
        ("<html><body>" + "<i>" * 70_000, "elements"),
        (f"<html><body><p {' a=1' * 100_000}>x</p>", f"more than {MOST_ATTRIBUTES} attributes"),
        ("", "nothing that can be read"),
        ("<!-- rien -->", "nothing that can be read"),
    ],
)
def test_page_beyond_the_limits_is_refused_quickly(html: str, reason: str) -> None:
    assert reason in raw(html)["refused"]


def test_five_megabytes_of_one_line_are_cut_and_read() -> None:
    html = article_html(texts=(*TEXTS, "mot " * (MOST_BYTES // 3)))
    assert page(html).title == "Une digue de bois à Lindoe"


def test_depth_within_the_limit_is_read() -> None:
    depth = DEEPEST - 10
    html = article_html().replace("<main>", "<div>" * depth).replace("</main>", "</div>" * depth)
    assert page(html).title == "Une digue de bois à Lindoe"


def test_long_values_in_quotes_are_no_attributes() -> None:
    html = article_html().replace("<main>", f"<main data-x='{'a b=c ' * 2_000}'>")
    assert page(html).chapo == LEAD


@pytest.mark.parametrize(
    "html",
    [
        "<html><head><title>Une digue",
        article_html().replace("</p>", "").replace("</div>", ""),
        article_html().replace("<article>", "<article><p><table><tr><td><form>"),
        "\0" + article_html(),
        "\ufeff" + article_html(),
    ],
)
def test_broken_pages_give_what_can_be_read(html: str) -> None:
    assert page(html).title.startswith("Une digue")


def test_page_without_text_is_no_article() -> None:
    assert not page("<html><head><title>Une digue</title></head><body></body></html>").is_article


# ---- In a child process ---------------------------------------------------------------------


def test_page_is_read_in_a_child() -> None:
    found = read_page(
        article_html().encode(), "utf-8", URL, zone=PARIS, section_names=("International",)
    )
    assert (found.title, found.chapo) == ("Une digue de bois à Lindoe", LEAD)


def test_hostile_page_is_refused_and_the_next_one_read() -> None:
    with pytest.raises(UnreadableError, match="inside one another"):
        read_apart(b"<html>" + b"<div>" * 50_000, "", URL)
    assert read_apart(article_html().encode(), "", URL, listing=True).title.startswith("Une digue")


def test_child_that_breaks_down_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    from digest.sources.article_page import apart
    from digest.sources.isolation import Isolated

    apart._children.cache_clear()
    monkeypatch.setattr(apart, "_TASK", "json:loads")
    try:
        with pytest.raises(UnreadableError, match="could not be read"):
            read_apart(b"<html>", "", URL)
    finally:
        children = apart._children()
        while not children.empty():
            child = children.get_nowait()
            assert isinstance(child, Isolated)
            child.close()
        apart._children.cache_clear()


# ---- Real pages -----------------------------------------------------------------------------

GOLD = {
    "EuronewsFR_2024_04_30": ("EuronewsFR", "V1"),
    "EuronewsFR_2026_01_06": ("EuronewsFR", "V1_1"),
    "LeFigaro_2024_11_22": ("LeFigaro", "V1"),
    "LeMonde_2023_09_01": ("LeMonde", "V1"),
    "LesEchos_2024_07_18": ("LesEchos", "V1"),
}


@pytest.mark.skipif(not PAGES.exists(), reason="../shared/data is absent")
@pytest.mark.parametrize("name", GOLD)
def test_real_pages_give_what_their_readers_see(name: str) -> None:
    file, version = GOLD[name]
    gold = json.loads((PAGES / f"{file}.json").read_text(encoding="utf-8"))[version]
    found = page((PAGES / f"{name}.html").read_bytes(), url="")
    assert fold(found.title) == fold(gold["title"])
    assert found.published == datetime.fromisoformat(gold["publishing_date"])
    assert found.inferred == ()
    assert fold(found.chapo) == fold(gold["body"]["summary"][0])
    wanted = [text for part in gold["body"]["sections"] for text in part["paragraphs"]]
    assert len(found.body) >= len(wanted)
    assert found.picture is not None
