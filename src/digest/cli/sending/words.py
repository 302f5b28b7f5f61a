"""What `digest send` says before and after: what would leave, how it ended, what to do next."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from digest.cli.frame import out, print_json, tell_pairs
from digest.cli.sending.balances import balance_json, require_sum, tell_balance
from digest.cli.weekly.preparing import tell_findings
from digest.errors import (
    DigestError,
    IncompleteError,
    LedgerError,
    StoppedError,
    UnknownOutcomeError,
)

if TYPE_CHECKING:
    from digest.delivery.ledger import Balance, Dispatch
    from digest.pipeline import SendPlan
    from digest.publication import Publication


def tell_plan(publication: Publication, plan: SendPlan, leaves_at: datetime | None) -> None:
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
    pairs.append(("Provider", way_out(publication, plan.provider, rehearse=plan.rehearse)))
    if leaves_at:
        pairs.append(("Leaves", shown(publication, leaves_at)))
    tell_pairs(pairs)
    if plan.prepared:
        tell_findings(plan.prepared.findings)


def conclude_dry_run(publication: Publication, plan: SendPlan, *, as_json: bool) -> None:
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
        print_json(balance_json(letter.edition, letter.subject, plan.provider, balance))
    else:
        if plan.frozen:
            tell_balance(balance)
        out().print("Dry run: nothing was dispatched.")


def going_on(edition: str, balance: Balance) -> str:
    """What is said of an edition that was frozen before."""
    if balance.concluded + balance.submitting:
        return f"{edition} is on its way; going on with what is pending."
    return f"{edition} is frozen; nothing of it has left yet."


def conclude(
    publication: Publication, frozen: Dispatch, before: Balance, after: Balance, *, as_json: bool
) -> None:
    """Say how it ended and where to look."""
    from digest.cli.weekly.exporting import preview_path
    from digest.delivery.providers import outbox_folder

    if as_json:
        print_json(balance_json(frozen.edition, frozen.letter.subject, frozen.provider, after))
        return
    if after == before and not after.pending and not after.unknown:
        out().print(f"{frozen.edition} has left already; nobody gets a second copy.")
    tell_balance(after)
    if after.refused:
        rehearsal = " --rehearsal" if frozen.ledger == "rehearsal" else ""
        out().print(
            f"Refused: `digest prove --week {frozen.edition} --state refused{rehearsal}` says who "
            "and why. They stay on the list; `digest suppress add` takes an address off.",
            soft_wrap=True,
        )
    if frozen.provider == "outbox":
        folder = outbox_folder(publication.config, rehearse=frozen.ledger == "rehearsal")
        out().print(f"Outbox:  {folder}", soft_wrap=True)
    page = preview_path(publication, frozen.edition)
    if page.exists():
        out().print(f"Preview: {page}", soft_wrap=True)


def end_of(edition: str, balance: Balance, *, stopped: bool) -> DigestError | None:
    """What the exit code says of how it ended, and what to do next; None when all is well."""
    try:
        require_sum(edition, balance)
    except LedgerError as error:
        return error
    goes_on = (
        f"The same command goes on (`digest send --week {edition}`); nobody gets a second copy."
    )
    open_ones = balance.left
    if stopped and open_ones:
        return StoppedError(
            f"{edition}: stopped; what was in flight is settled, {open_ones} are pending", goes_on
        )
    if balance.unknown:
        rest = f"; {open_ones} are pending" if open_ones else ""
        return UnknownOutcomeError(
            f"{edition}: the outcome of {balance.unknown} is unknown; they are not sent "
            f"again{rest}",
            "`digest reconcile` settles them from what the provider reports or logged; what stays "
            f"unknown, `digest send --week {edition} --resend-unknown` sends again if you say so.",
        )
    if open_ones:
        return IncompleteError(f"{edition}: {open_ones} are pending", goes_on)
    return None


def shown(publication: Publication, moment: datetime) -> str:
    """A moment as people read it, in the publication's zone."""
    from digest.delivery.ledger.departure import shown_in

    return shown_in(publication.config.zone, moment)


def way_out(publication: Publication, provider: str, *, rehearse: bool) -> str:
    """The way out, and where it leads."""
    from digest.delivery.providers import outbox_folder

    delivery = publication.config.delivery
    if provider == "outbox":
        kind = "outbox (rehearsal)" if rehearse else "outbox"
        return f"{kind}, {outbox_folder(publication.config, rehearse=rehearse)}"
    if provider == "smtp":
        return f"smtp, {delivery.smtp.host}:{delivery.smtp.port}"
    if provider == "sendgrid" and delivery.sendgrid.sandbox:
        return "sendgrid, in the sandbox: requests are checked, nobody gets anything"
    return provider
