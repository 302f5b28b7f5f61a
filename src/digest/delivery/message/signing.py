"""Signs messages with DKIM, where no relay does it: RSA-SHA256 or Ed25519-SHA256, relaxed/relaxed.

Which headers are signed, and which also against one more being added on the way, stands here. The
body's hash comes from `canonical`, the key from `signing_key`. Sources: RFC 6376 (DKIM; §8.15 on
added headers), RFC 8301 (key lengths), RFC 8463 (Ed25519: the SHA-256 of what is signed is signed).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from digest.delivery.message.canonical import relaxed_headers

#: Signed as often as they stand in a message, and once more, so that none can be added.
_GUARDED = (
    "From",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
)

#: Signed as they stand; a list server or relay may add its own.
_SIGNED = ("List-ID", "Feedback-ID")

_LINE = 72


class Signer:
    """One domain's signature.

    Args:
        domain: `d=`, as A-labels.
        selector: `s=`; the public key is the TXT record `selector._domainkey.domain`.
        key: the private key.
    """

    def __init__(self, domain: str, selector: str, key: RSAPrivateKey | Ed25519PrivateKey) -> None:
        algorithm = "ed25519" if isinstance(key, Ed25519PrivateKey) else "rsa"
        self._head = (
            f"DKIM-Signature: v=1; a={algorithm}-sha256; c=relaxed/relaxed;\r\n"
            f" d={domain}; s={selector};\r\n"
        )
        self._sign = _signing(key)

    def for_headers(self, block: bytes) -> HeaderSigner:
        """Signs messages whose headers have the names, and the order, of those in `block`."""
        return HeaderSigner(self._head, self._sign, block)


class HeaderSigner:
    """Signs messages that differ in the values of their headers only."""

    def __init__(self, head: str, sign: Callable[[bytes], bytes], block: bytes) -> None:
        present = [line.partition(b":")[0] for line in relaxed_headers(block).split(b"\r\n")]
        known = {name.lower().encode(): name for name in (*_GUARDED, *_SIGNED)}
        names = [known[name] for name in present if name in known] + list(_GUARDED)
        self._signed = frozenset(known)
        self._head = f"{head} h={_folded(names)};\r\n".encode("ascii")
        self._head_relaxed = relaxed_headers(self._head).removesuffix(b"\r\n")
        self._sign = sign

    def signed(self, canonical: bytes) -> bytes:
        """Those of some headers that are signed."""
        lines = canonical.splitlines(keepends=True)
        return b"".join(line for line in lines if line.partition(b":")[0] in self._signed)

    def header(self, canonical: bytes, body_hash: bytes, seconds: int) -> bytes:
        """The header `DKIM-Signature`, with its CRLF.

        Args:
            canonical: of all signed headers, in the order of the block this signer was made for.
            body_hash: SHA-256 of the relaxed body.
            seconds: since 1970, when it was signed.
        """
        fields = b"t=%d; bh=%b; b=" % (seconds, base64.b64encode(body_hash))
        signature = base64.b64encode(
            self._sign(b"%b%b %b" % (canonical, self._head_relaxed, fields))
        )
        lines = [signature[start : start + _LINE] for start in range(0, len(signature), _LINE)]
        return b"%b %b\r\n %b\r\n" % (self._head, fields, b"\r\n ".join(lines))


def _signing(key: RSAPrivateKey | Ed25519PrivateKey) -> Callable[[bytes], bytes]:
    if isinstance(key, Ed25519PrivateKey):
        return lambda content: key.sign(hashlib.sha256(content).digest())
    padding, algorithm = PKCS1v15(), SHA256()
    return lambda content: key.sign(content, padding, algorithm)


def _folded(names: list[str]) -> str:
    lines = [names[0]]
    for name in names[1:]:
        if len(lines[-1]) + 1 + len(name) > _LINE:
            lines.append(name)
        else:
            lines[-1] += f":{name}"
    return ":\r\n  ".join(lines)
