"""Several machines: shards of an edition and the weekly schedule, carried by Procrastinate in the
publication's PostgreSQL.

`hand_over` gives a frozen edition to the workers, `serving.work` is one of them. Who has received
what is decided by the ledger alone (`digest.delivery.ledger`); jobs may be lost, repeated or run
side by side.
"""

from digest.worker.handing import HandedOver, hand_over

__all__ = ["HandedOver", "hand_over"]
