"""One week's selection: every article gets a verdict, and a reason an editor understands.

Steps: the date, the section, the language, what was published before, articles that say the same,
the rank, the caps. Leaves the summary to others and reads no clock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from digest.model.content import Article, Decision, Verdict, Window
from digest.selection.gazetteer import suggest_place
from digest.selection.ranking import Caps, rank_terms
from digest.selection.rules import Rules
from digest.selection.sections import Resolved, resolve_section
from digest.selection.similar import merge_similar
from digest.text.addresses import address_of, canonical_url
from digest.text.folding import fold
from digest.text.words import detect_language

_AHEAD = timedelta(days=1)
_LANGUAGE_SAMPLE = 500


def select(
    articles: Sequence[Article],
    window: Window,
    settings: Rules,
    *,
    language: str,
    now: datetime,
    source_weights: Mapping[str, float],
    published: Mapping[str, str],
) -> list[Decision]:
    """Decide about every article.

    Args:
        articles: all that the sources hold, also undated and outside the window.
        window: the week; moments are compared in UTC and shown in the window's zone.
        settings: `[selection]`.
        language: the publication's language.
        now: aware; what is dated more than a day later is left out.
        source_weights: source name → weight from 0 to 1; 0.5 for those not named.
        published: canonical URL → id of the edition that published it. What the edition being
            made has itself published before may come again.

    Returns:
        one decision for each article: stories and briefs by position, then what was ranked but
        not taken, then the rest in the order given.
    """
    steps = _Steps(window, settings, language, now, published)
    left_out: dict[int, Decision] = {}
    sections: dict[int, Resolved | None] = {}
    for index, article in enumerate(articles):
        section = resolve_section(article, settings.sections)
        decision = steps.refuse(article, section)
        if decision is None:
            sections[index] = section
        else:
            left_out[index] = decision
    kept = list(sections)
    merged = merge_similar([articles[index] for index in kept], articles, language)
    groups: dict[int, list[Article]] = {index: [] for index in kept}
    for place, found in merged.items():
        index, leader = kept[place], kept[found.leader]
        del groups[index]
        groups[leader].append(articles[index])
        left_out[index] = _with_section(
            Decision(
                articles[index],
                Verdict.DUPLICATE,
                found.reason,
                duplicate_of=articles[leader].url,
            ),
            sections[index],
        )
    ranked = [
        _with_section(
            Decision(
                articles[index],
                Verdict.RANKED_OUT,
                "",
                terms=rank_terms(
                    articles[index], duplicates, window, settings.weights, source_weights
                ),
                duplicates=tuple(duplicates),
            ),
            sections[index],
        )
        for index, duplicates in groups.items()
    ]
    return [*_placed(ranked, settings, language), *(left_out[i] for i in sorted(left_out))]


def tally(decisions: Iterable[Decision]) -> str:
    """How many articles had which verdict, in words: `2 outside the window, 7 story`."""
    counts = Counter(str(decision.verdict) for decision in decisions)
    return ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))


def find(decisions: Iterable[Decision], query: str) -> list[Decision]:
    """The decisions about the articles that a query names, for `digest why`.

    The query is an address (compared in canonical form) or a part of a title; accents, case and
    punctuation do not matter.
    """
    decisions = list(decisions)
    address = canonical_url(query) or query.strip()
    by_address = [d for d in decisions if address in (address_of(d.article), d.article.location)]
    if by_address or not fold(query):
        return by_address
    part = fold(query)
    return [d for d in decisions if part in fold(d.article.title)]


@dataclass(frozen=True, slots=True)
class _Steps:
    """What an article must pass alone, before it is compared with others."""

    window: Window
    rules: Rules
    language: str
    now: datetime
    published: Mapping[str, str]

    def refuse(self, article: Article, section: Resolved | None) -> Decision | None:
        return (
            self._by_date(article)
            or self._by_section(article, section)
            or self._by_language(article)
            or self._by_memory(article)
        )

    def _by_date(self, article: Article) -> Decision | None:
        if article.published is None:
            return Decision(article, Verdict.UNDATED, "no date of publication could be read")
        moment = article.published.astimezone(UTC)
        zone = self.window.start.tzinfo
        shown = f"published {moment.astimezone(zone):%Y-%m-%d %H:%M}"
        if moment > self.now + _AHEAD:
            today = f"{self.now.astimezone(zone):%Y-%m-%d}"
            return Decision(
                article, Verdict.FUTURE, f"{shown}, more than a day ahead of today ({today})"
            )
        if moment in self.window:
            return None
        side = "before" if moment < self.window.start else "after"
        last = self.window.end - timedelta(seconds=1)
        days = f"{self.window.start:%Y-%m-%d} to {last:%Y-%m-%d}"
        return Decision(article, Verdict.OUTSIDE, f"{shown}, {side} the window ({days})")

    def _by_section(self, article: Article, found: Resolved | None) -> Decision | None:
        if found is not None and found.wanted:
            return None
        names = ", ".join(self.rules.sections)
        if found is not None:
            return Decision(
                article,
                Verdict.SECTION,
                f"section “{found.section}” {_ORIGIN_WORDS[found.origin]}: not one of {names}",
                found.section,
                found.origin,
            )
        if not self.rules.sections:
            return None
        place = suggest_place(f"{article.title}\n{article.chapo}", self.language)
        if not place:
            return Decision(article, Verdict.SECTION, "nothing says which section it belongs to")
        return Decision(
            article,
            Verdict.SECTION,
            f"nothing states its section; it speaks of {place}, which suggests "
            f"{self.rules.sections[0]} but is not enough alone: state the section or pin it",
            self.rules.sections[0],
            "gazetteer",
        )

    def _by_language(self, article: Article) -> Decision | None:
        declared = article.language[:2].lower()
        text = f"{article.title}. {article.chapo} {article.description} {article.text}"
        found = declared or detect_language(text[:_LANGUAGE_SAMPLE])
        if article.pinned or not found or found == self.language:
            return None
        how = "declared" if declared else "by its words"
        reason = f"its language is {found} ({how}), the publication's is {self.language}"
        return Decision(article, Verdict.LANGUAGE, reason)

    def _by_memory(self, article: Article) -> Decision | None:
        edition = self.published.get(address_of(article), "")
        if not edition or edition == self.window.edition:
            return None
        return Decision(
            article, Verdict.PUBLISHED, f"already published in {edition}", published_in=edition
        )


#: How each kind of statement is named after “section …”.
_ORIGIN_WORDS = {
    "pin": "by an editor's pin",
    "feed": "by the setting of its source",
    "metadata": "by its metadata",
    "url": "by its address",
    "printed": "as printed on it",
    "gazetteer": "by the places it names",
}


def _with_section(decision: Decision, found: Resolved | None) -> Decision:
    if found is None:
        return decision
    return replace(decision, section=found.section, section_origin=found.origin)


def _placed(ranked: list[Decision], rules: Rules, language: str) -> list[Decision]:
    """The ranked decisions in order, each with its verdict and position."""
    ranked.sort(key=_order)
    caps = Caps(rules, language)
    stories: list[Decision] = []
    briefs: list[Decision] = []
    rest: list[Decision] = []
    for place, decision in enumerate(ranked, 1):
        stated = f"rank {decision.rank:.2f}, {place} of {len(ranked)}"
        if over := caps.refuse(decision.article):
            rest.append(replace(decision, verdict=Verdict.CAPPED, reason=f"{stated}; {over}"))
        elif len(stories) < rules.stories:
            caps.take(decision.article)
            stories.append(_taken(decision, Verdict.STORY, len(stories) + 1, stated))
        elif len(briefs) < rules.briefs:
            briefs.append(_taken(decision, Verdict.BRIEF, len(briefs) + 1, stated))
        else:
            room = f"the edition has room for {rules.stories} stories and {rules.briefs} briefs"
            rest.append(replace(decision, reason=f"{stated}; {room}"))
    return [*stories, *briefs, *rest]


def _order(decision: Decision) -> tuple[float, float, str, str]:
    article = decision.article
    published = article.published.timestamp() if article.published else 0.0
    return (-round(decision.rank, 9), -published, article.url, article.source)


def _taken(decision: Decision, verdict: Verdict, position: int, stated: str) -> Decision:
    reason = f"{verdict.value} {position}: {stated}"
    if decision.section_origin:
        reason += f"; section “{decision.section}” {_ORIGIN_WORDS[decision.section_origin]}"
    if decision.duplicates:
        count = len(decision.duplicates)
        reason += f"; stands for {count} other article{'' if count == 1 else 's'}"
    return replace(decision, verdict=verdict, reason=reason, position=position)
