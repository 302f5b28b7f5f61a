"""Everything the page asks for about one letter: its state, faces, text, message, files.

The same for the live page and for the folder that is exported. One view is one version of a
letter; what is asked for twice is made once.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from digest.config import load_sponsors
from digest.errors import DigestError, StoreError
from digest.model.content import Article
from digest.model.edition import Edition
from digest.model.sending import Letter
from digest.model.sponsorship import Sponsor
from digest.publication import Publication
from digest.render.tokens import split
from digest.store.content.editions import EditionRecord
from digest.web.studio.faces import FACES, draw
from digest.web.studio.looking import Failure, Look, record_of, without_sponsors
from digest.web.studio.message import message_of
from digest.web.studio.pictures import ServedPicture
from digest.web.studio.provenance import provenance, quoted_only, read_articles
from digest.web.studio.readers import Reader, values_of, way_out
from digest.web.studio.sources import source_files
from digest.web.studio.state import State, state_of


class View:
    """One version of a letter, as a page shows it.

    Args:
        publication: with the settings of now; those of the letter are its own.
        edition_id: `2026-W46`.
        seen: the last good letter; None when there never was one.
        readers: whom it can be shown to; the first is the usual one.
        version: counts from 1.
        rendered_at: when the letter was made.
        failure: why there is no newer letter.
        record: what the store knew of the edition, for while it does not answer.
    """

    def __init__(
        self,
        publication: Publication,
        edition_id: str,
        seen: Look | None,
        readers: Sequence[Reader],
        *,
        version: int,
        rendered_at: datetime,
        failure: Failure | None = None,
        record: EditionRecord | None = None,
    ) -> None:
        self.publication = publication
        self.edition_id = edition_id
        self.seen = seen
        self.version = version
        self.rendered_at = rendered_at
        self.failure = failure
        self._record = record
        self._readers = readers
        self._lock = threading.RLock()
        self._made: dict[tuple[str, ...], Any] = {}

    def state(self, now: datetime, *, static: bool = False) -> State:
        """The state (`digest.web.studio.state`)."""
        publication, seen = self.publication, self.seen
        return state_of(
            seen,
            config=publication.config,
            edition_id=self.edition_id,
            record=self._current(),
            sponsors=self._sponsors(),
            articles=self._articles(seen.rendered.edition) if seen else {},
            readers=self._readers,
            version=self.version,
            rendered_at=self.rendered_at,
            now=now,
            failure=self.failure,
            static=static,
        )

    def frame(self, name: str, reader: Reader, now: datetime) -> str | None:
        """A face as HTML; None when there is no such face.

        Raises:
            TemplateError: the letter cannot be rendered without its sponsors.
        """
        face = FACES.get(name)
        letter = self._letter(unsponsored=face.unsponsored) if face else None
        if face is None or letter is None or self.seen is None:
            return None
        with self._lock:
            key = ("frame", name, reader.id)
            if key not in self._made:
                config = self.seen.publication.config
                values = values_of(reader, config, letter, now)
                html = split(letter.html, "html").join(values)
                sources = self.seen.pictures.sources
                self._made[key] = draw(html, face, sources, way_out=way_out(config))
            return str(self._made[key])

    def text(self, reader: Reader, now: datetime, *, unsponsored: bool = False) -> dict[str, Any]:
        """The text part, line by line."""
        letter = self._letter(unsponsored=unsponsored)
        if letter is None or self.seen is None:
            return {"lines": []}
        values = values_of(reader, self.seen.publication.config, letter, now)
        return {"lines": split(letter.text, "text").join(values).rstrip("\n").split("\n")}

    def message(self, reader: Reader, now: datetime) -> dict[str, Any]:
        """Headers and source of the message."""
        if self.seen is None:
            return {"headers": [], "raw": "", "bytes": 0}
        return message_of(self.seen.letter, self.seen.publication.config, reader, now)

    def files(self, *, public: bool = False) -> dict[str, Any]:
        """The files that a finding or a failure can lead to; `public` as `source_files` has it."""
        folder = self.publication.folder(self.edition_id)
        letter = self.seen.letter if self.seen else None
        template = self.seen.template.name if self.seen else ""
        config = self.publication.config
        return {"files": source_files(config, folder, letter, template=template, public=public)}

    def provenance(self, *, public: bool = False) -> dict[str, Any]:
        """Where the summaries come from, by story; of a letter that has left and whose files
        changed since, nothing. `public`: only what was taken, not the whole articles."""
        seen = self.seen
        if seen is None or not seen.agrees:
            return {}
        edition = seen.rendered.edition
        articles = self._articles(edition)
        entries = provenance(edition, articles, seen.publication.config)
        return quoted_only(entries) if public else entries

    def picture(self, name: str) -> ServedPicture | None:
        """A picture of the letter by its name."""
        return self.seen.pictures.by_name.get(name) if self.seen else None

    def _letter(self, *, unsponsored: bool) -> Letter | None:
        if self.seen is None or (unsponsored and not self.seen.agrees):
            return None
        if not unsponsored:
            return self.seen.letter
        with self._lock:
            if ("unsponsored",) not in self._made:
                self._made["unsponsored",] = without_sponsors(self.seen)
            letter: Letter = self._made["unsponsored",]
            return letter

    def _current(self) -> EditionRecord | None:
        """What the store knows of the edition now, or what it last said."""
        try:
            return record_of(self.publication, self.edition_id)
        except StoreError:
            return self._record

    def _articles(self, edition: Edition) -> dict[str, Article]:
        try:
            return read_articles(self.publication, edition)
        except StoreError:
            return {}

    def _sponsors(self) -> tuple[Sponsor, ...]:
        try:
            return load_sponsors(self.publication.config)
        except DigestError:
            return ()


def as_json(value: object) -> str:
    """JSON as the page reads it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
