"""The README's commands do what it shows: each is run, in order, on what `digest init` makes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOW = "2026-11-16T07:30:00+01:00"

#: What differs from run to run: hashes and sizes.
_VARYING = (
    (re.compile(r"\b[0-9a-f]{4} [0-9a-f]{4}$", re.MULTILINE), "(hash)"),
    (re.compile(r"\b\d+(\.\d+)? kB"), "(size) kB"),
    (re.compile(r"rank: .*"), "rank: …"),
)


def settled(text: str) -> str:
    """The text without what varies, and without blanks at line ends."""
    for pattern, instead in _VARYING:
        text = pattern.sub(instead, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def test_readme_shows_what_the_commands_print(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    folder = tmp_path / "lettre"
    program = tmp_path / "digest"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m digest "$@"\n')
    program.chmod(0o755)
    environment = {
        **os.environ,
        "DIGEST_NOW": NOW,
        "COLUMNS": "100",
        "LANG": "C.UTF-8",
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
    }

    def shell(command: str, where: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", f"set -o pipefail; {command}"],
            cwd=where,
            env=environment,
            capture_output=True,
            text=True,
        )

    assert shell(f"digest init {folder}", tmp_path).returncode == 0
    (folder / "suppressed.csv").write_text("email,reason,note\nrebond@example.org,bounce,\n")
    shown = re.findall(r"(?s)```console\n\$ (.*?)\n(.*?)```", readme)
    assert len(shown) > 30
    for command, output in shown:
        ran = shell(command, folder)
        assert ran.returncode == 0, f"{command}: {ran.stderr}"
        printed = ran.stdout.replace(str(folder), "/srv/lettre")
        assert settled(printed) == settled(output), command
