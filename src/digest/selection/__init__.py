"""What is worth an edition: pure decisions about a week's articles, each with its reason.

No input or output and no clock: articles, settings and the present moment come in as arguments.
"""

from digest.selection.choosing import select
from digest.selection.finding import find, tally
from digest.selection.gazetteer import country_name, suggest_place
from digest.selection.limits import quota_problem
from digest.selection.screening import could_be_chosen
from digest.selection.topics import topic_names, topics_of
from digest.selection.weeks import current_week, custom_window, last_week, week_id, week_window

__all__ = [
    "could_be_chosen",
    "country_name",
    "current_week",
    "custom_window",
    "find",
    "last_week",
    "quota_problem",
    "select",
    "suggest_place",
    "tally",
    "topic_names",
    "topics_of",
    "week_id",
    "week_window",
]
