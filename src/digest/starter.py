"""`digest init`: a new publication that sends its first edition without an edit.

Copies the sample publication (in the wheel under `digest/starter`, in a checkout the top level
itself) and moves its week, so that the samples fall into the last complete week.
"""

from __future__ import annotations

import re
import shutil
from datetime import date, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

from digest.config import Config, load_config
from digest.errors import StoreError, UsageError

#: What a publication consists of, in the order in which it is copied.
PARTS = ("config.toml", "templates", "articles", "sponsors", "subscribers/sample.csv")

_GITIGNORE = """\
# Private or produced: subscribers' addresses, what was built and sent.
*.db
*.db-*
*.db.home
*.sending
*.rehearsing
/subscribers/private/
/editions/
/outbox*/
"""

_TEXTS = {".toml", ".md", ".txt", ".xml"}
_WEEK = re.compile(r"\b\d{4}-W\d{2}\b")
_FILE_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}(?=-)")
_FRONT_MATTER_DATE = re.compile(r"(?m)^(date:\s*[\"']?)(\d{4}-\d{2}-\d{2})")
_FEED_DATE = re.compile(r"(?<=<pubDate>)[^<]+|(?<=<lastBuildDate>)[^<]+")
_PINNED_WEEK = re.compile(r'(?m)^week = "[^"]*".*$')


def starter_folder() -> Path:
    """Where the sample publication stands.

    Raises:
        UsageError: the installation lacks it.
    """
    package = Path(__file__).parent
    for folder in (package / "starter", package.parents[1]):
        if all((folder / part).exists() for part in PARTS):
            return folder
    raise UsageError("the sample publication is missing", "Install digest again.")


def create(target: Path, *, last_week: str) -> Config:
    """Make a publication in `target`, its samples dated into `last_week`.

    Raises:
        UsageError: the folder is not empty.
        StoreError: it cannot be written.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(f"{target} is not empty", "Name a folder that does not exist yet.")
    starter = starter_folder()
    pinned = load_config(starter / "config.toml", environment={}).edition.week
    shift = _monday(last_week) - _monday(pinned)
    try:
        for part in PARTS:
            _copy(starter / part, target / part)
        (target / ".gitignore").write_text(_GITIGNORE, encoding="utf-8")
        for file in sorted(target.rglob("*")):
            if file.is_file() and file.suffix in _TEXTS and "templates" not in file.parts:
                _move(file, shift)
    except OSError as error:
        raise StoreError(
            f"{error.filename or target}: cannot be written: {error.strerror}",
            "Name a folder that can be written.",
        ) from None
    return load_config(target / "config.toml", environment={})


def _monday(week: str) -> date:
    year, number = week.split("-W")
    return date.fromisocalendar(int(year), int(number), 1)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy(source, target)


def _move(file: Path, shift: timedelta) -> None:
    """Move the dates of one sample file, in its text and in its name."""
    text = file.read_text(encoding="utf-8")
    if file.name == "config.toml":
        text = _PINNED_WEEK.sub('week = "last"', text, count=1)
    elif file.suffix == ".toml":
        text = _WEEK.sub(lambda m: _moved_week(m[0], shift), text)
    elif file.suffix == ".xml":
        text = _FEED_DATE.sub(lambda m: _moved_feed_date(m[0], shift), text)
    else:
        text = _FRONT_MATTER_DATE.sub(lambda m: m[1] + _moved_day(m[2], shift), text, count=1)
    file.write_text(text, encoding="utf-8")
    name = _FILE_DATE.sub(lambda m: _moved_day(m[0], shift), file.name)
    if name != file.name:
        file.rename(file.with_name(name))


def _moved_week(week: str, shift: timedelta) -> str:
    year, number, _ = (_monday(week) + shift).isocalendar()
    return f"{year}-W{number:02}"


def _moved_day(day: str, shift: timedelta) -> str:
    return (date.fromisoformat(day) + shift).isoformat()


def _moved_feed_date(text: str, shift: timedelta) -> str:
    moment: datetime = parsedate_to_datetime(text.strip())
    return format_datetime(moment + shift)
