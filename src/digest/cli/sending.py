"""`digest send` and `digest status`: the ledger at work, and what it says."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.building import tell_built
from digest.cli.frame import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    ListOption,
    WeekOption,
    YesOption,
    err,
    is_interactive,
    now,
    open_publication,
    out,
    print_json,
    progress,
    tell_pairs,
)
from digest.cli.preparing import tell_findings
from digest.cli.weekly import PANEL, step_by_step
from digest.errors import (
    ContentError,
    DeclinedError,
    IncompleteError,
    StoppedError,
    UnknownOutcomeError,
    UsageError,
)

if TYPE_CHECKING:
    from digest.delivery.ledger import Balance, Dispatch
    from digest.delivery.ledger.expectation import Expectation
    from digest.model.content import Window
    from digest.pipeline import SendPlan
    from digest.publication import Publication


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    for command in (send, status):
        app.command(rich_help_panel=PANEL)(command)


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
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Send the edition once to each reader of a list; run again, it goes on where it stopped.

    Builds the edition when there is none yet, checks it, freezes it with its
    audience and dispatches it. On a terminal it shows what will leave and
    asks for the number of recipients.

    Example: digest send --week 2026-W46 --expect 1200±2%
    """
    from digest import pipeline
    from digest.cli.exporting import write_preview
    from digest.delivery import ledger
    from digest.delivery.ledger.expectation import parse_expectation
    from digest.publication import window_for
    from digest.subscribers.lists import choose_list

    expectation = parse_expectation(expect) if expect else None
    publication = open_publication(config)
    database, moment = publication.database, now()
    window = window_for(publication.config, moment, week=week)
    list_name = choose_list(publication.config, list_name)
    if test:
        _send_test(publication, window, test, as_json=as_json)
        return
    lock = ledger.sending_lock(
        database,
        purpose=f"sending {window.edition}",
        now=moment,
        ledger="rehearsal" if rehearse else "main",
    )
    with nullcontext() if dry_run else lock:
        with step_by_step() as show:
            plan = pipeline.plan_send(
                publication,
                window,
                list_name=list_name,
                rehearse=rehearse,
                now=moment,
                progress=show,
            )
        if plan.built and not as_json:
            tell_built(plan.built)
            out().print()
        if plan.prepared:
            write_preview(publication, plan.prepared, moment)
        if not as_json and not plan.frozen:
            _tell_plan(publication, plan)
        _require_expected(plan, expectation)
        if dry_run:
            _conclude_dry_run(publication, plan, as_json=as_json)
            return
        if not plan.frozen and plan.audience.recipients:
            _ask(plan.audience.recipients, yes=yes or rehearse)
        frozen = pipeline.freeze(publication, plan, now=moment)
        before = ledger.balance(database, frozen.edition, frozen.ledger)
        if plan.frozen and before.pending + before.submitting and not as_json:
            out().print(f"{frozen.edition} is on its way; going on with what is pending.")
        try:
            after, stopped = _deliver(publication, frozen, before)
        except IncompleteError as error:
            after = ledger.balance(database, frozen.edition, frozen.ledger)
            _conclude(publication, frozen, before, after, as_json=as_json)
            if after.unknown and not after.pending:
                raise UnknownOutcomeError(error.message, error.hint) from None
            raise
    _conclude(publication, frozen, before, after, as_json=as_json)
    _end(frozen.edition, after, stopped=stopped)


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
        way = _provider(publication, provider, rehearse=False)
        out().print(f"One copy of {window.edition} was dispatched: {way}.", soft_wrap=True)


def _tell_plan(publication: Publication, plan: SendPlan) -> None:
    """Show what would leave, and to whom."""
    settings = publication.config.publication
    excluded = ", ".join(f"{n} {why}" for why, n in sorted(plan.audience.excluded.items()))
    pairs = [
        ("Edition", plan.letter.edition),
        ("Subject", plan.letter.subject),
        ("Sender", f"{settings.sender_name or settings.name} <{settings.sender}>"),
        ("List", plan.list_name),
        ("Recipients", str(plan.audience.recipients)),
        ("Excluded", excluded or "nobody"),
    ]
    if plan.audience.already:
        pairs.append(("Already", f"{plan.audience.already} have it through another list"))
    if plan.prepared:
        pairs += [
            ("Sponsor", f"{placement.slot.name}: {placement.label} · {placement.sponsor}")
            for placement in plan.prepared.placements
        ]
    pairs.append(("Provider", _provider(publication, plan.provider, rehearse=plan.rehearse)))
    tell_pairs(pairs)
    if plan.prepared:
        tell_findings(plan.prepared.findings)


def _require_expected(plan: SendPlan, expectation: Expectation | None) -> None:
    """Stop when the audience has drifted."""
    recipients = plan.audience.recipients
    if expectation and not expectation.admits(recipients):
        raise UsageError(
            f"--expect: {recipients} recipients, expected {expectation}; nothing was dispatched",
            "See `digest subscribers stats`, then expect the right number.",
        )


def _conclude_dry_run(publication: Publication, plan: SendPlan, *, as_json: bool) -> None:
    """End without anything having left."""
    from digest.delivery import ledger

    if plan.frozen:
        balance = ledger.balance(publication.database, plan.letter.edition, plan.frozen.ledger)
    else:
        balance = ledger.Balance(
            audience=plan.audience.size,
            pending=plan.audience.recipients,
            excluded=plan.audience.excluded,
        )
    if as_json:
        letter = plan.letter
        print_json(_balance_json(letter.edition, letter.subject, plan.provider, balance))
    else:
        if plan.frozen:
            _tell_balance(balance)
        out().print("Dry run: nothing was dispatched.")


