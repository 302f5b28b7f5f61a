"""How many stories of one kind an edition takes: caps and quotas, each with its words.

A cap counts the stories of one source, country, region or topic; a quota names one of them, with
its own most and a least. Who is asked first is left to `digest.selection.placing`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field

from digest.model.content import Decision
from digest.selection.gazetteer import (
    country_name,
    country_named,
    country_names,
    region_name,
    region_names,
    regions_named,
)
from digest.selection.rules import Quota, Rules
from digest.selection.topics import topic_names
from digest.text.folding import fold
from digest.text.nearest import nearest_word

#: Quotas of as many stories at most cap nothing: an edition has no more.
NO_CAP = 30


@dataclass(frozen=True, slots=True)
class _Kind:
    """Stories that one cap counts together: what they are, in words, and how many may come in."""

    key: Hashable
    words: str
    most: int


@dataclass(slots=True)
class Limits:
    """Keeps the stories that came in, by kind, and refuses those of a kind that is full."""

    rules: Rules
    language: str
    taken: dict[Hashable, list[Decision]] = field(default_factory=dict)

    def refuse(self, decision: Decision) -> str:
        """Why a story is over a cap, or ""; one that an editor pinned never is."""
        if decision.article.pinned:
            return ""
        for kind in self._kinds(decision):
            inside = self.taken.get(kind.key, [])
            if len(inside) >= kind.most:
                return _full(kind, inside)
        return ""

    def take(self, decision: Decision) -> None:
        """Count a story."""
        for kind in self._kinds(decision):
            self.taken.setdefault(kind.key, []).append(decision)

    def _kinds(self, decision: Decision) -> Iterator[_Kind]:
        rules, source = self.rules, decision.article.source
        if rules.per_source:
            yield _Kind(("source", source), f"from {source}", rules.per_source)
        if rules.per_country and decision.country:
            name = country_name(decision.country, self.language)
            words = f"about {name}"
            yield _Kind(("country", decision.country), words, rules.per_country)
        if rules.per_region and decision.region:
            words = f"about the region {decision.region}"
            yield _Kind(("region", fold(decision.region)), words, rules.per_region)
        if rules.per_topic:
            for topic in decision.topics:
                words = f"on the topic {topic.name}"
                yield _Kind(("topic", topic.name), words, rules.per_topic)
        for number, quota in enumerate(rules.quotas):
            if quota.at_most < NO_CAP and matches(quota, decision):
                yield _Kind(("quota", number), quota_words(quota), quota.at_most)


def matches(quota: Quota, decision: Decision) -> bool:
    """Whether a story is one of those that a quota counts."""
    if quota.of == "source":
        return fold(decision.article.source) == fold(quota.name)
    if quota.of == "country":
        return bool(decision.country) and decision.country == country_named(quota.name)
    if quota.of == "topic":
        return any(fold(topic.name) == fold(quota.name) for topic in decision.topics)
    told = fold(decision.region)
    return bool(told) and (
        told == fold(quota.name)
        or any(
            told == fold(region_name(region, language))
            for region in regions_named(quota.name)
            for language in ("fr", "en")
        )
    )


def quota_problem(quota: Quota, sources: Iterable[str]) -> str:
    """What is wrong with a quota's name, so that no story can match it; "" when it is known.

    A region may also be one that a publisher prints on its articles and nobody else knows.
    """
    if quota.of == "source":
        known: Iterable[str] = sources
    elif quota.of == "country":
        known = country_names()
    else:
        known = topic_names() if quota.of == "topic" else region_names()
    names = {fold(name): name for name in reversed(list(known))}
    if fold(quota.name) in names:
        return ""
    near = nearest_word(fold(quota.name), names)
    meant = f" Did you mean “{names[near]}”?" if near else ""
    return f"“{quota.name}” is no {quota.of} known here.{meant}"


def quota_words(quota: Quota) -> str:
    """What a quota counts, after “2 stories …”."""
    if quota.of == "source":
        return f"from {quota.name}"
    if quota.of == "topic":
        return f"on the topic {quota.name}"
    return f"about {quota.name}"


def counted(count: int) -> str:
    """`1 story`, `2 stories`."""
    return f"{count} {'story' if count == 1 else 'stories'}"


def _full(kind: _Kind, inside: list[Decision]) -> str:
    if kind.most == 0:
        return f"no stories {kind.words} are wanted"
    best = min(inside, key=lambda decision: decision.place)
    already = "there is already 1" if len(inside) == 1 else f"there are already {len(inside)}"
    return (
        f"at most {counted(kind.most)} {kind.words}, and {already}, "
        f"the best “{best.article.title}” ({_ordinal(best.place)})"
    )


def _ordinal(place: int) -> str:
    suffix = "th" if place % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(place % 10)
    return f"{place}{suffix or 'th'}"
