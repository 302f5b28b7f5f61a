"""`digest send`: what would leave is shown and asked for, frozen, and taken out by the ledger."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
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
from digest.cli.sending.balances import balance_json
from digest.cli.sending.questions import ask_recipients, ask_resending, ask_restored
from digest.cli.sending.run_records import log_frozen, write_down
from digest.cli.sending.words import conclude, conclude_dry_run, end_of, tell_plan, way_out
from digest.cli.weekly.building import tell_built
from digest.cli.weekly.week import step_by_step
from digest.errors import (
    CredentialsError,
    DigestError,
    IncompleteError,
    UnknownOutcomeError,
    UsageError,
)

if TYPE_CHECKING:
    from digest.delivery.ledger import Balance, Dispatch
    from digest.delivery.ledger.expectation import Expectation
    from digest.model.content import Window
    from digest.pipeline import SendPlan
    from digest.publication import Publication


@dataclass(frozen=True, slots=True)
class _Wishes:
    """What was asked for on the command line."""

    list_name: str
    expectation: Expectation | None
    leaves_at: datetime | None
    yes: bool
    dry_run: bool
    rehearse: bool
    detach: bool
    resend: bool
    late: bool
    restored: bool
    as_json: bool


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
    _send(
        publication,
        window,
        _Wishes(
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


def _send(publication: Publication, window: Window, wishes: _Wishes) -> None:
    """Plan and ask, freeze, wait, deliver."""
    from digest import pipeline
    from digest.delivery import ledger

    ledger_name: ledger.LedgerName = "rehearsal" if wishes.rehearse else "main"
    with ExitStack() as lock:
        if not wishes.dry_run:
            held = ledger.sending_lock(
                publication.database,
                purpose=f"sending {window.edition}",
                now=now(),
                ledger=ledger_name,
            )
            lock.enter_context(held)
            if not wishes.rehearse:
                _require_in_use(publication, window.edition, restored=wishes.restored)
        plan = _plan(publication, window, wishes)
        if wishes.dry_run:
            conclude_dry_run(publication, plan, as_json=wishes.as_json)
            return
        if not plan.frozen and plan.audience.recipients:
            ask_recipients(plan.audience.recipients, yes=wishes.yes or wishes.rehearse)
        frozen = pipeline.freeze(publication, plan, now=now(), send_at=wishes.leaves_at)
        if not plan.frozen:
            log_frozen(publication, frozen)
        if wishes.resend:
            _resend(publication, frozen, wishes)
        before = ledger.balance(publication.database, frozen.edition, frozen.ledger)
        if wishes.detach and not pipeline.is_served(before):
            _hand_over(publication, frozen, before, wishes)
            return
        if not pipeline.is_served(before):
            if plan.frozen and not wishes.as_json:
                out().print(f"{frozen.edition} is on its way; going on with what is pending.")
            frozen = _wait(publication, frozen, lock)
        _run(publication, frozen, before, as_json=wishes.as_json)


def _require_in_use(publication: Publication, edition: str, *, restored: bool) -> None:
    """A store that is a copy sends only after a person has said that it is in use."""
    from digest.delivery import ledger
    from digest.delivery.ledger.aging import declare_original, notice_copy

    database = publication.database
    made_at = notice_copy(database, now())
    if made_at is None:
        return
    pending = ledger.balance(database, edition, "main").pending
    ask_restored(edition, made_at, pending, restored=restored)
    declare_original(database)


def _plan(publication: Publication, window: Window, wishes: _Wishes) -> SendPlan:
    """What would leave, shown."""
    from digest import pipeline
    from digest.cli.weekly.exporting import write_preview

    moment = now()
    with step_by_step() as show:
        plan = pipeline.plan_send(
            publication,
            window,
            list_name=wishes.list_name,
            rehearse=wishes.rehearse,
            now=moment,
            progress=show,
            late=wishes.late,
        )
    if plan.built and not wishes.as_json:
        tell_built(plan.built)
        out().print()
    if plan.prepared:
        write_preview(publication, plan.prepared, moment)
    if not wishes.as_json and not plan.frozen:
        tell_plan(publication, plan, wishes.leaves_at)
    _require_expected(plan, wishes.expectation)
    return plan


def _resend(publication: Publication, frozen: Dispatch, wishes: _Wishes) -> None:
    """Make pending what is unknown, if a person takes the risk."""
    from digest import pipeline
    from digest.delivery import ledger
    from digest.delivery.running import left_by_the_dead

    if dead := left_by_the_dead(publication.database, frozen):
        raise UnknownOutcomeError(
            f"{dead} are submitting: the process that was at them has ended",
            f"Run `digest send --week {frozen.edition}` first: it finds out what it can; then "
            "`digest reconcile`, then --resend-unknown.",
        )
    unknown = ledger.balance(publication.database, frozen.edition, frozen.ledger).unknown
    if not unknown:
        if not wishes.as_json:
            out().print(f"{frozen.edition}: nothing is unknown.")
        return
    ask_resending(frozen.edition, unknown, yes=wishes.yes)
    again = pipeline.resend_unknown(publication, frozen, now=now())
    if not wishes.as_json:
        out().print(f"{again} that were unknown are sent again.")


def _hand_over(
    publication: Publication, frozen: Dispatch, before: Balance, wishes: _Wishes
) -> None:
    """Leave the rest to the workers."""
    from digest.worker import hand_over

    database, config = publication.database, publication.config
    handed = hand_over(database, config, frozen, now=now(), late=wishes.late)
    if wishes.as_json:
        print_json(
            {
                **balance_json(frozen.edition, frozen.letter.subject, frozen.provider, before),
                "shards": handed.shards,
                "at": handed.at,
            }
        )
        return
    shards = "1 shard" if handed.shards == 1 else f"{handed.shards} shards"
    what = f"handed over in {shards}" if handed.shards else "with the workers already"
    out().print(f"{frozen.edition} is {what}; `digest status` shows how it goes.")


def _wait(publication: Publication, frozen: Dispatch, lock: ExitStack) -> Dispatch:
    """Until it may leave; others may use the store meanwhile. SendGrid waits by itself."""
    from digest.cli.sending.waiting import wait_until
    from digest.delivery import ledger
    from digest.delivery.ledger.cancelling import require_not_cancelled
    from digest.delivery.ledger.departure import waits_itself

    moment = frozen.send_at
    if moment is None or moment <= now() or waits_itself(publication.config.delivery.provider):
        return frozen
    lock.close()
    shown = moment.astimezone(publication.config.zone)
    wait_until(moment, frozen.edition, f"{shown:%Y-%m-%d at %H:%M}")
    again = ledger.frozen(publication.database, frozen.edition, frozen.ledger) or frozen
    require_not_cancelled(publication.database, again)
    # Somebody may have set another moment meanwhile.
    return again if again.send_at == moment else _wait(publication, again, lock)


def _run(publication: Publication, frozen: Dispatch, before: Balance, *, as_json: bool) -> None:
    """Deliver, and say how it ended."""
    from digest.delivery import ledger

    begun = time.monotonic()
    end: DigestError | None = None
    try:
        after, stopped = _deliver(publication, frozen, before)
        end = end_of(frozen.edition, after, stopped=stopped)
    except (CredentialsError, IncompleteError) as error:
        after, end = ledger.balance(publication.database, frozen.edition, frozen.ledger), error
        if isinstance(error, IncompleteError) and after.unknown and not after.pending:
            end = UnknownOutcomeError(error.message, error.hint)
    write_down(
        publication,
        frozen,
        before,
        after,
        seconds=time.monotonic() - begun,
        exit_code=end.exit_code if end else 0,
    )
    conclude(publication, frozen, before, after, as_json=as_json)
    if end is not None:
        raise end


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


def _require_expected(plan: SendPlan, expectation: Expectation | None) -> None:
    """Stop when the audience has drifted."""
    recipients = plan.audience.recipients
    if expectation and not expectation.admits(recipients):
        raise UsageError(
            f"--expect: {recipients} recipients, expected {expectation}; nothing was dispatched",
            "See `digest subscribers stats`, then expect the right number.",
        )


def _deliver(publication: Publication, frozen: Dispatch, before: Balance) -> tuple[Balance, bool]:
    from digest import pipeline
    from digest.cli.sending.progress import DeliveryProgress

    with DeliveryProgress(frozen.edition, before) as shown:
        return pipeline.deliver(
            publication, frozen, clock=now, progress=shown.show, stopping=shown.say_stopping
        )
