"""One command makes the key and says what to publish, and the letters it signs verify."""

from __future__ import annotations

import re
from pathlib import Path

import dkim  # type: ignore[import-untyped]
import pytest
from tests.cli.conftest import Digest

SETTINGS = """
[delivery.dkim]
domain = "meridien.example"
selector = "lettre2026"
key_file = "dkim.pem"
"""


@pytest.fixture
def signing(lettre: Path) -> Path:
    file = lettre / "config.toml"
    file.write_text(file.read_text() + SETTINGS)
    return lettre


def test_a_key_is_made_once_and_its_record_printed(signing: Path, digest: Digest) -> None:
    first = digest("dkim")
    assert first.code == 0
    assert "Made dkim.pem" in first.out
    assert "lettre2026._domainkey.meridien.example" in first.out
    assert (signing / "dkim.pem").stat().st_mode & 0o777 == 0o600
    again = digest("dkim")
    assert "Made" not in again.out
    value = re.search(r"v=DKIM1; k=rsa; p=[A-Za-z0-9+/=]+", first.out)
    assert value is not None
    assert value[0] in again.out
    assert again.err == ""


def test_a_letter_that_is_sent_verifies_with_the_printed_record(
    signing: Path, digest: Digest
) -> None:
    shown = digest("dkim", "--json").json
    assert (shown["made"], shown["type"], shown["warnings"]) == (True, "TXT", [])
    assert digest("send", "--yes").code == 0
    written = list((signing / "outbox" / "new").glob("*.eml"))
    assert written
    asked = []

    def record(name: bytes, timeout: int = 5) -> bytes:
        asked.append(name.decode())
        strings = re.findall(r'"([^"]*)"', shown["zone"])
        assert all(len(string) <= 255 for string in strings)
        return "".join(strings).encode()

    for file in written:
        assert dkim.verify(file.read_bytes(), dnsfunc=record)
    assert set(asked) == {f"{shown['name']}."}


def test_the_other_kind_of_key_has_a_short_record(signing: Path, digest: Digest) -> None:
    shown = digest("dkim", "--kind", "ed25519", "--json").json
    assert re.fullmatch(r"v=DKIM1; k=ed25519; p=[A-Za-z0-9+/]{43}=", shown["value"])
    assert shown["zone"] == f'{shown["name"]}. IN TXT ("{shown["value"]}")'


def test_a_key_that_others_may_read_is_warned_of(signing: Path, digest: Digest) -> None:
    assert digest("dkim").code == 0
    (signing / "dkim.pem").chmod(0o640)
    ran = digest("dkim")
    assert ran.code == 0
    assert "others may read" in ran.err
    assert "chmod 600" in ran.err


def test_without_settings_it_says_what_to_add(digest: Digest) -> None:
    ran = digest("dkim")
    assert ran.code == 2
    assert "delivery.dkim" in ran.err
    assert "selector" in ran.err


def test_a_file_that_is_no_key_is_left_as_it_is(signing: Path, digest: Digest) -> None:
    (signing / "dkim.pem").write_text("secret")
    ran = digest("dkim")
    assert ran.code == 2
    assert "not a key" in ran.err
    assert (signing / "dkim.pem").read_text() == "secret"
