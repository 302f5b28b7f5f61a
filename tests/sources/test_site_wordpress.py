"""A WordPress site as a source: its posts of the week, whatever its plug-ins do to the answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from tests.sources.site_server import TEXTS, Answer, Site, running_site

from digest.config import SourceSettings
from digest.errors import FetchError, SourceError
from digest.model.content import Article, Picture, Rejected, SectionSignal
from digest.selection import week_window
from digest.sources import open_sources
from digest.sources.site import wordpress

WINDOW = week_window("2026-W46", ZoneInfo("Europe/Paris"))
BODY = "".join(f"<p>{text}</p>" for text in TEXTS)
EXCERPT = "Le port de Lindoe se dote d’une digue de bois. Elle durera moins que le béton, dit-on."


def post(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A post as the interface gives it."""
    return {
        "id": number,
        "date": "2026-11-12T19:30:00",
        "date_gmt": "2026-11-12T18:30:00",
        "link": f"https://vigie.example/monde/digue-{number}/?utm_source=rest",
        "title": {"rendered": f"Une digue &amp; du bois, {number}"},
        "excerpt": {"rendered": f"<p>{EXCERPT}</p>"},
        "content": {"rendered": BODY, "protected": False},
        "_embedded": {
            "author": [{"name": "Solveig Aramburu"}],
            "wp:term": [
                [{"taxonomy": "category", "name": "International"}],
                [{"taxonomy": "post_tag", "name": "digue"}],
            ],
            "wp:featuredmedia": [
                {
                    "source_url": "https://vigie.example/digue.jpg",
                    "alt_text": "Une digue",
                    "caption": {"rendered": "<p>La digue au matin</p>"},
                    "media_details": {
                        "width": 4000,
                        "height": 3000,
                        "image_meta": {"credit": "Studio Lind"},
                        "sizes": {
                            "large": {
                                "source_url": "https://vigie.example/digue-1024.jpg",
                                "width": 1024,
                                "height": 768,
                            },
                            "thumbnail": {
                                "source_url": "https://vigie.example/digue-150.jpg",
                                "width": 150,
                                "height": "150",
                            },
                        },
                    },
                }
            ],
        },
        **changes,
    }


CATEGORIES = [
    {"id": 1, "slug": "monde", "name": "Monde &amp; mers", "parent": 0},
    {"id": 2, "slug": "afrique", "name": "Afrique", "parent": 1},
    {"id": 3, "slug": "sahel", "name": "Sahel", "parent": 2},
    {"id": 4, "slug": "sport", "name": "Sport", "parent": 0},
    {"id": "x"},
    3,
]


class Wordpress:
    """The interface of a site: pages its posts, and keeps the questions it was asked."""

    def __init__(self, site: Site, root: str = "/wp-json", posts: list[Any] | None = None) -> None:
        self.posts = [post()] if posts is None else posts
        self.questions: list[dict[str, str]] = []
        site.answers[f"{root}/wp/v2/posts"] = self.answer
        site.json(f"{root}/wp/v2/categories", json.dumps(CATEGORIES))

    def answer(self, path: str) -> Answer:
        question = {key: value[0] for key, value in parse_qs(urlsplit(path).query).items()}
        self.questions.append(question)
        start = (int(question.get("page", "1")) - 1) * int(question["per_page"])
        found = self.posts[start : start + int(question["per_page"])]
        kind = "application/json; charset=UTF-8"
        if start and not found:
            refusal = {"code": "rest_post_invalid_page_number", "data": {"status": 400}}
            return Answer(json.dumps(refusal).encode(), kind, status=400)
        return Answer(json.dumps(found).encode(), kind)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with running_site(tmp_path) as running:
        yield running


def read(site: Site, path: str = "/", **settings: Any) -> list[Article | Rejected]:
    source = SourceSettings(name="vigie", kind="wordpress", url=site.url(path), **settings)
    (opened,) = open_sources(site.config(source), site.web())
    return list(opened.articles(WINDOW))


def one(site: Site, **changes: Any) -> Article:
    """The article of a site's only post."""
    Wordpress(site, posts=[post(**changes)])
    (found,) = read(site)
    assert isinstance(found, Article), found
    return found


def test_post_comes_in_whole(site: Site) -> None:
    article = one(site)
    assert article.title == "Une digue & du bois, 1"
    assert article.url == "https://vigie.example/monde/digue-1/"
    assert article.published == datetime(2026, 11, 12, 18, 30, tzinfo=UTC)
    assert (article.chapo, article.description) == (EXCERPT, "")
    assert [paragraph.text for paragraph in article.body] == list(TEXTS)
    assert article.author == "Solveig Aramburu"
    assert article.categories == ("International", "digue")
    assert article.sections == (
        SectionSignal("metadata", "International"),
        SectionSignal("url", "monde"),
    )
    assert article.picture == Picture(
        "https://vigie.example/digue-1024.jpg",
        "Une digue",
        "La digue au matin",
        "Studio Lind",
        1024,
        768,
    )


