"""Settings of a number as it is made and checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from digest.config.settings.schema import NAME, URL, WEEK, setting

#: How a letter refers to its pictures: on the web, in the message, in the HTML itself.
PictureMode = Literal["link", "embed", "inline"]


@dataclass(frozen=True, slots=True)
class EditionSettings:
    """`[edition]`: how a number is made."""

    week: str = setting(
        "The week an edition covers: `last` (complete), `current`, or a week such as 2024-W25.",
        "last",
        pattern=WEEK,
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
    template: str = setting("Template to use: a folder of `templates`.", "weekly", pattern=NAME)
    images: str = setting(
        "`link`: pictures are loaded from `image_base_url`; `embed`: they travel with the message; "
        "`inline`: they stand in the HTML itself; `auto`: embed for the outbox, link otherwise.",
        "auto",
        choices=("auto", "embed", "inline", "link"),
    )
    image_base_url: str = setting(
        "Web address under which `<edition>/pictures/` is served, for linked pictures.",
        "",
        pattern=URL,
        example="https://lettre.example.org/pictures/",
    )
    picture_kb: int = setting(
        "Weight of one picture, at most (kB of 1,000 bytes).", 80, minimum=10, maximum=1000
    )
    pictures_kb: int = setting(
        "Weight of all pictures of a letter together, at most; each has its fair share, of every "
        "story and sponsor that has one.",
        1200,
        minimum=10,
        maximum=20_000,
    )
    online_url: str = setting(
        "Web address where the letter itself can be read, for “Lire en ligne”; `{edition}` is "
        "filled in.",
        "",
        pattern=URL,
        example="https://lettre.example.org/{edition}",
    )
    also_in: bool = setting(
        "Name under a story the other publishers that tell it (“Aussi dans : …”).", False
    )
    note_name: str = setting("Who signs the editor's note.", "")
    note_role: str = setting("The signer's role.", "")
    notice: str = setting("A last line for the footer.", "")


@dataclass(frozen=True, slots=True)
class SilencedSettings:
    """`[[check.silenced]]`: rules that this publication does without, each with its reason."""

    rule: str = setting(
        "Id of the rule; `digest check --rules` lists them.", required=True, pattern=NAME
    )
    reason: str = setting("Why, for those who read the file later.", required=True)
    place: str = setting("Only where the finding's place holds this text. Empty: everywhere.", "")


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """`[check]`: limits of the check before a send."""

    warn_kb: int = setting("Warn when the HTML is larger (kB of 1,000 bytes).", 80, minimum=1)
    fail_kb: int = setting("Fail when the HTML is larger: Gmail clips at 102 kB.", 100, minimum=1)
    stale_days: int = setting(
        "Warn when the edition's week ended longer ago than this many days.", 10, minimum=1
    )
    clients: tuple[str, ...] = setting(
        "Mail programs whose support of every feature is looked up; `--clients` says others for "
        "one run.",
        ("apple-mail", "gmail", "outlook", "laposte", "sfr", "orange", "free"),
    )
    links: bool = setting("Ask every link of the letter for an answer, also before a send.", False)
    silenced: tuple[SilencedSettings, ...] = setting("", ())
