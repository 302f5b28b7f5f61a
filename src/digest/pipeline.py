"""The weekly flow, in order. No detail lives here: every step is a room's.

    sources ─► selection ─► summary ─► edition ◄─ sponsorship
                                         │
                                         ▼
                                      render ─► check ─► (preview, approve)
                                         │
    subscribers ─► delivery ◄────────────┘

`build` makes the edition file, `prepare` turns it into a checked letter, `plan_send` says whether
and to whom it may leave, `freeze` fixes it together with its audience, `deliver` takes it out
through the ledger. What may happen to an edition, and when, stands in `digest.edition.lifecycle`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digest.check import Finding, check, published_findings
from digest.collection import Collected, collect, recheck
from digest.collection.report import Progress
from digest.config import load_sponsors
from digest.delivery import ledger
from digest.delivery.audience import Audience, foresee_audience, frozen_audience, is_frozen
from digest.delivery.providers import check_provider
from digest.delivery.running import run_dispatch
from digest.edition import lifecycle
from digest.edition.approval import edition_parts, letter_parts
from digest.edition.drafting import draft_edition
from digest.edition.file import FILE, read_built, read_edition, write_built, write_edition
from digest.edition.merging import Kept, merge
from digest.edition.pictures import keep_pictures
from digest.edition.settling import numbered, settle
from digest.errors import CheckError, ContentError
from digest.model.content import Decision, Verdict, Window
from digest.model.edition import Edition, Note, StoryPicture
from digest.model.sending import Letter
from digest.model.sponsorship import Placement, Sponsor
from digest.publication import Publication, fetcher_for, slots_of
from digest.render.letter import render_letter
from digest.selection import select, tally
from digest.sponsorship import UtmRule, place, require_no_conflict, resolve
from digest.store import articles as article_store
from digest.store import choices as choice_store
from digest.store import editions as edition_store
from digest.subscribers.importing import refresh_list
from digest.text.wording import wording

# ---- Collect, select, draft, merge ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Built:
    """The outcome of a build: the edition, its folder, and everything worth telling."""

    edition: Edition
    folder: Path
    decisions: tuple[Decision, ...]
    collected: Collected
    kept: tuple[Kept, ...]
    problems: tuple[str, ...]


def decide(publication: Publication, window: Window, now: datetime) -> list[Decision]:
    """What becomes of every article in this week's edition, each with its reason.

    The articles are those that `collect` left in the store; decisions hold them without bodies.
    """
    config = publication.config
    with publication.database.read() as connection:
        choices = choice_store.choices_for(connection, window.edition)
        published = edition_store.published_before(
            connection, window.edition, config.selection.memory
        )
        return select(
            article_store.candidates(
                connection,
                local=[source.name for source in config.sources if source.is_local],
                distant=[source.name for source in config.sources if not source.is_local],
                window=window,
                pinned=[url for url, choice in choices.items() if choice == "pin"],
            ),
            window,
            config.selection,
            language=config.publication.language,
            now=now,
            source_weights={source.name: source.weight for source in config.sources},
            published=published,
            choices=choices,
        )


def with_bodies(publication: Publication, decisions: Iterable[Decision]) -> list[Decision]:
    """The decisions with their articles whole, as the store keeps them."""
    decisions = list(decisions)
    with publication.database.read() as connection:
        whole = article_store.full(
            connection, [(d.article.source, d.article.url) for d in decisions]
        )
    return [
        dataclasses.replace(d, article=whole.get((d.article.source, d.article.url), d.article))
        for d in decisions
    ]


def build(
    publication: Publication,
    window: Window,
    *,
    now: datetime,
    progress: Progress,
    fresh: bool = False,
    offline: bool = False,
) -> Built:
    """Collect, select, summarise, place sponsors, and write `edition.toml`.

    An editor's changes to the file are merged in, unless `fresh`. With `offline` the store stands
    in for the sources on the network.

    Raises:
        ContentError: too little to publish, or the edition is approved, dispatched or skipped.
        SponsorshipError: a slot of this edition is sold twice.
        SourceError: no articles could be had.
    """
    config, edition_id = publication.config, window.edition
    lifecycle.require_open(publication.database, edition_id)
    folder = publication.folder(edition_id)
    edited, base = (None, None) if fresh else (read_edition(folder), read_built(folder))
    sponsors = load_sponsors(config)
    require_no_conflict(sponsors, edition_id)
    collected = collect(publication, window, progress, now=now, offline=offline)
    progress("Selecting", 0, 0)
    decisions = decide(publication, window, now)
    stories = [d for d in decisions if d.verdict is Verdict.STORY]
    if len(stories) < config.selection.fewest:
        raise _too_little(window, config.selection.fewest, decisions, collected)
    printed = with_bodies(
        publication, [*stories, *(d for d in decisions if d.verdict is Verdict.BRIEF)]
    )
    progress("Keeping pictures", 0, 0)
    pictures, problems = keep_pictures(
        [d.article for d in printed[: len(stories)]],
        folder,
        None if offline else fetcher_for(config),
    )
    progress("Summarising", 0, 0)
    draft = draft_edition(
        printed,
        edition_id=edition_id,
        placements=place(edition_id, slots_of(publication.config), sponsors),
        summary_limit=config.summary.limit,
        language=config.publication.language,
        wording=wording(config.publication.language),
        note=Note(name=config.edition.note_name, role=config.edition.note_role),
        publishers={source.name: source.publisher for source in config.sources},
        sections=config.selection.sections,
        picture_of=lambda article: pictures.get(article.url, StoryPicture()),
        also_in=config.edition.also_in,
    )
    edition: Edition = draft
    kept: tuple[Kept, ...] = ()
    if edited is not None:
        merged = merge(base or draft, edited, draft)
        edition = settle(merged.edition, draft, wording(config.publication.language))
        kept = merged.kept
    with publication.database.write() as connection:
        number = edition_store.record_built(
            connection, edition_id, first=config.edition.first_number, now=now
        )
    edition = dataclasses.replace(edition, number=number)
    write_edition(edition, folder, wording(config.publication.language))
    write_built(draft, folder)
    return Built(edition, folder, tuple(decisions), collected, kept, tuple(problems))


def _too_little(
    window: Window, fewest: int, decisions: Sequence[Decision], collected: Collected
) -> ContentError:
    stories = sum(decision.verdict is Verdict.STORY for decision in decisions)
    what = f"only {stories} of {fewest} stories needed" if stories else "nothing to publish"
    found = ": ".join(filter(None, (f"{len(decisions)} articles read", tally(decisions))))
    failed = "".join(f"; {name} failed: {error.message}" for name, error in collected.failed)
    return ContentError(
        f"{window.edition}: {what} ({found}{failed})",
        "See `digest shortlist --all` and `digest why TITLE`, choose another --week, or declare it "
        "with `digest editions skip`.",
    )


# ---- Render and check -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Prepared:
    """An edition rendered and checked, ready to be looked at, approved or sent.

    `parts` are the hashes of what will leave, `details` of what an editor can change.
    """

    edition: Edition
    placements: tuple[Placement, ...]
    letter: Letter
    findings: tuple[Finding, ...]
    parts: dict[str, str]
    details: dict[str, str]

    @property
    def errors(self) -> list[Finding]:
        """The findings that stop a send."""
        return [finding for finding in self.findings if finding.severity == "error"]


def is_built(publication: Publication, edition_id: str) -> bool:
    """Whether the edition's file exists."""
    return (publication.folder(edition_id) / FILE).exists()


