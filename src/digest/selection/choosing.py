"""One week's selection: every article gets a verdict, and a reason an editor understands.

Steps: what an article must pass alone, articles that say the same, the rank, the caps and quotas.
Articles are read once and their bodies dropped at once, so that a week of ten thousand fits in
memory. Leaves the summary to others and reads no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from digest.model.content import Article, Choice, Decision, Published, Topic, Verdict, Window
from digest.selection.gazetteer import place_of, region_name
from digest.selection.placing import placed
from digest.selection.ranking import rank_terms
from digest.selection.rules import Rules
from digest.selection.screening import Screen
from digest.selection.sections import Resolved, resolve_section
from digest.selection.similar import Merged, merge_similar
from digest.selection.topics import topics_of
from digest.selection.traces import Trace, Vocabulary, trace
from digest.text.addresses import address_of, canonical_url


def select(
    articles: Iterable[Article],
    window: Window,
    settings: Rules,
    *,
    language: str,
    now: datetime,
    source_weights: Mapping[str, float],
    published: Mapping[str, Published],
    choices: Mapping[str, Choice],
) -> list[Decision]:
    """Decide about every article.

    Args:
        articles: all that the sources hold, also undated and outside the window; read once.
        window: the week; moments are compared in UTC and shown in the window's zone.
        settings: `[selection]`.
        language: the publication's language.
        now: aware; what is dated more than a day later is left out.
        source_weights: source name → weight from 0 to 1; 0.5 for those not named.
        published: address → the edition that published it, and what it said then. What the
            edition being made has itself published before may come again.
        choices: address → what an editor said of it for this edition.

    Returns:
        one decision for each article, which it holds without its body and with `pinned` set if an
        editor chose it: stories and briefs by position, then what was ranked but not taken, then
        the rest in the order given.
    """
    choices = _by_address(choices)
    screen = Screen(window, settings, language, now, _by_address(published), choices)
    vocabulary = Vocabulary(language)
    left_out: dict[int, Decision] = {}
    kept: list[_Kept] = []
    for index, article in enumerate(articles):
        address = address_of(article)
        if choices.get(address) == "pin":
            article = replace(article, pinned=True)
        stems = vocabulary.note(article)
        section = resolve_section(article, settings.sections)
        decision = screen.refuse(article, address, section)
        if decision is None:
            notes = "; ".join(screen.notes(article, address))
            topics = topics_of(article, language)
            kept.append(_Kept(index, trace(article, address, stems), section, topics, notes))
        else:
            left_out[index] = _with_section(replace(decision, article=article.light), section)
    merged = merge_similar([one.trace for one in kept], vocabulary)
    groups: dict[int, list[Article]] = {}
    for number, one in enumerate(kept):
        if found := merged.get(number):
            groups.setdefault(found.leader, []).append(one.trace.article)
            leader = kept[found.leader].trace.article
            left_out[one.index] = _duplicate(one, found, leader)
    ranked = [
        _ranked(one, groups.get(number, []), window, settings, source_weights, language)
        for number, one in enumerate(kept)
        if number not in merged
    ]
    return [*placed(ranked, settings, language), *(left_out[i] for i in sorted(left_out))]


_Told = TypeVar("_Told")


@dataclass(frozen=True, slots=True)
class _Kept:
    """An article that passed alone: its index among all, and what was learnt from its body."""

    index: int
    trace: Trace
    section: Resolved | None
    topics: tuple[Topic, ...]
    notes: str


def _by_address(given: Mapping[str, _Told]) -> dict[str, _Told]:
    return {canonical_url(url) or url: told for url, told in given.items()}


def _duplicate(one: _Kept, found: Merged, leader: Article) -> Decision:
    return _with_section(
        Decision(one.trace.article, Verdict.DUPLICATE, found.reason, duplicate_of=leader.url),
        one.section,
    )


def _ranked(
    one: _Kept,
    duplicates: list[Article],
    window: Window,
    rules: Rules,
    source_weights: Mapping[str, float],
    language: str,
) -> Decision:
    article = one.trace.article
    told = place_of(
        f"{article.title}\n{article.chapo or article.description}",
        article.language[:2].lower() or language,
    )
    return _with_section(
        Decision(
            article,
            Verdict.RANKED_OUT,
            one.notes,
            terms=rank_terms(
                article, one.trace.length, duplicates, window, rules.weights, source_weights
            ),
            duplicates=tuple(duplicates),
            country=told.country,
            region=article.region or region_name(told.region, language),
            topics=one.topics,
        ),
        one.section,
    )


def _with_section(decision: Decision, found: Resolved | None) -> Decision:
    if found is None:
        return decision
    return replace(decision, section=found.section, section_origin=found.origin)
