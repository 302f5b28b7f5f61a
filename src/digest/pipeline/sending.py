"""From a checked letter to the ledger: whether it may leave, to whom, frozen, delivered."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from digest.check import published_findings
from digest.check.asking import failed
from digest.check.links import Answer, asked_as
from digest.collection import recheck
from digest.collection.report import Progress
from digest.delivery import ledger
from digest.delivery.ledger.aging import require_clock, require_fresh
from digest.delivery.ledger.audience import Audience, foresee_audience, frozen_audience, is_frozen
from digest.delivery.ledger.cancelling import require_not_cancelled
from digest.delivery.providers import check_provider
from digest.delivery.running import run_dispatch
from digest.edition import lifecycle
from digest.edition.file import read_built
from digest.errors import ContentError, FetchError, UsageError
from digest.model.content import Window
from digest.model.sending import DeliveryState, Letter, Outcome
from digest.pipeline.building import Built, build
from digest.pipeline.linking import look_at_links
from digest.pipeline.preparing import Prepared, is_built, prepare, require_sound
from digest.publication import Publication
from digest.sources.site.completing import Presence
from digest.store.ledger.claims import settle
from digest.store.ledger.dispatches import mark_dispatching, set_send_at
from digest.store.ledger.events import unknown_deliveries
from digest.subscribers.importing import refresh_list


@dataclass(frozen=True, slots=True)
class SendPlan:
    """What would leave and who would receive it; nothing is frozen by looking.

    `built` is set when the edition was built for this plan, `prepared` unless the letter was
    frozen before; `frozen` when the list's audience is part of the ledger already.
    """

    letter: Letter
    list_name: str
    rehearse: bool
    provider: str
    audience: Audience
    built: Built | None = None
    prepared: Prepared | None = None
    frozen: ledger.Dispatch | None = None


def plan_send(
    publication: Publication,
    window: Window,
    *,
    list_name: str,
    rehearse: bool,
    now: datetime,
    progress: Progress,
    late: bool = False,
) -> SendPlan:
    """Everything that must be right before a letter leaves, in order.

    What is frozen goes on as it is, unless it is old and nobody said that it may be `late`.
    Otherwise the provider's settings, the list's file, the edition (built when it never was), the
    check, with `check.links` also every link, and the approval are looked at.

    Raises:
        ConfigError, ContentError, CheckError, ApprovalError: why it may not leave.
    """
    config, database, edition_id = publication.config, publication.database, window.edition
    frozen = None if rehearse else ledger.frozen(database, edition_id, "main")
    if frozen:
        require_not_cancelled(database, frozen, config.zone)
    is_whole = frozen is not None and is_frozen(database, frozen, list_name)
    if frozen and not (is_whole and is_served(ledger.balance(database, edition_id, "main"))):
        require_fresh(config, frozen, now, late=late)
    if frozen and is_whole:
        return SendPlan(
            frozen.letter,
            list_name,
            rehearse,
            frozen.provider,
            frozen_audience(database, frozen),
            frozen=frozen,
        )
    if not rehearse:
        require_clock(config, database, now, late=late)
    check_provider(config, rehearse=rehearse)
    refresh_list(database, config, list_name, now=now)
    built = prepared = None
    if frozen is None:
        asked: Mapping[str, Answer | None] = {}
        if not is_built(publication, edition_id):
            built = build(publication, window, now=now, progress=progress)
        prepared = prepare(publication, edition_id, now=now)
        if built is None:
            prepared, asked = _rechecked(publication, window, prepared, now, progress)
        if config.check.links:
            prepared = look_at_links(prepared, now=now, progress=progress, known=asked)
        require_sound(prepared)
        if not rehearse:
            lifecycle.require_approved(
                database,
                edition_id,
                prepared.parts,
                details=prepared.details,
                automatic=config.edition.approval == "auto",
            )
        letter = prepared.letter
    else:
        letter = frozen.letter
    audience = foresee_audience(database, edition_id, list_name, rehearse=rehearse)
    provider = "outbox" if rehearse else config.delivery.provider
    return SendPlan(letter, list_name, rehearse, provider, audience, built, prepared)


def _rechecked(
    publication: Publication, window: Window, prepared: Prepared, now: datetime, progress: Progress
) -> tuple[Prepared, Mapping[str, Answer | None]]:
    """With what happened to its articles since the build among the findings, and what the pages
    that were asked answered (as `look_at_links` takes it)."""
    built = read_built(publication.folder(window.edition))
    if built is None:
        return prepared, {}
    edition = prepared.edition
    titles = {story.url: story.title for story in built.stories}
    printed = [(entry.url, titles.get(entry.url, "")) for entry in edition.stories]
    printed += [(brief.url, "") for brief in edition.briefs]
    seen = recheck(publication, window, printed, progress, now=now)
    changes = seen.changes
    found = published_findings(
        edition,
        {change.url: change.title for change in changes if not change.leads_home},
        [change.url for change in changes if change.leads_home],
        prepared.where,
    )
    told = {change.url for change in changes if change.leads_home or not change.title}
    asked = {
        asked_as(url): None if url in told else _answer(page) for url, page in seen.pages.items()
    }
    return prepared.joined("articles", found), asked


def _answer(page: Presence | FetchError) -> Answer:
    return failed(page) if isinstance(page, FetchError) else Answer(page.url, 200)


def is_served(balance: ledger.Balance) -> bool:
    """Whether nothing of a dispatch is left to be sent."""
    return not balance.left


def freeze(
    publication: Publication, plan: SendPlan, *, now: datetime, send_at: datetime | None = None
) -> ledger.Dispatch:
    """Fix the letter's bytes and the list's audience; from here on only the ledger speaks.

    Args:
        send_at: when it leaves at the earliest; None leaves that as it is.

    Raises:
        ContentError: nobody can be written to.
        UsageError: some of it has left already, at another moment than `send_at`.
    """
    frozen = plan.frozen or _freeze(publication, plan, now)
    if send_at is None or send_at == frozen.send_at:
        return frozen
    require_nothing_left(publication, frozen)
    with publication.database.write() as connection:
        set_send_at(connection, frozen.id, send_at)
    return dataclasses.replace(frozen, send_at=send_at)


def require_nothing_left(publication: Publication, frozen: ledger.Dispatch) -> None:
    """Go on only when no delivery of a frozen edition was started: it may leave at any moment.

    Raises:
        UsageError: some have left.
    """
    balance = ledger.balance(publication.database, frozen.edition, frozen.ledger)
    left = balance.concluded + balance.submitting
    if left:
        raise UsageError(
            f"--at: {left} deliveries of {frozen.edition} have left already",
            "Leave --at out to go on with the rest, or `digest cancel` it.",
        )


def resend_unknown(publication: Publication, frozen: ledger.Dispatch, *, now: datetime) -> int:
    """Turn what is unknown into pending, because a person took the risk; returns how many.

    Raises:
        StoreError: the store cannot be written; they are unknown as before.
    """
    with publication.database.write() as connection:
        outcomes = [
            Outcome(unknown.id, DeliveryState.PENDING, detail="unknown; a person had it sent again")
            for unknown in unknown_deliveries(connection, frozen.id)
        ]
        changed = settle(connection, outcomes, now)
        if changed and frozen.ledger == "main":
            mark_dispatching(connection, frozen.edition)
    return changed


def _freeze(publication: Publication, plan: SendPlan, now: datetime) -> ledger.Dispatch:
    if plan.audience.recipients == 0 and not plan.audience.already:
        raise ContentError(
            f"nobody on the list “{plan.list_name}” can be written to",
            "Add readers with `digest subscribers import FILE.csv`.",
        )
    edition = plan.prepared.edition if plan.prepared else None
    return ledger.freeze(
        publication.database,
        plan.letter,
        edition_id=plan.letter.edition,
        ledger="rehearsal" if plan.rehearse else "main",
        list_name=plan.list_name,
        provider=plan.provider,
        stories=[
            *((story.url, story.title) for story in (edition.stories if edition else ())),
            *((brief.url, brief.text) for brief in (edition.briefs if edition else ())),
        ],
        now=now,
    )


def deliver(
    publication: Publication,
    frozen: ledger.Dispatch,
    *,
    clock: Callable[[], datetime],
    progress: Callable[[ledger.Balance], None],
    stopping: Callable[[], None],
) -> tuple[ledger.Balance, bool]:
    """Dispatch what is pending; returns the ledger's balance, and whether Ctrl-C stopped it.

    Args:
        stopping: called once, at the first Ctrl-C.

    Raises:
        CredentialsError, IncompleteError, StoreError: as the provider and the store say; nothing
            is lost, and the same call goes on.
    """
    return run_dispatch(
        publication.database,
        publication.config,
        frozen,
        clock=clock,
        progress=progress,
        stopping=stopping,
    )
