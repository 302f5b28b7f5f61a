"""`digest doctor --deliverability` at the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.cli.conftest import Digest
from tests.doctor.conftest import ZONE
from tests.doctor.dns_server import NameServer, serving


@pytest.fixture
def names(settings: Callable[[str, str], None]) -> Iterator[NameServer]:
    """The sample's sender, known to a name server of ours; nothing else is reached."""
    from checkdmarc.utils import DNS_CACHE

    settings('public_url = "https://lettre.meridien.example"', 'public_url = "http://127.0.0.1:9"')
    DNS_CACHE.clear()
    with serving(NameServer(ZONE.replace("example.org", "meridien.example"))) as server:
        yield server
    DNS_CACHE.clear()


def test_each_receiver_is_told_of_with_its_source(digest: Digest, names: NameServer) -> None:
    told = digest("doctor", "--deliverability", "--resolver", names.address)
    assert told.code == 2
    assert "not well: leaving, one-click" in told.err
    assert "✓ spf: v=spf1 include:_spf.relay.example" in told.out
    assert "? dkim: the selector under which letters are signed is not known" in told.out
    for receiver in ("Gmail", "Yahoo", "Microsoft"):
        assert receiver in told.out
    assert "https://support.google.com/a/answer/81126" in told.out
    for state in ("met", "missing", "not checkable here"):
        assert f"\n{state} " in told.out


def test_record_to_publish_stands_on_a_line_of_its_own(
    digest: Digest, names: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_RESOLVER", names.address)
    names.withdraw("_dmarc.meridien.example", "TXT")
    told = digest("doctor", "--deliverability")
    record = '_dmarc.meridien.example. IN TXT "v=DMARC1; p=none; rua=mailto:dmarc@meridien.example"'
    assert f"    {record}" in told.out.splitlines()


def test_same_as_json(digest: Digest, names: NameServer) -> None:
    found = digest(
        "doctor",
        "--deliverability",
        "--json",
        "--resolver",
        names.address,
        "--selector",
        "neuf",
        "--address",
        "192.0.2.25",
    ).json
    states = {check["name"]: check["state"] for check in found["checks"]}
    assert states["ptr"] == "ok"
    assert states["spf-pass"] == "ok"
    assert states["dkim"] == "error"
    first = found["requirements"][0]
    assert first["receiver"] == "gmail"
    assert first["state"] == "missing"
    assert first["since"] == "2024-02-01"
    assert first["source"].startswith("https://")
    assert [one["receiver"] for one in found["receivers"]] == ["gmail", "yahoo", "microsoft"]
    assert all(one["read"] >= one["since"] for one in found["receivers"])


@pytest.mark.parametrize(
    "arguments",
    [
        ("--deliverability", "--resolver", "nowhere"),
        ("--deliverability", "--address", "relay.example"),
        ("--selector", "lettre"),
        ("--return-path", "rebonds.example.org"),
        ("--deliverability", "--return-path", "rebonds@example.org"),
    ],
)
def test_what_makes_no_sense_is_refused(digest: Digest, arguments: tuple[str, ...]) -> None:
    assert digest("doctor", *arguments).code == 2


def test_restored_backup_and_a_ledger_without_power_are_told(
    digest: Digest, lettre: Path, settings: Callable[[str, str], None]
) -> None:
    settings("", '\n[store]\ndurability = "process"\n')
    assert digest("backup", "copy.db").code == 0
    (lettre / "copy.db").replace(lettre / "subscribers" / "digest.db")
    for left in ("digest.db-wal", "digest.db-shm"):
        (lettre / "subscribers" / left).unlink(missing_ok=True)
    examined = {thing["name"]: thing for thing in digest("doctor", "--json").json}
    assert examined["copy"]["state"] == "warning"
    assert "--restored" in examined["copy"]["hint"]
    assert "power cut" in examined["store"]["found"]
