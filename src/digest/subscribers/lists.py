"""Which list a command means: one of `config.lists`, the first by default."""

from __future__ import annotations

from digest.config.settings import Config
from digest.errors import UsageError
from digest.text.nearest import nearest


def choose_list(config: Config, name: str = "") -> str:
    """The list of that name, or the first list when no name is given.

    Raises:
        UsageError: no such list; the hint names the nearest, or all of them.
    """
    names = [settings.name for settings in config.lists]
    if not name:
        return names[0]
    if name not in names:
        raise UsageError(
            f"There is no list “{name}” in {config.file.name}.",
            f"{nearest(name, names)} A new list is a [[lists]] entry.",
        )
    return name
