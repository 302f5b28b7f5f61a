"""`digest send` and `digest status`: the ledger at work, and what it says."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

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
from digest.cli.publish import PANEL, build_edition, tell_built, tell_findings
from digest.errors import (
    ContentError,
    DeclinedError,
    IncompleteError,
    StoppedError,
    UnknownOutcomeError,
    UsageError,
)

if TYPE_CHECKING:
    from digest.delivery.audience import Audience
    from digest.delivery.expectation import Expectation
    from digest.delivery.ledger import Balance, Dispatch, LedgerName
    from digest.model.sending import Letter, Outcome
    from digest.pipeline import Prepared
    from digest.publication import Publication


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    for command in (send, status):
        app.command(rich_help_panel=PANEL)(command)


def send(
    week: WeekOption = "",
    list_name: ListOption = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would happen; nothing leaves.")
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

    Builds the edition when there is none yet, checks it, freezes it with its audience and
    dispatches it. On a terminal it shows what will leave and asks for the number of recipients.

    Example: digest send --week 2026-W46 --expect 1200±2%
    """
    from digest import pipeline
    from digest.delivery import ledger
    from digest.delivery.audience import is_frozen
    from digest.delivery.expectation import parse_expectation
    from digest.delivery.trial import send_test
    from digest.publication import window_for
    from digest.subscribers.lists import choose_list

    expectation = parse_expectation(expect) if expect else None
    publication = open_publication(config)
    database, moment = publication.database, now()
    edition = window_for(publication.config, moment, week=week).edition
    list_name = choose_list(publication.config, list_name)
    if test:
        letter = _prepared(publication, edition, quiet=as_json).letter
        outcome = send_test(publication.config, letter, test, now=moment)
        _tell_test(publication, edition, outcome, as_json=as_json)
        return
    name: LedgerName = "rehearsal" if rehearse else "main"
    lock = ledger.sending_lock(database, purpose=f"sending {edition}", now=moment)
    with nullcontext() if dry_run else lock:
        frozen = None if rehearse else ledger.frozen(database, edition, name)
        if frozen is None or not is_frozen(database, frozen, list_name):
            plan = _plan(publication, edition, list_name, frozen, rehearse=rehearse, quiet=as_json)
            if not as_json:
                plan.tell()
            plan.require(expectation)
            if dry_run:
                plan.conclude_dry_run(as_json=as_json)
                return
            _ask(plan.audience.recipients, yes=yes or rehearse)
            frozen = pipeline.freeze_for(
                publication,
                plan.letter,
                plan.prepared.edition if plan.prepared else None,
                list_name=list_name,
                rehearse=rehearse,
                now=moment,
            )
        before = ledger.balance(database, edition, name)
        if before.pending + before.submitting and before.accepted and not as_json:
            out().print(f"{edition} is on its way; going on with what is pending.")
        after, stopped = before, False
        if not dry_run:
            after, stopped = _deliver(publication, frozen, before, rehearse=rehearse)
    _conclude(publication, frozen, before, after, as_json=as_json)
    _end(edition, after, stopped=stopped)


@dataclass(frozen=True)
class _Plan:
    """What would leave, and to whom. `prepared` is None when the letter is frozen already."""

    publication: Publication
    prepared: Prepared | None
    letter: Letter
    list_name: str
    audience: Audience
    rehearse: bool

    def require(self, expectation: Expectation | None) -> None:
        """Stop when the audience is not as expected, or empty."""
        recipients = self.audience.recipients
        if expectation and not expectation.admits(recipients):
            raise UsageError(
                f"--expect: {recipients} recipients, expected {expectation}; nothing left",
                "See `digest subscribers stats`, then expect the right number.",
            )
        if recipients == 0:
            raise ContentError(
                f"nobody on the list “{self.list_name}” can be written to",
                "Add readers with `digest subscribers import FILE.csv`.",
            )

    def tell(self) -> None:
        """Show it to a person."""
        settings = self.publication.config.publication
        excluded = self.audience.excluded
        rows = [
            ("Edition", self.letter.edition),
            ("Subject", self.letter.subject),
            ("Sender", f"{settings.sender_name or settings.name} <{settings.sender}>"),
            ("List", self.list_name),
            ("Recipients", str(self.audience.recipients)),
            (
                "Excluded",
                ", ".join(f"{n} {why}" for why, n in sorted(excluded.items())) or "nobody",
            ),
        ]
        if self.prepared:
            rows += [
                ("Sponsor", f"{placement.slot.name}: {placement.label} · {placement.sponsor}")
                for placement in self.prepared.placements
            ]
        rows.append(("Provider", _provider(self.publication, self.rehearse)))
        tell_pairs(rows)
        if self.prepared:
            tell_findings(self.prepared.findings)

    def conclude_dry_run(self, *, as_json: bool) -> None:
        """End without anything having left."""
        from digest.delivery.ledger import Balance

        if as_json:
            balance = Balance(
                audience=self.audience.size,
                pending=self.audience.recipients,
                excluded=self.audience.excluded,
            )
            provider = self.publication.config.delivery.provider
            print_json(_balance_json(self.letter.edition, self.letter.subject, provider, balance))
        else:
            out().print("Dry run: nothing left.")


