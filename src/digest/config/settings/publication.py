"""Settings of the newsletter itself: its name and address, its lists."""

from __future__ import annotations

from dataclasses import dataclass

from digest.config.settings.schema import ADDRESS, NAME, URL, setting


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
    sender: str = setting("Address in `From`.", "", pattern=ADDRESS, example="lettre@example.org")
    sender_name: str = setting("Name in `From`. Default: the publication's name.", "")
    reply_to: str = setting(
        "Address for answers, when it is not the sender.",
        "",
        pattern=ADDRESS,
        example="redaction@example.org",
    )
    postal_address: str = setting("Postal address of the publisher, shown in every letter.", "")
    public_url: str = setting(
        "Where readers reach `digest serve`: unsubscribe links start with it.",
        "",
        pattern=URL,
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
        pattern=ADDRESS,
        example="desabonnement@example.org",
    )
    partner_url: str = setting(
        "Page for those who want to sponsor; shown in the footer when set.",
        "",
        pattern=URL,
        example="https://example.org/partenaires",
    )
    typography: bool = setting(
        'Set French spaces and quotation marks in text fields (for `language = "fr"`).', True
    )


@dataclass(frozen=True, slots=True)
class ListSettings:
    """`[[lists]]`: named lists of subscribers; the first is the default."""

    name: str = setting("Short name.", required=True, pattern=NAME)
    description: str = setting("What readers of it receive.", "")
    file: str = setting(
        "CSV file imported before every send, for a list kept as a file. Who left stays out.", ""
    )
