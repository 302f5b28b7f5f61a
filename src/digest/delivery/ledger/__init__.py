"""The ledger: freeze a letter with its audience, dispatch it, and prove that nobody was lost.

A delivery is committed as `submitting` before a byte leaves, its outcome after. `freezing` makes
the rows, `dispatching` takes them out, `journal` groups their commits on a run's own `session`,
`recovering` looks after runs that died, `lock` keeps a second sender away on SQLite. The queries
stand in `digest.store`: `ledger`, `audience`, `claims`, `runs`, and `writing` for the hot path.
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
