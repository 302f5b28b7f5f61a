"""Whatever a letter and its reader hold, DKIM verifies it, and nobody can add to it unseen."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import dkim  # type: ignore[import-untyped]
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from dkim.canonicalization import Relaxed  # type: ignore[import-untyped]
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.delivery.messages import ANY_TEXT, reader
from tests.delivery.world import ENVELOPE, NOW, make_letter

from digest.config import Config
from digest.config.settings import DeliverySettings, DkimSettings, PublicationSettings
from digest.delivery.message.building import MessageTemplate
from digest.delivery.message.canonical import BodyHash, relaxed_headers, relaxed_lines
from digest.delivery.message.signing import Signer
from digest.delivery.message.signing_key import (
    key_warnings,
    make_key,
    open_signer,
    public_record,
    read_key,
)
from digest.errors import ConfigError
from digest.model.sending import Letter, Recipient

KINDS = ["rsa", "ed25519"]


class VerifyKey:
    """PyNaCl's class of that name as dkimpy uses it, by `cryptography`."""

    def __init__(self, written: bytes, encoder: Callable[[bytes], bytes]) -> None:
        self._key = ed25519.Ed25519PublicKey.from_public_bytes(encoder(written))

    def verify(self, message: bytes, signature: bytes) -> None:
        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            raise ValueError("bad signature") from None


@pytest.fixture(autouse=True)
def _ed25519_for_dkimpy(monkeypatch: pytest.MonkeyPatch) -> None:
    nacl = SimpleNamespace(
        signing=SimpleNamespace(VerifyKey=VerifyKey),
        encoding=SimpleNamespace(Base64Encoder=_from_base64),
        exceptions=SimpleNamespace(BadSignatureError=ValueError, ValueError=ValueError),
    )
    monkeypatch.setattr(dkim, "nacl", nacl, raising=False)


def _from_base64(written: bytes) -> bytes:
    return base64.b64decode(written, validate=True)


@cache
def key_of(kind: str) -> rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey:
    if kind == "rsa":
        return rsa.generate_private_key(65537, 2048)
    return ed25519.Ed25519PrivateKey.generate()


def verifies(content: bytes, kind: str) -> bool:
    asked = []

    def record(name: bytes, timeout: int = 5) -> bytes:
        asked.append(name)
        return public_record(key_of(kind)).encode("ascii")

    result: bool = dkim.verify(content, dnsfunc=record)
    assert asked == [b"lettre2026._domainkey.example.org."]
    return result


def signer(kind: str) -> Signer:
    return Signer("example.org", "lettre2026", key_of(kind))


def signed(kind: str = "rsa", recipient: Recipient | None = None) -> bytes:
    template = MessageTemplate(make_letter(picture=b"\x00\x01" * 99), ENVELOPE, signer(kind))
    return template.build(recipient or reader(), NOW)


# ---- Verified by another hand -------------------------------------------------------------------

#: Whatever editors type, with what a canonical form could stumble over.
_ODD = st.sampled_from(
    ["\n", ".", "..", " ", "  ", "\t", "\n\n\n", " \n", "\n.\n", "\nFrom x", "=", "é",
     "%%{name|}%%", "%%{since|.}%%", "%%{address| }%%\n", "\n%%{unsubscribe_url|#}%%", "mot ",
     "x" * 75]
)  # fmt: skip
TEXTS = st.lists(_ODD | st.text(st.characters(codec="utf-8", exclude_characters="\r%"), max_size=9),
                 max_size=30).map("".join)  # fmt: skip
VALUES = st.sampled_from(
    ["", " ", ".", "..a", "From x", "a" * 76, "é" * 40, "a  b\tc ", "\r\n.\r\n"]
)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=250, suppress_health_check=[HealthCheck.too_slow])
@given(html=TEXTS, text=TEXTS, subject=ANY_TEXT, name=ANY_TEXT | VALUES, value=ANY_TEXT | VALUES)
def test_any_letter_to_any_reader_verifies(
    kind: str, html: str, text: str, subject: str, name: str, value: str
) -> None:
    letter = Letter(
        edition="2026-W47",
        language="fr",
        subject=re.sub(r"[|%{}]", "", subject) + "%%{name|}%%",
        preheader="",
        html=html,
        text=text,
        mjml="",
    )
    template = MessageTemplate(letter, ENVELOPE, signer(kind))
    plain = MessageTemplate(letter, ENVELOPE)
    named = reader(name=name, since=value)
    masked = dataclasses.replace(named, values={**named.values, "address": value})
    for recipient in (masked, reader(name="", token="")):
        content = template.build(recipient, NOW)
        assert verifies(content, kind)
        assert content.endswith(plain.build(recipient, NOW)), "signing changes nothing else"
        assert not re.search(rb"(?m)^\.", content), "no line begins with a dot"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "recipient",
    [reader(name="Zoé" * 60), reader(name='"M", (x)'), reader(name=""), reader(list="monde"),
     reader(token="a/b %"), reader(address="zoé@bücher.example"), reader(token="")],
    ids=["long", "quoted", "none", "another list", "odd token", "SMTPUTF8", "no way out"],
)  # fmt: skip
def test_readers_of_every_kind_get_a_letter_that_verifies(kind: str, recipient: Recipient) -> None:
    assert verifies(signed(kind, recipient), kind)


