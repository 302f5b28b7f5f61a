"""Somebody else's recording servers are counted, in whatever form they write things down."""

from __future__ import annotations

import base64
import json
from collections import Counter
from email.message import EmailMessage
from pathlib import Path

import pytest
from tests.prove.witnesses.others import OtherWitness, mentioned

FIRST, SECOND = "0123456789abcdef" * 2, "f" * 32


def message(id_: str) -> bytes:
    mail = EmailMessage()
    mail["From"] = "lettre@example.org"
    mail["Message-ID"] = f"<{id_}@example.org>"
    mail.set_content(f"Une lettre.\nSon numéro : {id_}\n")
    return mail.as_bytes()


def request(*ids: str) -> dict[str, object]:
    return {"personalizations": [{"custom_args": {"delivery": id_}} for id_ in ids]}


@pytest.mark.parametrize(
    "written",
    [
        message(FIRST) + message(SECOND),
        message(FIRST).replace(b"\n", b"\r\n") + message(SECOND).replace(b": <", b":\n <"),
        json.dumps([{"raw": message(id_).decode()} for id_ in (FIRST, SECOND)]).encode(),
        json.dumps(request(FIRST, SECOND)).encode(),
        json.dumps({"body": json.dumps(request(FIRST, SECOND))}, indent=1).encode(),
        f"{FIRST}\n{SECOND}\n".encode(),
    ],
    ids=["mbox", "folded", "mails in JSON", "requests", "requests within JSON", "lines"],
)
def test_each_copy_counts_once(tmp_path: Path, written: bytes) -> None:
    taken = tmp_path / "taken"
    taken.write_bytes(written)
    assert mentioned(taken) == Counter({FIRST: 1, SECOND: 1})


def test_folder_is_read_whole_and_what_was_there_before_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "cur").mkdir()
    (tmp_path / "cur" / "1").write_bytes(message(FIRST))
    other = OtherWitness(tmp_path)
    assert not other.accepted
    (tmp_path / "2.eml").write_bytes(message(FIRST))
    (tmp_path / "cur" / "3").write_bytes(message(SECOND))
    (tmp_path / "cur" / "4").write_bytes(message(SECOND))
    assert other.accepted == Counter({FIRST: 1, SECOND: 2})


def test_what_cannot_be_read_counts_for_nobody(tmp_path: Path) -> None:
    assert not mentioned(tmp_path / "missing")
    (tmp_path / "taken").write_bytes(base64.b64encode(message(FIRST)))
    assert not mentioned(tmp_path / "taken")
