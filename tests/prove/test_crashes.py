"""Real senders killed at random and at every commit; somebody else counts what was taken.

`make prove` does this at length, see `tests.prove.__main__`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from tests.prove.cancelling import call_back_often
from tests.prove.rounds import new_tally, play, scene_with_witness
from tests.prove.scene import CONNECTIONS, PROVIDERS, Stage
from tests.prove.sending import Launcher, judge, submitting
from tests.prove.witnesses import Plan

READERS = 60
KILLS = int(os.environ.get("DIGEST_KILLS", "2"))

Launchers = tuple[Launcher, Launcher]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, postgres_cluster: str) -> Stage:
    """A publication whose readers all wait for their edition."""
    return Stage(tmp_path_factory.mktemp("stage"), postgres_cluster, READERS)


@pytest.fixture(scope="module")
def launchers() -> Iterator[Launchers]:
    """Two that start senders."""
    with Launcher() as first, Launcher() as second:
        yield first, second


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("store", ["process", "postgresql"])
def test_killed_senders_send_nothing_twice_and_lose_nobody(
    stage: Stage, launchers: Launchers, provider: str, store: str
) -> None:
    seed = os.environ.get("DIGEST_KILL_SEED") or os.urandom(4).hex()
    tally = new_tally(provider, store)
    play(stage, launchers, tally, KILLS, seed)
    assert tally.holds, f"{tally} (DIGEST_KILL_SEED={seed})"
    assert tally.kills >= KILLS


@pytest.mark.parametrize("store", ["power", "postgresql"])
def test_death_around_each_commit_is_survived(
    stage: Stage, launchers: Launchers, store: str
) -> None:
    """One sender after the other dies at its nth boundary, until one comes through."""
    sender, _ = launchers
    with scene_with_witness(stage, "smtp", store) as (scene, relay):
        in_flight = []
        for place in range(1, 400, 6):
            sender.start(scene, die_at=("commits", place))
            code = sender.wait()
            if code == 0 or (code == 7 and not submitting(scene)):
                break
            if code == -9:
                in_flight.append(submitting(scene))
        verdict = judge(scene)
        assert relay is not None
    assert len(in_flight) >= 3
    assert max(in_flight) <= CONNECTIONS
    assert (verdict.duplicates, verdict.lost) == (0, 0), verdict
    assert verdict.unknown == sum(in_flight)


@pytest.mark.parametrize("provider", ["smtp", "sendgrid"])
@pytest.mark.parametrize("store", ["process", "postgresql"])
def test_edition_called_back_at_any_moment_begins_with_nobody_more(
    stage: Stage, launchers: Launchers, provider: str, store: str
) -> None:
    seed = os.environ.get("DIGEST_KILL_SEED") or os.urandom(4).hex()
    tally = call_back_often(stage, launchers, provider, store, max(1, KILLS // 2), seed)
    assert tally.holds, f"{tally} (DIGEST_KILL_SEED={seed})"
    assert tally.rounds == tally.kills


def test_full_disk_stops_the_sender_and_nothing_is_lost(stage: Stage, launchers: Launchers) -> None:
    sender, _ = launchers
    with scene_with_witness(stage, "smtp", "process") as (scene, _relay):
        sender.start(scene, file_size=20_000)
        code = sender.wait()
        said = (scene.folder / "said").read_text()
        assert code in (6, 7, 8), said
        assert "Traceback" not in said
        sender.start(scene)
        assert sender.wait() in (0, 7)
        verdict = judge(scene)
    assert (verdict.duplicates, verdict.lost) == (0, 0), verdict


#: Faults of one run, and the code it ends with. What the relay cut off after it could have had
#: everything is unknown to us, whether it took it or not.
ENDS = [
    ("smtp", ["mail-421", "rcpt-450", "dot-451", "data-cut", "rcpt-cut", "dot-421"], 0),
    ("smtp", ["rcpt-550", "dot-554", "data-554"], 0),
    ("smtp", ["drop", "half", "dot-cut", "body-cut"], 7),
    ("smtp", ["silence", "body-silence"], 7),
    ("sendgrid", ["429-reset"], 0),
    ("sendgrid", ["413", "400"], 0),
    ("sendgrid", ["401"], 4),
    ("sendgrid", ["302"], 6),
    ("sendgrid", ["drop"], 7),
    ("sendgrid", ["half"], 7),
    ("sendgrid", ["500"], 7),
]


@pytest.mark.parametrize(("provider", "faults", "code"), ENDS)
def test_each_fault_of_a_provider_ends_as_it_is_documented(
    stage: Stage, launchers: Launchers, provider: str, faults: list[str], code: int
) -> None:
    sender, _ = launchers
    with scene_with_witness(stage, provider, "process") as (scene, running):
        assert running is not None
        running.fail(Plan(messages=faults))
        sender.start(scene)
        ended = sender.wait()
        said = (scene.folder / "said").read_text()
        assert ended == code, said
        assert "Traceback" not in said
        sender.start(scene)
        assert sender.wait() in (0, 7), "the same command goes on"
        verdict = judge(scene)
    assert (verdict.duplicates, verdict.lost) == (0, 0), verdict
    assert bool(verdict.unknown) == (code == 7)


def test_relay_that_is_away_or_lacks_its_protection_gets_nothing_and_costs_nothing(
    stage: Stage, launchers: Launchers
) -> None:
    sender, _ = launchers
    with scene_with_witness(stage, "smtp", "process") as (scene, _relay):
        for wrong in ("SECURITY", "starttls"), ("SECURITY", "tls"), ("PORT", "1"):
            scene.more = {f"DIGEST__DELIVERY__SMTP__{wrong[0]}": wrong[1]}
            sender.start(scene)
            assert sender.wait() == 6, wrong
            assert not scene.accepted()
        scene.more = {}
        sender.start(scene)
        assert sender.wait() == 0
        verdict = judge(scene)
    assert (verdict.duplicates, verdict.lost, verdict.unknown) == (0, 0, 0)


def test_second_sender_is_sent_away_on_sqlite_and_joins_on_postgresql(
    stage: Stage, launchers: Launchers
) -> None:
    """Where they share, one may end first, with 6: the other's batch is still under way."""
    first, second = launchers
    for store, expected in (("process", {0, 8}), ("postgresql", {0, 6})):
        with scene_with_witness(stage, "smtp", store) as (scene, _relay):
            first.start(scene)
            second.start(scene)
            codes = {first.wait(), second.wait()}
            assert 0 in codes
            assert codes <= expected, (scene.folder / "said").read_text()
            verdict = judge(scene)
        assert (verdict.duplicates, verdict.lost, verdict.unknown) == (0, 0, 0)
