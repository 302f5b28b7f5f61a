"""From sources to the edition file: collect, select, draft, merge an editor's changes in."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digest.collection import Collected, collect
from digest.collection.report import Progress
from digest.config import load_sponsors
from digest.config.settings import SelectionSettings
from digest.edition import lifecycle
from digest.edition.before_fit import read_fitted, write_fitted
from digest.edition.drafting import draft_edition
from digest.edition.file import read_built, read_edition, write_built, write_edition
from digest.edition.merging import Kept, merge
from digest.edition.pictures import keep_pictures
from digest.edition.settling import settle
from digest.errors import ContentError, EditionFileError
from digest.model.content import Decision, Verdict, Window
from digest.model.edition import Edition, Note, StoryPicture
from digest.publication import Publication, fetcher_for, slots_of
from digest.render.templates.family import LetterTemplate, read_template
from digest.selection import select, tally
from digest.sponsorship import place, require_no_conflict
from digest.store.content import articles as article_store
from digest.store.content import choices as choice_store
from digest.store.content import editions as edition_store
from digest.text.wording import wording


@dataclass(frozen=True, slots=True)
class Built:
    """The outcome of a build: the edition, its folder, and everything worth telling."""

    edition: Edition
    folder: Path
    decisions: tuple[Decision, ...]
    collected: Collected
    kept: tuple[Kept, ...]
    problems: tuple[str, ...]


def decide(
    publication: Publication,
    window: Window,
    now: datetime,
    template: LetterTemplate | None = None,
) -> list[Decision]:
    """What becomes of every article in this week's edition, each with its reason.

    The articles are those that `collect` left in the store; decisions hold them without bodies.
    The template says how many stories it is made for: the one given, else the edition's own.

    Raises:
        TemplateError: there is no such template, or its manifest has a mistake.
    """
    config = publication.config
    if template is None:
        name = _template_in(publication.folder(window.edition), read_edition)
        template = _template(publication, name)
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
            _rules(config.selection, template),
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
    template: str = "",
) -> Built:
    """Collect, select, summarise, place sponsors, and write `edition.toml`.

    An editor's changes to the file are merged in, unless `fresh`. With `offline` the store stands
    in for the sources on the network. A `template` is written into the file and stays; without,
    the edition keeps its own, else it is set in the publication's.

    Raises:
        ContentError: too little to publish, or the edition is approved, dispatched or skipped.
        TemplateError: there is no such template, or its manifest has a mistake.
        SponsorshipError: a slot of this edition is sold twice.
        SourceError: no articles could be had.
    """
    config, edition_id = publication.config, window.edition
    lifecycle.require_open(publication.database, edition_id)
    folder = publication.folder(edition_id)
    edited, base = (None, None) if fresh else (read_edition(folder), read_built(folder))
    chosen = template or (edited.template if edited else _template_in(folder, read_built))
    made_for = _template(publication, chosen)
    sponsors = load_sponsors(config)
    require_no_conflict(sponsors, edition_id)
    collected = collect(publication, window, progress, now=now, offline=offline)
    progress("Selecting", 0, 0)
    decisions = decide(publication, window, now, made_for)
    stories = [d for d in decisions if d.verdict is Verdict.STORY]
    fewest = _rules(config.selection, made_for).fewest
    if len(stories) < fewest:
        raise _too_little(window, fewest, decisions, collected)
    printed = with_bodies(
        publication, [*stories, *(d for d in decisions if d.verdict is Verdict.BRIEF)]
    )
    progress("Keeping pictures", 0, 0)
    pictures, problems = keep_pictures(
        [d.article for d in printed[: len(stories)] if made_for.pictures],
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
        bodies=made_for.bodies,
        extras=made_for.extras,
    )
    draft = dataclasses.replace(draft, template=chosen)
    edition: Edition = draft
    kept: tuple[Kept, ...] = ()
    if edited is not None:
        if template:
            edited = dataclasses.replace(edited, template=template)
            base = base and dataclasses.replace(base, template=template)
        merged = merge(base or draft, edited, draft, fitted=read_fitted(folder))
        edition = settle(merged.edition, draft, wording(config.publication.language))
        kept = merged.kept
    with publication.database.write() as connection:
        number = edition_store.record_built(
            connection, edition_id, first=config.edition.first_number, now=now
        )
    edition = dataclasses.replace(edition, number=number)
    write_edition(edition, folder, wording(config.publication.language))
    write_built(draft, folder)
    write_fitted(folder, (one.url for one in kept if one.by_fit))
    return Built(edition, folder, tuple(decisions), collected, kept, tuple(problems))


def _template_in(folder: Path, read: Callable[[Path], Edition | None]) -> str:
    """The template that an edition's file names; "" for none, also where it cannot be read."""
    with suppress(EditionFileError):
        edition = read(folder)
        return edition.template if edition else ""
    return ""


def _template(publication: Publication, name: str) -> LetterTemplate:
    """The template of that name, or the publication's own."""
    settings = publication.config.edition
    return read_template(publication.config.path(settings.templates), name or settings.template)


def _rules(settings: SelectionSettings, template: LetterTemplate) -> SelectionSettings:
    """What is worth an edition, and how much of it a template is made for."""
    stories = template.stories or settings.stories
    return dataclasses.replace(
        settings,
        stories=stories,
        fewest=min(settings.fewest, stories),
        briefs=settings.briefs if template.extras else 0,
    )


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
