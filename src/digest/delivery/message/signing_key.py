"""The key of `[delivery.dkim]`: read from its file, made, and told to the world as a DNS record.

Sources: RFC 6376 §3.6.1 (the record), RFC 8301 (RSA of 1,024 bits at least, better 2,048), RFC 8463
(Ed25519: the record holds the 32 bytes of the key as they are).
"""

from __future__ import annotations

import base64
import os
import stat
from pathlib import Path
from typing import Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from digest.config import Config
from digest.delivery.message.signing import Signer
from digest.errors import ConfigError

KeyKind = Literal["rsa", "ed25519"]

#: Bits below which nobody verifies, and below which large providers complain.
_FEWEST_BITS = 1024
_ENOUGH_BITS = 2048

_STRING = 255

_MAKE_ONE = "Make one with `digest dkim`."


def open_signer(config: Config) -> Signer | None:
    """The signer of `[delivery.dkim]`; None where it is not set.

    Raises:
        ConfigError: the key cannot be used; the message names its file.
    """
    dkim = config.delivery.dkim
    if not dkim.key_file:
        return None
    return Signer(dkim.domain, dkim.selector, read_key(config.path(dkim.key_file)))


def read_key(file: Path) -> RSAPrivateKey | Ed25519PrivateKey:
    """A private key from its PEM file.

    Raises:
        ConfigError: there is none, or DKIM cannot use it.
    """
    place = f"delivery.dkim.key_file: {file}"
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{place}: {error.strerror}", _MAKE_ONE) from None
    if b"-----BEGIN" not in content:
        raise ConfigError(f"{place}: not a key in PEM format", _MAKE_ONE)
    try:
        key = serialization.load_pem_private_key(content, password=None)
    except TypeError:
        raise ConfigError(
            f"{place}: the key is protected by a passphrase",
            "Write it without one (`openssl pkey -in FILE -out NEW`), for this user alone to read.",
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise ConfigError(f"{place}: there is no private key in it", _MAKE_ONE) from None
    if isinstance(key, Ed25519PrivateKey):
        return key
    if not isinstance(key, RSAPrivateKey):
        raise ConfigError(f"{place}: neither RSA nor Ed25519, and DKIM knows no other", _MAKE_ONE)
    if key.key_size < _FEWEST_BITS:
        raise ConfigError(
            f"{place}: {key.key_size} bits, and no receiver accepts fewer than {_FEWEST_BITS:,}",
            _MAKE_ONE,
        )
    return key


def key_warnings(config: Config) -> list[tuple[str, str]]:
    """What is unwise about the key, and what to do about it; empty when all is well, or none set.

    Raises:
        ConfigError: the key cannot be used at all.
    """
    dkim = config.delivery.dkim
    if not dkim.key_file:
        return []
    file = config.path(dkim.key_file)
    key = read_key(file)
    warnings = []
    if isinstance(key, RSAPrivateKey) and key.key_size < _ENOUGH_BITS:
        warnings.append(
            (
                f"{file}: {key.key_size} bits; RFC 8301 asks for {_ENOUGH_BITS:,}",
                "Make another with `digest dkim` under a new selector, and publish its record.",
            )
        )
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & 0o077:
        warnings.append(
            (
                f"{file}: others may read or change it (mode {mode:04o})",
                f"Run `chmod 600 {file}`: whoever has the key can write in your name.",
            )
        )
    return warnings


def make_key(file: Path, kind: KeyKind) -> RSAPrivateKey | Ed25519PrivateKey:
    """Make a private key in a new file that only this user can read.

    Raises:
        ConfigError: the file cannot be written, or exists already.
    """
    key = Ed25519PrivateKey.generate() if kind == "ed25519" else generate_private_key(65537, 2048)
    content = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(content)
    except OSError as error:
        raise ConfigError(
            f"delivery.dkim.key_file: {file}: {error.strerror}",
            "Name a new file in a folder that this user may write.",
        ) from None
    return key


def public_record(key: RSAPrivateKey | Ed25519PrivateKey) -> str:
    """The text of the TXT record that verifies what the key signs."""
    public = key.public_key()
    if isinstance(key, Ed25519PrivateKey):
        kind = "ed25519"
        raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    else:
        kind = "rsa"
        raw = public.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    return f"v=DKIM1; k={kind}; p={base64.b64encode(raw).decode('ascii')}"


def record_name(domain: str, selector: str) -> str:
    """Where the record stands."""
    return f"{selector}._domainkey.{domain}"


def zone_line(name: str, value: str) -> str:
    """The record as a line of a zone file, in strings of at most 255 octets (RFC 1035 §3.3)."""
    quoted = [f'"{value[start : start + _STRING]}"' for start in range(0, len(value), _STRING)]
    return f"{name}. IN TXT ({' '.join(quoted)})"