def test_source_with_a_section_says_so(site: Site) -> None:
    Wordpress(site)
    (found,) = read(site, section="Monde")
    assert isinstance(found, Article)
    assert found.sections[0] == SectionSignal("feed", "Monde")


def test_excerpt_that_is_cut_off_is_left_to_the_text(site: Site) -> None:
    article = one(site, excerpt={"rendered": f"<p>{TEXTS[0][:90]} [&hellip;]</p>"})
    assert article.chapo == ""
    assert article.description.endswith("[…]")
    assert article.body


def test_edges_of_the_week_are_the_publications_own(site: Site) -> None:
    moments = {
        "2026-11-08T22:59:59": False,
        "2026-11-08T23:00:00": True,
        "2026-11-15T22:59:59": True,
        "2026-11-15T23:00:00": False,
    }
    posts = [post(n, date_gmt=moment) for n, moment in enumerate(moments)]
    asked = Wordpress(site, posts=posts)
    found = [article.published for article in read(site) if isinstance(article, Article)]
    assert len(found) == sum(moments.values())
    question = asked.questions[-1]
    assert (question["after"], question["before"]) == (
        "2026-11-07T23:00:00Z",
        "2026-11-16T23:00:00Z",
    )


@pytest.mark.parametrize("count", [100, 250])
def test_all_pages_are_read(site: Site, count: int) -> None:
    Wordpress(site, posts=[post(number) for number in range(count)])
    assert len(read(site)) == count


def test_endless_site_is_cut_and_says_so(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wordpress, "_MOST_PAGES", 3)
    hundred = json.dumps([post(number) for number in range(100)])
    site.json("/wp-json/wp/v2/posts", hundred)
    found = read(site)
    assert isinstance(found[-1], Rejected)
    assert found[-1].reason == "has more than 300 posts in the week; the rest was not read"
    assert len(found) == 301


def test_fault_in_the_middle_is_an_error(site: Site) -> None:
    hundred = json.dumps([post(number) for number in range(100)]).encode()

    def answer(path: str) -> Answer:
        is_second = "page=2" in path
        return Answer(hundred, "application/json", status=502 if is_second else 200)

    site.answers["/wp-json/wp/v2/posts"] = answer
    with pytest.raises(FetchError, match="502"):
        read(site)


def test_many_categories_are_read_page_by_page(site: Site) -> None:
    asked = Wordpress(site)
    many = [{"id": n, "slug": f"c{n}", "name": f"C {n}"} for n in range(150)]

    def answer(path: str) -> Answer:
        page = int(parse_qs(urlsplit(path).query)["page"][0])
        return Answer(json.dumps(many[(page - 1) * 100 : page * 100]).encode(), "application/json")

    site.answers["/wp-json/wp/v2/categories"] = answer
    read(site, categories=("c149",))
    assert asked.questions[-1]["categories"] == "149"


# ---- Where the interface is -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("root", "path"),
    [
        ("/wp-json", "/monde/une-page/"),
        ("/blog/wp-json", "/blog/"),
        ("/blog/wp-json", "/blog/wp-json/"),
        ("/wp-json", "/wp-json/wp/v2/posts?per_page=5"),
    ],
)
def test_interface_is_found_from_any_address(site: Site, root: str, path: str) -> None:
    Wordpress(site, root)
    assert len(read(site, path)) == 1


@pytest.mark.parametrize("path", ["/", "/?rest_route=/wp/v2/posts"])
def test_site_without_pretty_addresses_is_read(site: Site, path: str) -> None:
    asked: list[str] = []

    def answer(path: str) -> Answer:
        question = parse_qs(urlsplit(path).query)
        asked.extend(question.get("rest_route", []))
        if question.get("rest_route") != ["/wp/v2/posts"]:
            return Answer(b"<html></html>")
        return Answer(json.dumps([post()]).encode(), "application/json")

    site.answers["/"] = answer
    assert len(read(site, path)) == 1
    assert set(asked) == {"/wp/v2/posts"}


def test_interface_that_the_page_names_is_found(site: Site) -> None:
    Wordpress(site, "/api/v1")
    site.page(
        "/", "<html><head><link rel='https://api.w.org/' href='{site}/api/v1/'></head></html>"
    )
    assert len(read(site)) == 1


# ---- Categories -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slugs", "numbers"),
    [
        (("monde",), "1,2,3"),
        (("Monde & mers",), "1,2,3"),
        (("sahel", "sport"), "3,4"),
    ],
)
def test_categories_are_asked_for_with_what_lies_in_them(
    site: Site, slugs: tuple[str, ...], numbers: str
) -> None:
    asked = Wordpress(site)
    read(site, categories=slugs)
    assert asked.questions[-1]["categories"] == numbers


def test_unknown_category_names_the_nearest(site: Site) -> None:
    Wordpress(site)
    with pytest.raises(SourceError, match=r"source “vigie”: .*“mondee”") as caught:
        read(site, categories=("mondee",))
    assert "monde" in caught.value.hint


# ---- What goes wrong ------------------------------------------------------------------------


