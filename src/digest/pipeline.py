"""The weekly flow, in order. No detail lives here: every step is a room's.

    sources ─► selection ─► summary ─► edition ◄─ sponsorship
                                         │
                                         ▼
                                      render ─► check ─► (preview, approve)
                                         │
    subscribers ─► delivery ◄────────────┘

`build` makes the edition file, `prepare` turns it into a checked letter, `freeze_for` fixes it
together with its audience, `deliver` takes it out through the ledger. Approving and what else may
happen to an edition stands in `digest.edition.lifecycle`.
"""

from __future__ import annotations

import asyncio
import dataclasses
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digest.check import Finding, check
from digest.config import load_sponsors
from digest.delivery import ledger
from digest.delivery.envelope import envelope_for
from digest.delivery.providers import open_provider
from digest.edition import lifecycle
from digest.edition.approval import edition_parts, letter_parts
from digest.edition.drafting import draft_edition
from digest.edition.file import FILE, read_built, read_edition, write_built, write_edition
from digest.edition.merging import Kept, merge
from digest.edition.pictures import keep_pictures
from digest.errors import CheckError, ContentError, SourceError
from digest.model.content import Article, Decision, Rejected, Verdict, Window
from digest.model.edition import Edition, Note, StoryPicture
from digest.model.sending import Letter
from digest.model.sponsorship import Placement, Sponsor
from digest.publication import Publication, fetcher_for, slots_of
from digest.render.letter import render_letter
from digest.selection import select
from digest.sources import open_sources
from digest.sponsorship import UtmRule, place, require_no_conflict, resolve
from digest.store import editions as edition_store
from digest.subscribers.importing import import_csv
from digest.text.wording import wording

#: Called with what is being done, how much is done and how much there is (0: unknown).
Progress = Callable[[str, int, int], None]


# ---- Collect, select, draft, merge ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Collected:
    """What the sources gave: articles, what was not usable, and which sources failed."""

    articles: tuple[Article, ...]
    rejected: tuple[Rejected, ...]
    failed: tuple[tuple[str, SourceError], ...]


@dataclass(frozen=True, slots=True)
class Built:
    """The outcome of a build: the edition, its folder, and everything worth telling."""

    edition: Edition
    folder: Path
    decisions: tuple[Decision, ...]
    collected: Collected
    kept: tuple[Kept, ...]
    problems: tuple[str, ...]


def collect(publication: Publication, window: Window, progress: Progress) -> Collected:
    """Ask every source; one that fails does not harm the others.

    Raises:
        SourceError: no source is left, or one that is `required` failed.
    """
    config = publication.config
    sources = open_sources(config, fetcher_for(config))
    required = {source.name for source in config.sources if source.required}
    articles: list[Article] = []
    rejected: list[Rejected] = []
    failed: list[tuple[str, SourceError]] = []
    for done, source in enumerate(sources):
        progress(f"Reading {source.name}", done, len(sources))
        try:
            for found in source.articles(window):
                (articles if isinstance(found, Article) else rejected).append(found)  # type: ignore[arg-type]
        except SourceError as error:
            if source.name in required:
                raise
            failed.append((source.name, error))
    if failed and len(failed) == len(sources):
        first = failed[0][1]
        raise SourceError(f"no source could be read: {first.message}", first.hint)
    return Collected(tuple(articles), tuple(rejected), tuple(failed))


def decide(
    publication: Publication, window: Window, collected: Collected, now: datetime
) -> list[Decision]:
    """What becomes of every article in this week's edition, each with its reason."""
    config = publication.config
    with publication.database.read() as connection:
        published = edition_store.published_before(
            connection, window.edition, config.selection.memory
        )
    return select(
        collected.articles,
        window,
        config.selection,
        language=config.publication.language,
        now=now,
        source_weights={source.name: source.weight for source in config.sources},
        published=published,
    )


