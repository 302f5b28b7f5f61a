"""The course of `digest send`: shown and asked for, frozen, waited for, taken out by the ledger.

What was asked for comes as `Wishes`; what is said before and after stands in `words`, what is
asked in `questions`. Whether an edition may leave, and to whom, is `digest.pipeline`'s business.
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from digest.cli.frame import now, out, print_json
from digest.cli.sending.balances import balance_json
from digest.cli.sending.questions import (
    ask_another_moment,
    ask_recipients,
    ask_resending,
    ask_restored,
)
from digest.cli.sending.run_records import log_frozen, write_down
from digest.cli.sending.words import (
    conclude,
    conclude_dry_run,
    end_of,
    going_on,
    shown,
    tell_plan,
)
from digest.cli.weekly.building import tell_built
from digest.cli.weekly.week import step_by_step
from digest.errors import (
    ContentError,
    CredentialsError,
    DigestError,
    IncompleteError,
    UnknownOutcomeError,
    UsageError,
)

if TYPE_CHECKING:
    from digest.delivery.ledger import Balance, Dispatch, LedgerName
    from digest.delivery.ledger.expectation import Expectation
    from digest.model.content import Window
    from digest.pipeline import SendPlan
    from digest.publication import Publication


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was asked for on the command line.

    `leaves_at` is None to leave as it was said before, or at once.
    """

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


def dispatch(publication: Publication, window: Window, wishes: Wishes) -> None:
    """Plan and ask, freeze, wait, deliver; or say what would be done.

    Raises:
        DigestError: why it does not leave, or how it ended unless everybody is served.
    """
    from digest import pipeline
    from digest.delivery import ledger

    ledger_name: LedgerName = "rehearsal" if wishes.rehearse else "main"
    with ExitStack() as lock:
        if not wishes.dry_run:
            lock.enter_context(_sending_lock(publication, window.edition, ledger_name))
            if not wishes.rehearse:
                _require_in_use(publication, window.edition, restored=wishes.restored)
        plan = _plan(publication, window, wishes)
        if wishes.dry_run:
            conclude_dry_run(publication, plan, as_json=wishes.as_json)
            return
        if not plan.frozen and plan.audience.recipients:
            ask_recipients(plan.audience.recipients, yes=wishes.yes or wishes.rehearse)
        _ask_another_moment(publication, plan, wishes)
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
                out().print(going_on(frozen.edition, before))
            frozen = _wait(publication, frozen, lock)
        _run(publication, frozen, before, as_json=wishes.as_json)


def _sending_lock(
    publication: Publication, edition: str, name: LedgerName
) -> AbstractContextManager[None]:
    from digest.delivery.ledger import sending_lock

    return sending_lock(publication.database, purpose=f"sending {edition}", now=now(), ledger=name)


def _require_in_use(publication: Publication, edition: str, *, restored: bool) -> None:
    """A store that is a copy sends only after a person has said that it is in use."""
    from digest.delivery import ledger
    from digest.delivery.ledger.aging import declare_original, notice_copy

    database = publication.database
    made_at = notice_copy(database, now())
    if made_at is None:
        return
    pending = ledger.balance(database, edition, "main").pending
    ask_restored(edition, shown(publication, made_at), pending, restored=restored)
    declare_original(database)


def _plan(publication: Publication, window: Window, wishes: Wishes) -> SendPlan:
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


def _ask_another_moment(publication: Publication, plan: SendPlan, wishes: Wishes) -> None:
    """Before an edition that is frozen leaves at another moment than was said."""
    from digest import pipeline

    frozen, moment = plan.frozen, wishes.leaves_at
    if frozen is None or moment is None or moment == frozen.send_at:
        return
    pipeline.require_nothing_left(publication, frozen)
    before = f"on {shown(publication, frozen.send_at)}" if frozen.send_at else "at once"
    ask_another_moment(frozen.edition, before, shown(publication, moment), yes=wishes.yes)


def _resend(publication: Publication, frozen: Dispatch, wishes: Wishes) -> None:
    """Make pending what is unknown, if a person takes the risk."""
    from digest import pipeline
    from digest.delivery import ledger
    from digest.delivery.ledger.evidence import settle_what_is_known
    from digest.delivery.running import left_by_the_dead

    if dead := left_by_the_dead(publication.database, frozen):
        raise UnknownOutcomeError(
            f"{dead} are submitting: the process that was at them has ended",
            f"Run `digest send --week {frozen.edition}` first: it finds out what it can; then "
            "`digest reconcile`, then --resend-unknown.",
        )
    settle_what_is_known(publication.database, frozen, now())
    unknown = ledger.balance(publication.database, frozen.edition, frozen.ledger).unknown
    if not unknown:
        if not wishes.as_json:
            out().print(f"{frozen.edition}: nothing is unknown.")
        return
    ask_resending(frozen.edition, unknown, yes=wishes.yes)
    again = pipeline.resend_unknown(publication, frozen, now=now())
    if not wishes.as_json:
        out().print(f"{again} that were unknown are sent again.")


def _hand_over(publication: Publication, frozen: Dispatch, before: Balance, wishes: Wishes) -> None:
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
    """Until it may leave; others may use the store meanwhile, or put another one in its place.
    SendGrid waits by itself."""
    from digest.cli.sending.waiting import wait_until
    from digest.delivery import ledger
    from digest.delivery.ledger.aging import require_original
    from digest.delivery.ledger.cancelling import require_not_cancelled
    from digest.delivery.ledger.departure import waits_itself

    moment = frozen.send_at
    if moment is None or moment <= now() or waits_itself(publication.config.delivery.provider):
        return frozen
    lock.close()
    wait_until(moment, frozen.edition, shown(publication, moment))
    lock.enter_context(_sending_lock(publication, frozen.edition, frozen.ledger))
    require_original(publication.database, now(), publication.config.zone)
    again = ledger.frozen(publication.database, frozen.edition, frozen.ledger)
    if again is None:
        raise ContentError(
            f"{frozen.edition} is not frozen any more: it was opened for changes meanwhile",
            "Run `digest send` again when it is to leave.",
        )
    require_not_cancelled(publication.database, again, publication.config.zone)
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
