"""`digest send`: its options, and what of them goes together; the rest is `dispatching`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.frame import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    ListOption,
    WeekOption,
    YesOption,
    now,
    open_publication,
    out,
    print_json,
)
from digest.cli.panels import WEEKLY
from digest.cli.sending.dispatching import Wishes, dispatch
from digest.cli.sending.words import way_out
from digest.cli.weekly.week import step_by_step
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.model.content import Window
    from digest.publication import Publication


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command(rich_help_panel=WEEKLY)(send)


def send(
    week: WeekOption = "",
    list_name: ListOption = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would happen; nothing is dispatched.")
    ] = False,
    test: Annotated[
        str, typer.Option("--test", help="Send one copy to this address only.", metavar="ADDRESS")
    ] = "",
    yes: YesOption = False,
    expect: Annotated[
        str,
        typer.Option(help="Stop unless there are so many recipients, e.g. 1200±2%.", metavar="N"),
    ] = "",
    rehearse: Annotated[
        bool, typer.Option("--rehearse", help="Into the outbox, with a ledger of its own.")
    ] = False,
    at: Annotated[
        str,
        typer.Option(
            "--at",
            help="Leave at this moment, e.g. 2026-11-23T07:00 in the publication's zone. SendGrid "
            "holds it until then; with the other providers the command waits in the foreground, "
            "or with --detach leaves it to workers.",
            metavar="MOMENT",
        ),
    ] = "",
    detach: Annotated[
        bool, typer.Option("--detach", help="Freeze it and leave the rest to `digest worker`.")
    ] = False,
    resend_unknown: Annotated[
        bool,
        typer.Option(
            "--resend-unknown",
            help="Send again what is unknown: asks, since some may get a second copy.",
        ),
    ] = False,
    late: Annotated[
        bool,
        typer.Option("--late", help="Go on with an edition older than \\[delivery] max_age_hours."),
    ] = False,
    restored: Annotated[
        bool,
        typer.Option("--restored", help="This store, a copy, is the one in use from now on."),
    ] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Send the edition once to each reader of a list; run again, it goes on where it stopped.

    Builds the edition when there is none yet, checks it, freezes it with its
    audience and dispatches it. On a terminal it shows what will leave and
    asks for the number of recipients.

    Example: digest send --week 2026-W46 --expect 1200±2%
    """
    from digest.delivery.ledger.departure import parse_departure, require_possible
    from digest.delivery.ledger.expectation import parse_expectation
    from digest.publication import window_for
    from digest.subscribers.lists import choose_list

    expectation = parse_expectation(expect) if expect else None
    _require_compatible(
        {"--test": bool(test), "--rehearse": rehearse},
        {"--at": bool(at), "--detach": detach, "--resend-unknown": resend_unknown},
    )
    publication = open_publication(config)
    settings = publication.config
    if detach and publication.database.is_sqlite:
        raise UsageError(
            "--detach: several processes share a store on PostgreSQL only",
            "Leave --detach out, or move the store with `digest db copy`.",
        )
    leaves_at = parse_departure(at, settings.zone) if at else None
    window = window_for(settings, now(), week=week)
    list_name = choose_list(settings, list_name)
    if test:
        _send_test(publication, window, test, as_json=as_json)
        return
    if leaves_at:
        require_possible(leaves_at.astimezone(settings.zone), now(), settings.delivery.provider)
    dispatch(
        publication,
        window,
        Wishes(
            list_name=list_name,
            expectation=expectation,
            leaves_at=leaves_at,
            yes=yes,
            dry_run=dry_run,
            rehearse=rehearse,
            detach=detach,
            resend=resend_unknown,
            late=late,
            restored=restored,
            as_json=as_json,
        ),
    )


def _require_compatible(ones: dict[str, bool], others: dict[str, bool]) -> None:
    """Refuse two options that do not go together."""
    given = [[name for name, is_given in group.items() if is_given] for group in (ones, others)]
    if all(given):
        raise UsageError(f"{given[0][0]} does not go with {given[1][0]}", "Leave one of them out.")


def _send_test(publication: Publication, window: Window, address: str, *, as_json: bool) -> None:
    from digest import pipeline
    from digest.delivery.trial import send_test

    if not pipeline.is_built(publication, window.edition):
        with step_by_step() as show:
            pipeline.build(publication, window, now=now(), progress=show)
    letter = pipeline.prepare(publication, window.edition, now=now()).letter
    try:
        outcome = send_test(publication.config, letter, address, now=now())
    except UsageError as error:
        raise UsageError(f"--test: {error.message}", error.hint) from None
    provider = publication.config.delivery.provider
    if as_json:
        print_json({"edition": window.edition, "provider": provider, "state": str(outcome.state)})
    else:
        way = way_out(publication, provider, rehearse=False)
        out().print(f"One copy of {window.edition} was dispatched: {way}.", soft_wrap=True)
