"""`digest doctor --deliverability`: whether letters would arrive, and what receivers ask for."""

from digest.doctor.deliverability.examining import CHECKS, Examination, examine_deliverability
from digest.doctor.deliverability.rules import Judged, Receiver, Rule, rulebook
from digest.doctor.deliverability.sender import Asked

__all__ = [
    "CHECKS",
    "Asked",
    "Examination",
    "Judged",
    "Receiver",
    "Rule",
    "examine_deliverability",
    "rulebook",
]
