"""A mailbox as a queue: nothing is lost, whatever others do with it meanwhile."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from digest.errors import InputError
from digest.events.maildir import SEEN, Maildir, read_start


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty one."""
    for name in ("new", "cur"):
        (tmp_path / name).mkdir()
    return tmp_path


def test_mail_that_is_gone_meanwhile_is_passed_over(folder: Path) -> None:
    mail = folder / "new" / "one"
    Maildir(folder).mark(mail, SEEN)
    assert read_start(mail, 10) is None
    assert not list(folder.glob("*/*"))


def test_mailbox_that_cannot_be_used_is_told(folder: Path) -> None:
    maildir, mail = Maildir(folder), folder / "new" / "one"
    mail.write_bytes(b"x")
    shutil.rmtree(folder / "cur")
    (folder / "cur").write_text("")
    with pytest.raises(InputError, match="Not a directory"):
        maildir.unseen()
    with pytest.raises(InputError, match="one"):
        maildir.mark(mail, SEEN)
    assert read_start(mail, 10) == b"x"


def test_mails_are_named_by_their_age(folder: Path) -> None:
    for name in ("new/20.b", "cur/10.a:2,", "new/30.c", "cur/15.d:2,RS"):
        (folder / name).write_bytes(b"x")
    assert [mail.name for mail in Maildir(folder).unseen()] == ["10.a:2,", "20.b", "30.c"]