def test_closed_interface_points_to_the_feed(site: Site) -> None:
    site.json("/wp-json/wp/v2/posts", '{"code":"rest_not_logged_in"}', status=401)
    with pytest.raises(FetchError, match="401") as caught:
        read(site)
    assert caught.value.status == 401
    assert "/feed/" in caught.value.hint


def test_site_that_is_no_wordpress_is_named(site: Site) -> None:
    site.page("/", "<html><body>Un site</body></html>")
    with pytest.raises(SourceError, match="no WordPress interface is found"):
        read(site)


def test_page_that_cannot_be_read_names_no_interface(site: Site) -> None:
    site.page("/", "<html>" + "<div>" * 5_000)
    with pytest.raises(SourceError, match="no WordPress interface is found"):
        read(site)


def test_faulty_server_is_an_error_at_once(site: Site) -> None:
    site.page("/wp-json/wp/v2/posts", "", status=503)
    with pytest.raises(FetchError, match="503"):
        read(site)
    assert len([path for path in site.requests if "posts" in path]) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            '{"code":"rest_no_route","message":"Aucune <b>route</b>"}',
            "rest_no_route (“Aucune route”)",
        ),
        ("<html>Vérification du navigateur</html>", r"a web page \(HTML\)"),
        ("rien", "something that is not JSON"),
        ("[" * 100_000, "something that is not JSON"),
        ('{"a": 1}', "an object, not a list of posts"),
        ("3", "something that is not JSON|“3”"),
    ],
)
def test_answer_that_is_no_list_of_posts_is_said(site: Site, text: str, words: str) -> None:
    answers = iter([Answer(b"[]", "application/json")])

    def answer(path: str) -> Answer:
        return next(answers, Answer(text.encode(), "application/json"))

    site.answers["/wp-json/wp/v2/posts"] = answer
    with pytest.raises(SourceError, match=words.replace("(“", r"\(“").replace("”)", r"”\)")):
        read(site)


def test_notice_before_the_answer_is_left_aside(site: Site) -> None:
    site.json("/wp-json/wp/v2/posts", "\n<br />Notice: x in y\n" + json.dumps([post()]))
    assert len(read(site)) == 1


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (3, "is not a post"),
        (post(title={"rendered": "  "}), "has no title"),
        (post(title=3), "has no title"),
        (post(link="javascript:alert(1)"), "has no address"),
        (post(link=None), "has no address"),
    ],
)
def test_post_that_cannot_be_used_is_named(site: Site, found: Any, reason: str) -> None:
    Wordpress(site, posts=[found, post(2)])
    rejected, article = read(site)
    assert isinstance(rejected, Rejected)
    assert (rejected.reason, isinstance(article, Article)) == (reason, True)
    assert "post 1" in rejected.where


@pytest.mark.parametrize(
    "embedded",
    [
        None,
        [],
        {},
        {"author": [{"code": "rest_user_invalid_id", "name": "x"}], "wp:term": 3},
        {"author": 3, "wp:term": [3, [3, {"taxonomy": "category", "name": 4}]]},
        {"wp:featuredmedia": [{"code": "rest_forbidden"}, 3, {"source_url": 4}]},
        {"wp:featuredmedia": [{"source_url": "https://x.example/a.jpg", "media_details": 3}][:0]},
        {"wp:featuredmedia": [{"source_url": "data:x", "media_details": {"sizes": {"a": 3}}}]},
    ],
)
def test_what_came_along_may_be_anything(site: Site, embedded: Any) -> None:
    article = one(site, _embedded=embedded)
    assert (article.author, article.categories, article.picture) == ("", (), None)


def test_picture_without_details_is_taken_and_pixels_are_not(site: Site) -> None:
    plain = {"source_url": "https://vigie.example/a.jpg", "alt_text": "A"}
    dot = {
        "source_url": "https://vigie.example/b.jpg",
        "media_details": {"width": 1, "height": 1, "sizes": []},
    }
    wide = {
        "source_url": "https://vigie.example/c.jpg",
        "media_details": {"width": 9_000, "height": 4_000},
    }
    article = one(site, _embedded={"wp:featuredmedia": [dot, plain]})
    assert article.picture == Picture("https://vigie.example/a.jpg", "A")
    article = one(site, _embedded={"wp:featuredmedia": [wide]})
    assert article.picture is not None
    assert article.picture.width == 9_000


@pytest.mark.parametrize(
    ("changes", "published"),
    [
        ({"date_gmt": None}, datetime(2026, 11, 12, 18, 30, tzinfo=UTC)),
        ({"date_gmt": "2026-11-12T18:30:00Z"}, datetime(2026, 11, 12, 18, 30, tzinfo=UTC)),
        ({"date_gmt": "x", "date": 3}, None),
    ],
)
def test_date_is_in_gmt_or_in_the_publications_zone(
    site: Site, changes: dict[str, Any], published: datetime | None
) -> None:
    assert one(site, **changes).published == published


def test_protected_post_keeps_its_lead(site: Site) -> None:
    article = one(site, content={"rendered": "", "protected": True})
    assert (article.chapo, article.body) == (EXCERPT, ())