def build(
    publication: Publication,
    window: Window,
    *,
    now: datetime,
    progress: Progress,
    fresh: bool = False,
) -> Built:
    """Collect, select, summarise, place sponsors, and write `edition.toml`.

    An editor's changes to the file are merged in, unless `fresh`.

    Raises:
        ContentError: nothing to publish, or the edition is approved, dispatched or skipped.
        SponsorshipError: a slot of this edition is sold twice.
        SourceError: no articles could be had.
    """
    config, edition_id = publication.config, window.edition
    lifecycle.require_open(publication.database, edition_id)
    folder = publication.folder(edition_id)
    edited, base = (None, None) if fresh else (read_edition(folder), read_built(folder))
    sponsors = load_sponsors(config)
    require_no_conflict(sponsors, edition_id)
    collected = collect(publication, window, progress)
    progress("Selecting", 0, 0)
    decisions = decide(publication, window, collected, now)
    chosen = [d.article for d in decisions if d.verdict is Verdict.STORY]
    if not chosen:
        raise _nothing_to_publish(window, decisions, collected)
    progress("Keeping pictures", 0, 0)
    pictures, problems = keep_pictures(chosen, folder, fetcher_for(config))
    progress("Summarising", 0, 0)
    draft = draft_edition(
        decisions,
        edition_id=edition_id,
        number=0,
        placements=place(edition_id, slots_of(publication.config), sponsors),
        summary_limit=config.summary.limit,
        language=config.publication.language,
        wording=wording(config.publication.language),
        note=Note(name=config.edition.note_name, role=config.edition.note_role),
        publishers={source.name: source.publisher for source in config.sources},
        sections=config.selection.sections,
        picture_of=lambda article: pictures.get(article.url, StoryPicture()),
    )
    edition: Edition = draft
    kept: tuple[Kept, ...] = ()
    if edited is not None:
        merged = merge(base or draft, edited, draft)
        edition, kept = merged.edition, merged.kept
    with publication.database.write() as connection:
        number = edition_store.record_built(
            connection, edition_id, first=config.edition.first_number, now=now
        )
    edition = dataclasses.replace(edition, number=number)
    write_edition(edition, folder, wording(config.publication.language))
    write_built(draft, folder)
    return Built(edition, folder, tuple(decisions), collected, kept, tuple(problems))


def _nothing_to_publish(
    window: Window, decisions: Sequence[Decision], collected: Collected
) -> ContentError:
    reasons: dict[str, int] = {}
    for decision in decisions:
        reasons[decision.verdict] = reasons.get(decision.verdict, 0) + 1
    told = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
    found = f"{len(decisions)} articles read" + (f": {told}" if told else "")
    failed = "".join(f"; {name} failed: {error.message}" for name, error in collected.failed)
    return ContentError(
        f"{window.edition}: nothing to publish ({found}{failed})",
        "See `digest why TITLE`, choose another --week, or declare it with `digest editions skip`.",
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
    edition = _numbered(edition)
    sponsors = load_sponsors(config)
    require_no_conflict(sponsors, edition_id)
    placements = _placements(publication, edition, sponsors)
    letter = render_letter(edition, placements, config, folder)
    return Prepared(
        edition,
        tuple(placements),
        letter,
        tuple(check(letter, edition, placements, config)),
        letter_parts(letter, config),
        edition_parts(edition, placements),
    )


def _numbered(edition: Edition) -> Edition:
    """Stories and briefs numbered from 1, whatever gaps an editor left in `order`."""
    return dataclasses.replace(
        edition,
        stories=tuple(dataclasses.replace(s, order=n) for n, s in enumerate(edition.stories, 1)),
        briefs=tuple(dataclasses.replace(b, order=n) for n, b in enumerate(edition.briefs, 1)),
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
        raise CheckError(
            f"{prepared.edition.id}: {len(errors)} "
            f"{'error' if len(errors) == 1 else 'errors'}: {first}{more}",
            f"Run `digest check --week {prepared.edition.id}` for all of them with what to do.",
        )


# ---- Freeze and deliver ---------------------------------------------------------------------


def refresh_list(publication: Publication, list_name: str, now: datetime) -> None:
    """Import the CSV file that a list is kept in, if it is; who left stays out.

    Raises:
        InputError: the file cannot be read as a list of subscribers.
    """
    config = publication.config
    settings = next(named for named in config.lists if named.name == list_name)
    if settings.file:
        import_csv(
            publication.database, config.path(settings.file), list_name, now=now, zone=config.zone
        )


def freeze_for(
    publication: Publication,
    letter: Letter,
    edition: Edition | None,
    *,
    list_name: str,
    rehearse: bool,
    now: datetime,
) -> ledger.Dispatch:
    """Fix the letter's bytes and the list's audience; from here on only the ledger speaks.

    `edition` says what is published; None when the letter was frozen before, for another list.
    """
    return ledger.freeze(
        publication.database,
        letter,
        edition_id=letter.edition,
        ledger="rehearsal" if rehearse else "main",
        list_name=list_name,
        provider="outbox" if rehearse else publication.config.delivery.provider,
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
    rehearse: bool,
    clock: Callable[[], datetime],
    progress: Callable[[ledger.Balance], None],
) -> tuple[ledger.Balance, bool]:
    """Dispatch what is pending; returns the ledger's balance, and whether Ctrl-C stopped it.

    Raises:
        CredentialsError, IncompleteError, StoreError: as the provider and the store say; nothing
            is lost, and the same call goes on.
    """
    config = publication.config

    async def run() -> tuple[ledger.Balance, bool]:
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop.set)
        provider = open_provider(config, frozen.letter, rehearse=rehearse)
        try:
            balance = await ledger.dispatch(
                publication.database,
                frozen,
                provider,
                envelope_for(config, frozen.letter, day=clock().astimezone(config.zone).date()),
                batch=config.delivery.batch,
                now=clock,
                progress=progress,
                stop=stop,
            )
        finally:
            await provider.close()
        return balance, stop.is_set()

    return asyncio.run(run())
