"""The theme's colours can be read, in light and in dark, by people with weak eyes too."""

from __future__ import annotations

import pytest
from tests.letters import make_config

from digest.render.environment import open_environment

#: (text, ground) by name; WCAG 2 AA asks for 4.5:1.
PAIRS = [
    ("ink", "paper"),
    ("ink", "ground"),
    ("text", "paper"),
    ("text", "picture"),
    ("soft", "paper"),
    ("soft", "ground"),
    ("accent", "paper"),
    ("sand_ink", "sand"),
    ("sand_text", "sand"),
    ("sand_text", "sand_picture"),
    ("button_text", "button"),
]


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
    environment = open_environment(make_config().path("templates"), escaped=True)
    colours = getattr(environment.get_template("weekly/theme.j2").module, palette)
    assert contrast(colours[text], colours[ground]) >= 4.5
