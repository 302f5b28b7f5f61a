"""Three-way merge: an editor's changes survive the next build, per story and field. Pure.

`base` is what the last build wrote, `edited` the file as it stands, `draft` what this build
proposes. A field that the editor changed keeps the editor's value; every other field follows the
draft. A story that the editor removed stays away, one that the editor added stays. What `--fit`
moved to “En bref” stays there and is told apart from the editor's changes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from digest.model.edition import Brief, Edition, PlacementRef, Story

_Entry = TypeVar("_Entry", Story, Brief, PlacementRef)
_Ordered = TypeVar("_Ordered", Story, Brief)

_ADDED, _REMOVED, _MOVED = "added", "removed", "moved to “En bref”"


@dataclass(frozen=True, slots=True)
class Kept:
    """One change that the merge kept: where, and what it is.

    `url` is that of the story or sentence; "" elsewhere. `by_fit`: the move is none of the
    editor's, a build made it.
    """

    place: str
    value: str
    url: str = ""
    by_fit: bool = False


@dataclass(frozen=True, slots=True)
class Merged:
    """The merged edition and every change of the editor's in it."""

    edition: Edition
    kept: tuple[Kept, ...]


def merge(
    base: Edition, edited: Edition, draft: Edition, *, fitted: Collection[str] = ()
) -> Merged:
    """Merge an editor's changes into a new draft; `fitted` are the URLs of what `--fit` moved."""
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
    return Merged(edition, tuple(_with_moves(kept, draft.stories, edited.briefs, fitted)))


def _with_moves(
    kept: Sequence[Kept],
    stories: Sequence[Story],
    briefs: Sequence[Brief],
    fitted: Collection[str],
) -> Iterator[Kept]:
    """A story removed and told in brief instead is one change, not two."""
    gone = {Kept(f"story {_name(story)}", _REMOVED, story.url) for story in stories}
    new = {Kept(f"brief {_name(brief)}", _ADDED, brief.url) for brief in briefs}
    gone_urls = {one.url for one in kept if one in gone}
    new_urls = {one.url for one in kept if one in new}
    for one in kept:
        by_fit = one.url in fitted
        if one in gone and one.url in new_urls:
            value = f"{_MOVED} by --fit" if by_fit else _MOVED
            yield Kept(one.place, value, one.url, by_fit)
        elif one not in new or (one.url not in gone_urls and not by_fit):
            yield one
        elif one.url not in gone_urls:
            yield Kept(one.place, f"{_MOVED} by --fit", one.url, by_fit)


def _field(base: Any, edited: Any, draft: Any, place: str, kept: list[Kept], url: str = "") -> Any:
    if edited == base:
        return draft
    kept.append(Kept(place, _shown(edited), url))
    return edited


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(getattr(part, "publisher", str(part)) for part in value)
    return str(value)


def _fields(base: Any, edited: Any, draft: Any, place: str, kept: list[Kept], url: str = "") -> Any:
    """Merge two dataclasses of one kind field by field."""
    values: dict[str, Any] = {}
    for spec in dataclasses.fields(draft):
        if spec.name == "summary_origin":
            continue
        old, mine, new = (getattr(side, spec.name) for side in (base, edited, draft))
        merge_part = _fields if dataclasses.is_dataclass(new) else _field
        values[spec.name] = merge_part(old, mine, new, f"{place}, {spec.name}", kept, url)
    return dataclasses.replace(draft, **values)


def _key(entry: Story | Brief | PlacementRef) -> str:
    return entry.slot if isinstance(entry, PlacementRef) else entry.url


def _url(entry: Story | Brief | PlacementRef) -> str:
    return "" if isinstance(entry, PlacementRef) else entry.url


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
            merged.append(_fields(bases[key], edits[key], entry, place, kept, _url(entry)))
        elif key in edits:
            merged.append(edits[key])
            kept.append(Kept(f"{kind} {_name(edits[key])}", _ADDED, _url(entry)))
        elif key in bases:
            kept.append(Kept(f"{kind} {_name(entry)}", _REMOVED, _url(entry)))
        else:
            merged.append(entry)
    for key, entry in edits.items():
        if key in drafts:
            continue
        if key not in bases:
            merged.append(entry)
            kept.append(Kept(f"{kind} {_name(entry)}", _ADDED, _url(entry)))
        elif entry != bases[key]:
            merged.append(entry)
            found = "changed, no longer selected"
            kept.append(Kept(f"{kind} {_name(entry)}", found, _url(entry)))
    return merged


def _ordered(entries: Sequence[_Ordered]) -> tuple[_Ordered, ...]:
    """Sorted by `order`; an earlier place in the list wins a tie. Gaps are an editor's and stay."""
    return tuple(sorted(entries, key=lambda entry: entry.order))
