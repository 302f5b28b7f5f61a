"""Draws the sample publication's pictures: `python -m tools.draw_pictures`, or `make pictures`.

One scene a picture, each from its own seed: run again, it draws the same. What they are drawn
with stands in `drawing`; who shows them, in the articles' front matter and the sponsors' files.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PIL import Image
from tools.drawing import keep
from tools.scenes.beach import pirogues
from tools.scenes.ice import pack_ice
from tools.scenes.lamp import lamp
from tools.scenes.night import boreal_night
from tools.scenes.oasis import oasis
from tools.scenes.river import meanders
from tools.scenes.steppe import steppe
from tools.scenes.swells import swells

ARTICLES = Path("articles/pictures")
CORRESPONDENTS = Path("articles/correspondants/pictures")
PICTURES: dict[Path, tuple[Callable[[], Image.Image], int]] = {
    ARTICLES / "meandres.jpg": (meanders, 90_000),
    ARTICLES / "nuit-boreale.jpg": (boreal_night, 90_000),
    ARTICLES / "oasis.jpg": (oasis, 90_000),
    ARTICLES / "banquise.jpg": (pack_ice, 90_000),
    CORRESPONDENTS / "pirogues.jpg": (pirogues, 90_000),
    CORRESPONDENTS / "steppe.jpg": (steppe, 90_000),
    CORRESPONDENTS / "houles.jpg": (swells, 90_000),
    Path("sponsors/pictures/lampisterie-vauclair.jpg"): (lamp, 60_000),
}


def main() -> None:
    """Draw every picture into the publication that this script belongs to."""
    root = Path(__file__).resolve().parent.parent
    for file, (draw, limit) in PICTURES.items():
        size = keep(draw(), root / file, limit)
        print(f"{file}  {size // 1000} kB")


if __name__ == "__main__":
    main()
