"""A sender whose names are all in order, for tests that take one thing away."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from tests.doctor.dns_server import NameServer, serving

ZONE = """
example.org         TXT  "v=spf1 include:_spf.relay.example ip4:192.0.2.25 ~all"
example.org         TXT  "some-site-verification=123"
example.org         MX   10 mx.example.org.
mx.example.org      A    192.0.2.1
_spf.relay.example  TXT  "v=spf1 ip4:198.51.100.0/24 -all"
_dmarc.example.org  TXT  "v=DMARC1; p=quarantine; rua=mailto:dmarc@example.org"
relay.example       A    198.51.100.7
25.2.0.192.in-addr.arpa     PTR  envoi.example.org.
envoi.example.org   A    192.0.2.25
"""


@pytest.fixture(scope="session")
def private_key() -> rsa.RSAPrivateKey:
    """An RSA key of 2048 bits."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def key_file(private_key: rsa.RSAPrivateKey, tmp_path: Path) -> Path:
    """The same, as a file that only its owner reads."""
    file = tmp_path / "lettre.pem"
    file.touch(mode=0o600)
    file.write_bytes(private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return file


def public_text(key: rsa.RSAPrivateKey) -> str:
    """The public half as `p=` holds it."""
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(public).decode()


def key_zone(selector: str, text: str) -> str:
    """A zone's line for a key, in strings of 255 bytes."""
    strings = " ".join(f'"{text[at : at + 255]}"' for at in range(0, len(text), 255))
    return f"{selector}._domainkey.example.org TXT {strings}"


@pytest.fixture
def names(private_key: rsa.RSAPrivateKey) -> Iterator[NameServer]:
    """A name server that knows everything about example.org that should be known."""
    from checkdmarc.utils import DNS_CACHE

    DNS_CACHE.clear()
    server = NameServer(ZONE)
    server.publish(key_zone("lettre", f"v=DKIM1; k=rsa; p={public_text(private_key)}"))
    with serving(server):
        yield server
    DNS_CACHE.clear()
