"""A rendered letter to findings: what must not leave (errors), what a person should see (warnings).

Every finding names its place and its line and says what to do. Nothing is changed: that is the
editor's.
"""

from digest.check.checking import Checked, check
from digest.check.clients import require_clients
from digest.check.findings import Finding, Location, Severity
from digest.check.locating import Locator, Traced
from digest.check.published import published_findings
from digest.check.rules import RULES, Rule
from digest.check.silencing import Silenced
from digest.check.weight import GMAIL_CLIPS

__all__ = [
    "GMAIL_CLIPS",
    "RULES",
    "Checked",
    "Finding",
    "Location",
    "Locator",
    "Rule",
    "Severity",
    "Silenced",
    "Traced",
    "check",
    "published_findings",
    "require_clients",
]
