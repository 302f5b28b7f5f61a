"""A letter's pictures from article to mailbox: described, light, and still there a year later."""

from __future__ import annotations

import email
import email.policy
import re
import tomllib
from base64 import b64decode
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest
from PIL import Image
from tests.cli.conftest import WEEK, Digest
from tests.letters import save_picture

Settings = Callable[[str, str], None]


def outbox(lettre: Path) -> list[EmailMessage]:
    """Every message of the outbox, parsed."""
    return [
        email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        for file in sorted((lettre / "outbox/new").iterdir())
    ]


def html_of(message: EmailMessage) -> str:
    body = message.get_body(("html",))
    assert body is not None
    return str(body.get_content())


def test_picture_without_words_is_for_the_editor_to_settle(digest: Digest, lettre: Path) -> None:
    for article in (lettre / "articles").glob("*.md"):
        text = article.read_text(encoding="utf-8")
        article.write_text(re.sub(r"(?m)^alt: .*$", 'alt: ""', text), encoding="utf-8")
    built = digest("build", "--week", WEEK)
    assert built.code == 0
    assert "its picture has no alternative text" in built.out
    refused = digest("send", "--yes")
    assert refused.code == 5
    assert "alternative text" in refused.err
    file = lettre / "editions" / WEEK / "edition.toml"
    text = re.sub(
        r'(file = "pictures/[^"]+"\nalt = )""', r'\1"Un bateau"', file.read_text(encoding="utf-8")
    )
    file.write_text(text, encoding="utf-8")
    assert digest("send", "--yes").code == 0
    assert 'alt="Un bateau"' in html_of(outbox(lettre)[0])


def test_inline_pictures_stand_in_the_html_and_nothing_is_attached(
    digest: Digest, lettre: Path, settings: Settings
) -> None:
    settings("[edition]\n", '[edition]\nimages = "inline"\npicture_kb = 10\n')
    settings("", "\n[check]\nwarn_kb = 500\nfail_kb = 500\n")
    sent = digest("send", "--yes")
    assert sent.code == 0, sent.err
    message = outbox(lettre)[0]
    assert not [part for part in message.walk() if part.get_content_maintype() == "image"]
    found = re.findall(r'src="data:image/(jpeg|png);base64,([^"]+)"', html_of(message))
    assert len(found) >= 2
    assert all(len(b64decode(content)) <= 10_000 for _, content in found)


def test_embedded_pictures_are_light_and_each_is_shown(digest: Digest, lettre: Path) -> None:
    assert digest("send", "--yes").code == 0
    message = outbox(lettre)[0]
    pictures = [part for part in message.walk() if part.get_content_maintype() == "image"]
    html = html_of(message)
    assert len(pictures) >= 2
    for part in pictures:
        assert f"cid:{part['Content-ID'].strip('<>')}" in html
        assert len(part.get_payload(decode=True) or b"") <= 80_000


def test_linked_picture_of_an_earlier_build_stays_where_it_was(
    digest: Digest, lettre: Path, settings: Settings
) -> None:
    base = 'images = "link"\nimage_base_url = "https://images.meridien.example"\n'
    settings("[edition]\n", f"[edition]\n{base}")
    folder = lettre / "editions" / WEEK / "pictures"
    assert digest("build", "--week", WEEK).code == 0
    before = {file.name: file.read_bytes() for file in folder.glob("story-*")}
    assert before
    for picture in (lettre / "articles").rglob("*.jpg"):
        save_picture(picture, (900, 900))
    assert digest("build", "--week", WEEK, "--fresh").code == 0
    after = {file.name: file.read_bytes() for file in folder.glob("story-*")}
    assert len(after) > len(before)
    assert {name: after[name] for name in before} == before


def test_damaged_picture_is_left_out_and_the_letter_leaves(digest: Digest, lettre: Path) -> None:
    assert digest("build", "--week", WEEK).code == 0
    file = lettre / "editions" / WEEK / "edition.toml"
    stories = tomllib.loads(file.read_text(encoding="utf-8"))["stories"]
    shown = next(s["picture"]["file"] for s in stories if s["picture"]["file"])
    damaged = next(
        path
        for path in (lettre / "articles").rglob("*.jpg")
        if Path(shown).name.startswith(path.stem)
    )
    damaged.write_bytes(damaged.read_bytes()[:2_000])
    built = digest("build", "--week", WEEK)
    assert built.code == 0, built.err
    assert "picture of “" in built.err
    assert "left out: cannot be read as a picture" in built.err
    assert digest("send", "--yes").code == 0


@pytest.mark.parametrize(("side", "kind"), [(1400, "GIF"), (1400, "PNG")])
def test_drawing_travels_sharp_as_png(digest: Digest, lettre: Path, side: int, kind: str) -> None:
    for picture in (lettre / "articles").rglob("*.jpg"):
        Image.new("RGB", (side, side), "#A6163F").save(picture, kind)
    assert digest("send", "--yes").code == 0
    kinds = {part.get_content_type() for part in outbox(lettre)[0].walk()}
    assert "image/png" in kinds
