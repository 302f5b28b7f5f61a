"""What the readers' mail programs do not know of what the letter uses.

Support is caniemail's (`caniemail.json`, drawn by `tools/update_caniemail.py`; its licence stands
beside it), which features are used is `features`' business, and `graceful.toml` says without which
of them a letter is as good, and why. What a platform knows in part is a note: a caveat to be read.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from digest.check.document import Document
from digest.check.features import Use, features_used
from digest.check.findings import Finding, note, warning
from digest.errors import UsageError
from digest.text.nearest import did_you_mean
from digest.text.saying import Said, say, say_all

#: Short names of programs that caniemail calls otherwise.
_SHORT: Final = {"free": "free-fr", "ionos": "ionos-1and1", "t-online": "t-online-de"}
#: Platforms that nobody can use any more.
_RETIRED: Final = frozenset(("outlook.windows-mail",))

_INSTEAD: Final = say("Reach the same another way, or see that the letter does without.")


@dataclass(frozen=True, slots=True)
class Client:
    """A mail program, or one platform of it: its name for messages, and the data's columns."""

    title: str
    columns: tuple[int, ...]
    platform: str = ""


def client_findings(document: Document, clients: Sequence[str]) -> Iterator[Finding]:
    """One finding for each feature that a program knows in part or not at all.

    Args:
        document: the rendered letter; where it was traced, findings name the template's line.
        clients: names of programs (`gmail`), or of one platform (`outlook-windows`).

    Raises:
        UsageError: a name is not known.
    """
    chosen = require_clients(clients)
    features: dict[str, Any] = _data()["features"]
    judged = _judged()
    for slug, use in features_used(document, features).items():
        if slug in judged["trifles"]:
            continue
        missing = _lacking("n", use, chosen)
        caveat = judged["caveats"].get(slug)
        matters = caveat is None or any(re.search(caveat, value) for value in use.values)
        partly = _lacking("a", use, chosen) if matters else {}
        finding = _finding(document, use, missing, partly) if missing or partly else None
        # What MJML writes by itself is for MJML to answer.
        if finding and (finding.file or document.trace is None):
            yield finding


def require_clients(names: Collection[str]) -> list[Client]:
    """The programs of these names.

    Raises:
        UsageError: a name is not known; the message lists those that are.
    """
    known = known_clients()
    for name in names:
        if name not in known:
            programs = (known_name for known_name, client in known.items() if not client.platform)
            raise UsageError(
                f"there is no mail program “{name}” in caniemail's data",
                f"{did_you_mean(name, known)} Known: {', '.join(programs)}; or one platform of "
                "them, such as outlook-windows or gmail-ios.".lstrip(),
            )
    return [known[name] for name in names]


@cache
def known_clients() -> dict[str, Client]:
    """Every program by name, and each of its platforms where it has several."""
    data = _data()
    families: dict[str, dict[str, int]] = {}
    for column, name in enumerate(data["platforms"]):
        family, _, platform = name.partition(".")
        if name not in _RETIRED:
            families.setdefault(family, {})[platform] = column
    short = {long: name for name, long in _SHORT.items()}
    found: dict[str, Client] = {}
    for family, platforms in families.items():
        name, title = short.get(family, family), data["families"][family]
        found[name] = Client(title, tuple(platforms.values()))
        for platform, column in platforms.items() if len(platforms) > 1 else ():
            own = platform if platform.startswith(name) else f"{name}-{platform}"
            found[own] = Client(_title(title, [data["names"][platform]]), (column,), platform)
    return dict(sorted(found.items()))


def _lacking(letter: str, use: Use, clients: Sequence[Client]) -> dict[str, list[int]]:
    """The programs where a feature is not known (n) or known in part (a), and their columns.

    A program that cannot get as far as the feature, since it drops the sheet, is not one of them.
    """
    data = _data()
    features = data["features"]
    support = features[use.feature]["support"]
    needs = [features[need]["support"] for need in use.needs if need in features]
    found: dict[str, list[int]] = {}
    for client in clients:
        tested = [column for column in client.columns if support[column] != "u"]
        columns = [
            column
            for column in tested
            if support[column] == letter and all(need[column] != "n" for need in needs)
        ]
        platforms = [data["platforms"][column].partition(".")[2] for column in columns]
        names = [data["names"][name] for name in platforms]
        if columns:
            title = client.title if columns == tested else _title(client.title, names)
            found[title] = columns
    return found


def _finding(
    document: Document, use: Use, missing: dict[str, list[int]], partly: dict[str, list[int]]
) -> Finding:
    feature = _data()["features"][use.feature]
    said = [say("not known to {programs}", programs=", ".join(missing))] if missing else []
    said += [say("known in part to {programs}", programs=", ".join(partly))] if partly else []
    grace = _judged()["graceful"].get(use.feature, "")
    kind = note if grace or not missing else warning
    if use.element is None or use.element.tag == "style":
        place, at = say("style sheet"), document.written_at(use.words or "<mj-style")
    else:
        place, at = document.place_of(use.element), document.origin(use.element)
    advice = Said(grace) if grace else _INSTEAD if missing else _caveat(feature, partly)
    url = f"https://www.caniemail.com/features/{use.feature}/"
    return kind(
        "client-support",
        place,
        say(
            "{feature}: {said}",
            feature=_named(feature["title"]),
            said=say_all("{one}; {other}", said),
        ),
        say("{advice} See {url}.", advice=advice, url=url),
        at,
    )


def _named(title: str) -> Said:
    """A feature's title; what is only a name and its kind can be told in any language."""
    name, _, kind = title.rpartition(" ")
    if kind == "element":
        return say("{name} element", name=name)
    if kind == "attribute":
        return say("{name} attribute", name=name)
    if kind == "property":
        return say("{name} property", name=name)
    return Said(title)


def _caveat(feature: dict[str, Any], partly: dict[str, list[int]]) -> Said:
    """The data's own words on what a platform knows in part; they are English only."""
    platforms = _data()["platforms"]
    columns = [column for columns in partly.values() for column in columns]
    numbers = [n for column in columns for n in feature.get("noted", {}).get(platforms[column], ())]
    look = say("Look at the letter there.")
    return Said(feature["notes"][numbers[0]], look.template) if numbers else look


def _title(program: str, platforms: list[str]) -> str:
    return f"{program} ({', '.join(platforms)})"


@cache
def _data() -> dict[str, Any]:
    text = files("digest.check").joinpath("caniemail.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data


@cache
def _judged() -> dict[str, dict[str, str]]:
    text = files("digest.check").joinpath("graceful.toml").read_text(encoding="utf-8")
    table: dict[str, dict[str, str]] = tomllib.loads(text)
    return table
