"""The ledger: freeze a letter with its audience, dispatch it, and prove that nobody was lost.

A delivery is committed as `submitting` before a byte leaves, its outcome after. `freezing` makes
the rows, `dispatching` takes them out, `journal` groups their commits, `lock` keeps a second
sender away; the queries stand in `digest.store.ledger` and `digest.store.claims`.
"""

from __future__ import annotations

from digest.delivery.ledger.dispatching import dispatch
from digest.delivery.ledger.freezing import balance, freeze, frozen
from digest.delivery.ledger.lock import sending_lock
from digest.delivery.ledger.records import Balance, Dispatch, LedgerName

__all__ = [
    "Balance",
    "Dispatch",
    "LedgerName",
    "balance",
    "dispatch",
    "freeze",
    "frozen",
    "sending_lock",
]