def _provider(publication: Publication, provider: str, *, rehearse: bool) -> str:
    """The way out, and where it leads."""
    from digest.delivery.providers import outbox_folder

    delivery = publication.config.delivery
    if provider == "outbox":
        kind = "outbox (rehearsal)" if rehearse else "outbox"
        return f"{kind}, {outbox_folder(publication.config, rehearse=rehearse)}"
    if provider == "smtp":
        return f"smtp, {delivery.smtp.host}:{delivery.smtp.port}"
    return provider


def _ask(recipients: int, *, yes: bool) -> None:
    if yes:
        return
    if not is_interactive():
        raise UsageError(
            f"{recipients} recipients, and nobody to ask", "Add --yes to send without a question."
        )
    answer = typer.prompt("Type the number of recipients to send", err=True)
    if answer.strip() != str(recipients):
        raise DeclinedError(f"“{answer}” is not {recipients}: nothing was dispatched.")


def _deliver(publication: Publication, frozen: Dispatch, before: Balance) -> tuple[Balance, bool]:
    from digest import pipeline

    todo = before.pending + before.submitting
    with progress() as display:
        task = display.add_task("Sending", total=todo)

        def show(balance: Balance) -> None:
            display.update(task, completed=todo - balance.pending - balance.submitting)

        return pipeline.deliver(publication, frozen, clock=now, progress=show)


def _conclude(
    publication: Publication, frozen: Dispatch, before: Balance, after: Balance, *, as_json: bool
) -> None:
    """Say how it ended and where to look."""
    from digest.cli.exporting import preview_path
    from digest.delivery.providers import outbox_folder

    if as_json:
        print_json(_balance_json(frozen.edition, frozen.letter.subject, frozen.provider, after))
        return
    if after == before and not after.pending and not after.unknown:
        out().print(f"{frozen.edition} has left already; nobody gets a second copy.")
    _tell_balance(after)
    if frozen.provider == "outbox":
        folder = outbox_folder(publication.config, rehearse=frozen.ledger == "rehearsal")
        out().print(f"Outbox:  {folder}", soft_wrap=True)
    page = preview_path(publication, frozen.edition)
    if page.exists():
        out().print(f"Preview: {page}", soft_wrap=True)


def _end(edition: str, balance: Balance, *, stopped: bool) -> None:
    """End with the exit code that says the same."""
    if stopped and balance.pending:
        raise StoppedError(
            f"{edition}: stopped with {balance.pending} pending", "The same command goes on."
        )
    if balance.unknown:
        raise UnknownOutcomeError(
            f"{edition}: the outcome of {balance.unknown} is unknown; they are not sent again",
            "Ask the provider what became of them; `digest status` counts them.",
        )
    if balance.pending:
        raise IncompleteError(
            f"{edition}: {balance.pending} are pending", "The same command goes on."
        )


def _balance_json(edition: str, subject: str, provider: str, balance: Balance) -> dict[str, object]:
    return {
        "edition": edition,
        "subject": subject,
        "provider": provider,
        "audience": balance.audience,
        "accepted": balance.accepted,
        "refused": balance.refused,
        "unknown": balance.unknown,
        "pending": balance.pending + balance.submitting,
        "excluded": dict(balance.excluded),
    }


def _tell_balance(balance: Balance) -> None:
    from rich.table import Table

    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right")
    table.add_column()
    for count, word, style in (
        (balance.accepted, "accepted", "green"),
        (balance.refused, "refused", "red"),
        (balance.unknown, "unknown", "red"),
        (balance.pending + balance.submitting, "pending", "yellow"),
    ):
        table.add_row(str(count), f"[{style if count else 'dim'}]{word}[/]")
    for reason, count in sorted(balance.excluded.items()):
        table.add_row(str(count), f"[dim]excluded: {reason}[/]")
    table.add_row(f"[bold]{balance.audience}[/]", "[bold]audience[/]")
    out().print(table)
    if not balance.adds_up:
        err().print("[bold red]The balance does not add up.[/]")


def status(
    week: WeekOption = "", config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False
) -> None:
    """Show the ledger's balance: who has the edition, who is waiting, who is left out and why.

    Example: digest status --week 2026-W46
    """
    from digest.delivery import ledger
    from digest.edition.lifecycle import record_of
    from digest.publication import window_for

    publication = open_publication(config)
    edition = window_for(publication.config, now(), week=week).edition
    record = record_of(publication.database, edition)
    if record is None:
        raise ContentError(f"there is no edition {edition} yet", "Run `digest build`.")
    frozen = ledger.frozen(publication.database, edition, "main")
    balance = ledger.balance(publication.database, edition, "main")
    if as_json:
        subject = frozen.letter.subject if frozen else ""
        provider = frozen.provider if frozen else publication.config.delivery.provider
        print_json(
            {
                **_balance_json(edition, subject, provider, balance),
                "state": record.state,
                "adds_up": balance.adds_up,
            }
        )
        return
    out().print(f"[bold]{edition}[/] · N° {record.number or '–'} · {record.state}")
    if frozen:
        _tell_balance(balance)
    else:
        out().print("Nothing was sent yet.")
