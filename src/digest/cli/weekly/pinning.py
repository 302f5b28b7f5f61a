"""`digest shortlist pin`, `ban` and `unpin`: an editor's word on single articles.

What a pin or a ban does is decided in `digest.selection`; here it is kept for the next build.
"""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest.cli.frame import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    WeekOption,
    now,
    out,
    print_json,
)
from digest.cli.weekly.deciding import Week, look_at_week, the_one_named
from digest.cli.weekly.decision_tables import CHOICE_MARKS
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.model.content import Choice
    from digest.store.content.choices import ChoiceRecord

WhatArgument = Annotated[
    list[str],
    typer.Argument(help="Place in the shortlist, URL, or part of a title.", metavar="WHAT"),
]


def register(app: typer.Typer) -> None:
    """Add the commands to `digest shortlist`."""
    for command in (pin, ban, unpin):
        app.command()(command)


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
    from digest.store.content.choices import unchoose

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
    from digest.store.content.choices import choose

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

    done = CHOICE_MARKS.get(choice, "taken back")
    for url, title in titles:
        out().print(f"{done}  {escape(title)}", soft_wrap=True)
        if url in decisions:
            out().print(f"  {escape(decisions[url].reason)}", soft_wrap=True)
    out().print(
        f"The places have moved (digest shortlist{week.option}). Next: digest build{week.option}",
        soft_wrap=True,
    )
