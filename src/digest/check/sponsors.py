"""Rules about sponsors: each block stands where it may, once, with its label and its name.

What is booked must appear: a placement that finds no place is an error to settle, never dropped
in silence (guarantee 5, and “When something is missing” of the letter's design).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from urllib.parse import parse_qs, urlsplit

from digest.check.document import Document, one_line
from digest.check.findings import Finding, error, of_placement
from digest.check.locating import Locator
from digest.model.edition import Edition
from digest.model.sending import Letter
from digest.model.sponsorship import Placement
from digest.render.parts import PlanKind
from digest.render.plan import letter_plan
from digest.text.folding import fold_case
from digest.text.saying import say, say_all

#: Characters that may stand between label and name (“. Avec le soutien de ”).
_BETWEEN = 40
_HINT = say("Put label and sponsor back into the template, at the head of the block.")


def sponsor_findings(
    letter: Letter,
    document: Document,
    edition: Edition,
    placements: Sequence[Placement],
    where: Locator,
    kind: PlanKind,
    utm: Collection[str] = (),
) -> Iterator[Finding]:
    """The findings about the sponsors' blocks in HTML and text.

    Args:
        kind: the template's plan, which says where a block may stand.
        utm: the tracking parameters that every sponsor's link carries.
    """
    plan = letter_plan(edition, placements, kind)
    for problem in plan.problems:
        yield error(
            "sponsor-place",
            of_placement(problem.placement),
            problem.message,
            problem.hint,
            where.placement(problem.placement),
        )
    placed = [group.placement for group in plan.groups if group.placement]
    for placement in placed:
        yield from _in_html(document, placement, where)
        yield from _link(letter, document, placement, utm, where)
    yield from _in_text(letter, placed, where)
    slots = Counter(placement.slot.name for placement in placements)
    for placement in placements:
        if slots.pop(placement.slot.name, 1) > 1:
            yield error(
                "sponsor-place",
                of_placement(placement),
                say("the slot stands twice in this edition"),
                say("Take one of the two placements out of edition.toml."),
                where.placement(placement),
            )


def _in_html(document: Document, placement: Placement, where: Locator) -> Iterator[Finding]:
    blocks = document.blocks(placement.slot.name)
    if not blocks:
        yield error(
            "sponsor-missing",
            of_placement(placement),
            say("the block does not stand in the HTML"),
            say(
                "Show it in the template, in an element of the class slot-{slot}.",
                slot=placement.slot.name,
            ),
            where.template(),
        )
        return
    label, name = fold_case(placement.label), fold_case(placement.sponsor)
    heads = [block[: len(label) + len(name) + _BETWEEN] for block in blocks]
    if not any(head.startswith(label) for head in heads):
        yield error(
            "sponsor-label",
            of_placement(placement),
            say("“{label}” does not stand first in the HTML block", label=placement.label),
            _HINT,
            where.slot(placement.slot.name),
        )
    if not any(name in head for head in heads):
        yield error(
            "sponsor-name",
            of_placement(placement),
            say(
                "“{sponsor}” does not stand at the head of the HTML block",
                sponsor=placement.sponsor,
            ),
            _HINT,
            where.slot(placement.slot.name),
        )


def _link(
    letter: Letter,
    document: Document,
    placement: Placement,
    utm: Collection[str],
    where: Locator,
) -> Iterator[Finding]:
    """Whether the block leads where it was booked to lead, with what makes its clicks count."""
    carried = parse_qs(urlsplit(placement.url).query, keep_blank_values=True)
    if missing := [name for name in utm if name not in carried]:
        yield error(
            "sponsor-tracking",
            of_placement(placement),
            say("the link carries no {names}", names=say_all("{one} and no {other}", missing)),
            say("Build the link from `[sponsorship]` again, or set utm = false there."),
            where.creative(placement, "url"),
        )
    links = {link.url for link in document.links}
    bare = placement.creative.url
    for part, named, stands, stands_bare in (
        ("HTML", say("the HTML"), one_line(placement.url) in links, bare in links),
        ("text", say("the text part"), placement.url in letter.text, bare in letter.text),
    ):
        if not stands:
            lost = utm and stands_bare
            yield error(
                "sponsor-tracking" if lost else "sponsor-link",
                of_placement(placement),
                say("the link has lost its tracking parameters in {part}", part=named)
                if lost
                else say("the link does not stand in {part}", part=named),
                say("Link to {{ placement.url }} in the template."),
                where.template(part),
            )


def _in_text(letter: Letter, placed: Sequence[Placement], where: Locator) -> Iterator[Finding]:
    paragraphs = [fold_case(paragraph) for paragraph in letter.text.split("\n\n")]
    for placement in placed:
        label, name = fold_case(placement.label), fold_case(placement.sponsor)
        named = next((i for i, text in enumerate(paragraphs) if label in text and name in text), -1)
        if named >= 0:
            paragraphs[named] = paragraphs[named].replace(label, "", 1)
            continue
        has_name = any(name in text for text in paragraphs)
        yield error(
            "sponsor-label" if has_name else "sponsor-name",
            of_placement(placement),
            say(
                "“{label}” and “{sponsor}” do not stand together in the text part",
                label=placement.label,
                sponsor=placement.sponsor,
            ),
            _HINT,
            where.template("text"),
        )
