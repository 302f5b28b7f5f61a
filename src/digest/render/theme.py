"""The look of the letter as templates read it: `theme`, made of the settings of `[theme]`.

Sizes of type become pairs of pixels, and what follows from other measures is worked out here:
the measure between the margins, the places of pictures, type on phones. Which of it is used
where is the templates' business.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from markupsafe import Markup

from digest.config.settings import DarkSettings, LightSettings, ThemeSettings

#: Characters above which the lead's headline takes the size of the second one's.
LONG_HEADLINE: Final = 70

#: Width and height of pictures, from which their places keep the ratio.
_LEAD_RATIO = (600, 400)
_INNER_RATIO = (536, 250)
_SPONSOR_RATIO = (536, 200)

#: On phones, type above this size loses two fifths of what it has above it: 40 becomes 32.
_PHONE_FROM = 20
_PHONE_LOSS = 0.4


@dataclass(frozen=True, slots=True)
class TypeSize:
    """A size of type and its line height, in CSS pixels."""

    size: int
    line: int

    @property
    def phone(self) -> TypeSize:
        """The size on phones: large type is less large, and keeps its leading."""
        loss = round(max(0, self.size - _PHONE_FROM) * _PHONE_LOSS)
        return TypeSize(self.size - loss, self.line - 4 * round(loss / 4))


@dataclass(frozen=True, slots=True)
class Theme:
    """Design tokens. Measures are CSS pixels; pictures' places are (width, height).

    `lead_picture` runs from edge to edge; `inner_picture` and `sponsor_picture` stand inside the
    margins. `logo` and `logo_dark` are the paths of their files, or empty. Colours are `#RRGGBB`.
    """

    serif: Markup
    sans: Markup
    wordmark: TypeSize
    lead: TypeSize
    headline: TypeSize
    quotation: TypeSize
    short: TypeSize
    standfirst: TypeSize
    text: TypeSize
    label: TypeSize
    sponsor_headline: TypeSize
    sponsor_text: TypeSize
    width: int
    side: int
    phone_side: int
    measure: int
    lead_picture: tuple[int, int]
    inner_picture: tuple[int, int]
    sponsor_picture: tuple[int, int]
    long_headline: int
    corner: int
    logo: str
    logo_dark: str
    logo_width: int
    light: LightSettings
    dark: DarkSettings


def letter_theme(settings: ThemeSettings, root: Path) -> Theme:
    """The design tokens of a publication.

    Args:
        root: the folder from which the logo's file is named.
    """
    measure = settings.width - 2 * settings.side
    return Theme(
        serif=_fonts(settings.serif),
        sans=_fonts(settings.sans),
        wordmark=_type_size(settings.wordmark),
        lead=_type_size(settings.lead),
        headline=_type_size(settings.headline),
        quotation=_type_size(settings.quotation),
        short=_type_size(settings.short),
        standfirst=_type_size(settings.standfirst),
        text=_type_size(settings.text),
        label=_type_size(settings.label),
        sponsor_headline=_type_size(settings.sponsor_headline),
        sponsor_text=_type_size(settings.sponsor_text),
        width=settings.width,
        side=settings.side,
        phone_side=settings.phone_side,
        measure=measure,
        lead_picture=_place(settings.width, _LEAD_RATIO),
        inner_picture=_place(measure, _INNER_RATIO),
        sponsor_picture=_place(measure, _SPONSOR_RATIO),
        long_headline=LONG_HEADLINE,
        corner=settings.corner,
        logo=str(root / settings.logo) if settings.logo else "",
        logo_dark=str(root / settings.logo_dark) if settings.logo and settings.logo_dark else "",
        logo_width=min(settings.logo_width, measure),
        light=settings.light,
        dark=settings.dark,
    )


def _type_size(written: str) -> TypeSize:
    size, _, line = written.partition("/")
    return TypeSize(int(size), int(line))


def _fonts(written: str) -> Markup:
    """A list of fonts for a style attribute; the settings let nothing through that could end it."""
    return Markup(written)  # noqa: S704


def _place(width: int, ratio: tuple[int, int]) -> tuple[int, int]:
    return width, round(width * ratio[1] / ratio[0])
