"""`digest shortlist`: the week's candidates as they stand, with an editor's pins and bans.

Why each is where it is comes from `digest.selection`; pins and bans are made in `pinning`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.frame import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    WeekOption,
    err,
    out,
    print_json,
)
from digest.cli.weekly import pinning
from digest.cli.weekly.deciding import Week, look_at_week
from digest.cli.weekly.decision_tables import (
    TAKEN,
    choice_of,
    decision_json,
    print_shortlist,
)
from digest.cli.weekly.week import SinceOption, UntilOption, tell_failed

if TYPE_CHECKING:
    from digest.model.content import Decision, Summary

app = typer.Typer()

#: Candidates shown after those that are taken.
_NEXT = 15
#: Articles whose bodies are in memory at the same time.
_AT_ONCE = 200


@app.callback(invoke_without_command=True)
def shortlist(
    context: typer.Context,
    week: WeekOption = "",
    since: SinceOption = "",
    until: UntilOption = "",
    everything: Annotated[
        bool, typer.Option("--all", help="Also what was refused, with its verdict.")
    ] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask nobody: what the store holds.")
    ] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Show the week's candidates as they stand now; pin some of them, ban others.

    Example: digest shortlist --week 2026-W46
    """
    if context.invoked_subcommand is not None:
        return
    found = look_at_week(config, week=week, since=since, until=until, offline=offline)
    shown = _shown(found, everything=everything)
    summaries = _summaries(found, shown)
    choices = {one.url: one.choice for one in found.choices}
    if as_json:
        print_json(
            {
                "edition": found.window.edition,
                "window": {"start": found.window.start, "end": found.window.end},
                "articles": [
                    decision_json(d, summaries.get(_key(d)))
                    | {"choice": choice_of(d.article, choices) or None}
                    for d in shown
                ],
            }
        )
        return
    tell_failed(found.collected)
    out().print(f"[bold]{found.window.edition}[/], {found.days}")
    if shown:
        origins = {key: str(summary.origin) for key, summary in summaries.items()}
        print_shortlist(shown, origins, choices, found.publication)
    _tell_missing(found)
    _tell_next(found, shown)


def _shown(week: Week, *, everything: bool) -> list[Decision]:
    """The ranked ones in their order; then what was banned, or with `everything` all the rest."""
    ranked = sorted((d for d in week.decisions if d.place), key=lambda d: d.place)
    rest = [d for d in week.decisions if not d.place]
    if everything:
        return [*ranked, *rest]
    following = islice((d.place for d in ranked if d.verdict not in TAKEN), _NEXT)
    nearest = set(following)
    return [
        *(d for d in ranked if d.verdict in TAKEN or d.place in nearest),
        *(d for d in rest if d.verdict == "banned"),
    ]


def _summaries(week: Week, shown: Sequence[Decision]) -> dict[tuple[str, str], Summary]:
    """(source, URL) → summary, of those that were ranked."""
    from digest.pipeline import with_bodies
    from digest.summary import summarise

    limit = week.publication.config.summary.limit
    ranked = [decision for decision in shown if decision.place]
    found: dict[tuple[str, str], Summary] = {}
    for start in range(0, len(ranked), _AT_ONCE):
        for decision in with_bodies(week.publication, ranked[start : start + _AT_ONCE]):
            found[_key(decision)] = summarise(decision.article, limit)
    return found


def _key(decision: Decision) -> tuple[str, str]:
    return decision.article.source, decision.article.url


def _tell_missing(week: Week) -> None:
    """Pins and bans of articles that no source gave."""
    from rich.markup import escape

    known = {decision.article.url for decision in week.decisions}
    for one in week.choices:
        if one.url not in known:
            done = "Pinned" if one.choice == "pin" else "Banned"
            err().print(
                f"[yellow]{done}, but not among the articles:[/] {escape(one.title)} "
                f"<{escape(one.url)}>"
            )


def _tell_next(week: Week, shown: Sequence[Decision]) -> None:
    from digest.selection import tally

    hidden = len(week.decisions) - len(shown)
    more = f" {hidden} are not shown: --all." if hidden else ""
    told = tally(week.decisions) or "none"
    out().print(f"[dim]{len(week.decisions)} articles: {told}.{more}[/]", soft_wrap=True)
    taken = [d.place for d in shown if d.verdict == "story"]
    others = [d.place for d in shown if d.place and d.verdict not in TAKEN]
    if taken or others:
        first, last = next(iter(others), taken[0] if taken else 1), (taken or others)[-1]
        out().print(
            f"Next: digest shortlist{week.option} pin {first} (or ban {last}), then digest build"
            f"{week.option}",
            soft_wrap=True,
        )


pinning.register(app)
