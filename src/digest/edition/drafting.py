"""From the selection's decisions to a first draft of the edition. Pure.

Everything here is a proposal that an editor may change in the edition file; no word is invented:
titles, summaries and the quotation are the articles' own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

from digest.edition.bodies import body_of, byline_of
from digest.edition.titles import preheader_of, short_title, subject_of
from digest.model.content import Article, Decision, SummaryOrigin, Verdict
from digest.model.edition import (
    Brief,
    Edition,
    Note,
    OtherVersion,
    PlacementRef,
    Quotation,
    Story,
    StoryPicture,
)
from digest.selection import country_name
from digest.summary import summarise
from digest.summary.one_liner import one_liner
from digest.summary.quoting import quotation_of_the_week
from digest.text.addresses import address_of
from digest.text.endings import as_sentence
from digest.text.words import WORDS_A_MINUTE


def draft_edition(
    decisions: Sequence[Decision],
    *,
    edition_id: str,
    placements: Sequence[PlacementRef],
    summary_limit: int,
    language: str,
    wording: Mapping[str, str],
    note: Note,
    publishers: Mapping[str, str],
    sections: Sequence[str],
    picture_of: Callable[[Article], StoryPicture],
    also_in: bool = False,
    bodies: bool = False,
    extras: bool = True,
) -> Edition:
    """Draft an edition; its N° is the store's to give.

    Args:
        decisions: the selection; STORY and BRIEF decisions are used, by position.
        summary_limit: characters of a summary, at most.
        publishers: a source's name → the publisher's, as readers know it.
        sections: the publication's own section names, which say nothing as a desk.
        picture_of: the picture kept for an article, empty for none.
        also_in: name the other publishers of a story.
        bodies: the template prints stories whole: fill in `body` and `byline`.
        extras: the template has “En bref” and the quotation of the week.
    """
    chosen = sorted((d for d in decisions if d.verdict is Verdict.STORY), key=_by_position)
    briefs = sorted(
        (d for d in decisions if extras and d.verdict is Verdict.BRIEF), key=_by_position
    )
    stories = tuple(
        Story(
            url=(article := decision.article).url,
            order=order,
            region=decision.region,
            desk=_desk(decision, sections),
            title=article.title,
            short_title=short_title(article.title),
            summary=(summary := summarise(article, summary_limit)).text,
            summary_origin=summary.origin,
            link=article.url,
            link_label=_link_label(article, wording, publishers),
            picture=picture_of(article),
            minutes=reading_minutes(article),
            source=article.source,
            topics=tuple(topic.name for topic in decision.topics),
            also_in=_other_versions(decision, publishers) if also_in else (),
            byline=byline_of(article, wording) if bodies else "",
            body=body_of(article) if bodies else "",
        )
        for order, decision in enumerate(chosen, 1)
    )
    return Edition(
        id=edition_id,
        number=0,
        subject=subject_of(stories),
        preheader=preheader_of(stories),
        note=note,
        stories=stories,
        briefs=tuple(
            draft_brief(decision, order, language) for order, decision in enumerate(briefs, 1)
        ),
        quotation=_quotation(d.article for d in chosen) if extras else Quotation(),
        placements=tuple(placements),
    )


def _by_position(decision: Decision) -> int:
    return decision.position


def _link_label(article: Article, wording: Mapping[str, str], publishers: Mapping[str, str]) -> str:
    """A link text that stands alone: it says where it leads."""
    publisher = publishers.get(article.source, "")
    if not publisher:
        return wording["read_story"]
    return wording["read_story_at"].format(source=publisher)


def _other_versions(decision: Decision, publishers: Mapping[str, str]) -> tuple[OtherVersion, ...]:
    """One version for each other publisher that readers know by name."""
    named = {publishers.get(decision.article.source, "")}
    versions = []
    for article in decision.duplicates:
        publisher = publishers.get(article.source, "")
        elsewhere = article.url.startswith(("http:", "https:")) and (
            address_of(article) != address_of(decision.article)
        )
        if publisher and publisher not in named and elsewhere:
            named.add(publisher)
            versions.append(OtherVersion(publisher, article.url))
    return tuple(versions)


def _desk(decision: Decision, sections: Sequence[str]) -> str:
    """The first label that says more than the section and the region do; empty when none does."""
    said = {name.casefold() for name in (*sections, decision.section, decision.article.region)}
    for label in decision.article.categories:
        category = label.rpartition("/")[2].strip()
        if category and category.casefold() not in said:
            return category[:1].upper() + category[1:]
    return ""


def reading_minutes(article: Article) -> int:
    """Minutes to read an article, at least 1."""
    words = len(article.text.split()) + len(article.chapo.split())
    return max(1, math.ceil(words / WORDS_A_MINUTE))


def draft_brief(decision: Decision, order: int, language: str) -> Brief:
    """An article as a sentence of “En bref”."""
    article = decision.article
    place = country_name(decision.country, language) if decision.country else decision.region
    return Brief(article.url, order, place, _brief_text(article), article.url)


def _brief_text(article: Article) -> str:
    """The lead's own sentence that tells the news, else the title: both were written to tell it."""
    told = one_liner(article)
    if told.text and told.origin is not SummaryOrigin.EXTRACT:
        return told.text
    return as_sentence(article.title)


def _quotation(articles: Iterable[Article]) -> Quotation:
    """The quotation of the week; none when nobody is named with one."""
    found = quotation_of_the_week(articles)
    return Quotation(found.text, found.name, found.role) if found else Quotation()
