"""What is worth an edition: pure decisions about a week's articles, each with its reason.

No input or output and no clock: articles, settings and the present moment come in as arguments.
"""

from digest.selection.choosing import find, select, tally
from digest.selection.gazetteer import suggest_place, suggest_region
from digest.selection.weeks import current_week, custom_window, last_week, week_id, week_window

__all__ = [
    "current_week",
    "custom_window",
    "find",
    "last_week",
    "select",
    "suggest_place",
    "suggest_region",
    "tally",
    "week_id",
    "week_window",
]
