"""What the page shows of an edition, as one JSON object; nothing in it is secret or personal.

Everything was looked up before, but for the template's own file, which says how a letter of its
kind is laid out. The parts come from the modules beside this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from babel import Locale
from markupsafe import Markup

from digest.check import RULES, Finding
from digest.check.french import about_in_french, in_french
from digest.check.weight import GMAIL_CLIPS
from digest.config import Config
from digest.edition.approval import changed_parts, short_hash
from digest.edition.file import FILE
from digest.model.content import Article
from digest.model.sponsorship import Sponsor
from digest.publication import slots_of
from digest.render.tokens import split
from digest.store.content.editions import EditionRecord
from digest.text.dates import long_date
from digest.text.typography import wordmark_parts
from digest.web.studio.faces import FACES, foreign_pictures
from digest.web.studio.inbox import inbox_row
from digest.web.studio.links import link_table
from digest.web.studio.looking import Failure, Look
from digest.web.studio.moments import moment_in_words
from digest.web.studio.outline import booked_slots, booking_states, outline, target_of
from digest.web.studio.provenance import provenance, sentence_counts
from digest.web.studio.readers import Reader, shown, values_of

State = dict[str, Any]


def state_of(
    seen: Look | None,
    *,
    config: Config,
    edition_id: str,
    record: EditionRecord | None,
    sponsors: Sequence[Sponsor],
    articles: dict[str, Article],
    readers: Sequence[Reader],
    version: int,
    rendered_at: datetime,
    now: datetime,
    failure: Failure | None = None,
    static: bool = False,
) -> State:
    """The whole state.

    Args:
        seen: the last good letter; None when there never was one.
        record: what the store knows of the edition.
        sponsors: every sponsor, for how bookings stand.
        articles: those of the stories that the store still has, by URL.
        readers: whom the letter can be shown to; the first is shown.
        rendered_at: when the letter was made.
        failure: why there is no newer one.
        static: for a folder that nobody can act from.
    """
    publication = config.publication
    status = _status(seen, record, failure, config)
    state: State = {
        "version": version,
        "static": static,
        "language": publication.language,
        "edition": _edition(seen, config, edition_id, record),
        "publication": {
            "name": publication.name,
            "wordmark": [
                [text, italic]
                for text, italic in wordmark_parts(publication.wordmark or publication.name)
            ],
        },
        "status": status,
        "rendered_at": f"{rendered_at.astimezone(config.zone):%H:%M:%S}",
        "exported_at": moment_in_words(now, config) if static else {},
        "failure": asdict(failure) if failure else None,
        "readers": [dict(shown(reader)) for reader in readers],
        "faces": _faces(seen),
        "can": _can(seen, status["state"], failure, static=static),
        **(_letter(seen, sponsors, articles, readers[0], now) if seen else _no_letter()),
    }
    if seen:
        day = now.astimezone(config.zone).date()
        state["edition"]["day"] = long_date(day, seen.letter.language, weekday=True)
    return state


def json_for_script(text: str) -> Markup:
    """JSON that may stand inside a `<script>` of any page: no sign of it can end the element."""
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704 - no mark-up is left in it


def _edition(
    seen: Look | None, config: Config, edition_id: str, record: EditionRecord | None
) -> dict[str, Any]:
    language = seen.letter.language if seen else config.publication.language
    return {
        "id": edition_id,
        "number": record.number if record else 0,
        "file": f"{config.edition.directory}/{edition_id}/{FILE}",
        "day": "",
        "letter_language": language,
        "direction": Locale.parse(language).text_direction,
    }


def _status(
    seen: Look | None, record: EditionRecord | None, failure: Failure | None, config: Config
) -> dict[str, Any]:
    """Where the edition stands; an approval counts while the files make what was approved."""
    state, at = "ready", None
    changed: list[str] = []
    known = record.state if record else "built"
    full = seen.hash if seen else ""
    if (seen and seen.is_frozen) or known in ("dispatching", "dispatched"):
        state, at = "dispatched", record.dispatched_at if record else None
    elif known == "skipped":
        state = "skipped"
    elif failure is not None:
        state = "blocked"
    elif record is not None and record.approved_hash and record.approved_hash == full:
        state, at = "approved", record.approved_at
    else:
        if seen and record is not None and record.approved_hash:
            now = {**seen.parts, **seen.details}
            changed = changed_parts(record.approved_parts, now)
        state = "blocked" if seen is None or seen.errors else "ready"
    return {
        "state": state,
        "at": f"{at.astimezone(config.zone):%Y-%m-%d %H:%M}" if at else "",
        "hash": short_hash(full) if full else "",
        "full_hash": full,
        "changed": changed,
    }


def _can(seen: Look | None, state: str, failure: Failure | None, *, static: bool) -> dict[str, Any]:
    """What can be done from the page, and why the letter cannot be approved."""
    why = ""
    if static:
        why = "static"
    elif state in ("dispatched", "skipped"):
        why = state
    elif seen is None or failure is not None:
        why = "failure"
    elif not seen.is_checked:
        why = "checking"
    elif state == "blocked":
        why = "errors"
    elif state == "approved":
        why = "approved"
    return {
        "test": seen is not None and not static,
        "approve": not why,
        "reopen": not static and state == "approved",
        "why_not": why,
    }


def _faces(seen: Look | None) -> list[str]:
    if seen is None:
        return []
    # What has left is never rendered again: without its sponsors it cannot be had.
    return [name for name, face in FACES.items() if seen.agrees or not face.unsponsored]


def _letter(
    seen: Look,
    sponsors: Sequence[Sponsor],
    articles: dict[str, Article],
    reader: Reader,
    now: datetime,
) -> State:
    config, letter = seen.publication.config, seen.letter
    edition, placements = seen.rendered.edition, seen.rendered.placements
    values = values_of(reader, config, letter, now)
    html = split(letter.html, "html").join(values)
    findings = seen.checked.findings
    targets = [target_of(finding) for finding in findings]
    plan = outline(
        edition,
        placements,
        slots_of(config),
        seen.template.plan,
        publishers={source.name: source.publisher for source in config.sources},
        sentences=sentence_counts(provenance(edition, articles, config)),
        bookings=booking_states(sponsors, placements),
        booked=booked_slots(sponsors, edition.id),
        targets=targets,
    )
    sponsored = {placement.url for placement in placements if not placement.is_house}
    return {
        "inbox": inbox_row(letter, config, values),
        "plan": plan if seen.agrees else [],
        "findings": [
            _finding(number, finding, target)
            for number, (finding, target) in enumerate(zip(findings, targets, strict=True), 1)
        ],
        "counts": _counts(seen),
        "size": {
            "bytes": len(letter.html.encode()),
            "warn": config.check.warn_kb * 1000,
            "clip": GMAIL_CLIPS,
        },
        "links": link_table(html, findings, sponsored=sponsored),
        "pictures": {"foreign": foreign_pictures(html, seen.pictures.sources)},
    }


def _finding(number: int, finding: Finding, target: str) -> dict[str, Any]:
    """One finding; its texts in the page's languages, without French where there is none."""
    place = finding.place
    return {
        "number": number,
        "rule": finding.rule,
        "about": {"fr": about_in_french(finding.rule), "en": RULES[finding.rule].about},
        "severity": finding.severity,
        "place": {"fr": in_french(place) or place, "en": place},
        "message": _in_languages(finding.message),
        "hint": _in_languages(finding.hint),
        "file": finding.file,
        "line": finding.line,
        "target": target,
    }


def _in_languages(text: str) -> dict[str, str]:
    french = in_french(text)
    return {"en": text} if french is None else {"fr": french, "en": text}


def _counts(seen: Look) -> dict[str, int]:
    checked = seen.checked
    severities = [finding.severity for finding in checked.findings]
    return {
        "errors": severities.count("error"),
        "warnings": severities.count("warning"),
        "notes": severities.count("note"),
        "passed": len(checked.passed),
        "silenced": len(checked.silenced),
    }


def _no_letter() -> State:
    return {
        "inbox": None,
        "plan": [],
        "findings": [],
        "counts": {"errors": 0, "warnings": 0, "notes": 0, "passed": 0, "silenced": 0},
        "size": {"bytes": 0, "warn": 0, "clip": GMAIL_CLIPS},
        "links": {"common": {}, "rows": []},
        "pictures": {"foreign": []},
    }
