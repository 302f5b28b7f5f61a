"""`digest doctor --deliverability`: whether letters would arrive, and what receivers ask for."""

from digest.doctor.deliverability.examining import Asked, Report, examine_deliverability
from digest.doctor.deliverability.rules import Judged, Receiver, Rule, rulebook

__all__ = [
    "Asked",
    "Judged",
    "Receiver",
    "Report",
    "Rule",
    "examine_deliverability",
    "rulebook",
]
