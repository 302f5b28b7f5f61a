"""Where a story's summary comes from: its article as the store keeps it, with the pieces marked.

Pure but for `read_articles`. The pieces are found as `digest why` finds them, by summarising the
stored article again; an editor's own words have none, and an article that changed since says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from digest.config import Config
from digest.model.content import Article, Span, SummaryOrigin
from digest.model.edition import Edition, Story
from digest.publication import Publication
from digest.store.content import articles as article_store
from digest.summary import summarise
from digest.summary.summarising import text_of
from digest.web.studio.moments import moment_in_words

#: What is to be said of a summary besides its pieces: an editor wrote it; its article is no longer
#: in the store; the article's text is no longer what the summary was taken from.
Remark = Literal["", "editor", "gone", "changed"]


#: Stands for paragraphs that nothing was taken from.
_LEFT_OUT: Mapping[str, Any] = {"role": "text", "pieces": [{"text": "[…]", "span": 0}]}


@dataclass(frozen=True, slots=True)
class _Traced:
    remark: Remark
    spans: tuple[Span, ...] = ()


def read_articles(publication: Publication, edition: Edition) -> dict[str, Article]:
    """The articles of an edition's stories as the store keeps them, by URL."""
    keys = [(story.source, story.url) for story in edition.stories]
    with publication.database.read() as connection:
        found = article_store.full(connection, keys)
    return {url: article for (_, url), article in found.items()}


def provenance(
    edition: Edition, articles: Mapping[str, Article], config: Config
) -> dict[str, dict[str, Any]]:
    """What the page shows of each story's summary, by `story-N`.

    Args:
        edition: stories numbered from 1.
        articles: by URL, those that the store still has.
        config: names the publishers and limits a summary's length.
    """
    publishers = {source.name: source.publisher for source in config.sources}
    return {
        f"story-{story.order}": _entry(
            story, articles.get(story.url), config, publishers.get(story.source) or story.source
        )
        for story in edition.stories
    }


def quoted_only(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The same without the paragraphs that nothing was taken from: an article is its publisher's,
    and what is put online need not hold it whole."""

    def kept(paragraph: Mapping[str, Any]) -> bool:
        return any(piece["span"] for piece in paragraph["pieces"])

    shown = {}
    for key, entry in entries.items():
        paragraphs: list[Mapping[str, Any]] = []
        for paragraph in entry["paragraphs"]:
            if kept(paragraph):
                paragraphs.append(paragraph)
            elif not paragraphs or paragraphs[-1] is not _LEFT_OUT:
                paragraphs.append(_LEFT_OUT)
        shown[key] = {**entry, "paragraphs": paragraphs}
    return shown


def sentence_counts(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    """How many pieces each story's summary has, by `story-N`."""
    return {key: len(entry["spans"]) for key, entry in entries.items()}


def _entry(story: Story, article: Article | None, config: Config, publisher: str) -> dict[str, Any]:
    traced = _trace(story, article, config)
    moment = article.published if article else None
    published = {} if moment is None else moment_in_words(moment, config, weekday=True)
    return {
        "title": article.title if article else story.title,
        "source": publisher,
        "published": published,
        "url": story.url,
        "note": traced.remark,
        "spans": [
            {"n": number, "start": span.start, "end": span.end}
            for number, span in enumerate(traced.spans, 1)
        ],
        "paragraphs": list(_paragraphs(article, traced.spans)) if article else [],
    }


def _trace(story: Story, article: Article | None, config: Config) -> _Traced:
    if story.summary_origin is SummaryOrigin.EDITOR:
        return _Traced("editor")
    if article is None:
        return _Traced("gone")
    spans = _spans(article, config.summary.limit)
    if " ".join(text_of(article, span) for span in spans) != story.summary:
        return _Traced("changed")
    return _Traced("", spans)


@lru_cache(maxsize=256)
def _spans(article: Article, limit: int) -> tuple[Span, ...]:
    return summarise(article, limit).spans


def _paragraphs(article: Article, spans: Sequence[Span]) -> Iterable[dict[str, Any]]:
    if article.chapo:
        yield {"role": "chapo", "pieces": _pieces(article.chapo, spans, "chapo", 0)}
    if article.description and any(span.part == "description" for span in spans):
        pieces = _pieces(article.description, spans, "description", 0)
        yield {"role": "description", "pieces": pieces}
    for index, paragraph in enumerate(article.body):
        yield {"role": paragraph.role, "pieces": _pieces(paragraph.text, spans, "body", index)}


def _pieces(text: str, spans: Sequence[Span], part: str, paragraph: int) -> list[dict[str, Any]]:
    """A text cut at the spans that stand in it, each with its number; 0 is what was not taken."""
    here = [
        (span.start, span.end, number)
        for number, span in enumerate(spans, 1)
        if (span.part, span.paragraph) == (part, paragraph)
    ]
    pieces: list[dict[str, Any]] = []
    end = 0
    for start, stop, number in sorted(here):
        if start > end:
            pieces.append({"text": text[end:start], "span": 0})
        pieces.append({"text": text[start:stop], "span": number})
        end = stop
    if end < len(text):
        pieces.append({"text": text[end:], "span": 0})
    return pieces
