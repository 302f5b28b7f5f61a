"""Three-way merge: an editor's changes survive the next build, per story and field. Pure.

`base` is what the last build wrote, `edited` the file as it stands, `draft` what this build
proposes. A field that the editor changed keeps the editor's value; every other field follows the
draft. A story that the editor removed stays away, one that the editor added stays.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from digest.model.edition import Brief, Edition, PlacementRef, Story

_Entry = TypeVar("_Entry", Story, Brief, PlacementRef)
_Ordered = TypeVar("_Ordered", Story, Brief)

_ADDED, _REMOVED = "added", "removed"


@dataclass(frozen=True, slots=True)
class Kept:
    """One change of the editor's that the merge kept: where, and what it is."""

    place: str
    value: str


@dataclass(frozen=True, slots=True)
class Merged:
    """The merged edition and every change of the editor's in it."""

    edition: Edition
    kept: tuple[Kept, ...]


def merge(base: Edition, edited: Edition, draft: Edition) -> Merged:
    """Merge an editor's changes into a new draft."""
    kept: list[Kept] = []
    plain = {
        name: _field(getattr(base, name), getattr(edited, name), getattr(draft, name), name, kept)
        for name in ("subject", "preheader", "template")
    }
    grouped = {
        name: _fields(getattr(base, name), getattr(edited, name), getattr(draft, name), name, kept)
        for name in ("note", "quotation")
    }
    edition = dataclasses.replace(
        draft,
        **plain,
        **grouped,
        stories=_ordered(_entries(base.stories, edited.stories, draft.stories, "story", kept)),
        briefs=_ordered(_entries(base.briefs, edited.briefs, draft.briefs, "brief", kept)),
        placements=tuple(
            _entries(base.placements, edited.placements, draft.placements, "placement", kept)
        ),
    )
    return Merged(edition, tuple(_with_moves(kept, draft.stories, edited.briefs)))


def _with_moves(
    kept: Sequence[Kept], stories: Sequence[Story], briefs: Sequence[Brief]
) -> list[Kept]:
    """A story removed and told in brief instead is one change, not two."""
    told = {brief.url: brief for brief in briefs}
    moves = {
        Kept(f"story {_name(story)}", _REMOVED): Kept(f"brief {_name(told[story.url])}", _ADDED)
        for story in stories
        if story.url in told
    }
    moved = {gone: new for gone, new in moves.items() if gone in kept and new in kept}
    return [
        Kept(one.place, "moved to “En bref”") if one in moved else one
        for one in kept
        if one not in moved.values()
    ]


def _field(base: Any, edited: Any, draft: Any, place: str, kept: list[Kept]) -> Any:
    if edited == base:
        return draft
    kept.append(Kept(place, _shown(edited)))
    return edited


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(getattr(part, "publisher", str(part)) for part in value)
    return str(value)


def _fields(base: Any, edited: Any, draft: Any, place: str, kept: list[Kept]) -> Any:
    """Merge two dataclasses of one kind field by field."""
    values: dict[str, Any] = {}
    for spec in dataclasses.fields(draft):
        if spec.name == "summary_origin":
            continue
        old, mine, new = (getattr(side, spec.name) for side in (base, edited, draft))
        merge_part = _fields if dataclasses.is_dataclass(new) else _field
        values[spec.name] = merge_part(old, mine, new, f"{place}, {spec.name}", kept)
    return dataclasses.replace(draft, **values)


def _key(entry: Story | Brief | PlacementRef) -> str:
    return entry.slot if isinstance(entry, PlacementRef) else entry.url


def _name(entry: Story | Brief | PlacementRef) -> str:
    if isinstance(entry, PlacementRef):
        return f"“{entry.slot}”"
    return f"“{entry.title if isinstance(entry, Story) else entry.text}”"


def _entries(
    base: Sequence[_Entry],
    edited: Sequence[_Entry],
    draft: Sequence[_Entry],
    kind: str,
    kept: list[Kept],
) -> list[_Entry]:
    bases = {_key(entry): entry for entry in base}
    drafts = {_key(entry): entry for entry in draft}
    edits = {_key(entry): entry for entry in edited}
    merged: list[_Entry] = []
    for entry in draft:
        key = _key(entry)
        if key in edits and key in bases:
            place = f"{kind} {_name(entry)}"
            merged.append(_fields(bases[key], edits[key], entry, place, kept))
        elif key in edits:
            merged.append(edits[key])
            kept.append(Kept(f"{kind} {_name(edits[key])}", _ADDED))
        elif key in bases:
            kept.append(Kept(f"{kind} {_name(entry)}", _REMOVED))
        else:
            merged.append(entry)
    for key, entry in edits.items():
        if key in drafts:
            continue
        if key not in bases:
            merged.append(entry)
            kept.append(Kept(f"{kind} {_name(entry)}", _ADDED))
        elif entry != bases[key]:
            merged.append(entry)
            kept.append(Kept(f"{kind} {_name(entry)}", "changed, no longer selected"))
    return merged


def _ordered(entries: Sequence[_Ordered]) -> tuple[_Ordered, ...]:
    """Sorted by `order`; an earlier place in the list wins a tie. Gaps are an editor's and stay."""
    return tuple(sorted(entries, key=lambda entry: entry.order))
