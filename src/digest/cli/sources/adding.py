"""`digest sources add` and `import`: new sources, found by looking, into `config.toml`.

How a site can be read is found out by `digest.sources.discovering`, a list of feeds is read
by `digest.sources.opml`, and `digest.config.writing` writes the settings.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest.cli.frame import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    YesOption,
    confirm,
    is_interactive,
    new_table,
    now,
    out,
    print_json,
    read_settings,
)
from digest.cli.weekly.week import step_by_step
from digest.errors import DeclinedError, InputError, SourceError, UsageError

if TYPE_CHECKING:
    from digest.config import Config
    from digest.sources.discovering import Offer
    from digest.sources.opml import Outline


def register(app: typer.Typer) -> None:
    """Add the commands to `digest sources`."""
    app.command()(add)
    app.command("import")(import_)


def add(
    url: Annotated[
        str, typer.Argument(help="Address of a site, a section's page or a feed.", metavar="URL")
    ],
    name: Annotated[
        str, typer.Option("--name", help="Name of the source. Default: from the address.")
    ] = "",
    kind: Annotated[
        str, typer.Option("--kind", help="Only as feed, wordpress, sitemap or page.")
    ] = "",
    section: Annotated[
        str, typer.Option("--section", help="Section of everything in it.", metavar="NAME")
    ] = "",
    yes: YesOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Find out how a site can be read, and add the best way to config.toml.

    Example: digest sources add https://example.org/monde --section International
    """
    from digest.config.writing import add_source
    from digest.publication import web_for
    from digest.sources.discovering import KINDS, discover, suggest_name
    from digest.text.addresses import canonical_url
    from digest.text.masking import mask_url

    if kind not in ("", *KINDS):
        raise UsageError(f"--kind: found “{kind}”", f"Allowed: {', '.join(KINDS)}.")
    settings = read_settings(config)
    address = url if "://" in url else f"https://{url}"
    if not canonical_url(address) or any(character.isspace() for character in address):
        raise UsageError(f"“{url}” is not a web address", "Write it as https://example.org/.")
    with step_by_step() as show:
        show("Looking around", 0, 0)
        offers = discover(address, web_for(settings, now()))
    offers = [offer for offer in offers if kind in ("", offer.kind)]
    if not offers:
        raise SourceError(
            f"{mask_url(address)}: found nothing that can be read"
            + (f" as {kind}" if kind else ""),
            "Give the address of its feed or of a section's page, or look at it in a browser.",
        )
    if not as_json:
        _print_offers(offers)
    chosen = _choose(offers, yes=yes)
    known = _known(settings)
    if canonical_url(chosen.url) in known:
        raise UsageError(
            f"{mask_url(chosen.url)} is a source already: “{known[canonical_url(chosen.url)]}”",
            "See `digest sources list`.",
        )
    added: dict[str, object] = {
        "name": name or suggest_name(chosen.url),
        "kind": chosen.kind,
        "url": chosen.url,
    }
    if section:
        added["section"] = section
    added["name"] = add_source(config, added)
    if as_json:
        offered = [_offer_json(offer) for offer in offers]
        print_json({"added": _shown(added), "offers": offered})
        return
    _line(f"Added to {config}: {added['name']} ({chosen.kind}, {mask_url(chosen.url)}).")
    _line(f"Next: digest sources test {shlex.quote(str(added['name']))}")


def _known(settings: Config) -> dict[str, str]:
    """Canonical address → the source that has it."""
    from digest.text.addresses import canonical_url

    return {canonical_url(source.url): source.name for source in settings.sources if source.url}


def _choose(offers: Sequence[Offer], *, yes: bool) -> Offer:
    """The best offer, or the one a person picks.

    Raises:
        UsageError: nobody can be asked and `--yes` was not given.
        DeclinedError: none of them is wanted.
    """
    if yes:
        return offers[0]
    if not is_interactive():
        raise UsageError(
            "Which of these? Nobody can be asked here.",
            "Add --yes for the first one, or --kind to name another.",
        )
    answer = typer.prompt("Add which one (0: none)", default="1", err=True).strip()
    if answer.isdecimal() and 1 <= int(answer) <= len(offers):
        return offers[int(answer) - 1]
    raise DeclinedError("Nothing was added.")


