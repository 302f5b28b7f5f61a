"""Coming is never silent, leaving always possible, forgetting complete."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from digest.config.settings import Config, ListSettings, PublicationSettings
from digest.errors import UsageError
from digest.model.people import SubscriptionStatus, SuppressionReason
from digest.store.database import Database
from digest.store.tables import deliveries, dispatches, editions, subscribers
from digest.subscribers import membership
from digest.subscribers.lists import choose_list
from digest.subscribers.suppression import listing as suppressions
from digest.subscribers.suppression import suppress

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
MARIE = "marie@example.org"

ACTIVE = SubscriptionStatus.ACTIVE
PENDING = SubscriptionStatus.PENDING
UNSUBSCRIBED = SubscriptionStatus.UNSUBSCRIBED


def status_of(database: Database, email: str = MARIE, list_name: str = "main") -> str | None:
    found = {s.email: s.status.value for s in membership.listing(database, list_name)}
    return found.get(email)


def deliver(database: Database, *rows: tuple[str, str, str, str]) -> None:
    """Deliveries (id, address, token, state), each in a dispatch of its own."""
    with database.write() as connection:
        for number, (name, email, token, state) in enumerate(rows):
            edition = f"2026-W{number + 10}"
            connection.execute(insert(editions).values(id=edition, state="dispatching"))
            dispatch = connection.execute(
                insert(dispatches)
                .values(
                    edition=edition,
                    ledger="main",
                    provider="outbox",
                    letter=b"",
                    letter_hash="",
                    frozen_at=NOW,
                )
                .returning(dispatches.c.id)
            ).scalar_one()
            connection.execute(
                insert(deliveries).values(
                    id=name,
                    dispatch_id=dispatch,
                    email=email,
                    name=email.partition("@")[0].title(),
                    language="fr",
                    list="main",
                    token=token,
                    subscribed_at=NOW,
                    state=state,
                    provider_id="p1",
                    changed_at=NOW,
                )
            )


def delivered(database: Database) -> dict[str, tuple[str, str, str, str, str]]:
    table = deliveries.c
    query = select(table.id, table.state, table.detail, table.email, table.name, table.token)
    with database.read() as connection:
        return {row[0]: tuple(row[1:]) for row in connection.execute(query)}


# ---- Coming ------------------------------------------------------------------------------------


def test_reader_is_added_with_the_evidence_of_consent(database: Database) -> None:
    added = membership.add(
        database,
        "main",
        " Marie@Example.ORG",
        name="  Marie\nExemple ",
        language="FR",
        consent_source="fair, stand 4",
        now=NOW,
    )
    assert added.change == "added"
    found = added.subscription
    assert (found.email, found.name, found.language) == (MARIE, "Marie Exemple", "fr")
    assert (found.status, found.consent_at, found.consent_source) == (ACTIVE, NOW, "fair, stand 4")
    assert membership.find_by_token(database, found.token) == found


def test_without_evidence_none_is_invented(database: Database) -> None:
    found = membership.add(database, "main", MARIE, now=NOW).subscription
    assert (found.consent_at, found.consent_source) == (None, "")


def test_adding_again_changes_only_what_is_new(database: Database) -> None:
    first = membership.add(database, "main", MARIE, consent_source="form", now=NOW).subscription
    same = membership.add(database, "main", "MARIE@example.org", now=LATER)
    assert (same.change, same.subscription) == ("unchanged", first)
    other = membership.add(database, "main", MARIE, name="Marie", consent_source="other", now=LATER)
    assert other.change == "updated"
    assert other.subscription.name == "Marie"
    assert (other.subscription.consent_source, other.subscription.token) == ("form", first.token)
    late = membership.add(database, "monthly", MARIE, now=NOW).subscription
    assert late.name == "Marie"
    evidence = membership.add(database, "monthly", MARIE, consent_source="letter", now=LATER)
    assert evidence.subscription.consent_at == LATER


def test_who_left_comes_back_only_with_new_consent(database: Database) -> None:
    token = membership.add(
        database, "main", MARIE, consent_source="form", now=NOW
    ).subscription.token
    membership.unsubscribe(database, MARIE, "main", now=NOW)
    with pytest.raises(UsageError, match="unsubscribed") as refused:
        membership.add(database, "main", MARIE, name="M", consent_source="x", now=LATER)
    assert MARIE not in refused.value.message
    with pytest.raises(UsageError, match="consent"):
        membership.add(database, "main", MARIE, resubscribe=True, now=LATER)
    assert status_of(database) == "unsubscribed"
    back = membership.add(
        database, "main", MARIE, resubscribe=True, consent_source="phone", now=LATER
    ).subscription
    assert (back.status, back.token, back.name) == (ACTIVE, token, "")
    assert (back.consent_source, back.consent_at) == ("phone", LATER)


def test_pending_reader_becomes_active_only_with_evidence(database: Database) -> None:
    membership.add(database, "main", MARIE, status=PENDING, now=NOW)
    with pytest.raises(UsageError, match="not confirmed"):
        membership.add(database, "main", MARIE, now=LATER)
    membership.add(database, "main", MARIE, consent_source="double opt-in", now=LATER)
    membership.add(database, "main", MARIE, status=PENDING, now=LATER)
    assert status_of(database) == "active"


def test_suppressed_is_not_added(database: Database) -> None:
    suppress(database, MARIE, SuppressionReason.COMPLAINT, now=NOW)
    membership.forget(database, "zoe@example.org", now=NOW)
    for email, why in ((MARIE, "complaint"), ("zoe@example.org", "forgotten")):
        with pytest.raises(UsageError, match=why) as refused:
            membership.add(database, "main", email, resubscribe=True, consent_source="x", now=NOW)
        assert email not in refused.value.message
    assert membership.listing(database, "main") == []
    with database.read() as connection:
        assert connection.execute(select(subscribers)).all() == []


@pytest.mark.parametrize(
    ("email", "fields", "said"),
    [
        ("marie", {}, "no @"),
        (MARIE, {"language": "français"}, "language"),
        (MARIE, {"name": "n" * 300}, "300 characters"),
        (MARIE, {"consent_source": "s" * 501}, "501 characters"),
    ],
)
def test_mistake_is_told(
    sqlite_store: Database, email: str, fields: dict[str, str], said: str
) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        membership.add(sqlite_store, "main", email, now=NOW, **fields)  # type: ignore[arg-type]
    assert refused.value.hint


# ---- Leaving -----------------------------------------------------------------------------------


def test_leaving_one_list_or_all(database: Database) -> None:
    for name in ("main", "monthly", "weekly"):
        membership.add(database, name, MARIE, now=NOW)
    assert membership.unsubscribe(database, "Marie@example.org", "monthly", now=LATER) is True
    assert membership.unsubscribe(database, MARIE, "monthly", now=LATER) is False
    assert [status_of(database, MARIE, name) for name in ("main", "monthly", "weekly")] == [
        "active",
        "unsubscribed",
        "active",
    ]
    assert membership.unsubscribe(database, MARIE, now=LATER) is True
    assert status_of(database, MARIE, "weekly") == "unsubscribed"


def test_leaving_where_one_is_not_is_told(database: Database) -> None:
    membership.add(database, "main", MARIE, now=NOW)
    for email, where in ((MARIE, "monthly"), ("x@example.org", None), ("wrong", "main")):
        with pytest.raises(UsageError) as refused:
            membership.unsubscribe(database, email, where, now=NOW)
        assert "marie@" not in refused.value.message
        assert refused.value.hint


def test_token_leaves_its_own_list_once_and_for_all(database: Database) -> None:
    token = membership.add(database, "main", MARIE, now=NOW).subscription.token
    membership.add(database, "monthly", MARIE, now=NOW)
    first = membership.unsubscribe_by_token(database, token, now=LATER)
    again = membership.unsubscribe_by_token(database, token, now=LATER + timedelta(days=1))
    assert first is not None
    assert (first.status, first.changed_at) == (UNSUBSCRIBED, LATER)
    assert again == first
    assert status_of(database, MARIE, "monthly") == "active"


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "x" * 42 + "\0", "é" * 43, "x" * 5000])
def test_unknown_token_finds_nobody(database: Database, token: str) -> None:
    assert membership.find_by_token(database, token) is None
    assert membership.unsubscribe_by_token(database, token, now=NOW) is None


def test_removed_reader_may_come_back_and_is_not_written_to(database: Database) -> None:
    token = membership.add(database, "main", MARIE, now=NOW).subscription.token
    other = membership.add(database, "monthly", MARIE, now=NOW).subscription.token
    deliver(
        database,
        ("past", MARIE, token, "accepted"),
        ("next", MARIE, token, "pending"),
        ("monthly", MARIE, other, "pending"),
    )
    membership.remove(database, MARIE, "main", now=LATER)
    after = delivered(database)
    assert after["past"][:3] == ("accepted", "", MARIE)
    assert after["next"][:3] == ("excluded", "removed", MARIE)
    assert after["monthly"][0] == "pending"
    with pytest.raises(UsageError, match="not on the list"):
        membership.remove(database, MARIE, "main", now=LATER)
    membership.remove(database, MARIE, "monthly", now=LATER)
    with database.read() as connection:
        assert connection.execute(select(subscribers)).all() == []
    assert membership.add(database, "main", MARIE, now=LATER).change == "added"


def test_forgotten_reader_leaves_no_trace_and_every_balance_adds_up(
    store_url: str, database: Database, tmp_path: Path
) -> None:
    token = membership.add(
        database, "main", MARIE, name="Marie Reconnaissable", now=NOW
    ).subscription.token
    membership.add(database, "monthly", MARIE, now=NOW)
    membership.add(database, "main", "paul@example.org", now=NOW)
    suppress(database, MARIE, SuppressionReason.BOUNCE, note="Marie again", now=NOW)
    deliver(
        database,
        ("a", MARIE, token, "accepted"),
        ("b", MARIE, token, "pending"),
        ("c", MARIE, token, "unknown"),
        ("d", "paul@example.org", "t", "pending"),
    )
    gone = membership.forget(database, "MARIE@example.org", now=LATER)
    assert (gone.subscriptions, gone.deliveries) == (2, 3)
    after = delivered(database)
    assert [after[name][0] for name in "abcd"] == ["accepted", "excluded", "unknown", "pending"]
    assert after["b"][1] == "forgotten"
    marks = {after[name][2] for name in "abc"}
    assert len(marks) == 3
    assert all(mark.startswith("forgotten-") for mark in marks)
    assert all(after[name][3:] == ("", "") for name in "abc")
    assert after["d"][2] == "paul@example.org"
    assert [s.email for s in membership.listing(database, "main")] == ["paul@example.org"]
    (kept,) = suppressions(database)
    assert (kept.email, kept.reason, kept.note) == ("", SuppressionReason.FORGOTTEN, "")
    if store_url.startswith("sqlite"):
        database.close()
        for file in tmp_path.glob("digest.db*"):
            content = file.read_bytes().lower()
            assert b"marie" not in content
            assert token.lower().encode() not in content


def test_stranger_can_be_forgotten_in_advance(database: Database) -> None:
    gone = membership.forget(database, "stranger@example.org", now=NOW)
    assert (gone.subscriptions, gone.deliveries) == (0, 0)
    with pytest.raises(UsageError, match="forgotten"):
        membership.add(database, "main", "stranger@example.org", now=NOW)
    again = membership.forget(database, "stranger@example.org", now=LATER)
    assert again == gone
    assert [s.added_at for s in suppressions(database)] == [NOW]


# ---- Looking -----------------------------------------------------------------------------------


def test_figures_agree_with_who_receives(database: Database) -> None:
    for number in range(6):
        status = PENDING if number == 5 else ACTIVE
        membership.add(database, "main", f"r{number}@example.org", status=status, now=NOW)
    membership.unsubscribe(database, "r4@example.org", "main", now=NOW)
    for number in (3, 4):
        suppress(database, f"R{number}@example.org", now=NOW)
    stats = membership.stats(database, "main")
    assert (stats.active, stats.pending, stats.unsubscribed, stats.suppressed) == (4, 1, 1, 1)
    assert stats.receiving == 3
    assert membership.stats(database, "monthly").active == 0


def test_listing_is_by_address_and_bounded(database: Database) -> None:
    for name in ("c", "a", "b"):
        membership.add(database, "main", f"{name}@example.org", now=NOW)
    membership.unsubscribe(database, "b@example.org", "main", now=NOW)
    assert [s.email[0] for s in membership.listing(database, "main")] == ["a", "b", "c"]
    assert [s.email[0] for s in membership.listing(database, "main", ACTIVE, 1)] == ["a"]
    assert membership.listing(database, "main", PENDING) == []


def test_list_is_the_first_or_one_that_exists() -> None:
    config = Config(
        publication=PublicationSettings(name="Actualités"),
        lists=(ListSettings(name="weekly"), ListSettings(name="monthly")),
    )
    assert choose_list(config) == "weekly"
    assert choose_list(config, "monthly") == "monthly"
    with pytest.raises(UsageError, match="montly") as refused:
        choose_list(config, "montly")
    assert "monthly" in refused.value.hint
    with pytest.raises(UsageError) as refused:
        choose_list(config, "x")
    assert "weekly, monthly" in refused.value.hint
