"""Every setting: its type, its default, what is allowed and what it is for.

The dataclasses below are the schema. `loading` fills them, `showing` prints them, and a test
holds `docs/configuration.md` against them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from digest.model.sponsorship import Slot, SlotPosition


def setting(
    doc: str,
    default: Any = None,
    *,
    choices: tuple[str, ...] = (),
    pattern: str = "",
    example: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    required: bool = False,
) -> Any:
    """A field of a settings dataclass.

    `choices` lists the allowed words, `pattern` is a regular expression for the rest, with
    `example` to show in the error; `minimum` and `maximum` bound numbers, both included.
    """
    metadata = {
        "doc": doc,
        "choices": choices,
        "pattern": pattern,
        "example": example,
        "minimum": minimum,
        "maximum": maximum,
        "required": required,
    }
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)


_WEEK = r"last|current|[0-9]{4}-W(0[1-9]|[1-4][0-9]|5[0-3])"
_URL = r"https?://[^\s/?#]+[^\s]*"
_ADDRESS = r"[^@\s<>\"]+@[^@\s<>\"]+"
_ENVIRONMENT_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_NAME = r"[a-z0-9][a-z0-9-]*"


@dataclass(frozen=True, slots=True)
class PublicationSettings:
    """`[publication]`: the newsletter itself."""

    name: str = setting("The newsletter's name, as readers know it.", required=True)
    wordmark: str = setting(
        "The name as set at the head of the letter; `*…*` marks italics. Default: the name.", ""
    )
    language: str = setting(
        "Language of the letter, its labels and its dates.", "fr", choices=("fr", "en")
    )
    timezone: str = setting(
        "Zone in which weeks begin and dates are written.", "Europe/Paris", example="Europe/Paris"
    )
    sender: str = setting("Address in `From`.", "", pattern=_ADDRESS, example="lettre@example.org")
    sender_name: str = setting("Name in `From`. Default: the publication's name.", "")
    reply_to: str = setting(
        "Address for answers, when it is not the sender.",
        "",
        pattern=_ADDRESS,
        example="redaction@example.org",
    )
    postal_address: str = setting("Postal address of the publisher, shown in every letter.", "")
    public_url: str = setting(
        "Where readers reach `digest serve`: unsubscribe links start with it.",
        "",
        pattern=_URL,
        example="https://lettre.example.org",
    )
    list_id: str = setting(
        "`List-ID` header. Default: made from the list and the host of `public_url`.",
        "",
        pattern=r"[A-Za-z0-9.-]+\.[A-Za-z0-9-]+",
        example="intl.example.org",
    )
    unsubscribe_mailto: str = setting(
        "Address that takes unsubscriptions by mail, for the `List-Unsubscribe` header.",
        "",
        pattern=_ADDRESS,
        example="desabonnement@example.org",
    )
    partner_url: str = setting(
        "Page for those who want to sponsor; shown in the footer when set.",
        "",
        pattern=_URL,
        example="https://example.org/partenaires",
    )
    typography: bool = setting(
        'Set French spaces and quotation marks in text fields (for `language = "fr"`).', True
    )


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
        pattern=_URL,
        example="https://example.org/rss.xml",
    )
    base_url: str = setting(
        "Web address that articles of a `files` source are published under; a file's name is "
        "appended.",
        "",
        pattern=_URL,
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


@dataclass(frozen=True, slots=True)
class EditionSettings:
    """`[edition]`: how a number is made."""

    week: str = setting(
        "The week an edition covers: `last` (complete), `current`, or a week such as 2024-W25.",
        "last",
        pattern=_WEEK,
        example="last, current or 2024-W25",
    )
    approval: str = setting(
        "`required`: `digest send` refuses what `digest approve` has not seen.",
        "auto",
        choices=("auto", "required"),
    )
    first_number: int = setting("N° of the first edition kept in this store.", 1, minimum=1)
    directory: str = setting("Where editions are kept.", "editions")
    templates: str = setting("Where templates are kept.", "templates")
    template: str = setting("Template to use: a folder of `templates`.", "weekly", pattern=_NAME)
    images: str = setting(
        "`embed`: pictures travel with the message; `link`: they are loaded from "
        "`image_base_url`; `auto`: embed for the outbox, link otherwise.",
        "auto",
        choices=("auto", "embed", "link"),
    )
    image_base_url: str = setting(
        "Web address under which `<edition>/pictures/` is served, for linked pictures.",
        "",
        pattern=_URL,
        example="https://lettre.example.org/pictures/",
    )
    also_in: bool = setting(
        "Name under a story the other publishers that tell it (“Aussi dans : …”).", False
    )
    note_name: str = setting("Who signs the editor's note.", "")
    note_role: str = setting("The signer's role.", "")
    notice: str = setting("A last line for the footer.", "")


@dataclass(frozen=True, slots=True)
class SlotSettings:
    """`[[slots]]`: positions of the template that can carry a sponsor."""

    name: str = setting("Short name that bookings use.", required=True, pattern=_NAME)
    position: SlotPosition = setting(
        "Where it stands.", required=True, choices=("presenting", "main", "secondary", "classified")
    )
    after: int = setting("Stories before a `main` slot.", 3, minimum=1)
    label: str = setting(
        "The mark a reader sees. Default: “Publicité”, or “Contenu proposé par” when secondary.",
        "",
        pattern=r".*\S.*",
        example="Publicité",
    )
    house: str = setting(
        "`sponsor/creative` to show when nobody booked it. Empty: nothing is shown.", ""
    )


@dataclass(frozen=True, slots=True)
class SponsorshipSettings:
    """`[sponsorship]`."""

    directory: str = setting("Where the sponsors' files are kept.", "sponsors")
    utm: bool = setting("Add the parameters below to sponsors' links.", True)
    utm_source: str = setting("`utm_source`; empty: not added.", "newsletter")
    utm_medium: str = setting("`utm_medium`; empty: not added.", "email")
    utm_campaign: str = setting(
        "`utm_campaign`; `{edition}`, `{slot}`, `{sponsor}`, `{campaign}` are filled in.",
        "{edition}",
    )
    utm_content: str = setting("`utm_content`, likewise.", "{slot}")


@dataclass(frozen=True, slots=True)
class ListSettings:
    """`[[lists]]`: named lists of subscribers; the first is the default."""

    name: str = setting("Short name.", required=True, pattern=_NAME)
    description: str = setting("What readers of it receive.", "")
    file: str = setting(
        "CSV file imported before every send, for a list kept as a file. Who left stays out.", ""
    )


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """`[store]`."""

    url: str = setting(
        "`sqlite:///path` (relative to this file) or `postgresql+psycopg://host/database`.",
        "sqlite:///subscribers/digest.db",
        pattern=r"(sqlite:///|postgresql\+psycopg://).+",
        example="sqlite:///subscribers/digest.db",
    )
    password_env: str = setting(
        "Variable that holds PostgreSQL's password.", "", pattern=_ENVIRONMENT_NAME
    )


@dataclass(frozen=True, slots=True)
class OutboxSettings:
    """`[delivery.outbox]`: a Maildir on this machine; needs no account."""

    path: str = setting("Folder of the Maildir.", "outbox")


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """`[delivery.smtp]`: any relay."""

    host: str = setting("Host of the relay.", "")
    port: int = setting("Port.", 587, minimum=1, maximum=65535)
    security: str = setting("How to protect it.", "starttls", choices=("none", "starttls", "tls"))
    username_env: str = setting("Variable that holds the user name.", "", pattern=_ENVIRONMENT_NAME)
    password_env: str = setting("Variable that holds the password.", "", pattern=_ENVIRONMENT_NAME)
    ca_file: str = setting("Certificates to trust besides the system's.", "")
    connections: int = setting("Connections at the same time.", 4, minimum=1, maximum=100)
    timeout: float = setting("Seconds to wait for an answer.", 60.0, minimum=1)


@dataclass(frozen=True, slots=True)
class SendgridSettings:
    """`[delivery.sendgrid]`."""

    api_key_env: str = setting(
        "Variable that holds the key.", "SENDGRID_API_KEY", pattern=_ENVIRONMENT_NAME
    )
    api_url: str = setting(
        "Host of the interface: a regional one, or a test's.",
        "https://api.sendgrid.com",
        pattern=_URL,
        example="https://api.eu.sendgrid.com",
    )
    sandbox: bool = setting("SendGrid checks requests and delivers nothing.", False)
    timeout: float = setting("Seconds to wait for an answer.", 60.0, minimum=1)


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """`[delivery]`."""

    provider: str = setting(
        "`outbox`, `smtp`, `sendgrid`, or `package.module:factory` of your own.",
        "outbox",
        pattern=r"outbox|smtp|sendgrid|[A-Za-z_][\w.]*:[A-Za-z_]\w*",
        example="outbox, smtp or sendgrid",
    )
    batch: int = setting("Deliveries claimed at once.", 1000, minimum=1, maximum=100_000)
    outbox: OutboxSettings = setting("", OutboxSettings)
    smtp: SmtpSettings = setting("", SmtpSettings)
    sendgrid: SendgridSettings = setting("", SendgridSettings)


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """`[fetch]`: the one guarded way to the network."""

    allow: tuple[str, ...] = setting(
        "Hosts (`host` or `host:port`) that may be private addresses.", ()
    )
    contact: str = setting("Address or URL for the `User-Agent`.", "")
    proxy: str = setting(
        "What to do when the environment names a proxy: `refuse` says so and stops (the guard "
        "cannot see through it), `environment` uses it.",
        "refuse",
        choices=("refuse", "environment"),
    )
    timeout: float = setting("Seconds for one address in all.", 30.0, minimum=1)
    per_host: int = setting(
        "Addresses of one host that are fetched at the same time.", 4, minimum=1, maximum=32
    )
    max_bytes: int = setting("Bytes of one answer, decompressed.", 10_000_000, minimum=1000)


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """`[check]`."""

    warn_kb: int = setting("Warn when the HTML is larger (kB of 1,000 bytes).", 80, minimum=1)
    fail_kb: int = setting("Fail when the HTML is larger: Gmail clips at 102 kB.", 100, minimum=1)


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of a publication, and what stands beside `config.toml`.

    `root` is the folder of the file; `path()` resolves against it. `origins` maps a dotted key to
    `default`, `file` or `environment`.
    """

    publication: PublicationSettings = setting("", required=True)
    sources: tuple[SourceSettings, ...] = setting("", ())
    selection: SelectionSettings = setting("", SelectionSettings)
    summary: SummarySettings = setting("", SummarySettings)
    edition: EditionSettings = setting("", EditionSettings)
    slots: tuple[SlotSettings, ...] = setting("", ())
    sponsorship: SponsorshipSettings = setting("", SponsorshipSettings)
    lists: tuple[ListSettings, ...] = setting("", lambda: (ListSettings(name="main"),))
    store: StoreSettings = setting("", StoreSettings)
    delivery: DeliverySettings = setting("", DeliverySettings)
    fetch: FetchSettings = setting("", FetchSettings)
    check: CheckSettings = setting("", CheckSettings)
    root: Path = field(default=Path(), metadata={"internal": True})
    file: Path = field(default=Path("config.toml"), metadata={"internal": True})
    origins: Mapping[str, str] = field(default_factory=dict, metadata={"internal": True})

    @property
    def zone(self) -> ZoneInfo:
        """The publication's zone."""
        return ZoneInfo(self.publication.timezone)

    def path(self, relative: str) -> Path:
        """A path of the configuration, resolved against the folder of `config.toml`."""
        return (self.root / relative).resolve()

    @property
    def embeds_pictures(self) -> bool:
        """Whether pictures travel with the message."""
        if self.edition.images == "auto":
            return self.delivery.provider == "outbox"
        return self.edition.images == "embed"

    def model_slots(self, default_labels: Mapping[str, str]) -> tuple[Slot, ...]:
        """The slots as the sponsorship room uses them; `default_labels` by position."""
        return tuple(
            Slot(s.name, s.position, s.label or default_labels[s.position], s.after, s.house)
            for s in self.slots
        )
