"""Bookings × slots → placements: conflicts refused, labels and names guaranteed. Pure.

Source of the labelling rule: LCEN art. 20 and ARPP, « Communication publicitaire numérique » v5:
advertising is recognisable at once and its advertiser identifiable.
"""

from digest.sponsorship.calendar import CalendarCell, calendar
from digest.sponsorship.conflicts import Conflict, find_conflicts, require_no_conflict
from digest.sponsorship.placing import UtmRule, place, require_house_creatives, resolve

__all__ = [
    "CalendarCell",
    "Conflict",
    "UtmRule",
    "calendar",
    "find_conflicts",
    "place",
    "require_house_creatives",
    "require_no_conflict",
    "resolve",
]
