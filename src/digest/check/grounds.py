"""Whether a reader sees where the newsroom ends: a sponsor's block has a ground of its own.

Computed from the finished letter, in light and dark, at its width and at a phone's. What stands
around a block is the nearest text before and after it that nobody paid for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from lxml import etree

from digest.check.document import Document
from digest.check.findings import Finding, error, of_placement
from digest.check.legibility import is_seen, texts_of, views
from digest.check.locating import Locator
from digest.check.values import Colour, difference
from digest.model.sponsorship import Placement
from digest.text.saying import say

#: ΔE*ab: below it two grounds side by side are one to most eyes, and on most screens.
LEAST_DIFFERENCE: Final = 3.0


def ground_findings(
    document: Document, placements: Sequence[Placement], width: int, where: Locator
) -> Iterator[Finding]:
    """The findings about sponsors' blocks that look like the letter around them.

    Args:
        width: the letter's, in CSS pixels.
    """
    elements = [element for element, _ in texts_of(document)]
    blocks = [_slots(element) for element in elements]
    for placement in placements:
        told: set[str] = set()
        for view in views(width):
            styles = document.styles.at(view)
            seen = [
                (element, slots, styles[element].ground)
                for element, slots in zip(elements, blocks, strict=True)
                if is_seen(styles[element])
            ]
            pair = _alike(seen, placement.slot.name)
            if pair is None or view.scheme in told:
                continue
            told.add(view.scheme)
            yield error(
                "sponsor-ground",
                of_placement(placement),
                say(
                    "stands on {ground} and the letter around it on {around} in the {scheme} "
                    "scheme: nobody sees where it begins",
                    ground=str(pair[0]),
                    around=str(pair[1]),
                    scheme=say("dark") if view.scheme == "dark" else say("light"),
                ),
                say(
                    "Set `sponsor` apart from `paper` in [theme.{scheme}] of config.toml, or give "
                    "the block this ground in the template.",
                    scheme=view.scheme,
                ),
                where.slot(placement.slot.name),
            )


def _alike(
    seen: Sequence[tuple[etree._Element, frozenset[str], Colour]], slot: str
) -> tuple[Colour, Colour] | None:
    """The block's ground and one around it that look the same."""
    inside = [index for index, (_, slots, _) in enumerate(seen) if slot in slots]
    if not inside:
        return None
    # A button has a ground of its own, which may well be the paper's.
    block = [seen[index] for index in inside]
    own = [ground for element, _, ground in block if not _is_linked(element)] or [block[0][2]]
    around = [
        *_nearest(reversed(seen[: inside[0]])),
        *_nearest(seen[inside[-1] + 1 :]),
    ]
    for ground in own:
        for other in around:
            if difference(ground, other) < LEAST_DIFFERENCE:
                return ground, other
    return None


def _nearest(seen: Iterable[tuple[etree._Element, frozenset[str], Colour]]) -> list[Colour]:
    """The ground of the first text that nobody paid for; none where there is none."""
    return next(([ground] for _, slots, ground in seen if not slots), [])


def _is_linked(element: etree._Element) -> bool:
    return element.tag == "a" or next(element.iterancestors("a"), None) is not None


def _slots(element: etree._Element) -> frozenset[str]:
    """The slots whose block an element stands in."""
    return frozenset(
        name.removeprefix("slot-")
        for node in (element, *element.iterancestors())
        for name in node.get("class", "").split()
        if name.startswith("slot-")
    )
