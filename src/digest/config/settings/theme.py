"""Settings of the letter's look: what a designer changes without touching a template.

Sizes are CSS pixels; a size of type is written as `size/line`. The defaults are those of the
letter's design: a perfect fourth from 17, line heights in multiples of 4, and text that stands
out from its ground by at least 4.5:1 in light and in dark (WCAG 2.2, 1.4.3).
"""

from __future__ import annotations

from dataclasses import dataclass

from digest.config.settings.schema import COLOUR, FILE, FONTS, TYPE_SIZE, setting


def _colour(doc: str, default: str) -> str:
    value: str = setting(doc, default, pattern=COLOUR, example="#14202B")
    return value


def _size(doc: str, default: str) -> str:
    value: str = setting(doc, default, pattern=TYPE_SIZE, example="17/28")
    return value


@dataclass(frozen=True, slots=True)
class LightSettings:
    """`[theme.light]`: the colours that stand inline in the letter."""

    ground: str = _colour("Around the letter, and under its footer.", "#E1E6E9")
    paper: str = _colour("Under everything editorial.", "#FFFFFF")
    ink: str = _colour("Headlines, strong rules.", "#14202B")
    text: str = _colour("Running text.", "#26343F")
    soft: str = _colour("Labels, captions, the footer.", "#55636D")
    accent: str = _colour("The newsroom's own: numerals, regions, reading links.", "#A6163F")
    rule: str = _colour("Hairlines.", "#C9D1D6")
    strong_rule: str = _colour("Strong and double rules.", "#14202B")
    underline: str = _colour("Underlines of links in ink.", "#7C8B95")
    picture: str = _colour("Under a picture until it is there.", "#D5DFE4")
    sponsor: str = _colour("Under what somebody paid for, and nothing else.", "#F3EDDF")
    sponsor_ink: str = _colour("A sponsor's label, headline and links.", "#14202B")
    sponsor_text: str = _colour("A sponsor's text.", "#3A3528")
    sponsor_rule: str = _colour("Above and below a sponsor's block.", "#CFC2A3")
    sponsor_picture: str = _colour("Under a sponsor's picture until it is there.", "#E6DCC4")
    button: str = _colour("A sponsor's button.", "#14202B")
    button_text: str = _colour("The words on it.", "#FFFFFF")


@dataclass(frozen=True, slots=True)
class DarkSettings(LightSettings):
    """`[theme.dark]`: the colours where a mail program asks for a dark letter."""

    ground: str = _colour("As `theme.light.ground`.", "#0A1016")
    paper: str = _colour("As `theme.light.paper`.", "#121A22")
    ink: str = _colour("As `theme.light.ink`.", "#F2F4F5")
    text: str = _colour("As `theme.light.text`.", "#D3DBE0")
    soft: str = _colour("As `theme.light.soft`.", "#9BA9B3")
    accent: str = _colour("As `theme.light.accent`.", "#F78B95")
    rule: str = _colour("As `theme.light.rule`.", "#33414C")
    strong_rule: str = _colour("As `theme.light.strong_rule`.", "#8B99A3")
    underline: str = _colour("As `theme.light.underline`.", "#7C8B95")
    picture: str = _colour("As `theme.light.picture`.", "#223240")
    sponsor: str = _colour("As `theme.light.sponsor`.", "#26221A")
    sponsor_ink: str = _colour("As `theme.light.sponsor_ink`.", "#F6EFDF")
    sponsor_text: str = _colour("As `theme.light.sponsor_text`.", "#DDD4BF")
    sponsor_rule: str = _colour("As `theme.light.sponsor_rule`.", "#574C33")
    sponsor_picture: str = _colour("As `theme.light.sponsor_picture`.", "#3A3324")
    button: str = _colour("As `theme.light.button`.", "#F6EFDF")
    button_text: str = _colour("As `theme.light.button_text`.", "#26221A")


@dataclass(frozen=True, slots=True)
class ThemeSettings:
    """`[theme]`: type, sizes, widths, corner and logo."""

    serif: str = setting(
        "Type of headlines and text, best first; a name of two words in ' '.",
        "Georgia,'Times New Roman',Times,serif",
        pattern=FONTS,
        example="Georgia,'Times New Roman',serif",
    )
    sans: str = setting(
        "Type of labels, sponsors and the footer.",
        "Helvetica,Arial,sans-serif",
        pattern=FONTS,
        example="Helvetica,Arial,sans-serif",
    )
    wordmark: str = _size("Size of the wordmark.", "43/52")
    lead: str = _size("Size of the lead's headline.", "40/44")
    headline: str = _size("Size of large headlines and section titles.", "30/36")
    quotation: str = _size("Size of the quotation.", "30/40")
    short: str = _size("Size of short headlines, numerals and intertitles.", "23/28")
    standfirst: str = _size("Size of a long story's standfirst.", "23/32")
    text: str = _size("Size of running text.", "17/28")
    label: str = _size("Size of labels, links, captions and the footer.", "14/20")
    sponsor_headline: str = _size("Size of a sponsor's headline.", "21/28")
    sponsor_text: str = _size("Size of a sponsor's text and button.", "16/24")
    width: int = setting("Width of the letter.", 600, minimum=320, maximum=800)
    side: int = setting("Side margins.", 32, minimum=0, maximum=80)
    phone_side: int = setting("Side margins on phones.", 20, minimum=0, maximum=40)
    corner: int = setting(
        "Radius of the corners of buttons and pictures.", 0, minimum=0, maximum=24
    )
    logo: str = setting(
        "Picture to stand in place of the wordmark, e.g. `templates/logo.png`. Make it legible on "
        "both papers: its ground may be transparent.",
        "",
        pattern=FILE,
        example="templates/logo.png, a file of the publication's folder",
    )
    logo_dark: str = setting(
        "The same picture for the dark, where a mail program asks for a dark letter. Empty: `logo` "
        "there too.",
        "",
        pattern=FILE,
        example="templates/logo-dark.png, a file of the publication's folder",
    )
    logo_width: int = setting("Width of the logo.", 240, minimum=16, maximum=536)
    light: LightSettings = setting("", LightSettings)
    dark: DarkSettings = setting("", DarkSettings)