def prepare(publication: Publication, edition_id: str) -> Prepared:
    """Render and check an edition as its file stands.

    Raises:
        ContentError: it was never built.
        EditionFileError, TemplateError, SponsorshipError: it cannot be rendered.
    """
    config, folder = publication.config, publication.folder(edition_id)
    record = lifecycle.record_of(publication.database, edition_id)
    edition = read_edition(folder, record.number if record else 0)
    if edition is None:
        raise ContentError(
            f"{edition_id} was not built yet", f"Run `digest build --week {edition_id}`."
        )
    built = read_built(folder)
    edition = numbered(settle(edition, built, wording(config.publication.language)))
    sponsors = load_sponsors(config)
    require_no_conflict(sponsors, edition_id)
    placements = _placements(publication, edition, sponsors)
    letter = render_letter(edition, placements, config, folder)
    return Prepared(
        edition,
        tuple(placements),
        letter,
        tuple(check(letter, edition, placements, config, built)),
        letter_parts(letter, config),
        edition_parts(edition, placements),
    )


def _placements(
    publication: Publication, edition: Edition, sponsors: Sequence[Sponsor]
) -> list[Placement]:
    rule = publication.config.sponsorship
    utm = UtmRule(rule.utm_source, rule.utm_medium, rule.utm_campaign, rule.utm_content)
    return resolve(
        edition.placements,
        edition.id,
        slots_of(publication.config),
        sponsors,
        utm if rule.utm else None,
    )


