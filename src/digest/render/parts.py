"""What a letter consists of, in the words that plans and templates share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from digest.edition.body import BodyPart
from digest.model.edition import Story
from digest.model.sponsorship import Placement
from digest.text.saying import Said

#: `weekly`: stories of decreasing size; `brief`: one paragraph a story; `single`: whole stories.
PlanKind = Literal["weekly", "brief", "single"]
PLAN_KINDS: tuple[str, ...] = get_args(PlanKind)
PartKind = Literal[
    "masthead", "note", "contents", "story", "body", "onward", "briefs", "quotation", "ending"
]

#: With so few stories a letter has no rule above the lead and one sponsor.
FEW_STORIES = 3


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the letter. `story` is set for a story, a piece of its body and the link
    onward to it; `body` for the piece, which is the `index`-th of its story, from 1."""

    kind: PartKind
    story: Story | None = None
    body: BodyPart | None = None
    index: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """Neighbouring editorial parts on one ground, or one sponsor's block with its placement.

    `spaced` says that a sponsor's block other than the presenting line stands right above.
    """

    parts: tuple[Part, ...] = ()
    placement: Placement | None = None
    spaced: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """A placement that finds no place: why, and what can be done."""

    placement: Placement
    message: Said
    hint: Said


@dataclass(frozen=True, slots=True)
class LetterPlan:
    """The letter's groups from masthead to ending, and what found no place in it."""

    groups: tuple[Group, ...]
    problems: tuple[Problem, ...]
    story_count: int
    kind: PlanKind = "weekly"

    @property
    def is_short(self) -> bool:
        """Whether the letter has so few stories that no rule sets the lead apart."""
        return self.story_count <= FEW_STORIES
