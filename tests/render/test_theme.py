"""The theme can be read, in light and in dark, by people with weak eyes too, and adds up."""

from __future__ import annotations

from colorsys import hls_to_rgb, rgb_to_hls
from pathlib import Path
from typing import Any

import pytest

from digest.config.settings import ThemeSettings
from digest.render.theme import Theme, TypeSize, letter_theme

#: (text, ground) by name; WCAG 2 AA asks for 4.5:1.
PAIRS = [
    ("ink", "paper"),
    ("ink", "ground"),
    ("text", "paper"),
    ("text", "picture"),
    ("soft", "paper"),
    ("soft", "ground"),
    ("accent", "paper"),
    ("sponsor_ink", "sponsor"),
    ("sponsor_text", "sponsor"),
    ("sponsor_text", "sponsor_picture"),
    ("button_text", "button"),
]


def themed(**settings: Any) -> Theme:
    return letter_theme(ThemeSettings(**settings), Path("/lettre"))


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_stands_out_from_its_ground(palette: str, text: str, ground: str) -> None:
    colours = getattr(themed(), palette)
    assert contrast(getattr(colours, text), getattr(colours, ground)) >= 4.5


def test_measures_follow_from_width_and_margins() -> None:
    usual = themed()
    assert (usual.measure, usual.lead_picture) == (536, (600, 400))
    assert (usual.inner_picture, usual.sponsor_picture) == ((536, 250), (536, 200))
    wide = themed(width=680, side=40, logo_width=536)
    assert (wide.measure, wide.lead_picture) == (600, (680, 453))
    narrow = themed(width=400, logo_width=536)
    assert narrow.logo_width == narrow.measure == 336


def test_large_type_is_less_large_on_phones_and_text_stays() -> None:
    theme = themed(text="18/28")
    assert theme.lead.phone == TypeSize(32, 36)
    assert theme.headline.phone == TypeSize(26, 32)
    assert theme.quotation.phone == TypeSize(26, 36)
    assert theme.text == theme.text.phone == TypeSize(18, 28)


def test_logo_is_found_from_the_folder_of_the_settings() -> None:
    assert themed().logo == ""
    assert themed(logo="templates/logo.png").logo == "/lettre/templates/logo.png"
    both = themed(logo="logo.png", logo_dark="dark.png")
    assert both.logo_dark == "/lettre/dark.png"
    assert themed(logo_dark="dark.png").logo_dark == ""


def inverted(colour: str) -> str:
    """As programs do that darken by force: the lightness is turned, the hue stays."""
    hue, lightness, saturation = rgb_to_hls(*(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)))
    turned = hls_to_rgb(hue, 1 - lightness, saturation)
    return "#" + "".join(f"{round(channel * 255):02X}" for channel in turned)


@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_stands_out_under_forced_inversion_too(text: str, ground: str) -> None:
    light = themed().light
    assert contrast(inverted(getattr(light, text)), inverted(getattr(light, ground))) >= 4.5


def test_forced_inversion_leaves_hairlines_and_the_sponsors_ground() -> None:
    light = {name: inverted(getattr(themed().light, name)) for name in ("paper", "rule", "sponsor")}
    assert contrast(light["rule"], light["paper"]) >= 1.3
    red, green, blue = (int(light["sponsor"][i : i + 2], 16) for i in (1, 3, 5))
    assert red - blue >= 12, "it stays warm where the paper has no colour"
    assert green <= red
    assert contrast(light["sponsor"], light["paper"]) > 1.05
