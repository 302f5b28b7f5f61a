"""`digest reconcile`: what became of deliveries nobody knew of, as providers and relays tell."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from digest.cli.frame import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    new_table,
    now,
    open_publication,
    out,
    plain,
    print_json,
    progress,
)
from digest.cli.panels import WEEKLY
from digest.cli.sending.reports import DryRunOption, reports_json, tell_reports
from digest.errors import StoreError, UnknownOutcomeError, UsageError

if TYPE_CHECKING:
    from digest.events.reconciling import Reconciled
    from digest.model.events import Report
    from digest.publication import Publication

_log = logging.getLogger("digest.events")


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command(rich_help_panel=WEEKLY)(reconcile)


def reconcile(
    week: Annotated[
        str,
        typer.Option(
            "--week",
            "-w",
            help="Edition, e.g. 2024-W25, last or current. Default: all with unknown outcomes.",
            metavar="WEEK",
        ),
    ] = "",
    events: Annotated[
        list[Path] | None,
        typer.Option(
            help="SendGrid's events: JSON, NDJSON or CSV, also .gz; - reads standard input. May "
            "repeat.",
            metavar="FILE",
        ),
    ] = None,
    postfix_log: Annotated[
        list[str] | None,
        typer.Option(
            help="The relay's log, also .gz; - reads standard input. May repeat.", metavar="FILE"
        ),
    ] = None,
    log_is_complete: Annotated[
        bool,
        typer.Option(
            "--log-is-complete",
            help="The log holds all the relay did since the edition began to leave: what it never "
            "mentions is pending again.",
        ),
    ] = False,
    dry_run: DryRunOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Settle deliveries whose outcome is unknown, by what was learnt since.

    Asks the events that were kept (webhook, bounces), and what you give it.
    Nobody is sent anything. Ends with 7 while some stay unknown, or stand as
    submitting and nobody is at them any more.

    Example: digest reconcile --postfix-log /var/log/mail.log
    """
    from digest.delivery.ledger import sending_lock
    from digest.events.reconciling import reconcile as settle
    from digest.publication import window_for

    if log_is_complete and not postfix_log:
        raise UsageError("--log-is-complete speaks of no log", "Give the log with --postfix-log.")
    publication, moment = open_publication(config), now()
    edition = window_for(publication.config, moment, week=week).edition if week else ""
    lock = sending_lock(publication.database, purpose="reconciling", now=moment)
    # What is pending again must not be in the hands of a run that has not given it up.
    with lock if log_is_complete and not dry_run else nullcontext(), progress() as display:
        task = display.add_task("Reading what was reported", total=None)
        found, applied = settle(
            publication.database,
            _reports(publication, events or [], postfix_log or []),
            edition=edition,
            log_is_complete=log_is_complete,
            dry_run=dry_run,
            is_sender_at_work=lambda: _is_store_held(publication),
            now=moment,
            progress=lambda read: display.update(task, completed=read),
        )
    left = sum(one.unknown for one in found)
    fields = {
        "accepted": sum(one.accepted for one in found),
        "refused": sum(one.refused for one in found),
        "left": left,
    }
    _log.info("reconciled", extra={"digest": fields})
    given = _Given(bool(events), bool(postfix_log), log_is_complete)
    if as_json:
        print_json(
            {
                "dry_run": dry_run,
                "editions": [_edition_json(one, given) for one in found],
                "reports": reports_json(applied),
            }
        )
    else:
        if events or postfix_log:
            tell_reports(applied)
        _tell_reconciled(found, given)
        if dry_run:
            out().print("Dry run: nothing was changed.")
    if left:
        raise UnknownOutcomeError(
            f"the outcome of {left:,} deliver{'y is' if left == 1 else 'ies is'} unknown still",
            "They are not sent again by themselves; see above for what to do.",
        )
    if stranded := [one for one in found if one.stranded]:
        told = "; ".join(f"{one.edition}: {_stranded(one)}" for one in stranded)
        raise UnknownOutcomeError(told, _find_out(stranded))


class _Given(NamedTuple):
    """What was given to learn from, so that it is not asked for again."""

    events: bool
    log: bool
    complete: bool


