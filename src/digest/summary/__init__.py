"""From an article to its lead summary, in the article's own words. Pure; no word is invented."""

from digest.summary.rules import broken_rules
from digest.summary.summarising import summarise

__all__ = ["broken_rules", "summarise"]
