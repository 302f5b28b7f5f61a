"""Settings of what is worth an edition: sources, selection, summaries."""

from __future__ import annotations

from dataclasses import dataclass

from digest.config.settings.schema import URL, setting


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """`[[sources]]`: where articles come from, in order."""

    name: str = setting("Short name of the source.", required=True)
    kind: str = setting(
        "`files`, `feed`, `wordpress`, `page` (a section's page), `sitemap`, or "
        "`package.module:factory` of your own.",
        required=True,
        pattern=r"files|feed|wordpress|page|sitemap|[A-Za-z_][\w.]*:[A-Za-z_]\w*",
        example="files, feed, wordpress, page, sitemap or package.module:factory",
    )
    path: str = setting(
        "Folder of text, Markdown and HTML files (sub-folders too, unless they are sources of "
        "their own), or a feed's file.",
        "",
    )
    url: str = setting(
        "Address of the feed, the WordPress site, the section's page or the sitemap.",
        "",
        pattern=URL,
        example="https://example.org/rss.xml",
    )
    base_url: str = setting(
        "Web address that articles of a `files` source are published under; a file's name is "
        "appended.",
        "",
        pattern=URL,
        example="https://example.org/articles/",
    )
    categories: tuple[str, ...] = setting(
        "Slugs of the categories to read of a `wordpress` source. Empty: all.", ()
    )
    only: str = setting(
        "Part of the address that articles of a `page` or `sitemap` source have, e.g. `/monde/`. "
        "Empty: all.",
        "",
    )
    most: int = setting(
        "Articles of a `page` or `sitemap` source that are read for one week, at most.",
        1000,
        minimum=1,
        maximum=20_000,
    )
    full_text: str = setting(
        "When to read an article's own page: `auto` where the source gives no usable lead, "
        "`always`, `never`.",
        "auto",
        choices=("auto", "always", "never"),
    )
    section: str = setting("Section of everything in it; overrides what the texts say.", "")
    publisher: str = setting(
        "The publisher's name, for the link “Lire l’article (…)”. Empty: “Lire l’article”.", ""
    )
    weight: float = setting("Weight in the ranking, from 0 to 1.", 0.5, minimum=0, maximum=1)
    deadline: float = setting(
        "Seconds for the whole source; one that is not done by then has failed.",
        300.0,
        minimum=1,
    )
    required: bool = setting("Stop with exit code 3 when this source fails.", False)

    @property
    def is_local(self) -> bool:
        """Whether it is read from this machine's files: also offline."""
        return self.kind == "files" or (self.kind == "feed" and not self.url)


@dataclass(frozen=True, slots=True)
class WeightSettings:
    """`[selection.weights]`: what a story's rank is made of; rank = Σ value × weight."""

    age: float = setting("Newer is higher: 1 at the window's end, 0 at its start.", 1.0)
    coverage: float = setting("Told by other publishers too: 0 alone, 0.5 with one, …", 0.5)
    source: float = setting("The source's own `weight`.", 1.0)
    lead: float = setting("Has a published chapô: 1, otherwise 0.", 0.5)
    picture: float = setting("Has a picture: 1, otherwise 0.", 0.25)
    length: float = setting("Length of the text: 1 at 3,000 characters or more.", 0.25)


@dataclass(frozen=True, slots=True)
class QuotaSettings:
    """`[[selection.quotas]]`: how many stories of one source, region, country or topic."""

    of: str = setting(
        "What is counted.", required=True, choices=("source", "region", "country", "topic")
    )
    name: str = setting(
        "Which one: a source's name, “Afrique”, “Islande”, `culture`.", required=True
    )
    at_least: int = setting(
        "Stories that are taken first, as far as there are any.", 0, minimum=0, maximum=30
    )
    at_most: int = setting("Stories at most; 30: no cap.", 30, minimum=0, maximum=30)


@dataclass(frozen=True, slots=True)
class SelectionSettings:
    """`[selection]`: what is worth an edition."""

    sections: tuple[str, ...] = setting(
        "Names of the section to publish; the first is what is shown. Empty: every section.",
        ("International", "Monde", "World"),
    )
    stories: int = setting("Stories of an edition, at most.", 7, minimum=1, maximum=30)
    briefs: int = setting("Sentences of “En bref”, at most.", 4, minimum=0, maximum=20)
    per_source: int = setting("Stories from one source, at most; 0: no cap.", 0, minimum=0)
    per_region: int = setting("Stories of one region, at most; 0: no cap.", 0, minimum=0)
    per_country: int = setting("Stories of one country, at most; 0: no cap.", 0, minimum=0)
    per_topic: int = setting("Stories that touch one topic, at most; 0: no cap.", 0, minimum=0)
    fewest: int = setting(
        "Stories an edition needs: with fewer the build stops with exit code 5.",
        1,
        minimum=1,
        maximum=30,
    )
    memory: int = setting(
        "Editions to look back at so that nothing is published twice.", 8, minimum=0
    )
    weights: WeightSettings = setting("", WeightSettings)
    quotas: tuple[QuotaSettings, ...] = setting("", ())


@dataclass(frozen=True, slots=True)
class SummarySettings:
    """`[summary]`."""

    limit: int = setting("Characters of a summary, at most.", 400, minimum=80, maximum=2000)
