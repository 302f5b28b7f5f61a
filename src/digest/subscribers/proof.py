"""Proves that whoever answers at the public address works on this publication's store.

`digest doctor` asks for the page of a token that nobody has; only a server with the same store can
answer with the proof of it. Nobody is unsubscribed by that, and the proof tells nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from digest.store.database import Database
from digest.store.facts import find_key, random_key

#: The header that carries the proof, and how tokens begin that ask for it.
HEADER = "Digest-Proof"
PREFIX = "doctor-"

_KEY_FACT = "proof_key"


def new_question() -> str:
    """A token that nobody has."""
    return PREFIX + secrets.token_urlsafe(24)


def make_proof(database: Database, question: str) -> str:
    """The proof that should answer a question of ours; makes the store's key when there is none.

    Raises:
        StoreError: the store cannot be used.
    """
    with database.write() as connection:
        return _proof(random_key(connection, _KEY_FACT), question)


def find_proof(database: Database, token: str) -> str:
    """The proof that answers a token; empty for one that is no question, or before any was asked.

    Raises:
        StoreError: the store cannot be used.
    """
    if not token.startswith(PREFIX):
        return ""
    with database.read() as connection:
        key = find_key(connection, _KEY_FACT)
    return _proof(key, token) if key else ""


def _proof(key: bytes, question: str) -> str:
    return hmac.new(key, question.encode(), hashlib.sha256).hexdigest()
