"""Return paths that say which delivery came back: `rebonds+<id>-<mac>@example.org`.

A failure that comes by mail names its delivery by the address it is sent to, whatever the failing
server wrote into it. The id is signed, so that nobody makes a reader's delivery fail by writing to
us. All in small letters and digits: relays do not keep capitals. Sources: D. J. Bernstein,
"Variable Envelope Return Paths"; RFC 5321 §4.5.3.1.1 (64 octets before the @); RFC 4648 (base32).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable

from digest.delivery.message.encoding import header_address
from digest.model.sending import Recipient
from digest.store.database import Database
from digest.store.facts import random_key

#: The fact that holds the key of the return paths.
KEY_FACT = "return_path_key"

_ID = re.compile(r"[0-9a-f]{32}")
_MAC_BYTES = 8
_SIGNED = re.compile(r"\+([a-z2-7]{26}-[a-z2-7]{13})(?=@|$)", re.ASCII)

#: Octets before the @ that are left for the mailbox's own name: 64, less “+”, id, “-” and MAC.
LONGEST_MAILBOX = 64 - 1 - 26 - 1 - 13


def return_path_key(database: Database) -> bytes:
    """The key that signs this store's return paths, made when first needed.

    Raises:
        StoreError: the store cannot be written.
    """
    with database.write() as connection:
        return random_key(connection, KEY_FACT)


def return_path(mailbox: str, key: bytes) -> Callable[[Recipient], str]:
    """Makes each delivery's address after MAIL FROM, of the mailbox that takes what comes back.

    Delivery ids are 32 hexadecimal digits; for any other the mailbox itself is given.

    Raises:
        ValueError: the mailbox cannot stand in a message, or its name is too long to be added to.
    """
    local, _, domain = header_address(mailbox).rpartition("@")
    if len(local) > LONGEST_MAILBOX:
        raise ValueError(
            f"longer than {LONGEST_MAILBOX} characters before the @, so that nothing can be added"
        )

    def path_of(recipient: Recipient) -> str:
        if not _ID.fullmatch(recipient.id):
            return f"{local}@{domain}"
        return f"{local}+{_signed(recipient.id, key)}@{domain}"

    return path_of


def delivery_of(address: str, key: bytes) -> str | None:
    """The id of the delivery that a return path was made for; None for any other address.

    Reads it in capitals too, in angle brackets, and with another domain behind the @.
    """
    found = _SIGNED.search(address.strip().strip("<>").lower())
    if found is None:
        return None
    written = found[1].upper().partition("-")[0]
    id_ = base64.b32decode(f"{written}======").hex()
    return id_ if hmac.compare_digest(_signed(id_, key), found[1]) else None


def _signed(id_: str, key: bytes) -> str:
    raw = bytes.fromhex(id_)
    mac = hmac.digest(key, b"return path " + raw, hashlib.sha256)[:_MAC_BYTES]
    return f"{_base32(raw)}-{_base32(mac)}"


def _base32(raw: bytes) -> str:
    return base64.b32encode(raw).decode("ascii").rstrip("=").lower()
