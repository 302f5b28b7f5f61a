"""From a WordPress post to an article.

Fields of another type than they should have count as missing: plug-ins change them. A post
without title or address is rejected.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from digest.config import Config, SourceSettings
from digest.model.content import Article, Picture, Rejected, SectionSignal
from digest.selection.sections import label_signals, section_in_url
from digest.sources.article_page.leads import choose_lead
from digest.sources.article_page.page_pictures import pixels, usable_picture
from digest.sources.end_matter import without_end_matter
from digest.sources.roles import set_roles
from digest.text.addresses import canonical_url
from digest.text.dates import parse_moment
from digest.text.plain import clean_line, html_paragraphs, html_to_text

#: Pixels beyond which a smaller version of a picture is taken.
_WIDEST = 2_048
_MOST_TERMS = 100


def read_post(
    post: Any, settings: SourceSettings, config: Config, where: str
) -> Article | Rejected:
    """The article of one post as the interface gives it; `where` names it in a rejection."""
    if not isinstance(post, dict):
        return Rejected(settings.name, where, "is not a post")
    title, url = html_to_text(_rendered(post, "title")), canonical_url(_text(post.get("link")))
    if not title or not url:
        shown = f" (“{title}”)" if title else f" ({url})" if url else ""
        missing = "has no title" if not title else "has no address"
        return Rejected(settings.name, where + shown, missing)
    names = config.selection.sections
    categories = list(_terms(post, "category"))
    signals = [SectionSignal("feed", settings.section)] if settings.section else []
    signals += label_signals(categories, names)
    if segment := section_in_url(url, names):
        signals.append(SectionSignal("url", segment))
    body = without_end_matter(html_paragraphs(_rendered(post, "content")), title)
    chapo, description = choose_lead((), [html_to_text(_rendered(post, "excerpt"))], body)
    return Article(
        source=settings.name,
        url=url,
        title=title,
        published=_published(post, config),
        chapo=chapo,
        description=description,
        body=set_roles(body),
        sections=tuple(signals),
        categories=tuple(dict.fromkeys((*categories, *_terms(post, "post_tag"))))[:_MOST_TERMS],
        author=", ".join(dict.fromkeys(_authors(post))),
        language=_text(post.get("lang"))[:2].lower(),
        picture=_picture(post),
        location=where,
    )


def _published(post: Mapping[str, Any], config: Config) -> datetime | None:
    gmt = _text(post.get("date_gmt"))
    if gmt and (moment := parse_moment(gmt if gmt.endswith("Z") else f"{gmt}Z", config.zone)):
        return moment
    return parse_moment(_text(post.get("date")), config.zone)


def _authors(post: Mapping[str, Any]) -> Iterator[str]:
    for author in _embedded(post, "author"):
        if name := html_to_text(_text(author.get("name"))):
            yield name


def _terms(post: Mapping[str, Any], taxonomy: str) -> Iterator[str]:
    embedded = post.get("_embedded")
    groups = embedded.get("wp:term") if isinstance(embedded, dict) else None
    for group in groups if isinstance(groups, list) else ():
        for term in group if isinstance(group, list) else ():
            is_wanted = isinstance(term, dict) and term.get("taxonomy") == taxonomy
            if is_wanted and (name := html_to_text(_text(term.get("name")))):
                yield name


def _picture(post: Mapping[str, Any]) -> Picture | None:
    """The featured picture in its largest version that is not too wide."""
    for media in _embedded(post, "wp:featuredmedia"):
        details = media.get("media_details")
        details = details if isinstance(details, dict) else {}
        sizes = details.get("sizes")
        versions = list(sizes.values()) if isinstance(sizes, dict) else []
        versions.append({**details, "source_url": media.get("source_url")})
        found = [
            (_pixels(part.get("width")), _pixels(part.get("height")), location)
            for part in versions
            if isinstance(part, dict)
            and (location := usable_picture(_text(part.get("source_url"))))
        ]
        if not found:
            continue
        fitting = [part for part in found if part[0] <= _WIDEST]
        width, height, location = max(fitting) if fitting else min(found)
        if width == 1 or height == 1:
            continue
        meta = details.get("image_meta")
        credit = _text(meta.get("credit")) if isinstance(meta, dict) else ""
        return Picture(
            location,
            clean_line(_text(media.get("alt_text"))),
            html_to_text(_rendered(media, "caption")),
            clean_line(credit),
            width,
            height,
        )
    return None


def _embedded(post: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    """The objects that came along; those that the interface refused have a code."""
    embedded = post.get("_embedded")
    found = embedded.get(kind) if isinstance(embedded, dict) else None
    parts = found if isinstance(found, list) else []
    return [part for part in parts if isinstance(part, dict) and "code" not in part]


def _rendered(holder: Mapping[str, Any], name: str) -> str:
    value = holder.get(name)
    return _text(value.get("rendered")) if isinstance(value, dict) else _text(value)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _pixels(value: object) -> int:
    return pixels(str(value)) if isinstance(value, int | str) else 0
