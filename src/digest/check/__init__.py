"""A rendered letter to findings: what must not leave (errors), what a person should see (warnings).

Every finding names its place and says what to do. Nothing is changed: that is the editor's.
"""

from digest.check.checking import check
from digest.check.findings import Finding, Severity
from digest.check.published import published_findings

__all__ = ["Finding", "Severity", "check", "published_findings"]