def require_sound(prepared: Prepared) -> None:
    """Stop when the check found errors.

    Raises:
        CheckError: naming them.
    """
    if errors := prepared.errors:
        first = "; ".join(f"{finding.place}: {finding.message}" for finding in errors[:3])
        more = f" (and {len(errors) - 3} more)" if len(errors) > 3 else ""
        all_of_them = f"Run `digest check --week {prepared.edition.id}` for all of them."
        raise CheckError(
            f"{prepared.edition.id}: {len(errors)} "
            f"{'error' if len(errors) == 1 else 'errors'}: {first}{more}",
            errors[0].hint if len(errors) == 1 else f"{errors[0].hint} {all_of_them}",
        )


# ---- Plan, freeze, deliver ------------------------------------------------------------------


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
) -> SendPlan:
    """Everything that must be right before a letter leaves, in order.

    What is frozen goes on as it is. Otherwise the provider's settings, the list's file, the
    edition (built when it never was), the check and the approval are looked at.

    Raises:
        ConfigError, ContentError, CheckError, ApprovalError: why it may not leave.
    """
    config, database, edition_id = publication.config, publication.database, window.edition
    frozen = None if rehearse else ledger.frozen(database, edition_id, "main")
    if frozen and is_frozen(database, frozen, list_name):
        return SendPlan(
            frozen.letter,
            list_name,
            rehearse,
            frozen.provider,
            frozen_audience(database, frozen),
            frozen=frozen,
        )
    check_provider(config, rehearse=rehearse)
    refresh_list(database, config, list_name, now=now)
    built = prepared = None
    if frozen is None:
        if not is_built(publication, edition_id):
            built = build(publication, window, now=now, progress=progress)
        prepared = prepare(publication, edition_id)
        if built is None:
            prepared = _rechecked(publication, window, prepared, now, progress)
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
) -> Prepared:
    """With what happened to its articles since the build among the findings."""
    built = read_built(publication.folder(window.edition))
    if built is None:
        return prepared
    edition = prepared.edition
    titles = {story.url: story.title for story in built.stories}
    printed = [(entry.url, titles.get(entry.url, "")) for entry in edition.stories]
    printed += [(brief.url, "") for brief in edition.briefs]
    changes = recheck(publication, window, printed, progress, now=now)
    found = published_findings(
        edition,
        {change.url: change.title for change in changes if not change.leads_home},
        [change.url for change in changes if change.leads_home],
    )
    return dataclasses.replace(prepared, findings=(*prepared.findings, *found))


def freeze(publication: Publication, plan: SendPlan, *, now: datetime) -> ledger.Dispatch:
    """Fix the letter's bytes and the list's audience; from here on only the ledger speaks.

    Raises:
        ContentError: nobody can be written to.
    """
    if plan.frozen is not None:
        return plan.frozen
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
) -> tuple[ledger.Balance, bool]:
    """Dispatch what is pending; returns the ledger's balance, and whether Ctrl-C stopped it.

    Raises:
        CredentialsError, IncompleteError, StoreError: as the provider and the store say; nothing
            is lost, and the same call goes on.
    """
    return run_dispatch(
        publication.database, publication.config, frozen, clock=clock, progress=progress
    )
