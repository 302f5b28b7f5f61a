"""Publications whose edition was sent in part, or is held for later at SendGrid."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import NOW, Digest
from tests.delivery.sendgrid_server import KEY, fault

#: Two hours after the tests' moment, and five minutes before that.
LATER, TOO_LATE = "2026-11-16T09:30:00+01:00", "2026-11-16T09:25:00+01:00"

#: What the server names the first edition that is for later.
NAME = "Batch0-name"

Begin = Callable[[str], None]

_SETTINGS = {
    "DIGEST_NOW": NOW,
    "SENDGRID_API_KEY": KEY,
    "DIGEST__DELIVERY__PROVIDER": "sendgrid",
    "DIGEST__DELIVERY__BATCH": "4",
    "DIGEST__DELIVERY__SENDGRID__CONCURRENCY": "1",
    "DIGEST__EDITION__IMAGES": "embed",
}

#: How SendGrid answers the first `send`, by what the publication is called afterwards.
ANSWERS: dict[str, list[tuple[int, dict[str, str], Any]]] = {
    "nobody has it": [(404, {}, fault("closed"))],
    "four have it": [(202, {}, {}), (404, {}, fault("closed"))],
    "all have it": [],
    "held for later": [],
    "four are held": [(201, {}, {"batch_id": NAME}), (202, {}, {}), (404, {}, fault("closed"))],
}
#: Those that were sent for a later moment.
HELD = ("held for later", "four are held")


def through(url: str, patch: pytest.MonkeyPatch) -> None:
    """Let the publication send through a server, four readers at a time."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        patch.delenv(name, raising=False)
    for name, value in {**_SETTINGS, "DIGEST__DELIVERY__SENDGRID__API_URL": url}.items():
        patch.setenv(name, value)


def balance(digest: Digest) -> dict[str, Any]:
    """Where the edition stands; it adds up."""
    found: dict[str, Any] = digest("status", "--json").json
    assert found["adds_up"] is True
    return found


def provider_ids() -> list[str]:
    """What SendGrid calls the deliveries."""
    (store,) = Path().rglob("*.db")
    with closing(sqlite3.connect(store)) as connection:
        query = "SELECT provider_id FROM deliveries ORDER BY id"
        return [row[0] for row in connection.execute(query)]


def killed_within(lettre: Path, provider_id: str) -> None:
    """One delivery stands as a run leaves it that was killed while it was under way."""
    (store,) = lettre.rglob("*.db")
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute(
            "UPDATE deliveries SET state = 'submitting', provider_id = ?, run = ? WHERE id = "
            "(SELECT id FROM deliveries WHERE state IN ('accepted', 'pending') LIMIT 1)",
            (provider_id, "0" * 32),
        )
