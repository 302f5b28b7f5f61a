"""The lines for cron and the units for systemd that send on one machine, without a worker. Pure.

Source: systemd.timer(5), systemd.time(7), systemd.service(5), crontab(5) of cronie. systemd 252
leaves out a time that does not exist on the day clocks are put forward, and runs once where it
comes twice (`systemd-analyze calendar`).
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from digest.worker.moments import DAYS, Weekly, is_skipped, moments_after

#: Weeks that are looked ahead for a time that does not exist.
_WEEKS = 104


@dataclass(frozen=True, slots=True)
class Machine:
    """What is run there: the program, the publication's folder and its `config.toml`."""

    program: Path
    folder: Path
    config: Path

    @property
    def command(self) -> Sequence[str]:
        """`digest send` for that publication, asking nobody."""
        return (str(self.program), "send", "--yes", "--config", str(self.config))


def cron_lines(weekly: Weekly, machine: Machine, now: datetime) -> str:
    """The part of a crontab."""
    command = " ".join(shlex.quote(part) for part in machine.command).replace("%", r"\%")
    folder = shlex.quote(str(machine.folder)).replace("%", r"\%")
    day = (weekly.day + 1) % 7
    return "\n".join(
        [
            f"# {weekly}. CRON_TZ is known to cronie (Fedora, Red Hat, Arch), not to Debian's and",
            "# Ubuntu's cron: there the machine's own zone counts; use --systemd, or set the zone.",
            "# cron makes up for no missed moment: an old edition does not leave by surprise.",
            *_warnings(weekly, now),
            f"CRON_TZ={weekly.zone.key}",
            f"{weekly.time.minute} {weekly.time.hour} * * {day} cd {folder} && {command}",
            "",
        ]
    )


def systemd_units(weekly: Weekly, machine: Machine, now: datetime) -> str:
    """A service and the timer that starts it, each under the name of its file."""
    day = DAYS[weekly.day][:3].capitalize()
    return "\n".join(
        [
            "# /etc/systemd/system/digest.service",
            "[Unit]",
            "Description=The weekly number, sent once to each reader",
            "Wants=network-online.target",
            "After=network-online.target",
            "",
            "[Service]",
            "Type=oneshot",
            f"WorkingDirectory={_literal(str(machine.folder))}",
            f"ExecStart={' '.join(_quoted(part) for part in machine.command)}",
            "# The user that owns the publication's folder, and the secrets as NAME=value:",
            "#User=digest",
            "#EnvironmentFile=/etc/digest/environment",
            "# Stopped, it finishes what is in flight. What is incomplete (exit code 6) or was",
            "# killed goes on after a while; [delivery] max_age_hours ends that.",
            "TimeoutStopSec=5min",
            "Restart=on-failure",
            "RestartSec=5min",
            "RestartPreventExitStatus=1 2 3 4 5 7 8 9 130",
            "",
            "# /etc/systemd/system/digest.timer",
            "[Unit]",
            f"Description={weekly}",
            "",
            "[Timer]",
            *_warnings(weekly, now),
            f"OnCalendar={day} *-*-* {weekly.time:%H:%M}:00 {weekly.zone.key}",
            "AccuracySec=1s",
            "# A machine that was off at that moment does not send whenever it comes back:",
            "# run `digest send` yourself.",
            "Persistent=false",
            "",
            "[Install]",
            "WantedBy=timers.target",
            "",
            "# Then: systemctl daemon-reload && systemctl enable --now digest.timer",
            "",
        ]
    )


def _warnings(weekly: Weekly, now: datetime) -> list[str]:
    """Days on which the zone's clock jumps over the time."""
    days = [
        moment.astimezone(weekly.zone).date().isoformat()
        for moment in islice(moments_after(weekly, now), _WEEKS)
        if is_skipped(weekly, moment)
    ]
    if not days:
        return []
    return [
        f"# {weekly.time:%H:%M} does not exist on {', '.join(days)}, where clocks are put forward:",
        "# nothing may leave by itself on such a day; choose another time.",
    ]


def _quoted(part: str) -> str:
    """A word of systemd's command line."""
    part = _literal(part).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return f'"{part}"' if any(character in part for character in " \t'\";") else part


def _literal(text: str) -> str:
    return text.replace("%", "%%")
