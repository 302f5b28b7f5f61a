"""The outbox: a Maildir on this machine, one `.eml` per delivery, exact across kills.

A message is written to `tmp/`, synchronised, and renamed into `new/` under a name made from the
delivery's id; whether it arrived can therefore always be seen by looking. Many files are written
and synchronised side by side, because a disk does that in one go. Source of the folder's rules:
D. J. Bernstein, "Using maildir format".
"""

from __future__ import annotations

import asyncio
import errno
import os
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from digest.delivery.ledger.starting import WithdrawnError
from digest.delivery.message.building import MessageTemplate, address_fault
from digest.errors import ConfigError, IncompleteError
from digest.model.sending import DeliveryState, Outcome, Recipient, Starting

#: Messages that are written, started and made visible together.
_GROUP = 200

#: Seconds after which a file in `tmp/` is nobody's any more.
_STALE = 3600.0
_WRITERS = 8


class Outbox:
    """Provider `outbox`.

    Args:
        path: the Maildir's folder; made when it does not exist.
        template: builds the messages.
        clock: the time for the header `Date`.

    Raises:
        ConfigError: the folder cannot be made or written.
    """

    name = "outbox"

    def __init__(
        self, path: Path, template: MessageTemplate, clock: Callable[[], datetime]
    ) -> None:
        self.path = path
        self._template = template
        self._clock = clock
        self._writers = ThreadPoolExecutor(_WRITERS, thread_name_prefix="outbox")
        try:
            for folder in ("tmp", "new", "cur"):
                (path / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f"delivery.outbox.path: {path}: {error.strerror}",
                "Name a folder that this user may write.",
            ) from None
        self._clear_away()

    @property
    def place(self) -> str:
        """Only this folder can settle what was on its way here."""
        return str(self.path)

    def empty(self) -> None:
        """Remove every message, as before a new rehearsal."""
        for file in (*self.path.glob("*/*.eml"), *self.path.glob("*/*.eml:*")):
            file.unlink(missing_ok=True)

    async def submit(
        self, recipients: Sequence[Recipient], starting: Starting
    ) -> AsyncIterator[Outcome]:
        """Write one file for each recipient.

        Raises:
            IncompleteError: the folder cannot be written, e.g. because the disk is full.
        """
        for first in range(0, len(recipients), _GROUP):
            group = []
            for recipient in recipients[first : first + _GROUP]:
                if fault := address_fault(recipient.email):
                    yield Outcome(recipient.id, DeliveryState.REFUSED, detail=fault)
                else:
                    group.append(recipient)
            failure = await self._write(group)
            if failure is not None:
                await asyncio.to_thread(self._discard, [recipient.id for recipient in group])
                for recipient in group:
                    yield Outcome(recipient.id, DeliveryState.PENDING, detail=_word(failure))
                raise self._incomplete(failure) from None
            ids = await self._start([recipient.id for recipient in group], starting)
            revealed, failure = await asyncio.to_thread(self._reveal, ids)
            for id_ in ids:
                if id_ in revealed:
                    yield Outcome(id_, DeliveryState.ACCEPTED, provider_id=f"{id_}.eml")
                else:
                    yield Outcome(id_, DeliveryState.PENDING, detail=_word(failure))
            if failure is not None:
                raise self._incomplete(failure) from None

    async def settle(self, ids: Iterable[str]) -> Sequence[Outcome]:
        """Look: a file in `new/` or `cur/` is accepted, anything else never left.

        What is left in `tmp/` is removed first: a run that only seems to be dead cannot make it
        visible afterwards, and its reader may be gone when their turn would come again.
        """
        ids = list(ids)
        await asyncio.to_thread(self._discard, ids)
        present = await asyncio.to_thread(self._present)
        return [
            Outcome(id_, DeliveryState.ACCEPTED, provider_id=f"{id_}.eml")
            if id_ in present
            else Outcome(id_, DeliveryState.PENDING, detail="not in the outbox")
            for id_ in ids
        ]

    async def close(self) -> None:
        """End the writers."""
        self._writers.shutdown()

    async def _start(self, ids: list[str], starting: Starting) -> list[str]:
        try:
            while ids:
                try:
                    await starting(ids)
                except WithdrawnError as error:
                    self._discard(error.ids)
                    ids = [id_ for id_ in ids if id_ not in error.ids]
                else:
                    break
        except BaseException:
            self._discard(ids)
            raise
        return ids

    async def _write(self, group: Sequence[Recipient]) -> OSError | None:
        date = self._clock()
        loop = asyncio.get_running_loop()
        written = await asyncio.gather(
            *(
                loop.run_in_executor(self._writers, self._write_one, recipient, date)
                for recipient in group
            ),
            return_exceptions=True,
        )
        failures = [found for found in written if isinstance(found, BaseException)]
        for failure in failures:
            if not isinstance(failure, OSError):
                raise failure
        return next((failure for failure in failures if isinstance(failure, OSError)), None)

    def _write_one(self, recipient: Recipient, date: datetime) -> None:
        content = self._template.build(recipient, date)
        descriptor = os.open(
            self.path / "tmp" / f"{recipient.id}.eml",
            os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC,
            0o600,
        )
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def _reveal(self, ids: Sequence[str]) -> tuple[set[str], OSError | None]:
        revealed: set[str] = set()
        failure: OSError | None = None
        for id_ in ids:
            try:
                (self.path / "tmp" / f"{id_}.eml").rename(self.path / "new" / f"{id_}.eml")
            except OSError as error:
                failure = error
                break
            revealed.add(id_)
        folder = os.open(self.path / "new", os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return revealed, failure

    def _discard(self, ids: Iterable[str]) -> None:
        for id_ in ids:
            with suppress(OSError):
                (self.path / "tmp" / f"{id_}.eml").unlink()

    def _clear_away(self) -> None:
        """Remove what killed runs left in `tmp/`, which another run at work cannot have begun."""
        for file in (self.path / "tmp").glob("*.eml"):
            with suppress(OSError):
                if file.lstat().st_mtime < time.time() - _STALE:
                    file.unlink()

    def _present(self) -> set[str]:
        return {
            entry.name.partition(".eml")[0]
            for folder in ("new", "cur")
            for entry in os.scandir(self.path / folder)
        }

    def _incomplete(self, failure: OSError) -> IncompleteError:
        full = failure.errno in (errno.ENOSPC, errno.EDQUOT)
        return IncompleteError(
            f"outbox {self.path}: {failure.strerror}; what is not in it is pending",
            "Free some space, then run the command again; it goes on."
            if full
            else "Make the folder writable for this user, then run the command again; it goes on.",
        )


def _word(failure: OSError | None) -> str:
    return failure.strerror or "cannot be written" if failure else ""