def test_each_message_is_signed_for_itself() -> None:
    template = MessageTemplate(make_letter(), ENVELOPE, signer("ed25519"))
    for number in range(200):
        recipient = reader(name=f"Zoé {number}", token=f"{number:043d}")
        content = template.build(recipient, NOW + timedelta(seconds=number))
        assert verifies(content, "ed25519")
        assert f"t={int(NOW.timestamp()) + number};".encode() in content


def test_rfc_8463_gives_the_same_answer() -> None:
    message = b"""DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.
""".replace(b"\n", b"\r\n")
    seed = _from_base64(b"nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
    record = public_record(ed25519.Ed25519PrivateKey.from_private_bytes(seed))
    assert record == "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    assert dkim.verify(message, dnsfunc=lambda _name, timeout=5: record.encode())
    body = message.partition(b"\r\n\r\n")[2]
    assert BodyHash([body]).digest([]) == _from_base64(
        b"2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="
    )


# ---- What cannot be changed ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "added",
    [b"From: x@evil.example", b"Reply-To: x@evil.example", b"To: x@evil.example", b"Subject: x",
     b"Cc: x@evil.example", b"List-Unsubscribe: <https://evil.example>", b"Message-ID: <x@y>",
     b"Content-Type: text/html", b"Content-Transfer-Encoding: base64", b"Date: x",
     b"MIME-Version: 1.0", b"List-Unsubscribe-Post: x"],
)  # fmt: skip
def test_no_header_that_readers_trust_can_be_added(added: bytes) -> None:
    content = signed()
    assert verifies(content, "rsa")
    assert not verifies(added + b"\r\n" + content, "rsa")
    head, _, body = content.partition(b"\r\n\r\n")
    assert not verifies(head + b"\r\n" + added + b"\r\n\r\n" + body, "rsa")


@pytest.mark.parametrize(
    "header",
    ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Feedback-ID",
     "List-Unsubscribe", "List-Unsubscribe-Post", "List-ID"],
)  # fmt: skip
def test_every_header_that_matters_is_signed(header: str) -> None:
    content = signed()
    changed = re.sub(rf"(?m)^{header}: .".encode(), f"{header}: ~".encode(), content, count=1)
    assert changed != content
    assert not verifies(changed, "rsa")
    removed = re.sub(rf"(?m)^{header}: .*\r\n([ \t].*\r\n)*".encode(), b"", content, count=1)
    assert not verifies(removed, "rsa")


def test_relays_may_add_what_is_theirs() -> None:
    received = b"Received: from a.example\r\nReturn-Path: <x@a.example>\r\nSender: x@a.example\r\n"
    assert verifies(received + signed(), "rsa")


def test_blanks_may_change_on_the_way_and_words_may_not() -> None:
    content = signed()
    assert verifies(content.replace(b"Bonjour", b"Bonjour ", 1), "rsa") is False
    folded = content.replace(b"\r\nContent-Transfer", b" \t\r\nContent-Transfer", 1) + b"\r\n\r\n"
    assert verifies(folded.replace(b"MIME-Version: 1.0", b"MIME-VERSION: \t1.0 "), "rsa")


# ---- The canonical form -------------------------------------------------------------------------

WITHOUT_BREAKS = st.binary(max_size=9).map(lambda raw: re.sub(rb"[\r\n]", b" ", raw))
LINES = st.lists(WITHOUT_BREAKS | st.sampled_from([b" ", b"\t \t", b"", b"a  b"]), max_size=6).map(
    lambda lines: b"".join(line + b"\r\n" for line in lines)
)


@given(pieces=st.lists(LINES | st.tuples(LINES), max_size=8))
def test_a_body_in_pieces_has_the_hash_of_the_whole(pieces: list[bytes | tuple[bytes]]) -> None:
    cut: list[bytes | int] = []
    personal: list[bytes] = []
    for piece in pieces:
        if isinstance(piece, tuple):
            cut.append(len(personal))
            personal.append(piece[0])
        elif piece:
            cut.append(piece)
    cut.append(b"--end--\r\n")
    whole = b"".join(personal[piece] if isinstance(piece, int) else piece for piece in cut)
    expected = hashlib.sha256(Relaxed.canonicalize_body(whole)).digest()
    body = BodyHash(cut)
    assert body.digest(personal) == expected
    assert body.digest(personal) == expected, "the common state is not used up"


