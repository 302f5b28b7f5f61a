"""Which of the ranked articles come in, in which order, and why the others do not.

Pins come first, then as many as the quotas ask for, then the best ranked, all but the pins under
the caps. Stories and briefs each stand in the order of their rank.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from digest.model.content import Decision, Verdict
from digest.selection.limits import Limits, counted, matches, quota_words
from digest.selection.rules import Quota, Rules
from digest.selection.sections import ORIGIN_WORDS


def placed(ranked: Sequence[Decision], rules: Rules, language: str) -> list[Decision]:
    """The ranked decisions with verdict, place and reason: stories, briefs, then the rest.

    The reason that a decision brings along is what is to be said besides, should it come in.
    """
    decisions = [
        replace(decision, place=place)
        for place, decision in enumerate(sorted(ranked, key=_order), 1)
    ]
    limits = Limits(rules, language)
    chosen, refused = _choose(decisions, rules, limits)
    stories: list[Decision] = []
    briefs: list[Decision] = []
    rest: list[Decision] = []
    last = None
    for decision in decisions:
        stated = f"rank {decision.rank:.2f}, {decision.place} of {len(decisions)}"
        if decision.place in chosen:
            last, quota = decision, chosen[decision.place]
            stories.append(_taken(decision, Verdict.STORY, len(stories) + 1, stated, quota))
        elif over := refused.get(decision.place) or limits.refuse(decision):
            rest.append(replace(decision, verdict=Verdict.CAPPED, reason=f"{stated}; {over}"))
        elif len(briefs) < rules.briefs:
            last = decision
            briefs.append(_taken(decision, Verdict.BRIEF, len(briefs) + 1, stated, None))
        else:
            room = _no_room(rules, last, _before_their_turn(decisions, chosen, decision.place))
            rest.append(replace(decision, reason=f"{stated}; {room}"))
    return [*stories, *briefs, *rest]


def _choose(
    decisions: Sequence[Decision], rules: Rules, limits: Limits
) -> tuple[dict[int, Quota | None], dict[int, str]]:
    """The stories by place, each with the quota for whose sake it was taken first.

    And, by place, the cap that kept one out when it was its turn: later others may be full too.
    """
    chosen: dict[int, Quota | None] = {}
    refused: dict[int, str] = {}

    def take(decision: Decision, quota: Quota | None = None) -> None:
        limits.take(decision)
        chosen[decision.place] = quota

    for decision in decisions:
        if decision.article.pinned and len(chosen) < rules.stories:
            take(decision)
    for quota in rules.quotas:
        wanted = [decision for decision in decisions if matches(quota, decision)]
        missing = quota.at_least - sum(decision.place in chosen for decision in wanted)
        for decision in wanted:
            if missing <= 0 or len(chosen) >= rules.stories:
                break
            if decision.place not in chosen and not limits.refuse(decision):
                take(decision, quota)
                missing -= 1
    for decision in decisions:
        if len(chosen) >= rules.stories:
            break
        if decision.place in chosen:
            continue
        if over := limits.refuse(decision):
            refused[decision.place] = over
        else:
            take(decision)
    return chosen, refused


def _order(decision: Decision) -> tuple[float, float, str, str]:
    article = decision.article
    published = article.published.timestamp() if article.published else 0.0
    return (-round(decision.rank, 9), -published, article.url, article.source)


def _taken(
    decision: Decision, verdict: Verdict, position: int, stated: str, quota: Quota | None
) -> Decision:
    parts = [f"{verdict.value} {position}: {stated}"]
    if decision.section_origin:
        parts.append(f"section “{decision.section}” {ORIGIN_WORDS[decision.section_origin]}")
    if decision.reason:
        parts.append(decision.reason)
    if quota:
        parts.append(f"counts for the quota: {_asked(quota)}")
    if count := len(decision.duplicates):
        parts.append(f"stands for {count} other article{'' if count == 1 else 's'}")
    return replace(decision, verdict=verdict, reason="; ".join(parts), position=position)


def _no_room(rules: Rules, last: Decision | None, earlier: Sequence[str]) -> str:
    room = f"the edition has room for {counted(rules.stories)} and {rules.briefs} briefs"
    if last is not None:
        room += f", and “{last.article.title}” ({last.rank:.2f}) is the last that its rank took in"
    return "; ".join((room, *earlier))


def _before_their_turn(
    decisions: Sequence[Decision], chosen: dict[int, Quota | None], place: int
) -> list[str]:
    """What came in for a quota although it ranks lower, in words."""
    return [
        f"“{decisions[other - 1].article.title}” ranks lower and came in for the quota: "
        f"{_asked(quota)}"
        for other, quota in chosen.items()
        if quota is not None and other > place
    ]


def _asked(quota: Quota) -> str:
    return f"at least {counted(quota.at_least)} {quota_words(quota)}"
