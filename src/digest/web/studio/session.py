"""One sitting at the studio: the view that is shown, and what a person does from the page.

`render` and `examine` follow the files, in this order and one at a time; a failed rendering keeps
the last good letter. Approving, reopening and testing are `digest.edition.lifecycle`'s and
`digest.delivery.trial`'s; nothing else can be done from here. All methods may be called from any
thread.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Final

from digest import pipeline
from digest.config import load_config
from digest.delivery.trial import send_test
from digest.edition import lifecycle
from digest.edition.approval import changed_parts
from digest.errors import ApprovalError, ContentError, StoreError
from digest.model.people import mask_address
from digest.publication import Publication
from digest.store.content.editions import EditionRecord
from digest.web.studio.looking import (
    Failure,
    Look,
    examined,
    failure_of,
    look,
    look_at,
    record_of,
)
from digest.web.studio.readers import Reader, Readers
from digest.web.studio.viewing import View

#: Seconds that a person at the page is kept waiting for the store, or for a rendering to end.
PATIENCE: Final = 3


class Studio:
    """Shows one edition and keeps up with its files.

    Args:
        publication: its settings are read again when their file changes.
        edition_id: `2026-W46`.
        clock: gives the present moment, aware.
        user: who approves.
    """

    def __init__(
        self,
        publication: Publication,
        edition_id: str,
        *,
        clock: Callable[[], datetime],
        user: str,
    ) -> None:
        self.edition_id = edition_id
        self.clock = clock
        self.readers = Readers()
        self._publication = publication
        self._user = user
        self._working = threading.RLock()
        self._showing = threading.RLock()
        publication.database.busy_seconds = PATIENCE
        self._record: EditionRecord | None = None
        self._view = self._new_view(None, None, version=0)

    @property
    def view(self) -> View:
        """What is shown now."""
        return self._view

    @property
    def publication(self) -> Publication:
        """The publication with its settings of now."""
        return self._publication

    def reader(self, reader_id: str) -> Reader | None:
        """The reader with this id; an empty one is the invented reader's."""
        return self.readers.find(self._publication.config, reader_id, self.clock())

    def render(self, *, settings: bool = False) -> None:
        """Render the edition as its files stand; the check follows with `examine`.

        Args:
            settings: read `config.toml` again before.
        """
        with self._working:
            try:
                if settings:
                    self._read_settings()
                seen = look(self._publication, self.edition_id)
            except Exception as error:  # a fault of ours must not end the sitting
                self._show(self._view.seen, failure_of(error, self._publication.config))
                return
            before = self._view.seen
            if before and not seen.is_checked:
                seen = dataclasses.replace(seen, checked=before.checked)
            self._show(seen, None)

    def examine(self) -> bool:
        """Check the letter that is shown; whether there was anything to check."""
        with self._working:
            seen = self._view.seen
            if seen is None or seen.is_checked or self._view.failure:
                return False
            try:
                self._show(examined(seen, self.clock()), None)
            except Exception as error:  # as above
                self._show(seen, failure_of(error, self._publication.config))
            return True

    def has_moved(self) -> bool:
        """Whether the edition was approved, opened, sent or skipped elsewhere; then it is shown."""
        with self._working:
            try:
                moved = record_of(self._publication, self.edition_id) != self._record
            except StoreError:
                return False
            if not moved:
                return False
            self.render()
            return True

    def approve(self, shown: str) -> None:
        """Approve the letter that the page shows.

        Args:
            shown: its hash; what stands in the files now must still have it.

        Raises:
            ApprovalError: the letter is another by now, and what changed; or it is approved.
            CheckError: the check found errors.
            ContentError: it cannot be rendered, was skipped, or has left.
            StoreError: another program holds the store, or a rendering does not end.
        """
        with self._turn():
            before = self._view.seen
            now = self.clock()
            prepared = pipeline.prepare(self._publication, self.edition_id, now=now)
            seen = look_at(self._publication, prepared)
            self._show(seen, None)
            _require_approvable(self.edition_id, before, seen, shown, self._record)
            pipeline.require_sound(prepared)
        # Saves are rendered meanwhile, should another program hold the store.
        lifecycle.approve(
            self._publication.database,
            self.edition_id,
            prepared.parts,
            details=prepared.details,
            by=self._user,
            now=now,
        )
        with self._showing:
            self._show(self._view.seen, self._view.failure)

    def reopen(self, edition_id: str) -> None:
        """Open the edition again that was approved; its approval is forgotten.

        Args:
            edition_id: the one that the page shows.

        Raises:
            ContentError: this sitting shows another, or it has left.
        """
        if edition_id != self.edition_id:
            raise ContentError(f"{edition_id} is not the edition shown", "Reload the page.")
        lifecycle.reopen(self._publication.database, edition_id)
        with self._showing:
            self._show(self._view.seen, self._view.failure)

    def send_test(self, address: str) -> dict[str, str]:
        """Send the letter that is shown to one address, marked as a test; no ledger knows.

        Returns:
            What the page says: the edition, whom it went to (masked) and through what.

        Raises:
            ContentError: there is no letter.
            UsageError: it is no address.
            IncompleteError, CredentialsError, ConfigError: the provider did not take it.
        """
        seen = self._view.seen
        if seen is None:
            raise ContentError("there is no letter yet", "Mend what stops it first.")
        config = seen.publication.config
        send_test(config, seen.letter, address, now=self.clock())
        to = mask_address(address.strip())
        provider = config.delivery.provider
        message = f"One copy of {self.edition_id} was dispatched to {to}: {provider}."
        return {"message": message, "to": to, "provider": provider}

    def _read_settings(self) -> None:
        config = load_config(self._publication.config.file)
        self._publication = dataclasses.replace(self._publication, config=config)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """The files for oneself; the wait is bounded."""
        if not self._working.acquire(timeout=PATIENCE):
            raise StoreError(
                "a letter is still being rendered", "Wait for it to be shown, then do it again."
            )
        try:
            yield
        finally:
            self._working.release()

    def _show(self, seen: Look | None, failure: Failure | None) -> None:
        with self._showing:
            self._view = self._new_view(seen, failure, version=self._view.version + 1)

    def _new_view(self, seen: Look | None, failure: Failure | None, *, version: int) -> View:
        now = self.clock()
        # A store that is busy is asked again soon (`has_moved`).
        with suppress(StoreError):
            self._record = record_of(self._publication, self.edition_id)
        fresh = seen is not None and (version == 0 or seen is not self._view.seen)
        return View(
            self._publication,
            self.edition_id,
            seen,
            self.readers.offered(self._publication.config, now),
            version=version,
            rendered_at=now if version == 0 or fresh else self._view.rendered_at,
            record=self._record,
            failure=failure,
        )


def _require_approvable(
    edition_id: str, before: Look | None, seen: Look, shown: str, record: EditionRecord | None
) -> None:
    if seen.is_frozen:
        raise ContentError(
            f"{edition_id} has left: what readers have cannot be changed",
            "Run `digest status` to see who has it.",
        )
    if seen.hash != shown:
        changed = ["the letter"]
        if before is not None and before.hash == shown:
            changed = changed_parts(
                {**before.parts, **before.details}, {**seen.parts, **seen.details}
            )
        raise ApprovalError(
            f"{edition_id} is not what was shown: changed since: {', '.join(changed)}",
            "Look at it again, then approve it.",
        )
    if record is not None and record.approved_hash == shown:
        raise ApprovalError(f"{edition_id} is approved already", "")