@pytest.mark.parametrize("pieces", [[b"a"], [b"a\r\n", 0], [b"a\r\n\r\n"], [b"a \r\n \r\n"]])
def test_pieces_whose_hash_could_not_be_made_apart_are_refused(pieces: list[bytes | int]) -> None:
    with pytest.raises(ValueError, match="body"):
        BodyHash(pieces)


@given(value=st.binary(max_size=40).map(lambda raw: re.sub(rb"[\r\n\x0b\x0c]", b" ", raw)))
def test_headers_are_signed_as_another_hand_would(value: bytes) -> None:
    block = b"X-One: a\r\n \t b \r\nX-Two:" + value + b"\r\n"
    expected = Relaxed.canonicalize_headers([(b"X-One", b" a\r\n \t b \r\n"), (b"X-Two", value)])
    assert relaxed_headers(block) == b"".join(b"%b:%b" % pair for pair in expected)


def test_lines_without_anything_to_change_are_not_copied() -> None:
    piece = b"Le mot juste.\r\n"
    assert relaxed_lines(piece) is piece


# ---- The key ------------------------------------------------------------------------------------


@pytest.fixture
def configure(tmp_path: Path) -> Callable[[str], Config]:
    def configured(key_file: str = "dkim.pem") -> Config:
        dkim_settings = DkimSettings(domain="example.org", selector="lettre2026", key_file=key_file)
        return Config(
            publication=PublicationSettings(name="Monde", sender="lettre@example.org"),
            delivery=DeliverySettings(dkim=dkim_settings if key_file else DkimSettings()),
            root=tmp_path,
        )

    return configured


Configure = Callable[..., Config]


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_a_key_that_was_made_signs_and_is_nobody_elses(
    configure: Configure, tmp_path: Path, kind: str
) -> None:
    file = tmp_path / "dkim.pem"
    made = make_key(file, "rsa" if kind == "rsa" else "ed25519")
    assert file.stat().st_mode & 0o777 == 0o600
    assert public_record(read_key(file)) == public_record(made)
    assert open_signer(configure()) is not None
    assert key_warnings(configure()) == []
    with pytest.raises(ConfigError, match="exists"):
        make_key(file, "rsa")


def test_without_settings_nothing_is_signed(configure: Configure) -> None:
    assert open_signer(configure("")) is None
    assert key_warnings(configure("")) == []


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, passphrase: bytes = b"") -> bytes:
    protection: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        protection = serialization.BestAvailableEncryption(passphrase)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection
    )


def short_key() -> rsa.RSAPrivateKey:
    """768 bits, of two primes of 384 that curve P-384 is made of (FIPS 186-5)."""
    p = 2**384 - 2**128 - 2**96 + 2**32 - 1
    q = int(
        "ffffffffffffffffffffffffffffffffffffffffffffffff"
        "c7634d81f4372ddf581a0db248b0a77aecec196accc52973",
        16,
    )
    d = pow(65537, -1, (p - 1) * (q - 1))
    return rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=rsa.rsa_crt_dmp1(d, p),
        dmq1=rsa.rsa_crt_dmq1(d, q),
        iqmp=rsa.rsa_crt_iqmp(p, q),
        public_numbers=rsa.RSAPublicNumbers(65537, p * q),
    ).private_key()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "No such file"),
        (b"", "not a key in PEM format"),
        (b"\x30\x82\x01", "not a key in PEM format"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no private key"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "no private key"),
        (pem(key_of("rsa"), b"secret"), "protected by a passphrase"),  # type: ignore[arg-type]
        (pem(ec.generate_private_key(ec.SECP256R1())), "neither RSA nor Ed25519"),
        (pem(short_key()), "768 bits"),
    ],
    ids=["missing", "empty", "DER", "damaged", "certificate", "protected", "EC", "short"],
)
def test_a_key_that_cannot_sign_is_explained(
    configure: Configure, tmp_path: Path, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / "dkim.pem").write_bytes(content)
    with pytest.raises(ConfigError, match=words) as caught:
        open_signer(configure())
    assert "dkim.pem" in caught.value.message
    assert caught.value.hint


def test_a_folder_is_no_key(configure: Configure, tmp_path: Path) -> None:
    (tmp_path / "dkim.pem").mkdir()
    with pytest.raises(ConfigError, match="dkim"):
        open_signer(configure())


def test_an_unwise_key_signs_and_is_warned_of(configure: Configure, tmp_path: Path) -> None:
    file = tmp_path / "dkim.pem"
    file.write_bytes(pem(rsa.generate_private_key(65537, 1024)))
    file.chmod(0o644)
    assert open_signer(configure()) is not None
    short, readable = key_warnings(configure())
    assert "1024 bits" in short[0]
    assert "0644" in readable[0]
    assert "chmod 600" in readable[1]


def test_a_key_is_not_made_where_nobody_may_write(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        make_key(tmp_path / "missing" / "dkim.pem", "ed25519")