def _plan(
    publication: Publication,
    edition: str,
    list_name: str,
    frozen: Dispatch | None,
    *,
    rehearse: bool,
    quiet: bool,
) -> _Plan:
    """The letter, sound and approved, and its audience; built first when it never was."""
    from digest import pipeline
    from digest.cli.previewing import write_preview
    from digest.delivery.audience import foresee_audience
    from digest.delivery.providers import check_provider
    from digest.edition import lifecycle

    check_provider(publication.config, rehearse=rehearse)
    pipeline.refresh_list(publication, list_name, now())
    prepared = None
    if frozen is None:
        prepared = _prepared(publication, edition, quiet=quiet)
        pipeline.require_sound(prepared)
        if not rehearse:
            lifecycle.require_approved(
                publication.database,
                edition,
                prepared.parts,
                details=prepared.details,
                automatic=publication.config.edition.approval == "auto",
            )
        write_preview(publication, prepared, now())
        letter = prepared.letter
    else:
        letter = frozen.letter
    audience = foresee_audience(publication.database, edition, list_name, rehearse=rehearse)
    return _Plan(publication, prepared, letter, list_name, audience, rehearse)


def _prepared(publication: Publication, edition: str, *, quiet: bool) -> Prepared:
    """The edition rendered and checked, built first when it never was."""
    from digest import pipeline

    if not pipeline.is_built(publication, edition):
        built = build_edition(publication, edition, moment=now())
        if not quiet:
            tell_built(built)
            out().print()
    return pipeline.prepare(publication, edition)


def _provider(publication: Publication, rehearse: bool = False) -> str:
    delivery = publication.config.delivery
    if rehearse:
        return f"outbox (rehearsal), {publication.config.path(delivery.outbox.path)}-rehearsal"
    if delivery.provider == "outbox":
        return f"outbox, {publication.config.path(delivery.outbox.path)}"
    if delivery.provider == "smtp":
        return f"smtp, {delivery.smtp.host}:{delivery.smtp.port}"
    return delivery.provider


def _ask(recipients: int, *, yes: bool) -> None:
    if yes:
        return
    if not is_interactive():
        raise UsageError(
            f"{recipients} recipients, and nobody to ask", "Add --yes to send without a question."
        )
    answer = typer.prompt("Type the number of recipients to send", err=True)
    if answer.strip() != str(recipients):
        raise DeclinedError(f"“{answer}” is not {recipients}: nothing left.")


def _deliver(
    publication: Publication, frozen: Dispatch, before: Balance, *, rehearse: bool
) -> tuple[Balance, bool]:
    from digest import pipeline

    todo = before.pending + before.submitting
    with progress() as display:
        task = display.add_task("Sending", total=todo)

        def show(balance: Balance) -> None:
            display.update(task, completed=todo - balance.pending - balance.submitting)

        return pipeline.deliver(publication, frozen, rehearse=rehearse, clock=now, progress=show)


def _tell_test(publication: Publication, edition: str, outcome: Outcome, *, as_json: bool) -> None:
    provider = publication.config.delivery.provider
    if as_json:
        print_json({"edition": edition, "provider": provider, "state": str(outcome.state)})
    else:
        out().print(f"One copy of {edition} left: {_provider(publication)}.", soft_wrap=True)


def _conclude(
    publication: Publication, frozen: Dispatch, before: Balance, after: Balance, *, as_json: bool
) -> None:
    """Say how it ended and where to look."""
    from digest.cli.previewing import preview_path

    rehearse = frozen.ledger == "rehearsal"
    provider = "outbox" if rehearse else publication.config.delivery.provider
    if as_json:
        print_json(_balance_json(frozen.edition, frozen.letter.subject, provider, after))
        return
    if after == before and not after.pending and not after.unknown:
        out().print(f"{frozen.edition} was sent already; nobody gets a second copy.")
    _tell_balance(after)
    if provider == "outbox":
        outbox = publication.config.path(publication.config.delivery.outbox.path)
        out().print(f"Outbox:  {outbox}{'-rehearsal' if rehearse else ''}", soft_wrap=True)
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