def _is_store_held(publication: Publication) -> bool:
    """Whether another process holds the store to send; asked by trying to."""
    from digest.delivery.ledger import sending_lock

    try:
        with sending_lock(publication.database, purpose="reconciling", now=now()):
            return False
    except StoreError:
        return True


def _stranded(one: Reconciled) -> str:
    are = "is" if one.stranded == 1 else "are"
    return (
        f"{one.stranded:,} {are} submitting: the process that was at "
        f"{'it' if one.stranded == 1 else 'them'} has ended or hangs"
    )


def _find_out(stranded: list[Reconciled]) -> str:
    commands = " and ".join(f"`digest send --week {one.edition}`" for one in stranded)
    does = "finds out what it can and goes on"
    if len(stranded) > 1:
        does = "find out what they can and go on"
    return f"{commands} {does}; then reconcile what stays unknown."


def _reports(
    publication: Publication, files: list[Path], logs: list[str]
) -> Iterator[Report | None]:
    from digest.events.files import read_event_file
    from digest.events.log_files import read_logs
    from digest.events.postfix_log import read_log

    moment, zone = now(), publication.config.zone
    for file in files:
        yield from read_event_file(file, moment)
    if logs:
        yield from read_log(read_logs(logs, now=moment, zone=zone), now=moment, zone=zone)


def _tell_reconciled(found: list[Reconciled], given: _Given) -> None:
    doubtful = [one for one in found if one.before]
    if doubtful:
        _tell_doubtful(doubtful)
    elif not any(one.stranded for one in found):
        out().print("No outcome is unknown.")
    is_unknown_left = any(one.unknown for one in found)
    for one in found:
        # Where nothing else keeps it from ending well, the error says what is stranded.
        stranded = _stranded_steps(one) if is_unknown_left else []
        for step in stranded + _steps(one, given):
            out().print(plain(f"{one.edition}: {step}"), soft_wrap=True)


def _tell_doubtful(found: list[Reconciled]) -> None:
    table = new_table()
    table.add_column("Edition")
    for heading in ("Unknown", "Accepted", "Refused", "Pending", "Still unknown"):
        table.add_column(heading, justify="right")
    for one in found:
        numbers = (one.before, one.accepted, one.refused, one.pending, one.unknown)
        table.add_row(one.edition, *(f"{number:,}" for number in numbers))
    out().print(table)


def _stranded_steps(one: Reconciled) -> list[str]:
    return [f"{_stranded(one)}. {_find_out([one])}"] if one.stranded else []


def _steps(one: Reconciled, given: _Given) -> list[str]:
    """What to do about an edition, in the words of the command line."""
    steps = []
    if one.in_flight:
        steps.append(f"{one.in_flight:,} in flight: a process is at work on this edition.")
    if one.pending:
        steps.append(f"`digest send --week {one.edition}` goes on with {one.pending:,}.")
    if one.distrust:
        steps.append(f"Not given back: {one.distrust}.")
    if one.unknown:
        steps.append(
            f"{_whom_to_ask(one, given)}; what nobody can tell: "
            f"`digest send --week {one.edition} --resend-unknown`."
        )
    return steps


def _whom_to_ask(one: Reconciled, given: _Given) -> str:
    silent = f"What you gave says nothing about {one.unknown:,}"
    if one.provider == "sendgrid":
        return silent if given.events else "Give SendGrid's activity export with --events"
    if one.provider != "smtp":
        return "Ask the provider what became of them"
    if given.complete:
        return silent
    if given.log:
        return f"{silent}; if the log holds all that the relay did, add --log-is-complete"
    return "Give the relay's log with --postfix-log"


def _edition_json(one: Reconciled, given: _Given) -> dict[str, Any]:
    return {
        "edition": one.edition,
        "provider": one.provider,
        "unknown_before": one.before,
        "accepted": one.accepted,
        "refused": one.refused,
        "pending": one.pending,
        "unknown": one.unknown,
        "submitting": one.submitting,
        "in_flight": one.in_flight,
        "next": " ".join(_stranded_steps(one) + _steps(one, given)) or "Nothing.",
    }