def _print_offers(offers: Sequence[Offer]) -> None:
    from rich.markup import escape

    from digest.text.masking import mask_url

    table = new_table()
    table.add_column("#", justify="right", style="bold")
    table.add_column("Kind", no_wrap=True)
    table.add_column("What, and its latest headline", overflow="fold", ratio=1)
    table.add_column("Articles", justify="right")
    table.add_column("Latest", no_wrap=True)
    for number, offer in enumerate(offers, 1):
        about = [mask_url(offer.url), offer.latest_title, offer.note]
        shown = "\n".join(f"[dim]{escape(one)}[/]" for one in about if one)
        table.add_row(
            str(number),
            offer.kind,
            f"{escape(offer.title)}\n{shown}" if offer.title else shown,
            f"{offer.articles:,}" if offer.articles else "–",
            f"{offer.latest:%Y-%m-%d}" if offer.latest else "–",
        )
    out().print(table)


def _shown(added: dict[str, object]) -> dict[str, object]:
    """The settings of a source without a password in its address."""
    from digest.text.masking import mask_url

    return {**added, "url": mask_url(str(added["url"]))}


def _offer_json(offer: Offer) -> dict[str, Any]:
    from digest.text.masking import mask_url

    return {
        "kind": offer.kind,
        "url": mask_url(offer.url),
        "title": offer.title,
        "articles": offer.articles,
        "latest_title": offer.latest_title,
        "latest": offer.latest,
        "note": offer.note,
    }


# ---- Lists of feeds -------------------------------------------------------------------------


def import_(
    file: Annotated[
        Path, typer.Argument(help="OPML file, as feed readers export it.", metavar="FILE")
    ],
    yes: YesOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Add the feeds of an OPML file to config.toml that are not sources yet.

    Example: digest sources import abonnements.opml
    """
    from digest.config.writing import add_sources
    from digest.sources.opml import read_opml
    from digest.text.addresses import canonical_url
    from digest.text.masking import mask_url

    settings = read_settings(config)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}", "Name an OPML file.") from None
    try:
        outlines = read_opml(content)
    except InputError as error:
        raise InputError(f"{file}: {error.message}", error.hint) from None
    known = _known(settings)
    new = [outline for outline in outlines if canonical_url(outline.xml_url) not in known]
    skipped = [
        (outline, known[canonical_url(outline.xml_url)])
        for outline in outlines
        if canonical_url(outline.xml_url) in known
    ]
    if not as_json:
        _print_outlines(new, skipped)
    added: list[dict[str, object]] = []
    if new:
        confirm(f"Add {len(new)} {'feed' if len(new) == 1 else 'feeds'} to {config}?", yes=yes)
        added = [_feed_settings(outline, settings) for outline in new]
        for one, name in zip(added, add_sources(config, added), strict=True):
            one["name"] = name
    if as_json:
        print_json(
            {
                "added": [_shown(one) for one in added],
                "skipped": [
                    {"url": mask_url(one.xml_url), "known_as": name} for one, name in skipped
                ],
            }
        )
        return
    _line(f"{file}: {len(added)} added, {len(skipped)} known already.")
    if added:
        first = shlex.quote(str(added[0]["name"]))
        _line(f"Next: digest sources test {first}, digest sources fetch")


def _feed_settings(outline: Outline, settings: Config) -> dict[str, object]:
    """The settings of one feed; a folder named like a section of ours is its section."""
    from digest.selection.sections import names_section
    from digest.sources.discovering import suggest_name

    made: dict[str, object] = {
        "name": suggest_name(outline.xml_url),
        "kind": "feed",
        "url": outline.xml_url,
    }
    if outline.category and names_section(outline.category, settings.selection.sections):
        made["section"] = outline.category
    return made


def _print_outlines(new: Sequence[Outline], skipped: Sequence[tuple[Outline, str]]) -> None:
    from rich.markup import escape

    from digest.text.masking import mask_url

    table = new_table()
    table.add_column("Feed", overflow="fold", ratio=1)
    table.add_column("Folder", overflow="fold")
    table.add_column("")
    for outline, state in [*((one, "new") for one in new), *skipped]:
        table.add_row(
            f"{escape(mask_url(outline.title))}\n[dim]{escape(mask_url(outline.xml_url))}[/]",
            escape(outline.category) or "–",
            "[green]new[/]" if state == "new" else f"known as {escape(state)}",
        )
    if new or skipped:
        out().print(table)


def _line(text: str) -> None:
    """Print a line as it is: names and addresses are no mark-up."""
    out().print(text, markup=False, soft_wrap=True)
