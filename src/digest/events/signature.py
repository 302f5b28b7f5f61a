"""Whether SendGrid signed what was posted, and when. Over the bytes as they came.

The package's own verifier takes text, and a body that is decoded and encoded again is not always
the one that was signed. Source: SendGrid, “Getting Started with the Event Webhook Security
Features”: ECDSA with SHA-256 over the time stamp and the body, the signature in DER and base64.
"""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from digest.config import Config
from digest.errors import ConfigError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"

#: Characters of a time stamp (seconds since 1970) and of a signature, at most.
_LONGEST_TIME = 20
_LONGEST_SIGNATURE = 500


class Signatures:
    """Judges signatures by one public key.

    Args:
        key: the public key, DER in base64.
        minutes: how far a time stamp may lie from our clock, either way.

    Raises:
        ValueError: it is no public key for elliptic curves.
    """

    def __init__(self, key: str, minutes: int) -> None:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
        from cryptography.hazmat.primitives.serialization import load_der_public_key

        try:
            loaded = load_der_public_key(base64.b64decode(key, validate=True))
        except (ValueError, UnsupportedAlgorithm):
            raise ValueError("it cannot be read as a public key") from None
        if not isinstance(loaded, EllipticCurvePublicKey):
            raise ValueError("it is not a key for elliptic curves")
        self._key: EllipticCurvePublicKey = loaded
        self._window = timedelta(minutes=minutes)

    def fault(self, signature: str, timestamp: str, body: bytes, now: datetime) -> str:
        """Why a request is not believed; empty when it is.

        Args:
            signature: the header, base64.
            timestamp: the header, seconds since 1970; it is signed with the body.
            body: every byte as it came.
            now: our clock.
        """
        if not self._is_signed(signature, timestamp, body):
            return "the signature does not fit"
        seconds = int(timestamp) if timestamp.isdigit() else 0
        if abs(now.timestamp() - seconds) > self._window.total_seconds():
            return "it is too old, or a clock is wrong"
        return ""

    def _is_signed(self, signature: str, timestamp: str, body: bytes) -> bool:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
        from cryptography.hazmat.primitives.hashes import SHA256

        if len(timestamp) > _LONGEST_TIME or len(signature) > _LONGEST_SIGNATURE:
            return False
        try:
            raw = base64.b64decode(signature, validate=True)
            self._key.verify(raw, timestamp.encode("ascii") + body, ECDSA(SHA256()))
        except (InvalidSignature, ValueError):
            return False
        return True


def signatures_for(config: Config) -> Signatures | None:
    """What judges the requests of `[delivery.sendgrid] webhook_key`; None when there is no key.

    Raises:
        ConfigError: the key cannot be used.
    """
    settings = config.delivery.sendgrid
    if not settings.webhook_key:
        return None
    try:
        return Signatures(settings.webhook_key, settings.webhook_minutes)
    except ValueError as error:
        raise ConfigError(
            f"{config.file}: delivery.sendgrid.webhook_key: {error}",
            "Copy the verification key that SendGrid shows under Mail Settings, Event Webhook.",
        ) from None
