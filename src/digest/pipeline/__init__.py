"""The weekly flow, in order. No detail lives here: every step is a room's.

    sources ─► selection ─► summary ─► edition ◄─ sponsorship
                                         │
                                         ▼
                                      render ─► check ─► (preview, approve)
                                         │
    subscribers ─► delivery ◄────────────┘

`build` makes the edition file, `prepare` turns it into a checked letter, `plan_send` says whether
and to whom it may leave, `freeze` fixes it together with its audience, `deliver` takes it out
through the ledger. What may happen to an edition, and when, stands in `digest.edition.lifecycle`.
"""

from digest.pipeline.building import Built, build, decide, with_bodies
from digest.pipeline.fitting import Fitted, fit
from digest.pipeline.linking import look_at_links
from digest.pipeline.preparing import (
    Prepared,
    Rendered,
    examine,
    is_built,
    prepare,
    render,
    require_sound,
)
from digest.pipeline.sending import (
    SendPlan,
    deliver,
    freeze,
    is_served,
    plan_send,
    require_nothing_left,
    resend_unknown,
)

__all__ = [
    "Built",
    "Fitted",
    "Prepared",
    "Rendered",
    "SendPlan",
    "build",
    "decide",
    "deliver",
    "examine",
    "fit",
    "freeze",
    "is_built",
    "is_served",
    "look_at_links",
    "plan_send",
    "prepare",
    "render",
    "require_nothing_left",
    "require_sound",
    "resend_unknown",
    "with_bodies",
]
