"""`digest shortlist`: the week's candidates, and an editor's pins and bans among them.

What a pin or a ban does is decided in `digest.selection`; here it is kept for the next build.
"""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest.cli.deciding import Week, look_at_week, the_one_named
from digest.cli.decision_tables import TAKEN, choice_of, decision_json, print_shortlist
from digest.cli.frame import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    WeekOption,
    err,
    now,
    out,
    print_json,
)
from digest.cli.publish import SinceOption, UntilOption, tell_failed
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.model.content import Choice, Decision, Summary
    from digest.store.choices import ChoiceRecord

app = typer.Typer()

#: Candidates shown after those that are taken.
_NEXT = 15
#: Articles whose bodies are in memory at the same time.
_AT_ONCE = 200

WhatArgument = Annotated[
    list[str],
    typer.Argument(help="Place in the shortlist, URL, or part of a title.", metavar="WHAT"),
]


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


# ---- Pins and bans --------------------------------------------------------------------------


@app.command()
def pin(
    context: typer.Context,
    what: WhatArgument,
    week: WeekOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Take articles into the edition, above all others, at its next build.

    Example: digest shortlist pin 12 "pirogues"
    """
    _choose(context, what, "pin", week, config, as_json=as_json)


@app.command()
def ban(
    context: typer.Context,
    what: WhatArgument,
    week: WeekOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Keep articles out of the edition, from its next build on.

    Example: digest shortlist ban 3
    """
    _choose(context, what, "ban", week, config, as_json=as_json)


@app.command()
def unpin(
    context: typer.Context,
    what: WhatArgument,
    week: WeekOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Take a pin back; lifts a ban too.

    Example: digest shortlist unpin "pirogues"
    """
    from digest.store.choices import unchoose

    found = _open_week(context, week, config)
    lifted = list({one.url: one for w in what for one in [_chosen(found, w)]}.values())
    with found.publication.database.write() as connection:
        for one in lifted:
            unchoose(connection, found.window.edition, one.url)
    as_json = as_json or _before(context)["as_json"]
    _tell_choices(found, [(one.url, one.title) for one in lifted], "", as_json=as_json)


def _choose(
    context: typer.Context,
    what: Sequence[str],
    choice: Choice,
    week: str,
    config: Path,
    *,
    as_json: bool,
) -> None:
    from digest.store.choices import choose

    found = _open_week(context, week, config)
    meant = {d.article.url: d.article for d in (the_one_named(found.decisions, w) for w in what)}
    with found.publication.database.write() as connection:
        for url, article in meant.items():
            choose(
                connection,
                found.window.edition,
                url,
                article.title,
                choice,
                getpass.getuser(),
                now(),
            )
    titles = [(url, article.title) for url, article in meant.items()]
    as_json = as_json or _before(context)["as_json"]
    _tell_choices(found, titles, choice, as_json=as_json)


def _open_week(context: typer.Context, week: str, config: Path) -> Week:
    """The week as it was shown; options may stand before the sub-command too.

    Raises:
        ContentError: the edition is approved, skipped, or has left.
    """
    from digest.edition.lifecycle import require_open

    before = _before(context)
    found = look_at_week(
        before["config"] if config == DEFAULT_CONFIG else config,
        week=week or before["week"],
        since=before["since"],
        until=before["until"],
        offline=before["offline"] or None,
    )
    require_open(found.publication.database, found.window.edition)
    return found


def _before(context: typer.Context) -> dict[str, Any]:
    """The options that stand before the sub-command."""
    return context.parent.params if context.parent else {}


def _chosen(week: Week, what: str) -> ChoiceRecord:
    """The choice that a word names: by place, address or part of the title.

    Raises:
        UsageError: there is none, or there are several.
    """
    from digest.text.addresses import canonical_url
    from digest.text.folding import fold

    placed = next((d.article for d in week.decisions if d.place and str(d.place) == what), None)
    address = placed.url if placed else canonical_url(what) or what
    found = [one for one in week.choices if one.url == address] or [
        one for one in week.choices if fold(what) and fold(what) in fold(one.title)
    ]
    listed = "; ".join(f"{one.choice} “{one.title}”" for one in found or week.choices) or "nothing"
    if not found:
        pinned = [d for d in week.decisions if d.article.url == address and d.article.pinned]
        if pinned:
            raise UsageError(
                f"“{pinned[0].article.title}” is pinned at the head of its text",
                f"Change `pinned` in {pinned[0].article.location}, or ban it.",
            )
        raise UsageError(
            f"“{placed.title if placed else what}” is neither pinned nor banned for "
            f"{week.window.edition}",
            f"Kept for it: {listed}.",
        )
    if len(found) > 1:
        raise UsageError(f"“{what}” names several: {listed}", "Give more of the title.")
    return found[0]


def _tell_choices(
    before: Week, titles: Sequence[tuple[str, str]], choice: str, *, as_json: bool
) -> None:
    """What was done, and what the next build will make of it."""
    from digest.pipeline import decide

    week = replace(before, decisions=decide(before.publication, before.window, now()))
    decisions = {decision.article.url: decision for decision in week.decisions}
    edition = week.window.edition
    if as_json:
        print_json(
            {
                "edition": edition,
                "choice": choice or None,
                "articles": [
                    {
                        "title": title,
                        "url": url,
                        "verdict": str(decisions[url].verdict) if url in decisions else None,
                        "reason": decisions[url].reason if url in decisions else "",
                    }
                    for url, title in titles
                ],
            }
        )
        return
    from rich.markup import escape

    done = {"pin": "[cyan]▲ pinned[/]", "ban": "[red]✗ banned[/]"}.get(choice, "taken back")
    for url, title in titles:
        out().print(f"{done}  {escape(title)}", soft_wrap=True)
        if url in decisions:
            out().print(f"  {escape(decisions[url].reason)}", soft_wrap=True)
    out().print(
        f"The places have moved (digest shortlist{week.option}). Next: digest build{week.option}",
        soft_wrap=True,
    )
