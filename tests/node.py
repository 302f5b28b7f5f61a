"""Node's tools for tests: npm's mjml, html-validate and axe-core, installed by `make node`.

Where they are not installed the tests that need them are skipped; with `CI=true` they fail.
"""

from __future__ import annotations

import shutil

from tests.browser import absent
from tests.parity.script import FOLDER, MODULES, Script, installed, running

__all__ = ["FOLDER", "Script", "axe_source", "require_node", "running"]


def axe_source() -> str:
    """axe-core's script, for a page."""
    require_node()
    return (MODULES / "axe-core/axe.min.js").read_text(encoding="utf-8")


def require_node() -> None:
    """Skip or fail where Node or its modules are missing."""
    if not shutil.which("node"):
        absent("node is not on PATH")
    if not installed():
        absent("tools/node/node_modules is not complete: `make node` installs it")
