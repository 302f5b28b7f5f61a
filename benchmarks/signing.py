"""A signed message, built and signed as it leaves, against dkimpy signing the same one.

Usage: python benchmarks/signing.py [KB_OF_HTML]
"""

from __future__ import annotations

import sys

import dkim  # type: ignore[import-untyped]
import scene
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from message import microseconds

from digest.delivery.message.building import MessageTemplate
from digest.delivery.message.signing import Signer
from digest.delivery.message.signing_key import public_record
from digest.model.sending import Recipient


def main() -> None:
    """Print what a signed message costs with each kind of key, and the ratio to dkimpy."""
    letter = scene.letter(1000 * (int(sys.argv[1]) if len(sys.argv) > 1 else 30))
    rsa_key = rsa.generate_private_key(65537, 2048)
    small_key = ed25519.Ed25519PrivateKey.generate()
    pem = rsa_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    plain = MessageTemplate(letter, scene.ENVELOPE)
    signed = MessageTemplate(letter, scene.ENVELOPE, Signer("example.org", "lettre2026", rsa_key))
    small = MessageTemplate(letter, scene.ENVELOPE, Signer("example.org", "lettre2026", small_key))

    content = signed.build(scene.recipient(0), scene.MOMENT)
    record = public_record(rsa_key).encode("ascii")
    assert dkim.verify(content, dnsfunc=lambda _name, timeout=5: record), "dkimpy does not verify"

    def by_dkimpy(one: Recipient) -> bytes:
        message = plain.build(one, scene.MOMENT)
        header: bytes = dkim.sign(
            message, b"lettre2026", b"example.org", pem, canonicalize=(b"relaxed", b"relaxed")
        )
        return header + message

    def bare(_one: Recipient) -> bytes:
        return rsa_key.sign(b"x" * 1500, padding.PKCS1v15(), SHA256())

    ours = microseconds(lambda one: signed.build(one, scene.MOMENT), 500)
    ed = microseconds(lambda one: small.build(one, scene.MOMENT), 2000)
    unsigned = microseconds(lambda one: plain.build(one, scene.MOMENT), 5000)
    arithmetic = microseconds(bare, 500)
    peer = microseconds(by_dkimpy, 10)
    print(f"message of {len(content):,} bytes; µs a message, built and signed")
    print(f"not signed            {unsigned:9.1f}")
    print(f"Ed25519               {ed:9.1f}")
    print(f"RSA-2048              {ours:9.1f}")
    print(f"  of it RSA itself    {arithmetic:9.1f}")
    print(f"dkimpy, RSA-2048      {peer:9.1f}")
    print(f"ratio                 {peer / ours:9.1f}")


if __name__ == "__main__":
    main()
