"""Whether two renderings of one document look the same, measured on pictures and places.

Pure: pictures and the places of elements come in, a verdict goes out. Making them in a browser is
left to `showing`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageChops

#: Pixels that may differ, as a share of all.
MAX_SHARE = 0.0005
#: CSS pixels by which an element may stand elsewhere.
MAX_SHIFT = 0.5
#: Steps of 255 by which a channel may differ before a pixel counts.
SAME = 8

#: An element's left, top, width and height in CSS pixels.
Place = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class View:
    """A page as shown: its picture, and where its words and pictures stand, in order."""

    picture: Image.Image
    places: Sequence[Place]


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two views.

    `share` of the pixels; `shift` in CSS pixels, infinite where the elements themselves differ;
    `picture`: black where both are the same.
    """

    share: float
    shift: float
    picture: Image.Image

    @property
    def tolerable(self) -> bool:
        """Whether it stays within both limits."""
        return self.share <= MAX_SHARE and self.shift <= MAX_SHIFT


def compare(ours: View, theirs: View) -> Difference:
    """Measure two views of the same width."""
    size = (
        max(ours.picture.width, theirs.picture.width),
        max(ours.picture.height, theirs.picture.height),
    )
    one, other = (_on_ground(view.picture, size) for view in (ours, theirs))
    difference = ImageChops.difference(one, other)
    strongest = difference.split()[0]
    for channel in difference.split()[1:]:
        strongest = ImageChops.lighter(strongest, channel)
    counted = strongest.point([0 if step <= SAME else 255 for step in range(256)])
    return Difference(
        share=counted.histogram()[255] / (size[0] * size[1]),
        shift=_shift(ours.places, theirs.places),
        picture=counted,
    )


def _on_ground(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    ground = Image.new("RGB", size, "#ff00ff")
    ground.paste(picture.convert("RGB"))
    return ground


def _shift(ours: Sequence[Place], theirs: Sequence[Place]) -> float:
    if len(ours) != len(theirs):
        return float("inf")
    pairs = zip(ours, theirs, strict=True)
    return max(
        (abs(a - b) for one, other in pairs for a, b in zip(one, other, strict=True)), default=0
    )
