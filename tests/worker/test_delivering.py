"""A shard that may not leave ends by itself; one that is not through comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.delivery.world import EDITION, NOW
from tests.worker.world import with_edition

from digest.config import Config
from digest.delivery import ledger
from digest.delivery.ledger.aging import require_original
from digest.delivery.message.envelope import Envelope
from digest.errors import ConfigError, ContentError, CredentialsError, DigestError, IncompleteError
from digest.model.sending import DeliveryState, Letter, Outcome, Provider, Recipient, Starting
from digest.publication import Publication
from digest.store.facts import set_fact
from digest.store.ledger.dispatches import remove_dispatch, set_cancelled, set_send_at
from digest.store.place.copies import mark_copy
from digest.store.place.homes import HOME
from digest.worker.delivering import AgainError, GivenUpError, Timing, Turn, deliver_shard
from digest.worker.shards import Shard
from digest.worker.telling import Told

LATER = NOW + timedelta(hours=3)


class Faulty:
    """A provider that raises what a test says, or puts everybody off."""

    name = "faulty"
    error: Exception | None = None

    async def submit(
        self, recipients: Sequence[Recipient], starting: Starting
    ) -> AsyncIterator[Outcome]:
        """Start one and fail."""
        if self.error is not None:
            raise self.error
        await starting([recipients[0].id])
        yield Outcome(recipients[0].id, DeliveryState.PENDING, detail="451 later")

    async def settle(self, ids: Iterable[str]) -> Sequence[Outcome]:
        """It cannot tell."""
        return []

    async def close(self) -> None:
        """Nothing to close."""


def faulty(_config: Config, _letter: Letter, _envelope: Envelope) -> Provider:
    """The factory that the settings name."""
    return Faulty()


@pytest.fixture
def shard(publication: Publication) -> Shard:
    """The second half of an edition for 40 readers."""
    return Shard(EDITION, with_edition(publication, 40).id, 1, 2)


def run(
    publication: Publication,
    shard: Shard,
    *,
    now: datetime = NOW,
    attempts: int = 0,
    stopped: bool = False,
    given_up: set[tuple[int, str, str]] | None = None,
) -> list[Told]:
    """A turn of the shard; what it says."""
    said: list[Told] = []
    before = set() if given_up is None else given_up

    async def turn() -> None:
        stop = asyncio.Event()
        if stopped:
            stop.set()
        await deliver_shard(
            publication, shard, Turn(lambda: now, said.append, stop, Timing(), attempts, before)
        )

    try:
        asyncio.run(turn())
    except (AgainError, GivenUpError) as error:
        error.add_note("\n".join(told.text for told in said))
        raise
    return said


def accepted(publication: Publication) -> int:
    return ledger.balance(publication.database, EDITION, "main").accepted


def with_faulty(publication: Publication, monkeypatch: pytest.MonkeyPatch) -> Publication:
    """The same with a provider of a third party, and no patience within a run."""
    monkeypatch.setattr("digest.delivery.ledger.dispatching.dispatch.__kwdefaults__", {
        **(ledger.dispatch.__kwdefaults__ or {}), "patience": ()
    })  # fmt: skip
    config = publication.config
    delivery = replace(config.delivery, provider="tests.worker.test_delivering:faulty")
    return Publication(replace(config, delivery=delivery), publication.database)


@pytest.mark.parametrize(
    "wrong",
    [
        {"edition": "\x1b[31m"},
        {"dispatch": "1"},
        {"index": -1},
        {"index": 2},
        {"count": 0},
        {"index": 0.5},
        {"late": "yes"},
        {"handed": 7},
    ],
)
def test_what_stands_in_a_job_is_a_shard_or_nothing(wrong: dict[str, Any]) -> None:
    sound = {"edition": "2026-W47", "dispatch": 1, "index": 1, "count": 2, "late": False}
    assert str(Shard(**sound)) == "2026-W47, shard 2 of 2"  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no shard"):
        Shard(**{**sound, **wrong})


def test_a_shard_takes_its_part_and_says_what_came_of_it(
    publication: Publication, shard: Shard
) -> None:
    begun, done = run(publication, shard)
    assert begun.text == "2026-W47, shard 2 of 2: begins"
    part = accepted(publication)
    assert 0 < part < 40
    assert f"done: {part} accepted in" in done.text
    assert f"{40 - part} pending in all" in done.text
    assert done.fields["shard"] == "2/2"
    assert done.fields["accepted"] == part
    (again,) = run(publication, shard)
    assert again.text == "2026-W47, shard 2 of 2: nothing is left to do"
    assert accepted(publication) == part


def test_figures_are_written_after_a_shard(
    publication: Publication, shard: Shard, tmp_path: Path
) -> None:
    config = publication.config
    delivery = replace(config.delivery, metrics_file="digest.prom")
    run(Publication(replace(config, delivery=delivery), publication.database), shard)
    written = (tmp_path / "digest.prom").read_text(encoding="utf-8")
    assert f"digest_last_dispatch_outcomes {accepted(publication)}" in written
    assert "digest_last_success_timestamp_seconds" in written


def test_figures_of_a_shard_that_fails_are_no_success(
    publication: Publication, shard: Shard, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Faulty, "error", CredentialsError("535 no", "See the settings."))
    faulty = with_faulty(publication, monkeypatch)
    delivery = replace(faulty.config.delivery, metrics_file="digest.prom")
    config = replace(faulty.config, delivery=delivery)
    with pytest.raises(GivenUpError):
        run(Publication(config, publication.database), shard)
    written = (tmp_path / "digest.prom").read_text(encoding="utf-8")
    assert "digest_last_run_exit_code 4" in written
    assert "digest_last_success" not in written


def test_a_cancelled_edition_ends_by_itself(publication: Publication, shard: Shard) -> None:
    with publication.database.write() as connection:
        set_cancelled(connection, shard.dispatch, NOW)
    (told,) = run(publication, shard)
    assert "was called off" in told.text
    assert accepted(publication) == 0


def test_an_edition_that_is_gone_ends_by_itself(publication: Publication, shard: Shard) -> None:
    (told,) = run(publication, replace(shard, dispatch=shard.dispatch + 1))
    assert "not in the ledger" in told.text
    with publication.database.write() as connection:
        remove_dispatch(connection, shard.dispatch)
    (told,) = run(publication, shard)
    assert "not in the ledger" in told.text


def test_an_old_edition_leaves_only_if_a_person_said_so(
    publication: Publication, shard: Shard
) -> None:
    old = NOW + timedelta(hours=49)
    with pytest.raises(GivenUpError, match="more than 48 hours ago") as caught:
        run(publication, shard, now=old)
    assert isinstance(caught.value.error, ContentError)
    assert accepted(publication) == 0
    run(publication, replace(shard, late=True), now=old)
    assert accepted(publication) > 0


def test_shards_that_are_given_up_for_one_reason_say_it_once(
    publication: Publication, shard: Shard
) -> None:
    said: set[tuple[int, str, str]] = set()
    told = []
    again = replace(shard, handed="later")
    for one in (shard, replace(shard, index=0), again, replace(again, index=0)):
        with pytest.raises(GivenUpError) as caught:
            run(publication, one, now=NOW + timedelta(hours=49), given_up=said)
        told.append(caught.value.__notes__[0])
    assert [bool(text) for text in told] == [True, False, True, False]
    assert told[0].startswith(f"{EDITION}: ")


def test_an_edition_waits_for_its_moment(publication: Publication, shard: Shard) -> None:
    with publication.database.write() as connection:
        set_send_at(connection, shard.dispatch, LATER)
    with pytest.raises(AgainError) as caught:
        run(publication, shard)
    assert caught.value.seconds == 3 * 3600
    run(publication, shard, now=LATER)
    assert accepted(publication) > 0


def test_a_copy_of_the_store_sends_nothing(publication: Publication, shard: Shard) -> None:
    with publication.database.write() as connection:
        mark_copy(connection, NOW)
    with pytest.raises(AgainError):
        run(publication, shard)
    assert accepted(publication) == 0


def test_a_store_restored_under_a_worker_sends_nothing(
    publication: Publication, shard: Shard
) -> None:
    """A dump that is put back gives every table a number anew; its jobs come back with it."""
    require_original(publication.database, NOW, publication.config.zone)
    with publication.database.write() as connection:
        set_fact(connection, HOME, "16384/16400")
    with pytest.raises(AgainError):
        run(publication, shard)
    assert accepted(publication) == 0


def test_a_stopped_shard_goes_to_another_worker_at_once(
    publication: Publication, shard: Shard
) -> None:
    with pytest.raises(AgainError) as caught:
        run(publication, shard, stopped=True)
    assert caught.value.seconds == 0
    assert "stopped: nobody" in caught.value.__notes__[0]


@pytest.mark.parametrize(
    ("error", "attempts", "seconds"),
    [
        (IncompleteError("the relay is down"), 0, 30),
        (IncompleteError("the relay is down"), 3, 240),
        (IncompleteError("the relay is down"), 9, 900),
        (IncompleteError("the relay is down for weeks"), 5000, 900),
        (RuntimeError("reader3@readers.example"), 0, 30),
        (None, 1, 60),
    ],
)
def test_a_shard_that_is_not_through_comes_back_later_each_time(
    publication: Publication,
    shard: Shard,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception | None,
    attempts: int,
    seconds: float,
) -> None:
    monkeypatch.setattr(Faulty, "error", error)
    with pytest.raises(AgainError) as caught:
        run(with_faulty(publication, monkeypatch), shard, attempts=attempts)
    assert caught.value.seconds == seconds
    assert f"it goes on in {seconds} s" in caught.value.__notes__[0]
    assert "@" not in caught.value.__notes__[0]


@pytest.mark.parametrize(
    ("error", "attempts", "kind"),
    [
        (CredentialsError("535 no", "See the settings."), 0, CredentialsError),
        (ConfigError("no key", "Set it."), 0, ConfigError),
        (RuntimeError("reader3@readers.example"), 3, DigestError),
    ],
)
def test_what_only_a_person_can_mend_is_given_up_with_a_word_for_him(
    publication: Publication,
    shard: Shard,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    attempts: int,
    kind: type[DigestError],
) -> None:
    monkeypatch.setattr(Faulty, "error", error)
    with pytest.raises(GivenUpError) as caught:
        run(with_faulty(publication, monkeypatch), shard, attempts=attempts)
    assert isinstance(caught.value.error, kind)
    assert caught.value.error.hint
    assert "@" not in caught.value.__notes__[0]
    assert ledger.balance(publication.database, EDITION, "main").pending == 40
